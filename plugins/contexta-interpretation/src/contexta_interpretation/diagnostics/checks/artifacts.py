"""Artifacts whose bodies are missing or broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.diagnostics import DiagnosticsIssue
from contexta.spi.repository import SupportsArtifactChecks
from contexta.spi.views import EvidenceLink

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.spi.diagnostics import DiagnosedRun
    from contexta.spi.integrity import IntegrityFinding
    from contexta.spi.views import ArtifactRecord

__all__ = ["artifacts"]

#: What a store says where there is no body at all.
_MISSING = frozenset({"artifact_body_missing", "missing_body", "body_missing", "artifact_unknown"})


def artifacts(subject: DiagnosedRun) -> Iterator[DiagnosticsIssue]:
    """Find artifacts without a body, and bodies that are not what was registered."""
    mode = subject.policy.artifact_verification
    repository = subject.repository
    if mode == "off" or not isinstance(repository, SupportsArtifactChecks):
        return
    for artifact in subject.artifacts:
        finding = repository.check_artifact(artifact.artifact_ref, read_content=mode == "content")
        if finding is not None:
            yield _issue(artifact, finding)


def _issue(artifact: ArtifactRecord, finding: IntegrityFinding) -> DiagnosticsIssue:
    link = EvidenceLink("artifact", artifact.artifact_ref, artifact.kind)
    facts = {"artifact_kind": artifact.kind, "finding": finding.code, "location": finding.location}
    ref = artifact.artifact_ref
    if finding.code == "artifact_pending":
        step = "register it again now that it exists"
        return DiagnosticsIssue("warning", "artifact_pending", finding.message, facts, ref, (link,), step)
    code = "artifact_missing" if finding.code in _MISSING else "artifact_broken"
    step = "register the same content again, or restore it from a backup"
    return DiagnosticsIssue("error", code, finding.message, facts, ref, (link,), step)
