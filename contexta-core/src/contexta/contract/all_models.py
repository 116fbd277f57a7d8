"""Every canonical model by its name; what schemas, strategies and exhaustive checks go through."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from contexta.contract.extensions import ExtensionFieldSet
from contexta.contract.models.artifacts import ArtifactManifest
from contexta.contract.models.context import (
    BatchExecution,
    DeploymentExecution,
    EnvironmentSnapshot,
    OperationContext,
    Project,
    Run,
    SampleObservation,
    StageExecution,
)
from contexta.contract.models.lineage import LineageEdge, ProvenanceRecord
from contexta.contract.models.records import (
    CorrelationRefs,
    DegradedPayload,
    DegradedRecord,
    MetricPayload,
    MetricRecord,
    RecordEnvelope,
    StructuredEventPayload,
    StructuredEventRecord,
    TraceSpanPayload,
    TraceSpanRecord,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.contract.contract_model import ContractModel

__all__ = ["CANONICAL_MODELS"]

#: The name of each model, its ``contract_name``, to its class.
CANONICAL_MODELS: Final[Mapping[str, type[ContractModel]]] = MappingProxyType(
    {
        model.contract_name: model
        for model in (
            Project,
            Run,
            DeploymentExecution,
            StageExecution,
            BatchExecution,
            SampleObservation,
            OperationContext,
            EnvironmentSnapshot,
            CorrelationRefs,
            RecordEnvelope,
            StructuredEventPayload,
            MetricPayload,
            TraceSpanPayload,
            DegradedPayload,
            StructuredEventRecord,
            MetricRecord,
            TraceSpanRecord,
            DegradedRecord,
            ArtifactManifest,
            LineageEdge,
            ProvenanceRecord,
            ExtensionFieldSet,
        )
    }
)
