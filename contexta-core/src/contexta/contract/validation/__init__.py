"""Full validation: every problem of a model or raw mapping, with code, severity and path."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.contract.validation.report import ValidationIssue as ValidationIssue
    from contexta.contract.validation.report import ValidationReport as ValidationReport
    from contexta.contract.validation.validators import (
        validate_artifact_manifest as validate_artifact_manifest,
    )
    from contexta.contract.validation.validators import validate_batch_execution as validate_batch_execution
    from contexta.contract.validation.validators import validate_degraded_record as validate_degraded_record
    from contexta.contract.validation.validators import (
        validate_deployment_execution as validate_deployment_execution,
    )
    from contexta.contract.validation.validators import (
        validate_environment_snapshot as validate_environment_snapshot,
    )
    from contexta.contract.validation.validators import (
        validate_extension_field_set as validate_extension_field_set,
    )
    from contexta.contract.validation.validators import validate_lineage_edge as validate_lineage_edge
    from contexta.contract.validation.validators import validate_metric_record as validate_metric_record
    from contexta.contract.validation.validators import (
        validate_operation_context as validate_operation_context,
    )
    from contexta.contract.validation.validators import validate_project as validate_project
    from contexta.contract.validation.validators import (
        validate_provenance_record as validate_provenance_record,
    )
    from contexta.contract.validation.validators import validate_record_envelope as validate_record_envelope
    from contexta.contract.validation.validators import validate_run as validate_run
    from contexta.contract.validation.validators import (
        validate_sample_observation as validate_sample_observation,
    )
    from contexta.contract.validation.validators import validate_stage_execution as validate_stage_execution
    from contexta.contract.validation.validators import (
        validate_structured_event_record as validate_structured_event_record,
    )
    from contexta.contract.validation.validators import (
        validate_trace_span_record as validate_trace_span_record,
    )
    from contexta.contract.vocabularies import VALIDATION_SEVERITIES as VALIDATION_SEVERITIES

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "VALIDATION_SEVERITIES": "contexta.contract.vocabularies",
        "ValidationIssue": "contexta.contract.validation.report",
        "ValidationReport": "contexta.contract.validation.report",
        "validate_artifact_manifest": "contexta.contract.validation.validators",
        "validate_batch_execution": "contexta.contract.validation.validators",
        "validate_degraded_record": "contexta.contract.validation.validators",
        "validate_deployment_execution": "contexta.contract.validation.validators",
        "validate_environment_snapshot": "contexta.contract.validation.validators",
        "validate_extension_field_set": "contexta.contract.validation.validators",
        "validate_lineage_edge": "contexta.contract.validation.validators",
        "validate_metric_record": "contexta.contract.validation.validators",
        "validate_operation_context": "contexta.contract.validation.validators",
        "validate_project": "contexta.contract.validation.validators",
        "validate_provenance_record": "contexta.contract.validation.validators",
        "validate_record_envelope": "contexta.contract.validation.validators",
        "validate_run": "contexta.contract.validation.validators",
        "validate_sample_observation": "contexta.contract.validation.validators",
        "validate_stage_execution": "contexta.contract.validation.validators",
        "validate_structured_event_record": "contexta.contract.validation.validators",
        "validate_trace_span_record": "contexta.contract.validation.validators",
    },
)
