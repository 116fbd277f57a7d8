"""Which run, stage or artifact is meant by what somebody typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.text import slug
from contexta.errors import InterpretationError, RunNotFoundError
from contexta.spi.identifiers import checked_text, identifier_text
from contexta.spi.metadata import EntityKind, EntityQuery
from contexta.spi.run_lookup import run_not_found

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contexta.spi.artifacts import ArtifactBackend, BoundArtifact
    from contexta.spi.metadata import Entity, MetadataBackend

__all__ = ["ambiguous", "find_artifact", "find_run", "project_refs", "require_run", "stage_ref_of"]


def find_run(metadata: MetadataBackend, run_id: str) -> Entity | None:
    """Return the run that is meant, or None.

    Args:
        metadata: The metadata store.
        run_id: ``run:project.run``, ``project.run``, or ``run`` alone where only one project has it; or what carries it.

    Raises:
        ValidationError: Neither text nor anything with the identifier of a run.
        InterpretationError: Runs of several projects have that name.
    """
    text = identifier_text(run_id)
    if text.startswith("run:"):
        return metadata.get(EntityKind.RUN, text)
    if "." in text:
        return metadata.get(EntityKind.RUN, f"run:{text}")
    component = slug(text)
    refs = [f"run:{project.partition(':')[2]}.{component}" for project in _all_projects(metadata)]
    found = [run for ref in refs if (run := metadata.get(EntityKind.RUN, ref)) is not None]
    if len(found) > 1:
        raise ambiguous("run", text, [run.ref for run in found])
    return found[0] if found else None


def require_run(metadata: MetadataBackend, run_id: str) -> str:
    """Return the reference of the run that is meant.

    Raises:
        RunNotFoundError: There is none.
        InterpretationError: Runs of several projects have that name.
    """
    found = find_run(metadata, run_id)
    if found is not None:
        return found.ref
    raise unknown_run(metadata, identifier_text(run_id))


def unknown_run(metadata: MetadataBackend, run_id: str) -> RunNotFoundError:
    """Return the error for a run that does not exist, with the nearest that do."""
    known = [run.ref for run in metadata.find(EntityQuery(EntityKind.RUN, order_by="ref"))]
    return run_not_found(run_id, known)


def _all_projects(metadata: MetadataBackend) -> list[str]:
    return [project.ref for project in metadata.find(EntityQuery(EntityKind.PROJECT, order_by="ref"))]


def project_refs(metadata: MetadataBackend, project_name: str) -> list[str]:
    """Return the references of the projects that are meant by a name, a reference or its component."""
    wanted = checked_text(project_name, "project_name").strip()
    return [
        project.ref
        for project in metadata.find(EntityQuery(EntityKind.PROJECT, order_by="ref"))
        if wanted in (project.document.get("name"), project.ref, project.ref.partition(":")[2])
    ]


def stage_ref_of(run_ref: str, stage_id: str) -> str:
    """Return the reference of a stage of a run, given as such or by its name."""
    text = identifier_text(stage_id, "stage")
    if text.startswith("stage:"):
        return text
    run = run_ref.partition(":")[2]
    if text.startswith(f"{run}."):
        return f"stage:{text}"
    return f"stage:{run}.{slug(text)}"


def find_artifact(artifacts: ArtifactBackend, artifact_ref: str) -> BoundArtifact | None:
    """Return the artifact that is meant, or None.

    Args:
        artifacts: The artifact store.
        artifact_ref: ``artifact:project.run.name``, ``project.run.name``, or ``name`` alone where it is unique;
            or what carries it.

    Raises:
        ValidationError: Neither text nor anything with the reference of an artifact.
        InterpretationError: Several artifacts have that name.
    """
    text = identifier_text(artifact_ref, "artifact")
    if text.startswith("artifact:"):
        return artifacts.find(text)
    if "." in text:
        return artifacts.find(f"artifact:{text}")
    found = [each for each in artifacts.list_artifacts() if each.artifact_ref.rpartition(".")[2] == text]
    if len(found) > 1:
        raise ambiguous("artifact", text, [each.artifact_ref for each in found])
    return found[0] if found else None


def ambiguous(kind: str, asked: str, candidates: Sequence[str] | Iterable[str]) -> InterpretationError:
    """Return the error for a short name that several things have."""
    listed = sorted(candidates)
    more = f" and {len(listed) - 5} more" if len(listed) > 5 else ""
    return InterpretationError(
        f"{asked!r} is the name of several {kind}s: {', '.join(listed[:5])}{more}; give the full reference",
        code=f"query_{kind}_ambiguous",
        details={f"{kind}_id": asked, "candidates": tuple(listed)},
    )
