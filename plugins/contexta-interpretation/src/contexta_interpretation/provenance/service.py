"""The provenance service."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from contexta.spi.provenance import EnvironmentDiff, ReproducibilityAudit
from contexta.spi.run_lookup import require_run
from contexta.spi.views import CompletenessNote, EvidenceLink, ProvenanceView
from contexta_interpretation.captured_surroundings import has_surroundings
from contexta_interpretation.provenance.differences import named_changes, ranked_differences
from contexta_interpretation.provenance.evidence import RunEvidence
from contexta_interpretation.provenance.scoring import score_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.spi.context import InterpretationContext
    from contexta.spi.interpreters import QueryInterpreter

__all__ = ["ProvenanceService", "build"]


class ProvenanceService:
    """Tells what runs were made from, how well they could be reproduced, and how their environments differ.

    Args:
        query_service: Where runs are looked up.
    """

    def __init__(self, query_service: QueryInterpreter) -> None:
        self.query_service = query_service

    def get_provenance(self, run_id: str) -> ProvenanceView | None:
        """Return what a run was made from, with the newest recorded assertion about it; None where nothing is known.

        Args:
            run_id: The run.

        Raises:
            RunNotFoundError: There is no such run.
        """
        evidence = self._evidence(run_id)
        origin = evidence.origin()
        if evidence.provenance is not None:
            return replace(evidence.provenance, origin=origin)
        view = evidence.environment
        if view is None and origin.code_revision is None and not origin.data_refs:
            return None
        return ProvenanceView(
            run_id=evidence.run.run_id,
            provenance_ref=evidence.run.run_id if view is None else view.environment_ref,
            relation_ref="",
            assertion_mode="captured",
            asserted_at=(view.captured_at if view is not None else evidence.run.started_at) or "",
            origin=origin,
        )

    def audit_reproducibility(self, run_id: str) -> ReproducibilityAudit:
        """Tell how well a run could be reproduced from what is recorded.

        Args:
            run_id: The run.

        Raises:
            RunNotFoundError: There is no such run.
        """
        evidence = self._evidence(run_id)
        criteria = score_run(evidence)
        score, most = (sum(each.points for each in criteria), sum(each.max_points for each in criteria))
        view = evidence.environment
        return ReproducibilityAudit(
            run_id=evidence.run.run_id,
            provenance=evidence.provenance,
            environment_ref=None if view is None else view.environment_ref,
            python_version=None if view is None else view.python_version,
            platform=None if view is None else view.platform,
            package_count=0 if view is None else len(view.packages),
            environment_variable_count=0 if view is None else len(view.environment_variables),
            reproducibility_status="complete" if score == most else "partial" if score else "missing",
            completeness_notes=tuple(_audit_notes(evidence)),
            evidence_links=tuple(_links(evidence)),
            score=score,
            max_score=most,
            criteria=criteria,
        )

    def compare_environments(self, left_run_id: str, right_run_id: str) -> EnvironmentDiff:
        """Compare the environments of two runs.

        Args:
            left_run_id: The run on the left.
            right_run_id: The run on the right.

        Raises:
            RunNotFoundError: There is no such run.
        """
        left, right = self._evidence(left_run_id), self._evidence(right_run_id)
        before, after = left.environment, right.environment
        packages, variables = named_changes({}, {}), named_changes({}, {})
        if before is not None and after is not None:
            # An environment that was captured without packages has not lost them.
            if before.packages and after.packages:
                packages = named_changes(before.packages, after.packages)
            if has_surroundings(before) and has_surroundings(after):
                variables = named_changes(before.environment_variables, after.environment_variables)
        return EnvironmentDiff(
            left_run_id=left.run.run_id,
            right_run_id=right.run.run_id,
            left_environment_ref=None if before is None else before.environment_ref,
            right_environment_ref=None if after is None else after.environment_ref,
            python_version_changed=_differs(before, after, "python_version"),
            platform_changed=_differs(before, after, "platform"),
            added_packages=packages[0],
            removed_packages=packages[1],
            changed_packages=packages[2],
            added_variables=variables[0],
            removed_variables=variables[1],
            changed_variables=variables[2],
            completeness_notes=(*_diff_notes("left", left), *_diff_notes("right", right)),
            evidence_links=tuple(dict.fromkeys([*_run_links(left, right), *_environment_links(left, right)])),
            differences=ranked_differences(left, right),
        )

    def _evidence(self, run_id: str) -> RunEvidence:
        repository = self.query_service.repository
        return RunEvidence(repository, require_run(repository, run_id))


def _differs(left: object, right: object, name: str) -> bool:
    """Whether both sides know something and say otherwise; what is not known has not changed."""
    before, after = getattr(left, name, None), getattr(right, name, None)
    return bool(before) and bool(after) and before != after


def _audit_notes(evidence: RunEvidence) -> Iterator[CompletenessNote]:
    details = {"run_id": evidence.run.run_id}
    if evidence.provenance is None:
        yield CompletenessNote("warning", "provenance_missing", details)
    elif evidence.provenance.evidence_bundle_ref is None:
        yield CompletenessNote("info", "provenance_evidence_bundle_missing", details)
    if not evidence.knows_environments:
        yield CompletenessNote("info", "environment_source_missing", details)
    if evidence.environment is None:
        yield CompletenessNote("warning", "environment_snapshot_missing", details)
    elif not evidence.environment.packages:
        yield CompletenessNote("info", "environment_packages_empty", details)


def _diff_notes(side: str, evidence: RunEvidence) -> Iterator[CompletenessNote]:
    details = {"run_id": evidence.run.run_id}
    if evidence.environment is None:
        yield CompletenessNote("warning", f"{side}_environment_snapshot_missing", details)
    elif not evidence.environment.packages:
        yield CompletenessNote("info", f"{side}_environment_packages_empty", details)


def _links(evidence: RunEvidence) -> Iterator[EvidenceLink]:
    yield from _run_links(evidence)
    if evidence.provenance is not None:
        yield EvidenceLink(
            "provenance", evidence.provenance.provenance_ref, evidence.provenance.assertion_mode
        )
    yield from _environment_links(evidence)


def _run_links(*runs: RunEvidence) -> Iterator[EvidenceLink]:
    yield from (EvidenceLink("run", each.run.run_id, each.run.name) for each in runs)


def _environment_links(*runs: RunEvidence) -> Iterator[EvidenceLink]:
    for each in runs:
        view = each.environment
        if view is not None:
            yield EvidenceLink("environment", view.environment_ref, view.platform or "")


def build(context: InterpretationContext, options: None) -> ProvenanceService:  # noqa: ARG001 - the factory's signature
    """Build the service of a workspace."""
    return ProvenanceService(context.service("query"))
