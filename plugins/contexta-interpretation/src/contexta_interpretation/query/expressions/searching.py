"""Answering a query with an expression, with as much as possible left to the repository."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from contexta.contract.frozen_mapping import EMPTY_MAPPING
from contexta.spi.plain_queries import bulk_queries
from contexta.spi.repository import SupportsBulkQueries
from contexta_interpretation.degraded_values import degraded_value_notes
from contexta_interpretation.query.expressions import syntax
from contexta_interpretation.query.expressions.evaluation import predicate_of, texts_of
from contexta_interpretation.query.expressions.facts import METRICS_ALONE, RunFacts, SummaryTable
from contexta_interpretation.query.expressions.faults import Fault, error_of
from contexta_interpretation.query.expressions.fields import Domain
from contexta_interpretation.query.expressions.narrowing import narrow
from contexta_interpretation.query.expressions.parsing import parse
from contexta_interpretation.query.expressions.patterns import Patterns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta.spi.querying import RunListQuery
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import CompletenessNote, RunRecord
    from contexta_interpretation.query.expressions.evaluation import Predicate
    from contexta_interpretation.query.expressions.syntax import Node

__all__ = ["find_where", "notes_on_expression"]

#: To fill a page, first so many times its end are looked at, and at least so many runs.
_PORTION_PAGES = 4
_LEAST_PORTION = 512


def find_where(
    repository: CompositeRepository, query: RunListQuery, metric_directions: Mapping[str, str] = EMPTY_MAPPING
) -> tuple[RunRecord, ...]:
    """Return the runs that match a query with an expression, in the query's order.

    Args:
        repository: The read model.
        query: The query.
        metric_directions: The configured directions of metrics, for ``best(...)``.

    Raises:
        FilterExpressionError: The expression cannot be understood.
    """
    expression = query.where or ""
    tree = parse(expression)
    with Patterns() as patterns:
        try:
            for leaf in syntax.leaves_of(tree):
                if isinstance(leaf, syntax.Matches):
                    patterns.check(leaf)
        except Fault as fault:
            raise error_of(expression, fault) from fault
        narrowed = narrow(query, tree)
        if not narrowed.rest:
            return tuple(bulk_queries(repository).find_runs(narrowed.query))
        return _Search(repository, narrowed.query, narrowed.rest, patterns, metric_directions).answer()


def notes_on_expression(
    repository: CompositeRepository,
    expression: str,
    metric_directions: Mapping[str, str],
    runs: Sequence[RunRecord],
) -> list[CompletenessNote]:
    """Return a note for each metric of an expression whose value, of one of these runs, is marked as degraded.

    Args:
        repository: The read model.
        expression: The expression.
        metric_directions: The configured directions of metrics.
        runs: Runs that it selected.
    """
    fields = [
        leaf.field for leaf in syntax.leaves_of(parse(expression)) if leaf.field.is_degraded is not None
    ]
    keys = tuple(dict.fromkeys(field.key for field in fields))
    if not keys:
        return []
    table = SummaryTable(bulk_queries(repository).metric_summaries([run.run_id for run in runs], keys))
    marked: dict[str, list[str]] = {key: [] for key in keys}
    for run in runs:
        facts = RunFacts(run.run_id, run, table, repository, metric_directions)
        found = {field.key for field in fields if field.is_degraded is not None and field.is_degraded(facts)}
        for key in found:
            marked[key].append(run.run_id)
    return [note for key in keys for note in degraded_value_notes(key, marked[key], None)]


class _Search:
    """One search for the runs of a query that meet further conditions.

    Args:
        repository: The read model.
        query: The query, without an expression.
        conditions: All must hold.
        patterns: What looks for regular expressions.
        metric_directions: The configured directions of metrics.
    """

    def __init__(
        self,
        repository: CompositeRepository,
        query: RunListQuery,
        conditions: Sequence[Node],
        patterns: Patterns,
        metric_directions: Mapping[str, str],
    ) -> None:
        self._repository = repository
        self._query = query
        self._patterns = patterns
        self._directions = metric_directions
        self._leaves = [leaf for condition in conditions for leaf in syntax.leaves_of(condition)]
        self._keys = tuple(
            dict.fromkeys(leaf.field.key for leaf in self._leaves if leaf.field.name == "metrics")
        )
        self._holds: Predicate = predicate_of(syntax.All(tuple(conditions)), patterns)

    def answer(self) -> tuple[RunRecord, ...]:
        """Return the runs of the query's page."""
        bulk = bulk_queries(self._repository)
        query = replace(self._query, limit=None, offset=0)
        table = SummaryTable()
        if self._keys and isinstance(self._repository, SupportsBulkQueries):
            # Metrics first: they are usually what is selective, and only the runs that are left are read.
            table = SummaryTable(bulk.metric_summaries(query.run_ids, self._keys))
            if self._holds(self._facts("", None, table)) is False:
                run_ids = self._by_metrics(table)
                query = replace(query, run_ids=run_ids)
                if all(leaf.field.domains == METRICS_ALONE for leaf in self._leaves):
                    # Nothing is left to ask, so the page is left to the repository as well.
                    page = replace(query, limit=self._query.limit, offset=self._query.offset)
                    return tuple(bulk.find_runs(page)) if run_ids else ()
                if not run_ids:
                    return ()
        limit = self._query.limit
        end = None if limit is None else self._query.offset + limit
        if end is not None and isinstance(self._repository, SupportsBulkQueries):
            # A page is mostly full long before the last run; asked once more it would be another moment's.
            portion = max(_LEAST_PORTION, _PORTION_PAGES * end)
            runs = bulk.find_runs(replace(query, limit=portion))
            found = self._matching(runs, table, end)
            if len(found) == end or len(runs) < portion:
                return found[self._query.offset :]
        runs = bulk.find_runs(query)
        if self._keys and not isinstance(self._repository, SupportsBulkQueries):
            table = SummaryTable(bulk.metric_summaries([run.run_id for run in runs], self._keys))
        return self._matching(runs, table, end)[self._query.offset :]

    def _matching(
        self, runs: Sequence[RunRecord], table: SummaryTable, end: int | None
    ) -> tuple[RunRecord, ...]:
        """Return the runs that match, the first so many of them; None for all."""
        self._prepare(runs)
        return tuple(islice((run for run in runs if self._holds(self._whole(run, table))), end))

    def _by_metrics(self, table: SummaryTable) -> tuple[str, ...]:
        """Return the runs that may match as far as their metrics tell; a run without any does not."""
        return tuple(
            run_id for run_id in table.run_ids if self._holds(self._facts(run_id, None, table)) is not False
        )

    def _prepare(self, runs: Iterable[RunRecord]) -> None:
        """Look for each pattern in the texts of all runs at once."""
        for leaf in self._leaves:
            if isinstance(leaf, syntax.Matches) and leaf.field.domains == {Domain.RUN}:
                values = (leaf.field.read(self._whole(run, SummaryTable())) for run in runs)
                self._patterns.prepare(leaf.pattern, [text for value in values for text in texts_of(value)])

    def _facts(self, run_id: str, run: RunRecord | None, table: SummaryTable) -> RunFacts:
        return RunFacts(run_id, run, table, self._repository, self._directions, METRICS_ALONE)

    def _whole(self, run: RunRecord, table: SummaryTable) -> RunFacts:
        return RunFacts(run.run_id, run, table, self._repository, self._directions)
