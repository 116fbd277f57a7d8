"""What two runs were made from: code, configuration, environment and data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.spi.comparison import ProvenanceComparison, ValueChange
from contexta.spi.repository import SupportsEnvironments
from contexta.spi.views import CompletenessNote, EvidenceLink
from contexta_interpretation.compare.values import value_changes

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
    def code(self) -> tuple[Any, ...] | None:
        """What identifies the code: its revision, and what was changed beside it."""
        seen = {} if self.environment is None else self.environment.code
        revision = self.run.code_revision or seen.get("revision")
        return None if revision is None else (revision, seen.get("diff"))

    @property
    def configuration(self) -> Mapping[str, Any] | None:
        """The configuration of the run."""
        return (None if self.environment is None else self.environment.config_snapshot) or None

    def environment_values(self) -> dict[str, Any]:
        """Return Python, platform, hardware, packages, variables and code by dotted name."""
        view = self.environment
        if view is None:
            return {}
        code = {name: _digest(value) if name == "diff" else value for name, value in view.code.items()}
        whole = {
            **view.details,
            "python_version": view.python_version,
            "platform": view.platform,
            "packages": view.packages,
            "environment_variables": view.environment_variables,
            "code": code,
        }
        return dict(_leaves("", whole))

    def links(self) -> list[EvidenceLink]:
        """Return where the environment was seen."""
        view = self.environment
        return (
            [] if view is None else [EvidenceLink("environment", view.environment_ref, view.platform or "")]
        )


def provenance_comparison(left: Origin, right: Origin) -> ProvenanceComparison | None:
    """Return whether what two runs were made from differs; None where neither tells anything."""
    if not any(
        (each.environment, each.provenance, each.code, each.run.dataset_ref) != (None, None, None, None)
        for each in (left, right)
    ):
        return None
    return ProvenanceComparison(
        code_revision_changed=_differ(left.code, right.code),
        config_hash_changed=_differ(left.configuration, right.configuration),
        environment_changed=_differ(_surroundings(left.environment), _surroundings(right.environment)),
        dataset_refs_changed=_differ(left.run.dataset_ref, right.run.dataset_ref),
        left_provenance=left.provenance,
        right_provenance=right.provenance,
    )


def environment_changes(left: Origin, right: Origin) -> tuple[ValueChange, ...]:
    """Return the differences of two environments, by dotted name; none where one of them was not captured."""
    if left.environment is None or right.environment is None:
        return ()
    return value_changes(left.environment_values(), right.environment_values())


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
    """Return a note on the side whose environment is missing, where only one is."""
    if (left.environment is None) == (right.environment is None):
        return []
    side, origin = ("left", left) if left.environment is None else ("right", right)
    return [
        CompletenessNote("warning", f"{side}_environment_snapshot_missing", {"run_id": origin.run.run_id})
    ]


def _surroundings(view: EnvironmentView | None) -> tuple[Any, ...] | None:
    if view is None:
        return None
    return view.python_version, view.platform, view.packages, view.environment_variables


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
