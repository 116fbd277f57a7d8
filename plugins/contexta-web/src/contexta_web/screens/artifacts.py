"""The screens of artifacts: all that match, and one with what made it, what used it, and what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import NotFoundError
from contexta.spi.dashboard import Page
from contexta_web.screens.address import address_of
from contexta_web.screens.artifact_sizes import sizes_of_kind, sizes_of_name
from contexta_web.screens.paging import page_of
from contexta_web.screens.preview import preview_of

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question
    from contexta.spi.views import ArtifactRecord

__all__ = ["show_artifact", "show_artifacts"]

#: A text of fewer letters is none of a digest.
_LEAST_OF_DIGEST = 6


def show_artifacts(contexta: Contexta, question: Question) -> Page:
    """Show the artifacts of a kind that hold a text in their reference or digest."""
    every = contexta.repository.list_artifacts()
    text, kind = (question.first("text") or "").lower(), question.first("kind") or ""
    found = [each for each in every if _matches(each, text, kind)]
    if question.first("sort") == "size":
        found.sort(key=lambda each: -(each.size_bytes or 0))
    else:
        found.sort(key=lambda each: each.created_at or "", reverse=True)
    return Page(
        "artifacts.html",
        {
            "page": page_of(found, question, address_of("/ui/artifacts", question)),
            "kinds": sorted({each.kind for each in every}),
            "kind": kind,
            "text": question.first("text") or "",
            "sort": question.first("sort") or "",
            "total": sum(each.size_bytes or 0 for each in found),
            "sizes": sizes_of_kind(contexta, kind) if kind else None,
            "distinct": len({each.hash_value for each in found if each.hash_value}),
        },
    )


def show_artifact(contexta: Contexta, question: Question) -> Page:
    """Show one artifact; ``verify`` in the address has every byte of it compared with its digest."""
    ref = question.path["artifact_ref"]
    artifact = contexta.repository.get_artifact(ref)
    if artifact is None:
        raise NotFoundError(
            f"there is no artifact {ref!r}; the list of artifacts shows those there are",
            code="artifact_not_found",
        )
    ref = artifact.artifact_ref
    is_verified = question.first("verify") is not None
    edges = contexta.traverse_lineage(ref, direction="both", max_depth=1).edges
    others = [
        each
        for each in contexta.repository.list_artifacts()
        if each.hash_value is not None
        and each.hash_value == artifact.hash_value
        and each.artifact_ref != artifact.artifact_ref
    ]
    return Page(
        "artifact.html",
        {
            "artifact": artifact,
            "is_verified": is_verified,
            "finding": contexta.repository.check_artifact(ref, read_content=is_verified),
            "preview": preview_of(contexta, artifact),
            "producers": [each for each in edges if each.direction == "upstream"],
            "consumers": [each for each in edges if each.direction == "downstream"],
            "sizes": sizes_of_name(contexta, artifact),
            "others": others,
        },
    )


def _matches(artifact: ArtifactRecord, text: str, kind: str) -> bool:
    if kind and artifact.kind != kind:
        return False
    digest = (artifact.hash_value or "").lower()
    return text in artifact.artifact_ref.lower() or (len(text) >= _LEAST_OF_DIGEST and text in digest)
