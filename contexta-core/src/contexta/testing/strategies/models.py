"""Strategies by model: any of them, or the one for a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from hypothesis import strategies as st

from contexta.contract.contract_model import ContractModel
from contexta.errors import NotFoundError
from contexta.testing.strategies import records, scopes, values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hypothesis.strategies import SearchStrategy

__all__ = ["models", "strategy_for"]

Model = TypeVar("Model", bound=ContractModel)

_BY_NAME: Final[Mapping[str, Callable[[], SearchStrategy[Any]]]] = {
    "project": scopes.projects,
    "run": scopes.runs,
    "deployment_execution": scopes.deployment_executions,
    "stage_execution": scopes.stage_executions,
    "batch_execution": scopes.batch_executions,
    "sample_observation": scopes.sample_observations,
    "operation_context": scopes.operation_contexts,
    "environment_snapshot": scopes.environment_snapshots,
    "correlation_refs": records.correlation_refs,
    "record_envelope": records.record_envelopes,
    "event_payload": records.event_payloads,
    "metric_payload": records.metric_payloads,
    "trace_span_payload": records.trace_span_payloads,
    "degraded_payload": records.degraded_payloads,
    "structured_event_record": records.structured_event_records,
    "metric_record": records.metric_records,
    "trace_span_record": records.trace_span_records,
    "degraded_record": records.degraded_records,
    "artifact_manifest": records.artifact_manifests,
    "lineage_edge": records.lineage_edges,
    "provenance_record": records.provenance_records,
    "extension_field_set": values.extension_field_sets,
}


def strategy_for(model: type[Model]) -> SearchStrategy[Model]:
    """Return the strategy for one canonical model.

    Args:
        model: The class.

    Returns:
        A strategy for its instances.

    Raises:
        NotFoundError: This is no canonical model (``strategy_unknown_model``).
    """
    make = _BY_NAME.get(getattr(model, "contract_name", ""))
    if make is None:
        raise NotFoundError(
            f"There is no strategy for {model!r:.80}; there is one for each canonical model.",
            code="strategy_unknown_model",
            details={"model": repr(model)[:80]},
        )
    return make()


def models() -> SearchStrategy[ContractModel]:
    """Generate instances of every canonical model."""
    return st.one_of(*(make() for make in _BY_NAME.values()))
