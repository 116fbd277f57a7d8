"""What an expression can ask of a run, read no earlier than something asks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from contexta.contract.frozen_mapping import EMPTY_MAPPING
from contexta.spi.repository import SupportsBulkQueries, SupportsEnvironments
from contexta.spi.stage_names import stage_component
from contexta_interpretation.query.expressions.fields import Domain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from contexta.spi.records import MetricSummary
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import ArtifactRecord, RunRecord, StageRecord

__all__ = ["EVERYTHING", "METRICS_ALONE", "RunFacts", "SummaryTable"]

EVERYTHING = frozenset(Domain)
METRICS_ALONE = frozenset({Domain.METRICS})


class SummaryTable:
    """Metric summaries of many runs, by run and key.

    Args:
        summaries: The summaries.
    """

    def __init__(self, summaries: Iterable[MetricSummary] = ()) -> None:
        self._by_run: dict[str, dict[str, list[MetricSummary]]] = {}
        for each in summaries:
            self._by_run.setdefault(each.run, {}).setdefault(each.key, []).append(each)

    @property
    def run_ids(self) -> AbstractSet[str]:
        """The runs that have any of the metrics."""
        return self._by_run.keys()

    def of(self, run_id: str, key: str) -> list[MetricSummary]:
        """Return the summaries of one metric of one run."""
        return self._by_run.get(run_id, {}).get(key, [])


class RunFacts:
    """What can be asked of one run.

    Args:
        run_id: The run.
        run: The run itself; None where it was not read yet.
        table: Its metric summaries, among others.
        repository: Where stages, artifacts and surroundings are looked up.
        metric_directions: The configured directions of metrics.
        known: What may be asked; a condition on anything else is undecided.
    """

    def __init__(
        self,
        run_id: str,
        run: RunRecord | None,
        table: SummaryTable,
        repository: CompositeRepository,
        metric_directions: Mapping[str, str] = EMPTY_MAPPING,
        known: frozenset[Domain] = EVERYTHING,
    ) -> None:
        self._run_id = run_id
        self._run = run
        self._table = table
        self._repository = repository
        self.metric_directions = metric_directions
        self.known = known

    @property
    def run(self) -> RunRecord:
        """The run itself; conditions on it are undecided while it is not known."""
        if self._run is None:
            raise LookupError(self._run_id)
        return self._run

    def summaries_of(self, key: str) -> list[MetricSummary]:
        """Return the summaries of one metric."""
        return self._table.of(self._run_id, key)

    def stage_name(self, stage_id: str) -> str:
        """Return a stage's name; identifiers of a workspace's stores hold it, a user's may not."""
        if isinstance(self._repository, SupportsBulkQueries):
            return stage_component(stage_id)
        return self._stage_names.get(stage_id) or stage_component(stage_id)

    @cached_property
    def _stage_names(self) -> dict[str, str]:
        return {each.stage_id: each.name for each in self._repository.list_stages(self._run_id)}

    @cached_property
    def stages(self) -> Sequence[StageRecord]:
        """The stages, in order."""
        return self._repository.list_stages(self._run_id)

    @cached_property
    def artifacts(self) -> Sequence[ArtifactRecord]:
        """The artifacts."""
        return self._repository.list_artifacts(run_id=self._run_id)

    def environment_value(self, key: str) -> Any:
        """Return what was captured of the surroundings under a dotted name, or None."""
        return self._environment.get(key)

    @cached_property
    def _environment(self) -> Mapping[str, Any]:
        repository = self._repository
        view = (
            repository.get_environment(self._run_id) if isinstance(repository, SupportsEnvironments) else None
        )
        if view is None:
            return EMPTY_MAPPING
        whole = {
            **view.details,
            "python_version": view.python_version,
            "platform": view.platform,
            "packages": view.packages,
            "variables": view.environment_variables,
            "code": view.code,
            "config": view.config_snapshot,
        }
        leaves: dict[str, Any] = {}
        _flatten("", whole, leaves)
        return leaves


def _flatten(prefix: str, values: Mapping[str, Any], leaves: dict[str, Any]) -> None:
    for name, value in values.items():
        if hasattr(value, "items"):
            _flatten(f"{prefix}{name}.", value, leaves)
        elif value is not None:
            leaves[f"{prefix}{name}"] = value
