"""Hypothesis strategies for every canonical model and for the values inside them.

Every generated model is valid, and together they reach what the contract allows: every word of the vocabularies,
every optional field present and absent, text in any script, nulls, numbers up to their bounds.
"""

from __future__ import annotations

from contexta.errors import DependencyError

try:
    import hypothesis  # noqa: F401 - only to see whether it is there
except ImportError as error:
    raise DependencyError(
        "contexta.testing.strategies needs Hypothesis: install Contexta with its extra 'testing'.",
        details={"package": "hypothesis", "extra": "testing"},
        cause=error,
    ) from error

from contexta.testing.strategies.models import (
    models,
    strategy_for,
)
from contexta.testing.strategies.records import (
    artifact_manifests,
    correlation_refs,
    degraded_payloads,
    degraded_records,
    event_payloads,
    lineage_edges,
    metric_payloads,
    metric_records,
    provenance_records,
    record_envelopes,
    structured_event_records,
    trace_span_payloads,
    trace_span_records,
)
from contexta.testing.strategies.scopes import (
    Scope,
    batch_executions,
    deployment_executions,
    environment_snapshots,
    operation_contexts,
    projects,
    runs,
    sample_observations,
    scopes,
    stage_executions,
    time_spans,
)
from contexta.testing.strategies.values import (
    components,
    extension_field_sets,
    extensions,
    instants,
    json_mappings,
    json_values,
    keys,
    metric_values,
    snake_words,
    stable_refs,
    string_mappings,
    texts,
    timestamps,
    tokens,
)

__all__ = [
    "Scope",
    "artifact_manifests",
    "batch_executions",
    "components",
    "correlation_refs",
    "degraded_payloads",
    "degraded_records",
    "deployment_executions",
    "environment_snapshots",
    "event_payloads",
    "extension_field_sets",
    "extensions",
    "instants",
    "json_mappings",
    "json_values",
    "keys",
    "lineage_edges",
    "metric_payloads",
    "metric_records",
    "metric_values",
    "models",
    "operation_contexts",
    "projects",
    "provenance_records",
    "record_envelopes",
    "runs",
    "sample_observations",
    "scopes",
    "snake_words",
    "stable_refs",
    "stage_executions",
    "strategy_for",
    "string_mappings",
    "structured_event_records",
    "texts",
    "time_spans",
    "timestamps",
    "tokens",
    "trace_span_payloads",
    "trace_span_records",
]
