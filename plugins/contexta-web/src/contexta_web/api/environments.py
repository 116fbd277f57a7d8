"""What runs were made from, in the shapes that the HTTP API documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta import Contexta
    from contexta.spi.provenance import EnvironmentValueChange
    from contexta_web.api.endpoint import Arguments

__all__ = ["environment_difference", "reproducibility"]


def reproducibility(contexta: Contexta, arguments: Arguments) -> Any:
    """Answer how well a run could be reproduced."""
    audit = contexta.audit_reproducibility(arguments["run_id"])
    asserted = audit.provenance
    evidence = None if asserted is None else asserted.evidence_bundle_ref
    missing = {"provenance": asserted, "environment_ref": audit.environment_ref}
    return {
        "run_id": audit.run_id,
        "code_revision": None if asserted is None else asserted.formation_context_ref,
        "config_hash": None if asserted is None else asserted.policy_ref,
        "environment_ref": audit.environment_ref,
        "dataset_version_refs": [] if evidence is None else [evidence],
        "missing_fields": [name for name, value in missing.items() if value is None],
        "reproducibility_score": audit.score / audit.max_score,
        "is_fully_reproducible": audit.reproducibility_status == "complete",
        "completeness_notes": [note.summary for note in audit.completeness_notes],
        "criteria": audit.criteria,
    }


def environment_difference(contexta: Contexta, arguments: Arguments) -> Any:
    """Answer how the environments of two runs differ."""
    diff = contexta.compare_environments(arguments["run_id"], arguments["other"])
    packages = _changes(diff.added_packages, diff.removed_packages, diff.changed_packages)
    variables = _changes(diff.added_variables, diff.removed_variables, diff.changed_variables)
    changed = {
        "python_version": diff.python_version_changed,
        "platform": diff.platform_changed,
        "packages": any(packages.values()),
        "environment_variables": any(variables.values()),
    }
    missing = {
        "left_environment_ref": diff.left_environment_ref,
        "right_environment_ref": diff.right_environment_ref,
    }
    revision = next(
        (each for each in diff.differences if (each.area, each.key) == ("code", "revision")), None
    )
    return {
        "left_run_id": diff.left_run_id,
        "right_run_id": diff.right_run_id,
        **missing,
        "changed_fields": [name for name, has_changed in changed.items() if has_changed],
        "missing_fields": [name for name, ref in missing.items() if ref is None],
        "has_differences": any(changed.values()) or bool(diff.differences),
        "left_code_revision": None if revision is None else revision.left_value,
        "right_code_revision": None if revision is None else revision.right_value,
        "package_changes": packages,
        "environment_variable_changes": variables,
        "differences": diff.differences,
        "completeness_notes": [note.summary for note in diff.completeness_notes],
    }


def _changes(
    added: Iterable[EnvironmentValueChange],
    removed: Iterable[EnvironmentValueChange],
    changed: Iterable[EnvironmentValueChange],
) -> dict[str, list[EnvironmentValueChange]]:
    return {"added": list(added), "removed": list(removed), "changed": list(changed)}
