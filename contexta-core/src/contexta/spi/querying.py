"""What the query service is asked, and its answer about one run."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import instant
from contexta.errors import ValidationError
from contexta.spi.freezing import freeze_fields, sorted_frozen
from contexta.spi.lazy_sequence import LazySequence
from contexta.spi.presentation import Presented

if TYPE_CHECKING:
    from contexta.spi.views import (
        ArtifactRecord,
        BatchRecord,
        DeploymentRecord,
        EvidenceLink,
        ObservationRecord,
        ProvenanceView,
        RelationRecord,
        RunRecord,
        SampleRecord,
        StageRecord,
    )

__all__ = [
    "METRIC_SORT_PREFIX",
    "MetricCondition",
    "RunListQuery",
    "RunSnapshot",
    "TimeRange",
    "checked_query",
]

#: ``sort_by`` of a run list may be this prefix and a metric's key: ``metrics.val_loss``.
METRIC_SORT_PREFIX = "metrics."

_SORT_FIELDS = ("started_at", "ended_at", "name")

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "lt": operator.lt,
    "gte": operator.ge,
    "lte": operator.le,
    "eq": operator.eq,
    "ne": operator.ne,
}


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A range of instants, both ends included.

    Args:
        started_after: Started at or after this instant (ISO 8601 text); None for no such end.
        started_before: Started at or before this instant (ISO 8601 text); None for no such end.

    Raises:
        ValidationError: A time cannot be read, or the range ends before it starts.
    """

    started_after: str | None = None
    started_before: str | None = None

    def __post_init__(self) -> None:
        after, before = (_instant_or_none(self, name) for name in ("started_after", "started_before"))
        if after is not None and before is not None and after > before:
            raise ValidationError(
                f"the range ends ({self.started_before}) before it starts ({self.started_after}); swap the two",
                code="query_invalid_time_range",
            )

    def contains(self, time: str | None) -> bool:
        """Return whether an instant (ISO 8601 text) lies in the range; None lies in no range."""
        if time is None:
            return False
        at = instant(time)
        if self.started_after is not None and at < instant(self.started_after):
            return False
        return self.started_before is None or at <= instant(self.started_before)


def _instant_or_none(time_range: TimeRange, name: str) -> int | None:
    text = getattr(time_range, name)
    if text is None:
        return None
    try:
        return instant(text, field_name=name)
    except ValidationError as error:
        raise ValidationError(
            f"{name} is {text!r}, which is no time; write it like '2025-01-31T12:00:00Z'",
            code="query_invalid_time_range",
        ) from error


@dataclass(frozen=True, slots=True)
class MetricCondition:
    """A condition on the newest value of a metric.

    A run without the metric meets no condition, ``ne`` included.

    Args:
        metric_key: The metric's key.
        operator: ``gt``, ``lt``, ``gte``, ``lte``, ``eq`` or ``ne``; case and blanks around it do not count.
        threshold: The number to compare with.
        stage_name: Only metrics of this stage; None for those of the run and of all its stages.

    Raises:
        ValidationError: A field breaks its rule.
    """

    metric_key: str
    operator: str
    threshold: float
    stage_name: str | None = None

    def __post_init__(self) -> None:
        code = "query_invalid_metric_condition"
        for name in ("metric_key", "stage_name"):
            text: object = getattr(self, name)
            if not (text is None and name == "stage_name") and not _is_text(text):
                raise ValidationError(f"{name} must be text that is not blank, not {text!r}", code=code)
        word: object = self.operator
        plain = word.strip().lower() if isinstance(word, str) else word
        if plain not in _OPERATORS:
            raise ValidationError(
                f"operator is {word!r}; use one of {', '.join(_OPERATORS)}",
                code=code,
                details={"allowed": tuple(_OPERATORS)},
            )
        object.__setattr__(self, "operator", plain)
        if isinstance(self.threshold, bool) or not isinstance(self.threshold, (int, float)):
            raise ValidationError(f"threshold must be a number, not {self.threshold!r}", code=code)

    def holds(self, value: float | None) -> bool:
        """Return whether a value meets the condition; None, a metric that is missing, never does."""
        return value is not None and _OPERATORS[self.operator](value, self.threshold)


