"""What two runs were made from: code, configuration, environment and data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.spi.comparison import ProvenanceComparison, ValueChange
from contexta.spi.repository import SupportsEnvironments
from contexta.spi.views import CompletenessNote, EvidenceLink
from contexta_interpretation.captured_surroundings import has_surroundings
from contexta_interpretation.compare.values import value_changes
from contexta_interpretation.given_configuration import given_configuration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contexta.spi.querying import RunSnapshot
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import EnvironmentView, ProvenanceView, RunRecord

__all__ = [
    "Origin",
    "configuration_changes",
    "environment_changes",
    "environment_notes",
    "provenance_comparison",
    "source_changes",
]


@dataclass(frozen=True, slots=True)
class Origin:
    """What one run was made from, as far as it was captured.

    Args:
        run: The run.
        environment: Its surroundings, or None.
        provenance: Its newest recorded provenance, or None.
    """

    run: RunRecord
    environment: EnvironmentView | None
    provenance: ProvenanceView | None

    @classmethod
    def of(cls, repository: CompositeRepository, snapshot: RunSnapshot) -> Origin:
        """Return the origin of a run; a repository that knows no environments is asked for none."""
        environment = None
        if isinstance(repository, SupportsEnvironments):
            environment = repository.get_environment(snapshot.run.run_id)
        return cls(snapshot.run, environment, snapshot.provenance)

    @property
    def seen_code(self) -> Mapping[str, Any]:
        """What was found of the code around the program; empty where nobody looked."""
        return {} if self.environment is None else self.environment.code

    @property
    def code_revision(self) -> str | None:
        """Revision of the code: what the caller gave, else what was found."""
        return self.run.code_revision or self.seen_code.get("revision")

    @property
    def configuration(self) -> Mapping[str, Any] | None:
        """The configuration that the run was given, or None."""
        return given_configuration(self.environment) or None

    def environment_areas(self) -> dict[str, Any]:
        """Return Python, platform, hardware, packages, variables and code: what was captured of them."""
        view = self.environment
        if view is None:
            return {}
        areas = {
            **view.details,
            "python_version": view.python_version,
            "platform": view.platform,
            "packages": view.packages,
            "code": {name: _digest(each) if name == "diff" else each for name, each in view.code.items()},
        }
        known = {name: each for name, each in areas.items() if each not in (None, {})}
        # That none of the variables was set is known as soon as anything is.
        return (
            {**known, "environment_variables": view.environment_variables}
            if has_surroundings(view)
            else known
        )

    def links(self) -> list[EvidenceLink]:
        """Return where the environment was seen."""
        view = self.environment
        return (
            [] if view is None else [EvidenceLink("environment", view.environment_ref, view.platform or "")]
        )


def provenance_comparison(left: Origin, right: Origin) -> ProvenanceComparison | None:
    """Return whether what two runs were made from differs; None where neither tells anything."""
    if not any(
        (each.environment, each.provenance, each.code_revision, each.run.dataset_ref)
        != (None, None, None, None)
        for each in (left, right)
    ):
        return None
    return ProvenanceComparison(
        code_revision_changed=_code_differs(left, right),
        config_hash_changed=_differ(left.configuration, right.configuration),
        environment_changed=_surroundings_differ(left, right),
        dataset_refs_changed=_differ(left.run.dataset_ref, right.run.dataset_ref),
        left_provenance=left.provenance,
        right_provenance=right.provenance,
    )


def environment_changes(left: Origin, right: Origin) -> tuple[ValueChange, ...]:
    """Return the differences of two environments, by dotted name; none of what one side did not capture."""
    sides = left.environment_areas(), right.environment_areas()
    shared = sides[0].keys() & sides[1].keys()
    before, after = ({name: side[name] for name in shared} for side in sides)
    return value_changes(dict(_leaves("", before)), dict(_leaves("", after)))


def configuration_changes(left: Origin, right: Origin) -> tuple[ValueChange, ...]:
    """Return the differences of two configurations, by dotted name; none where one of them was not captured."""
    if left.configuration is None or right.configuration is None:
        return ()
    return value_changes(dict(_leaves("", left.configuration)), dict(_leaves("", right.configuration)))


def source_changes(left: Origin, right: Origin) -> tuple[ValueChange, ...]:
    """Return the differences of what the callers named of code and data."""
    sides = [
        {
            name: value
            for name, value in (("code_revision", each.code_revision), ("dataset_ref", each.dataset_ref))
            if value is not None
        }
        for each in (left.run, right.run)
    ]
    return value_changes(*sides)


def environment_notes(left: Origin, right: Origin) -> list[CompletenessNote]:
    """Return a note on the side whose environment, or whose packages, are missing where only one's are."""
    for word, found in (
        ("environment_snapshot_missing", [each.environment is not None for each in (left, right)]),
        ("environment_packages_empty", [_has_packages(each) for each in (left, right)]),
    ):
        if found[0] != found[1]:
            side, origin = ("right", right) if found[0] else ("left", left)
            return [CompletenessNote("warning", f"{side}_{word}", {"run_id": origin.run.run_id})]
    return []


def _has_packages(origin: Origin) -> bool:
    return origin.environment is not None and bool(origin.environment.packages)


def _code_differs(left: Origin, right: Origin) -> bool:
    """Whether the revisions differ, or what was changed beside one, where both were looked at."""
    if _differ(left.code_revision, right.code_revision):
        return True
    before, after = left.seen_code, right.seen_code
    return bool(before) and bool(after) and before.get("diff") != after.get("diff")


def _surroundings_differ(left: Origin, right: Origin) -> bool:
    before, after = left.environment, right.environment
    if before is None or after is None or not (has_surroundings(before) and has_surroundings(after)):
        return False
    return before.environment_variables != after.environment_variables or any(
        _differ(getattr(before, name) or None, getattr(after, name) or None)
        for name in ("python_version", "platform", "packages")
    )


def _differ(left: object, right: object) -> bool:
    return left is not None and right is not None and left != right


def _digest(text: object) -> str:
    """Return a short digest: a diff of thousands of lines is no value to print."""
    import hashlib

    return f"sha256:{hashlib.sha256(str(text).encode()).hexdigest()[:12]}"


def _leaves(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        key = f"{prefix}{name}"
        if hasattr(value, "items"):
            yield from _leaves(f"{key}.", value)
        elif value is not None:
            yield key, value
