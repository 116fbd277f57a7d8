"""The differences of two environments, ranked by how likely they change a result."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.spi.provenance import EnvironmentDifference, EnvironmentValueChange
from contexta_interpretation.captured_surroundings import has_surroundings
from contexta_interpretation.compare.values import value_changes
from contexta_interpretation.given_configuration import given_configuration
from contexta_interpretation.provenance.version_change import version_change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contexta_interpretation.provenance.evidence import RunEvidence

__all__ = ["named_changes", "ranked_differences"]

#: Importance of each place in the order.
_IMPORTANCE = ("high", "high", "high", "high", "medium", "medium", "medium", "medium", "low", "low", "low")
#: The places, by what differs.
_REVISION, _PYTHON, _MAJOR_PACKAGE, _CODE_STATE = 0, 1, 2, 3
_CONFIGURATION, _PACKAGE, _HARDWARE, _PYTHON_PATCH = 4, 5, 6, 7
_VARIABLE, _PLATFORM, _PACKAGE_PATCH = 8, 9, 10

#: What of the captured details is hardware.
_HARDWARE_FIELDS = ("hardware", "machine", "python_implementation")


class _Found(NamedTuple):
    place: int
    area: str
    key: str
    change: str
    left: Any
    right: Any


def named_changes(
    left: Mapping[str, str], right: Mapping[str, str]
) -> tuple[tuple[EnvironmentValueChange, ...], ...]:
    """Return what only the right one has, what only the left one has, and what differs, each by name."""
    by_change: dict[str, list[EnvironmentValueChange]] = {"added": [], "removed": [], "changed": []}
    for each in value_changes(left, right):
        by_change[each.change].append(EnvironmentValueChange(each.key, each.left_value, each.right_value))
    return tuple(tuple(found) for found in by_change.values())


def ranked_differences(left: RunEvidence, right: RunEvidence) -> tuple[EnvironmentDifference, ...]:
    """Return every difference of what two runs were made from, the most important first.

    The order: revision of the code; Python; major changes of packages, and packages that only one has; changes beside
    the revision; configuration; other changes of packages; hardware; a patch of Python; variables; platform; patches
    of packages.
    """
    found = [*_code(left, right), *_environment(left, right)]
    found.sort(key=lambda each: (each.place, each.area, each.key))
    return tuple(
        EnvironmentDifference(
            rank, _IMPORTANCE[each.place], each.area, each.key, each.change, each.left, each.right
        )
        for rank, each in enumerate(found, start=1)
    )


def _code(left: RunEvidence, right: RunEvidence) -> Iterator[_Found]:
    before, after = left.code_revision, right.code_revision
    if before and after and before != after:
        yield _Found(_REVISION, "code", "revision", "changed", before, after)
    if "dirty" in left.code and "dirty" in right.code:
        states = [_digest(each.code.get("diff")) if each.code["dirty"] else None for each in (left, right)]
        if left.code["dirty"] != right.code["dirty"]:
            yield _Found(_CODE_STATE, "code", "dirty", "changed", left.code["dirty"], right.code["dirty"])
        elif states[0] != states[1]:
            yield _Found(_CODE_STATE, "code", "diff", "changed", *states)


def _environment(left: RunEvidence, right: RunEvidence) -> Iterator[_Found]:
    before, after = left.environment, right.environment
    if before is None or after is None:
        return
    if before.python_version and after.python_version and before.python_version != after.python_version:
        change = version_change(before.python_version, after.python_version)
        place = _PYTHON_PATCH if change == "patch" else _PYTHON
        yield _Found(place, "python", "version", change, before.python_version, after.python_version)
    # An environment that was captured without packages has not lost them.
    if before.packages and after.packages:
        for each in value_changes(before.packages, after.packages):
            yield _package(each.key, each.change, each.left_value, each.right_value)
    settings = [_flat(given_configuration(view)) for view in (before, after)]
    if all(settings):
        for each in value_changes(*settings):
            yield _Found(
                _CONFIGURATION, "configuration", each.key, each.change, each.left_value, each.right_value
            )
    hardware = [
        _flat({name: view.details[name] for name in _HARDWARE_FIELDS if name in view.details})
        for view in (before, after)
    ]
    if all(hardware):
        for each in value_changes(*hardware):
            yield _Found(_HARDWARE, "hardware", each.key, each.change, each.left_value, each.right_value)
    if before.platform and after.platform and before.platform != after.platform:
        yield _Found(_PLATFORM, "platform", "platform", "changed", before.platform, after.platform)
    if has_surroundings(before) and has_surroundings(after):
        for each in value_changes(before.environment_variables, after.environment_variables):
            yield _Found(_VARIABLE, "variable", each.key, each.change, each.left_value, each.right_value)


def _package(name: str, change: str, left: Any, right: Any) -> _Found:
    if change == "changed":
        change = version_change(str(left), str(right))
    place = {"minor": _PACKAGE, "patch": _PACKAGE_PATCH}.get(change, _MAJOR_PACKAGE)
    return _Found(place, "package", name, change, left, right)


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the leaves of nested mappings by dotted name."""
    leaves: dict[str, Any] = {}
    for name, value in values.items():
        if hasattr(value, "items"):
            leaves |= _flat(value, f"{prefix}{name}.")
        else:
            leaves[f"{prefix}{name}"] = value
    return leaves


def _digest(text: object) -> str:
    """Return a short digest: a diff of thousands of lines is no value to print."""
    return f"sha256:{hashlib.sha256(str(text).encode()).hexdigest()[:12]}"
