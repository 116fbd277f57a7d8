"""Entities whose owners are not there: found by asking, mended by putting the owners back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import ContextaError
from contexta.spi.integrity import IntegrityFinding
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.spi.repair import RepairCandidate, RepairOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta.spi.metadata import Entity, MetadataBackend

__all__ = ["find_orphans", "orphan_candidates", "restore_orphans"]

#: By kind: the fields that name owners, the owners' kind, and the code of the finding.
_OWNERS = (
    (EntityKind.RUN, "project_ref", EntityKind.PROJECT, "missing_run_project"),
    (EntityKind.DEPLOYMENT, "project_ref", EntityKind.PROJECT, "missing_deployment_project"),
    (EntityKind.DEPLOYMENT, "run_ref", EntityKind.RUN, "missing_deployment_run"),
    (EntityKind.STAGE, "run_ref", EntityKind.RUN, "missing_stage_run"),
    (EntityKind.BATCH, "run_ref", EntityKind.RUN, "missing_batch_run"),
    (EntityKind.BATCH, "stage_ref", EntityKind.STAGE, "missing_batch_stage"),
    (EntityKind.SAMPLE, "run_ref", EntityKind.RUN, "missing_sample_run"),
    (EntityKind.SAMPLE, "stage_ref", EntityKind.STAGE, "missing_sample_stage"),
    (EntityKind.SAMPLE, "batch_ref", EntityKind.BATCH, "missing_sample_batch"),
    (EntityKind.ENVIRONMENT, "run_ref", EntityKind.RUN, "missing_environment_run"),
    (EntityKind.RELATION, "source_ref", None, "missing_relation_source"),
    (EntityKind.RELATION, "target_ref", None, "missing_relation_target"),
    (EntityKind.PROVENANCE, "relation_ref", EntityKind.RELATION, "missing_provenance_relation"),
)
#: What can be put back from the reference alone, and the kind of its own owner.
_RESTORED = {EntityKind.PROJECT: None, EntityKind.RUN: EntityKind.PROJECT, EntityKind.STAGE: EntityKind.RUN}
_RESTORE = "restore_owner"
#: Operations live in records as well; whether one was ever more than that cannot be told.
_LOOKED_UP = frozenset(EntityKind) - {EntityKind.OPERATION}


def find_orphans(backend: MetadataBackend) -> list[IntegrityFinding]:
    """Return a finding for each owner that an entity names and the store does not have.

    Args:
        backend: The store.
    """
    entities = {kind: list(_all(backend, kind)) for kind in EntityKind}
    known = {kind: {each.ref for each in found} for kind, found in entities.items()}
    if "deletion" in backend.capabilities:
        # What was deleted is no damage.
        for kind in EntityKind:
            known[kind].update(
                each.ref for each in backend.find(EntityQuery(kind, order_by="ref", deleted=True))
            )
    findings = {}
    for kind, field, owner_kind, code in _OWNERS:
        for entity in entities[kind]:
            owner = entity.document.get(field)
            if isinstance(owner, str) and owner and _is_missing(owner, owner_kind, known):
                findings[code, owner, entity.ref] = IntegrityFinding(
                    code,
                    "error",
                    f"{entity.ref} names {owner} as its {field}, which is not there",
                    owner,
                    entity.ref,
                )
    return [*findings.values(), *_ambiguous_stages(entities[EntityKind.STAGE])]


def _all(backend: MetadataBackend, kind: EntityKind) -> Sequence[Entity]:
    return backend.find(EntityQuery(kind, order_by="ref"))


def _is_missing(owner: str, kind: EntityKind | None, known: dict[EntityKind, set[str]]) -> bool:
    word = owner.partition(":")[0]
    if kind is None:
        # The end of a relation may be anything; only what lives in this plane is looked for.
        found = next((each for each in _LOOKED_UP if each == word), None)
        return found is not None and owner not in known[found]
    return owner not in known[kind]


def _ambiguous_stages(stages: Sequence[Entity]) -> Iterator[IntegrityFinding]:
    seen: dict[tuple[str, str], str] = {}
    reported = set()
    for stage in stages:
        pair = (str(stage.document.get("run_ref")), str(stage.document.get("name")))
        first = seen.setdefault(pair, stage.ref)
        if first != stage.ref and pair not in reported:
            reported.add(pair)
            yield IntegrityFinding(
                "duplicate_stage_name_for_run",
                "warning",
                f"the run has several stages named {pair[1]!r}: {first} and {stage.ref}",
                stage.ref,
                pair[0],
            )


def orphan_candidates(findings: Sequence[IntegrityFinding]) -> list[RepairCandidate]:
    """Return what can be done about orphans: owners are put back where their reference tells all that they need."""
    codes = {code: field for _, field, _, code in _OWNERS}
    candidates = {}
    for finding in findings:
        if finding.code == "duplicate_stage_name_for_run":
            candidates[finding.location] = RepairCandidate(
                finding.code,
                str(finding.ref),
                "review_stage_ambiguity",
                "which of the stages is meant by the name is for people to decide",
                is_automatic=False,
            )
        elif finding.code in codes:
            candidates[finding.location] = _candidate(finding)
    return list(candidates.values())


def _candidate(finding: IntegrityFinding) -> RepairCandidate:
    owner = finding.location
    kind = owner.partition(":")[0]
    if kind in _RESTORED:
        return RepairCandidate(
            finding.code,
            owner,
            _RESTORE,
            f"the {kind} is put back under its reference, so that what belongs to it is found again",
        )
    return RepairCandidate(
        finding.code, str(finding.ref), f"review_{kind}", f"{owner} cannot be put back", is_automatic=False
    )


def restore_orphans(backend: MetadataBackend, candidates: Sequence[RepairCandidate]) -> list[RepairOutcome]:
    """Put owners back, with nothing but what their references tell."""
    outcomes = []
    for candidate in candidates:
        if candidate.action != _RESTORE:
            continue
        try:
            added = [each for each in _mutations(candidate.ref) if backend.get(each.kind, each.ref) is None]
            backend.apply(added)
        except ContextaError as error:
            outcomes.append(RepairOutcome(candidate, "failed", str(error)))
        else:
            outcomes.append(RepairOutcome(candidate, "applied", f"{len(added)} put back"))
    return outcomes


def _mutations(ref: str) -> list[Mutation]:
    """Return what puts back an owner and the owners above it, these first."""
    kind = EntityKind(ref.partition(":")[0])
    components = ref.partition(":")[2].split(".")
    fields: dict[str, object] = {"name": components[-1]}
    above = []
    if kind is not EntityKind.PROJECT:
        project = f"project:{components[0]}"
        above = _mutations(project)
        fields |= {"project_ref": project, "status": "interrupted", "metadata": {"restored_by_repair": True}}
    if kind is EntityKind.STAGE:
        run = f"run:{'.'.join(components[:2])}"
        above += _mutations(run)
        fields |= {"run_ref": run}
    return [*above, Mutation(kind, ref, fields)]
