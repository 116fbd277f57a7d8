"""Every closed vocabulary of the contract, in one place.

The tuples keep a fixed order, so that they can be shown to people and written into schemas.  Where a program of an
earlier version used other words than the ones documented today, both are listed.
"""

from __future__ import annotations

__all__ = [
    "ARTIFACT_KINDS",
    "ASSERTION_MODES",
    "COMPLETENESS_MARKERS",
    "CONFIDENCE_MARKERS",
    "DEGRADATION_MARKERS",
    "DEGRADED_CATEGORIES",
    "DEGRADED_SEVERITIES",
    "EVENT_LEVELS",
    "EXTENSION_OWNERSHIP_CLASSES",
    "EXTENSION_REGISTRY_STATUSES",
    "EXTENSION_TARGET_MODELS",
    "LINEAGE_ORIGIN_MARKERS",
    "METRIC_AGGREGATION_SCOPES",
    "ORIGIN_MARKERS",
    "RECORD_TYPES",
    "RELATION_TYPES",
    "RUN_STAGE_STATUSES",
    "TRACE_SPAN_KINDS",
    "TRACE_SPAN_STATUSES",
    "VALIDATION_SEVERITIES",
]

#: Status of a run, deployment, stage or batch; ``open`` is the only one without an end time.
RUN_STAGE_STATUSES: tuple[str, ...] = ("open", "completed", "failed", "cancelled")

#: The four families of records.
RECORD_TYPES: tuple[str, ...] = ("event", "metric", "span", "degraded")

#: How much of what happened a record tells.
COMPLETENESS_MARKERS: tuple[str, ...] = ("complete", "partial", "sampled", "absent", "unknown")

#: What was lost on the way to a record.
DEGRADATION_MARKERS: tuple[str, ...] = (
    "none",
    "partial_failure",
    "capture_gap",
    "import_loss",
    "compatibility_upgrade",
)

#: Who made a record.
ORIGIN_MARKERS: tuple[str, ...] = (
    "explicit_capture",
    "assisted_capture",
    "wrapped_capture",
    "imported",
    "inferred",
    "replayed",
)

#: Level of an event.
EVENT_LEVELS: tuple[str, ...] = ("debug", "info", "warning", "error", "critical")

#: What one metric value summarises.
METRIC_AGGREGATION_SCOPES: tuple[str, ...] = ("run", "stage", "operation", "step", "slice")

#: How a span ended.
TRACE_SPAN_STATUSES: tuple[str, ...] = ("ok", "error", "unset", "cancelled", "timeout")

#: What a span stands for.
TRACE_SPAN_KINDS: tuple[str, ...] = ("operation", "stage", "call", "internal", "io", "network", "process")

#: Where a degradation arose.
DEGRADED_CATEGORIES: tuple[str, ...] = (
    "capture",
    "store",
    "import",
    "compatibility",
    "verification",
    "recovery",
)

#: How bad a degradation is.
DEGRADED_SEVERITIES: tuple[str, ...] = ("warning", "error")

#: Customary artifact kinds.  Advice only: any lower_snake word is an artifact kind.
ARTIFACT_KINDS: tuple[str, ...] = (
    "dataset_snapshot",
    "feature_set",
    "checkpoint",
    "config_snapshot",
    "model_bundle",
    "report_bundle",
    "export_package",
    "evidence_bundle",
    "debug_bundle",
)

#: How the target of a lineage edge stands to its source.
RELATION_TYPES: tuple[str, ...] = (
    "generated_from",
    "consumed_by",
    "produced_by",
    "packaged_from",
    "reported_by",
    "evaluated_on",
    "deployed_from",
    "used",
    "derived_from",
    "observed_in",
)

#: Who asserted a lineage edge.
LINEAGE_ORIGIN_MARKERS: tuple[str, ...] = ("explicit", "imported", "inferred", "replayed")

#: How a provenance record was asserted; the same words as for edges.
ASSERTION_MODES: tuple[str, ...] = LINEAGE_ORIGIN_MARKERS

#: How sure the asserter of a lineage edge is.
CONFIDENCE_MARKERS: tuple[str, ...] = ("high", "medium", "low", "unknown")

#: Severity of a validation issue.
VALIDATION_SEVERITIES: tuple[str, ...] = ("error", "warning")

#: Who may own an extension namespace; each has its own first segment but ``private``, which has any other.
EXTENSION_OWNERSHIP_CLASSES: tuple[str, ...] = ("core", "compat", "adapter", "bridge", "plugin", "private")

#: The statuses of a registered namespace that have a meaning; the vocabulary is open, other words are as ``active``.
#: ``deprecated`` is a warning, and ``retired`` an error for what is to be written; both can be read.
EXTENSION_REGISTRY_STATUSES: tuple[str, ...] = ("active", "experimental", "deprecated", "retired")

#: The models that an extension namespace can be registered for.
EXTENSION_TARGET_MODELS: tuple[str, ...] = (
    "project",
    "run",
    "deployment_execution",
    "stage_execution",
    "batch_execution",
    "sample_observation",
    "operation_context",
    "environment_snapshot",
    "record_envelope",
    "event_payload",
    "metric_payload",
    "trace_span_payload",
    "degraded_payload",
    "artifact_manifest",
    "lineage_edge",
    "provenance_record",
)
