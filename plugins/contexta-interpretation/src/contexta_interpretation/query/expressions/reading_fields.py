"""Finding the field that a name means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import instant
from contexta.spi.directions import higher_is_better
from contexta.spi.metric_selection import selected_value
from contexta.spi.stage_names import is_spelled, stage_spellings
from contexta_interpretation.query.expressions.faults import Fault, nearest
from contexta_interpretation.query.expressions.fields import Domain, Field, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from contexta.spi.metric_selection import SelectedValue
    from contexta_interpretation.query.expressions.facts import RunFacts
    from contexta_interpretation.query.expressions.faults import Span

__all__ = ["STATISTICS", "field_named", "metric_field"]

#: Which of its values stands for a metric, as ``min(metrics.loss)`` says.
STATISTICS = ("latest", "min", "max", "mean", "best")

_STATUSES = ("open", "completed", "failed", "cancelled", "interrupted")
_RUN = frozenset({Domain.RUN})
_METRICS = frozenset({Domain.METRICS})
#: A component of a name: quoted, or up to the next dot.
_COMPONENT = re.compile(r"""\.?(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|([^."']+))""")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

_PLAIN: dict[str, tuple[Kind, Callable[[RunFacts], Any]]] = {
    "id": (Kind.TEXT, lambda facts: facts.run.run_id),
    "name": (Kind.TEXT, lambda facts: facts.run.name),
    "project": (Kind.TEXT, lambda facts: facts.run.project_name),
    "status": (Kind.TEXT, lambda facts: facts.run.status),
    "started": (Kind.TIME, lambda facts: _instant(facts.run.started_at)),
    "ended": (Kind.TIME, lambda facts: _instant(facts.run.ended_at)),
    "duration": (Kind.NUMBER, lambda facts: _seconds(facts.run)),
    "archived": (Kind.BOOLEAN, lambda facts: facts.run.archived_at is not None),
    "code_revision": (Kind.TEXT, lambda facts: facts.run.code_revision),
    "dataset": (Kind.TEXT, lambda facts: facts.run.dataset_ref),
}
#: Other spellings, foremost those of the records' own fields.
_ALIASES = {
    "run_id": "id",
    "project_name": "project",
    "started_at": "started",
    "ended_at": "ended",
    "dataset_ref": "dataset",
    "parameters": "params",
    "param": "params",
    "metric": "metrics",
    "tag": "tags",
    "env": "environment",
}
#: Fields that something has to follow, with an example.
_KEYED = {
    "metrics": "metrics.loss",
    "params": "params.lr",
    "tags": "tags.model",
    "metadata": "metadata.owner",
    "environment": "environment.python_version",
    "stages": "stages.train.status",
    "artifacts": "artifacts.model.count",
}
_STAGE_ATTRIBUTES = ("status", "duration", "started", "ended")
_ARTIFACT_ATTRIBUTES = ("count", "size")


def field_named(written: str, span: Span) -> Field:
    """Return the field that a name means.

    Raises:
        Fault: There is none.
    """
    first, *others = _components(written)
    name = _ALIASES.get(first, first)
    if name in _PLAIN:
        if others:
            raise Fault(f"{first!r} has no parts", span, code="query_where_unknown_field", suggestion=first)
        kind, read = _PLAIN[name]
        return Field(name, "", kind, _RUN, read, _STATUSES if name == "status" else ())
    if name not in _KEYED:
        guess = nearest(first, [*_PLAIN, *_KEYED, *_ALIASES])
        guess = None if guess is None else _ALIASES.get(guess, guess)
        raise Fault(
            f"there is no field {written!r}; the fields are {', '.join((*_PLAIN, *_KEYED))}",
            span,
            code="query_where_unknown_field",
            suggestion=None if guess is None else repr(".".join((guess, *others))),
        )
    if name in {"stages", "artifacts"}:
        return _content_field(name, others, span)
    if not others:
        raise Fault(
            f"{first!r} needs a name behind it",
            span,
            code="query_where_unknown_field",
            suggestion=_KEYED[name],
        )
    return _keyed_field(name, ".".join(others))


def metric_field(statistic: str, written: str, stage_name: str | None, span: Span) -> Field:
    """Return a metric's field by one of its statistics, in one stage or in the run and all its stages.

    Raises:
        Fault: There is no such statistic, or the field is no metric.
    """
    word = statistic.lower()
    if word not in STATISTICS:
        raise Fault(
            f"there is no statistic {statistic!r}; there are {', '.join(STATISTICS)}",
            span,
            code="query_where_unknown_field",
            suggestion=nearest(word, STATISTICS),
        )
    first, *others = _components(written)
    if _ALIASES.get(first, first) != "metrics" or not others:
        raise Fault(
            f"{word}(...) is of a metric, and {written!r} is none",
            span,
            code="query_where_unknown_field",
            suggestion=f"{word}(metrics.{'.'.join(others or [first])})",
        )
    return _metric(".".join(others), word, stage_name)


def _components(written: str) -> list[str]:
    """Split a name at its dots; a quoted component is one, dots and all."""
    found = []
    for double, single, plain in _COMPONENT.findall(written):
        found.append(plain or _ESCAPED.sub(r"\1", double or single))
    return found


def _keyed_field(name: str, key: str) -> Field:
    if name == "metrics":
        return _metric(key, "latest", None)
    if name == "tags":
        return Field(name, key, Kind.TEXT, _RUN, lambda facts: facts.run.tags.get(key))
    if name == "params":
        return Field(name, key, Kind.SCALAR, _RUN, lambda facts: facts.run.parameters.get(key))
    if name == "metadata":
        return Field(name, key, Kind.SCALAR, _RUN, lambda facts: _within(facts.run.metadata, key))
    domains = frozenset({Domain.ENVIRONMENT})
    return Field(name, key, Kind.SCALAR, domains, lambda facts: facts.environment_value(key))


def _metric(key: str, statistic: str, stage_name: str | None) -> Field:
    spellings = None if stage_name is None else stage_spellings(stage_name)

    def select(facts: RunFacts) -> SelectedValue | None:
        summaries = facts.summaries_of(key)
        if spellings is not None:
            summaries = [
                each
                for each in summaries
                if each.stage is not None and is_spelled(facts.stage_name(each.stage), spellings)
            ]
        selection = statistic
        if statistic == "best":
            greater = higher_is_better(key, [facts.run.metadata], facts.metric_directions)
            selection = "max" if greater else "min"
        return selected_value(summaries, selection)

    def read(facts: RunFacts) -> float | None:
        found = select(facts)
        return None if found is None else found.value

    def is_degraded(facts: RunFacts) -> bool:
        found = select(facts)
        return found is not None and found.degraded

    # What is best depends on what the run declares, so the run has to be read for it.
    domains = _METRICS | _RUN if statistic == "best" else _METRICS
    return Field("metrics", key, Kind.NUMBER, domains, read, is_degraded=is_degraded)


def _content_field(name: str, others: list[str], span: Span) -> Field:
    """Return a field of what a run consists of: names, or an attribute of those of one name."""
    domains = frozenset({Domain.STAGES if name == "stages" else Domain.ARTIFACTS})
    if not others:
        if name == "stages":
            return Field(name, "", Kind.TEXTS, domains, lambda facts: [each.name for each in facts.stages])
        return Field(name, "", Kind.TEXTS, domains, lambda facts: [each.kind for each in facts.artifacts])
    attributes = _STAGE_ATTRIBUTES if name == "stages" else _ARTIFACT_ATTRIBUTES
    owner, attribute = ".".join(others[:-1]), others[-1]
    if not owner or attribute not in attributes:
        example = owner or attribute
        near = nearest(attribute, attributes) if owner else None
        raise Fault(
            f"behind {name}.NAME stands one of {', '.join(attributes)}",
            span,
            code="query_where_unknown_field",
            suggestion=f"{name}.{example}.{near or attributes[0]}",
        )
    if name == "stages":
        return _stage_attribute(owner, attribute, domains)
    return _artifact_attribute(owner, attribute, domains)


def _stage_attribute(stage_name: str, attribute: str, domains: frozenset[Domain]) -> Field:
    spellings = stage_spellings(stage_name)

    def read(facts: RunFacts) -> Any:
        stage = next((each for each in facts.stages if is_spelled(each.name, spellings)), None)
        if stage is None:
            return None
        if attribute == "duration":
            return _seconds(stage)
        if attribute == "status":
            return stage.status
        return _instant(getattr(stage, f"{attribute}_at"))

    kinds = {"status": Kind.TEXT, "duration": Kind.NUMBER}
    words = _STATUSES if attribute == "status" else ()
    key = f"{stage_name}.{attribute}"
    return Field("stages", key, kinds.get(attribute, Kind.TIME), domains, read, words)


def _artifact_attribute(kind: str, attribute: str, domains: frozenset[Domain]) -> Field:
    def read(facts: RunFacts) -> int:
        found = [each for each in facts.artifacts if each.kind == kind]
        return len(found) if attribute == "count" else sum(each.size_bytes or 0 for each in found)

    return Field("artifacts", f"{kind}.{attribute}", Kind.NUMBER, domains, read)


def _within(values: Mapping[str, Any], key: str) -> Any:
    """Return the value of a dotted key: of that key as it is written, else step by step."""
    if key in values:
        return values[key]
    found: Any = values
    for part in key.split("."):
        if not hasattr(found, "get"):
            return None
        found = found.get(part)
    return found


def _instant(time: str | None) -> int | None:
    return None if time is None else instant(time)


def _seconds(scope: Any) -> float | None:
    if scope.started_at is None or scope.ended_at is None:
        return None
    return (instant(scope.ended_at) - instant(scope.started_at)) / 1e9