@dataclass(frozen=True, slots=True)
class RunListQuery:
    """Which runs to list, in which order.

    Args:
        project_name: Only runs of this project.
        status: Only runs of this status.
        tags: Every pair must be among the run's tags.
        time_range: Only runs started within it.
        metric_conditions: All must hold.
        limit: At most so many runs; None for all.
        offset: So many of those that match are left out first.
        sort_by: ``started_at``, ``ended_at``, ``name``, or ``metrics.<key>`` for the newest value of a metric.  Runs
            without the field come last in either direction; ties are broken by identifier.
        sort_desc: Whether the greatest, so the newest, comes first.
        archived: False leaves archived runs out, True lists them alone, None lists both.
        where: An expression of the filter language, which must hold too.  The query service understands it and asks
            the repository the rest, so :meth:`SupportsBulkQueries.find_runs` never sees one.
        run_ids: Only these runs, by the identifiers that the repository gives them; None for any.

    Raises:
        ValidationError: A field breaks its rule.
    """

    project_name: str | None = None
    status: str | None = None
    tags: Mapping[str, str] | None = None
    time_range: TimeRange | None = None
    metric_conditions: tuple[MetricCondition, ...] = ()
    limit: int | None = None
    offset: int = 0
    sort_by: str = "started_at"
    sort_desc: bool = True
    archived: bool | None = False
    where: str | None = None
    run_ids: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("project_name", "status", "where"):
            text: object = getattr(self, name)
            if text is not None and not _is_text(text):
                raise _invalid(f"{name} must be text that is not blank, not {text!r}")
        self._check_tags()
        time_range: object = self.time_range
        if time_range is not None and not isinstance(time_range, TimeRange):
            raise _invalid(f"time_range must be a TimeRange, not {time_range!r}")
        given: object = self.metric_conditions
        if not isinstance(given, Iterable):
            raise _invalid(f"metric_conditions must be a sequence of MetricCondition objects, not {given!r}")
        conditions = tuple(self.metric_conditions)
        wrong: list[object] = [each for each in conditions if not isinstance(each, MetricCondition)]
        if wrong:
            raise _invalid(f"metric_conditions must hold MetricCondition objects, not {wrong[0]!r}")
        object.__setattr__(self, "metric_conditions", conditions)
        if self.run_ids is not None:
            object.__setattr__(self, "run_ids", _checked_run_ids(self.run_ids))
        self._check_paging()

    def _check_tags(self) -> None:
        tags: object = self.tags
        if tags is None:
            return
        if not isinstance(tags, Mapping) or not all(
            isinstance(name, str) and isinstance(value, str) for name, value in tags.items()
        ):
            raise _invalid(f"tags must map text to text, not {tags!r}")
        object.__setattr__(self, "tags", sorted_frozen(tags))

    def _check_paging(self) -> None:
        if self.limit is not None and (not _is_count(self.limit) or self.limit == 0):
            raise _invalid(
                f"limit must be a whole number above 0, not {self.limit!r}; leave it out for all runs"
            )
        if not _is_count(self.offset):
            raise _invalid(f"offset must be a whole number, 0 or more, not {self.offset!r}")
        if not isinstance(self.sort_desc, bool):
            raise _invalid(f"sort_desc must be True or False, not {self.sort_desc!r}")
        if self.archived is not None and not isinstance(self.archived, bool):
            raise _invalid(f"archived must be True, False or None, not {self.archived!r}")
        if self.sort_by not in _SORT_FIELDS and not self.sort_metric:
            raise ValidationError(
                f"sort_by is {self.sort_by!r}; use {', '.join(_SORT_FIELDS)} or metrics.<key>",
                code="query_invalid_run_list_query",
                details={"allowed": (*_SORT_FIELDS, f"{METRIC_SORT_PREFIX}<key>")},
            )

    @property
    def sort_metric(self) -> str | None:
        """Key of the metric that is sorted by, or None."""
        word: object = self.sort_by
        if not isinstance(word, str) or not word.startswith(METRIC_SORT_PREFIX):
            return None
        return word.removeprefix(METRIC_SORT_PREFIX) or None

    @property
    def metric_keys(self) -> tuple[str, ...]:
        """Keys of all metrics that the query looks at."""
        keys = [condition.metric_key for condition in self.metric_conditions]
        if self.sort_metric is not None:
            keys.append(self.sort_metric)
        return tuple(dict.fromkeys(keys))


def checked_query(query: object) -> RunListQuery:
    """Return a query as it is.

    Args:
        query: What was given as one; None for all runs.

    Raises:
        ValidationError: It is something else.
    """
    if query is None:
        return RunListQuery()
    if isinstance(query, RunListQuery):
        return query
    raise _invalid(f"query must be a RunListQuery or None, not {query!r}")


@dataclass(frozen=True, slots=True)
class RunSnapshot(Presented):
    """Everything that is known of one run.

    ``records``, and what is derived from them, is read when somebody looks.

    Args:
        run: The run.
        deployments: Its deployments.
        stages: Its stages, in order.
        batches: Its batches.
        samples: Its samples.
        artifacts: Its artifacts.
        relations: Recorded relations of the run and what belongs to it.
        records: Its events, metrics, spans and degraded markers.
        evidence_links: Where all of this comes from.
        completeness_notes: What is missing, as stable words.
        provenance: The newest assertion about a relation of the run, or None.
    """

    run: RunRecord
    deployments: tuple[DeploymentRecord, ...] = ()
    stages: tuple[StageRecord, ...] = ()
    batches: tuple[BatchRecord, ...] = ()
    samples: tuple[SampleRecord, ...] = ()
    artifacts: tuple[ArtifactRecord, ...] = ()
    relations: tuple[RelationRecord, ...] = ()
    records: Sequence[ObservationRecord] = ()
    evidence_links: Sequence[EvidenceLink] = ()
    completeness_notes: Sequence[str] = ()
    provenance: ProvenanceView | None = field(default=None)

    def __post_init__(self) -> None:
        freeze_fields(
            self, sequences=("deployments", "stages", "batches", "samples", "artifacts", "relations")
        )
        for name in ("records", "evidence_links", "completeness_notes"):
            if not isinstance(getattr(self, name), LazySequence):
                freeze_fields(self, sequences=(name,))


def _checked_run_ids(given: object) -> tuple[str, ...]:
    if isinstance(given, Iterable) and not isinstance(given, str):
        run_ids = tuple(given)
        if all(isinstance(each, str) for each in run_ids):
            return run_ids
    raise _invalid(f"run_ids must be a sequence of identifiers, not {given!r}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _invalid(text: str) -> ValidationError:
    return ValidationError(text, code="query_invalid_run_list_query")
