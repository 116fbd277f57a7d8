"""What the provenance service answers with: audits of what was recorded, and differences of environments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contexta.contract.frozen_mapping import EMPTY_MAPPING
from contexta.spi.freezing import freeze_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.spi.views import CompletenessNote, EvidenceLink, ProvenanceView

__all__ = [
    "EnvironmentDiff",
    "EnvironmentDifference",
    "EnvironmentValueChange",
    "ReproducibilityAudit",
    "ReproducibilityCriterion",
    "RunOrigin",
]


def _empty() -> Mapping[str, Any]:
    return EMPTY_MAPPING


@dataclass(frozen=True, slots=True)
class EnvironmentValueChange:
    """One package or variable that two environments do not share.

    Args:
        key: Its name.
        left_value: Its value on the left, or None where it is not there.
        right_value: Its value on the right, or None where it is not there.
    """

    key: str
    left_value: str | None
    right_value: str | None


@dataclass(frozen=True, slots=True)
class EnvironmentDifference:
    """One difference of two environments, with its place among all of them.

    Args:
        rank: Its place, from 1: what most likely changes a result comes first.
        importance: ``high``, ``medium`` or ``low``.
        area: ``code``, ``python``, ``package``, ``configuration``, ``hardware``, ``platform`` or ``variable``.
        key: What differs: ``revision``, the name of a package, a dotted name of the configuration …
        change: ``changed``, ``added`` (only on the right), ``removed`` (only on the left), or for a version
            ``major``, ``minor`` or ``patch``.
        left_value: Its value on the left, or None.
        right_value: Its value on the right, or None.
    """

    rank: int
    importance: str
    area: str
    key: str
    change: str
    left_value: Any
    right_value: Any


@dataclass(frozen=True, slots=True)
class EnvironmentDiff:
    """The differences of the environments of two runs.

    Where the environment of one run was not captured nothing is said to have changed: a note tells whose is missing.

    Args:
        left_run_id: The run on the left.
        right_run_id: The run on the right.
        left_environment_ref: Its environment, or None.
        right_environment_ref: The other's, or None.
        python_version_changed: Whether both versions of Python are known and differ.
        platform_changed: Whether both platforms are known and differ.
        added_packages: Packages that only the right one has, by name.
        removed_packages: Packages that only the left one has, by name.
        changed_packages: Packages of another version, by name.
        added_variables: Variables that only the right one has, by name.
        removed_variables: Variables that only the left one has, by name.
        changed_variables: Variables with another value, by name.
        completeness_notes: What is missing.
        evidence_links: The runs and their environments.
        differences: Every difference, of code, configuration and hardware too, the most important first.
    """

    left_run_id: str
    right_run_id: str
    left_environment_ref: str | None
    right_environment_ref: str | None
    python_version_changed: bool
    platform_changed: bool
    added_packages: tuple[EnvironmentValueChange, ...] = ()
    removed_packages: tuple[EnvironmentValueChange, ...] = ()
    changed_packages: tuple[EnvironmentValueChange, ...] = ()
    added_variables: tuple[EnvironmentValueChange, ...] = ()
    removed_variables: tuple[EnvironmentValueChange, ...] = ()
    changed_variables: tuple[EnvironmentValueChange, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()
    evidence_links: tuple[EvidenceLink, ...] = ()
    differences: tuple[EnvironmentDifference, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(
            self,
            sequences=(
                "added_packages",
                "removed_packages",
                "changed_packages",
                "added_variables",
                "removed_variables",
                "changed_variables",
                "completeness_notes",
                "evidence_links",
                "differences",
            ),
        )


@dataclass(frozen=True, slots=True)
class ReproducibilityCriterion:
    """One thing that a run needs to be reproduced, and how much of it is recorded.

    Args:
        name: What it is, as a stable word.
        points: How many points the run has for it.
        max_points: How many there are.
        explanation: What was found.
        remedy: How to gain the missing points; empty where none is missing.
    """

    name: str
    points: int
    max_points: int
    explanation: str
    remedy: str = ""

    @property
    def missing_points(self) -> int:
        """How many points are missing."""
        return self.max_points - self.points


@dataclass(frozen=True, slots=True)
class ReproducibilityAudit:
    """How well a run could be reproduced from what is recorded of it.

    Args:
        run_id: The run.
        provenance: The newest recorded assertion about a relation of the run, or None.
        environment_ref: Its environment, or None.
        python_version: Version of Python, where it was captured.
        platform: Name of the platform, where it was captured.
        package_count: Number of packages that were captured.
        environment_variable_count: Number of environment variables that were captured.
        reproducibility_status: ``complete`` with every point, ``missing`` with none, else ``partial``.
        completeness_notes: What is missing.
        evidence_links: Where all of this was seen.
        score: The points of all criteria.
        max_score: The points that there are, 100.
        criteria: What was looked at; every missing point is explained there.
    """

    run_id: str
    provenance: ProvenanceView | None
    environment_ref: str | None
    python_version: str | None
    platform: str | None
    package_count: int
    environment_variable_count: int
    reproducibility_status: str
    completeness_notes: tuple[CompletenessNote, ...] = ()
    evidence_links: tuple[EvidenceLink, ...] = ()
    score: int = 0
    max_score: int = 100
    criteria: tuple[ReproducibilityCriterion, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("completeness_notes", "evidence_links", "criteria"))

    @property
    def missing(self) -> tuple[ReproducibilityCriterion, ...]:
        """The criteria with missing points, the most points first."""
        short = [each for each in self.criteria if each.missing_points]
        return tuple(sorted(short, key=lambda each: (-each.missing_points, each.name)))


@dataclass(frozen=True, slots=True)
class RunOrigin:
    """What a run was made from: code, configuration, environment and data.

    Args:
        code_revision: Revision of the code.
        code_dirty: Whether it was changed beside the revision; None where nobody looked.
        environment_ref: The captured environment, or None.
        python_version: Version of Python.
        platform: Name of the platform.
        packages: Installed distributions with their versions.
        environment_variables: The allow-listed variables.
        config_snapshot: The configuration.
        data_refs: What the run took in: the primary dataset first, then what relations name.
    """

    code_revision: str | None = None
    code_dirty: bool | None = None
    environment_ref: str | None = None
    python_version: str | None = None
    platform: str | None = None
    packages: Mapping[str, str] = field(default_factory=_empty)
    environment_variables: Mapping[str, str] = field(default_factory=_empty)
    config_snapshot: Mapping[str, Any] = field(default_factory=_empty)
    data_refs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(
            self,
            mappings=("packages", "environment_variables", "config_snapshot"),
            sequences=("data_refs",),
        )
