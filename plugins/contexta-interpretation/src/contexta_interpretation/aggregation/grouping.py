"""Telling the runs of a population apart by parameters, tags and fields."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from contexta.errors import AggregationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contexta.spi.views import RunRecord

__all__ = ["Grouping"]

_FIELDS: dict[str, Callable[[RunRecord], Any]] = {
    "status": lambda run: run.status,
    "name": lambda run: run.name,
    "project": lambda run: run.project_name,
    "code_revision": lambda run: run.code_revision,
    "dataset": lambda run: run.dataset_ref,
}
_BUT = "!"


class Grouping:
    """What runs are grouped by.

    Args:
        group_by: Names.  ``params.lr`` is a parameter and ``tags.model`` a tag; without a prefix it is a field
            (``status``, ``name``, ``project``, ``code_revision``, ``dataset``), else a parameter, else a tag.  With
            ``!`` before it: everything of its kind, all parameters or all tags, but this.
        runs: The runs.

    Raises:
        AggregationError: No name, or one that no run has.
    """

    def __init__(self, group_by: str | Sequence[str], runs: Sequence[RunRecord]) -> None:
        given: tuple[str, ...] = ()
        if isinstance(group_by, Iterable):
            given = (group_by,) if isinstance(group_by, str) else tuple(group_by)
        if not given or not all(isinstance(each, str) and each.strip(" !") for each in given):
            raise AggregationError(
                f"group_by must name at least one parameter, tag or field, not {group_by!r}",
                code="aggregation_invalid_group",
            )
        self._known = {
            "params": {name for run in runs for name in run.parameters},
            "tags": {name for run in runs for name in run.tags},
        }
        named: set[str] = set()
        without: dict[str, set[str]] = {}
        for each in given:
            text = each.strip()
            found = self._resolve(text.removeprefix(_BUT).strip(), anything=not runs)
            if not text.startswith(_BUT):
                named.add(found)
                continue
            kind, _, name = found.partition(".")
            if kind not in self._known:
                raise AggregationError(
                    f"{each!r} leaves out a field, and only parameters and tags can be left out",
                    code="aggregation_invalid_group",
                )
            without.setdefault(kind, set()).add(name)
        for kind, names in without.items():
            named |= {f"{kind}.{name}" for name in self._known[kind] - names}
        self.names = tuple(sorted(named))

    def _resolve(self, name: str, *, anything: bool) -> str:
        """Return the full name of what is meant."""
        prefix, _, rest = name.partition(".")
        prefix = {"parameters": "params", "param": "params", "tag": "tags"}.get(prefix, prefix)
        if prefix in self._known and rest and (rest in self._known[prefix] or anything):
            return f"{prefix}.{rest}"
        if name in _FIELDS:
            return name
        for kind, names in self._known.items():
            if name in names:
                return f"{kind}.{name}"
        if anything:
            return f"params.{name}"
        known = [*_FIELDS, *self._known["params"], *self._known["tags"]]
        from difflib import get_close_matches

        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(sorted(known))}"
        raise AggregationError(
            f"no run has a parameter, tag or field {name!r} to group by; {hint}",
            code="aggregation_unknown_group",
            details={"name": name, "known": tuple(sorted(known))},
        )

    def groups(self, runs: Sequence[RunRecord]) -> list[tuple[dict[str, Any], list[RunRecord]]]:
        """Return the groups with their keys, sorted by these; a run that lacks something comes last in it."""
        found: dict[tuple[str, ...], tuple[dict[str, Any], list[RunRecord]]] = {}
        for run in runs:
            key = {name: self._value(run, name) for name in self.names}
            identity = tuple(_identity(value) for value in key.values())
            found.setdefault(identity, (key, []))[1].append(run)
        return sorted(found.values(), key=lambda group: [_place(value) for value in group[0].values()])

    @staticmethod
    def _value(run: RunRecord, name: str) -> Any:
        kind, _, rest = name.partition(".")
        if kind == "params":
            return run.parameters.get(rest)
        return run.tags.get(rest) if kind == "tags" else _FIELDS[name](run)


def _identity(value: Any) -> str:
    """Return equal texts for values that count as equal: 1 and 1.0 do, 1 and true do not."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, default=repr)


def _place(value: Any) -> tuple[int, float, str]:
    """Return where a value stands in an order: numbers first, then texts and the rest, None last."""
    if value is None:
        return 3, 0.0, ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return 0, float(value), ""
    return (1, 0.0, value) if isinstance(value, str) else (2, 0.0, _identity(value))
