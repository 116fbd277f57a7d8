"""What a run needs to be reproduced, in points; every missing point says how to gain it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.provenance import ReproducibilityCriterion

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta_interpretation.provenance.evidence import RunEvidence

__all__ = ["CRITERIA", "score_run"]

Criterion = ReproducibilityCriterion


def code_revision(evidence: RunEvidence) -> Criterion:
    """20 points for a known revision."""
    revision = evidence.code_revision
    if revision:
        return Criterion("code_revision", 20, 20, f"the code is at revision {revision}")
    return Criterion(
        "code_revision",
        0,
        20,
        "no revision of the code is known",
        "run from a git repository with capture.capture_code_revision on, or pass ctx.run(..., code_revision=...)",
    )


def code_state(evidence: RunEvidence) -> Criterion:
    """10 points where the code beside the revision is known: unchanged, or changed with the whole diff kept."""
    name, code = "code_state", evidence.code
    if "dirty" not in code:
        found = "nobody looked whether the code was changed beside its revision"
        return Criterion(
            name, 0, 10, found, "run from a git repository with capture.capture_code_revision on"
        )
    if not code["dirty"]:
        return Criterion(name, 10, 10, "the code was as committed")
    remedy = "commit before the run"
    if code.get("diff_truncated"):
        return Criterion(
            name, 3, 10, "the code was changed, and the diff was too long to be kept whole", remedy
        )
    if code.get("diff"):
        found = "the code was changed; the diff of tracked files is kept, new files are not"
        return Criterion(name, 8, 10, found, remedy)
    return Criterion(name, 3, 10, "the code was changed, and no diff is kept", remedy)


def python_version(evidence: RunEvidence) -> Criterion:
    """10 points for the version of Python."""
    view = evidence.environment
    if view is not None and view.python_version:
        return Criterion("python_version", 10, 10, f"Python {view.python_version}")
    return _not_captured("python_version", 10, "the version of Python is not known")


def packages(evidence: RunEvidence) -> Criterion:
    """15 points for the installed packages."""
    view = evidence.environment
    if view is not None and view.packages:
        return Criterion("packages", 15, 15, f"{len(view.packages)} packages with their versions")
    remedy = "leave capture.capture_environment_snapshot and capture.capture_installed_packages on"
    return Criterion("packages", 0, 15, "no installed packages are known", remedy)


def platform(evidence: RunEvidence) -> Criterion:
    """5 points for the platform."""
    view = evidence.environment
    if view is not None and view.platform:
        return Criterion("platform", 5, 5, view.platform)
    return _not_captured("platform", 5, "the platform is not known")


def environment_variables(evidence: RunEvidence) -> Criterion:
    """5 points for at least one environment variable."""
    view = evidence.environment
    if view is not None and view.environment_variables:
        names = ", ".join(view.environment_variables)
        return Criterion("environment_variables", 5, 5, f"captured: {names}")
    return Criterion(
        "environment_variables",
        0,
        5,
        "no environment variable is known",
        "name those that matter (PYTHONHASHSEED, CUDA_VISIBLE_DEVICES …) in security.environment_variable_allowlist",
    )


def configuration(evidence: RunEvidence) -> Criterion:
    """10 points for a configuration or parameters."""
    count = len(evidence.configuration)
    if count:
        return Criterion("configuration", 10, 10, f"{count} settings are recorded")
    remedy = "call run.params({...}), or pass ctx.run(..., config_snapshot={...})"
    return Criterion("configuration", 0, 10, "no configuration and no parameters are recorded", remedy)


def seed(evidence: RunEvidence) -> Criterion:
    """5 points for a parameter that names a seed."""
    named = [
        key for key, value in evidence.run.parameters.items() if "seed" in key.lower() and value is not None
    ]
    if named:
        return Criterion("seed", 5, 5, f"the seed is recorded as {', '.join(named)}")
    remedy = "seed every random generator, and record it: run.params(seed=...)"
    return Criterion("seed", 0, 5, "no parameter names a seed", remedy)


def data(evidence: RunEvidence) -> Criterion:
    """10 points for the data that the run took in."""
    refs = evidence.data_refs
    if refs:
        return Criterion("data", 10, 10, f"the data is {', '.join(refs[:3])}{' …' if len(refs) > 3 else ''}")
    remedy = "pass ctx.run(..., dataset_ref=...), or register the dataset as an artifact"
    return Criterion("data", 0, 10, "nothing says which data was used", remedy)


def artifacts(evidence: RunEvidence) -> Criterion:
    """5 points where there are artifacts to compare with, and all have a digest."""
    found = evidence.artifacts
    without = [each.artifact_ref for each in found if not each.hash_value]
    if found and not without:
        return Criterion("artifacts", 5, 5, f"{len(found)} artifacts with their digests")
    if not found:
        remedy = "register what the run makes: run.register_artifact(kind, path)"
        return Criterion("artifacts", 0, 5, "no artifact is there to compare a repetition with", remedy)
    return Criterion(
        "artifacts",
        0,
        5,
        f"{len(without)} of {len(found)} artifacts have no digest, such as {without[0]}",
        "register them when they exist, without compute_hash=False",
    )


def provenance(evidence: RunEvidence) -> Criterion:
    """5 points for a recorded assertion with its evidence; 3 without evidence."""
    view = evidence.provenance
    if view is not None and view.evidence_bundle_ref:
        return Criterion("provenance", 5, 5, f"asserted ({view.assertion_mode}) with evidence")
    if view is not None:
        found = f"asserted ({view.assertion_mode}) without evidence"
        return Criterion(
            "provenance", 3, 5, found, "name an evidence_bundle_ref in the run's provenance record"
        )
    remedy = "record a relation of the run and a provenance record of it in the metadata store"
    return Criterion("provenance", 0, 5, "no provenance was asserted", remedy)


#: What is looked at, in this order; the points are 100 together.
CRITERIA: tuple[Callable[[RunEvidence], Criterion], ...] = (
    code_revision,
    code_state,
    python_version,
    packages,
    platform,
    environment_variables,
    configuration,
    seed,
    data,
    artifacts,
    provenance,
)


def score_run(evidence: RunEvidence) -> tuple[Criterion, ...]:
    """Return every criterion with the points of a run."""
    return tuple(criterion(evidence) for criterion in CRITERIA)


def _not_captured(name: str, points: int, found: str) -> Criterion:
    return Criterion(name, 0, points, found, "leave capture.capture_environment_snapshot on")
