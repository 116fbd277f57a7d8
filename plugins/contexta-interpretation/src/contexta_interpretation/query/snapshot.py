"""Assembling a snapshot: what is small is read at once, records when somebody looks."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from contexta.contract.vocabularies import RECORD_TYPES
from contexta.spi.lazy_sequence import LazySequence
from contexta.spi.plain_queries import bulk_queries
from contexta.spi.querying import RunSnapshot
from contexta.spi.repository import SupportsBulkQueries
from contexta.spi.views import EvidenceLink
from contexta_interpretation.damage import damage_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import ObservationRecord, RelationRecord, RunRecord

__all__ = ["assemble_snapshot"]

#: Of samples and records, so many are named as evidence.
_NAMED = 10
#: So many stages are looked into one by one.
_LOOKED_INTO = 3


def assemble_snapshot(repository: CompositeRepository, run: RunRecord) -> RunSnapshot:
    """Return the snapshot of a run.

    Args:
        repository: The read model.
        run: The run.
    """
    run_id = run.run_id
    quick = isinstance(repository, SupportsBulkQueries)
    records: LazySequence[ObservationRecord] = LazySequence(
        lambda: repository.list_records(run_id=run_id),
        count=(lambda: bulk_queries(repository).count_records(run_id)) if quick else None,
    )
    known = RunSnapshot(
        run=run,
        deployments=tuple(repository.list_deployments(run_id=run_id)),
        stages=tuple(repository.list_stages(run_id)),
        batches=tuple(repository.list_batches(run_id)),
        samples=tuple(repository.list_samples(run_id)),
        artifacts=tuple(repository.list_artifacts(run_id=run_id)),
        records=records,
        provenance=repository.get_provenance(run_id),
    )
    known = replace(known, relations=_relations(repository, known))
    return replace(
        known,
        evidence_links=LazySequence(lambda: list(_evidence(known))),
        completeness_notes=LazySequence(lambda: list(dict.fromkeys(_notes(repository, known)))),
    )


def _relations(repository: CompositeRepository, known: RunSnapshot) -> tuple[RelationRecord, ...]:
    """Return the relations of the run and what belongs to it, by reference."""
    subjects = [known.run.run_id]
    if not isinstance(repository, SupportsBulkQueries):
        # Whether a repository of the user's counts what belongs to the run among its relations is not known.
        subjects += [stage.stage_id for stage in known.stages]
        subjects += [batch.batch_id for batch in known.batches]
        subjects += [artifact.artifact_ref for artifact in known.artifacts]
    found = {each.relation_ref: each for subject in subjects for each in repository.list_relations(subject)}
    return tuple(found[ref] for ref in sorted(found))


def _evidence(known: RunSnapshot) -> Iterator[EvidenceLink]:
    yield EvidenceLink("run", known.run.run_id, known.run.name)
    yield from (EvidenceLink("deployment", each.deployment_id, each.name) for each in known.deployments)
    yield from (EvidenceLink("stage", each.stage_id, each.name) for each in known.stages)
    yield from (EvidenceLink("batch", each.batch_id, each.name) for each in known.batches)
    yield from (EvidenceLink("sample", each.sample_id, each.name) for each in known.samples[:_NAMED])
    yield from (EvidenceLink("artifact", each.artifact_ref, each.kind) for each in known.artifacts)
    yield from (EvidenceLink("record", each.record_id, each.key) for each in islice(known.records, _NAMED))


def _notes(repository: CompositeRepository, known: RunSnapshot) -> Iterator[str]:
    if not known.stages:
        yield "stage_list_empty"
    if not known.deployments:
        yield "deployment_list_empty"
    if known.stages and not known.batches:
        yield "batch_list_empty"
    if known.batches and not known.samples:
        yield "sample_list_empty"
    if not known.artifacts:
        yield "artifact_list_empty"
    if not known.relations:
        yield "relation_scope_empty"
    if not _has_records(repository, known):
        yield "record_scope_empty"
    if known.provenance is None:
        yield "provenance_missing"
    silent = _silent_stages(repository, known)
    yield from (f"missing_stage_records:{each.name}" for each in known.stages if each.stage_id in silent)
    # Last: damage is known once the records were read, and the notes above look for them.
    yield from damage_words(repository)


def _has_records(repository: CompositeRepository, known: RunSnapshot) -> bool:
    # Nearly every run has a metric, and those are summed up already; counting would look for every record.
    if isinstance(repository, SupportsBulkQueries) and repository.metric_summaries([known.run.run_id]):
        return True
    return bool(known.records)


def _silent_stages(repository: CompositeRepository, known: RunSnapshot) -> set[str]:
    """Return the stages without any record."""
    silent = {stage.stage_id for stage in known.stages}
    run_id = known.run.run_id
    if not isinstance(repository, SupportsBulkQueries):
        return silent - {record.stage_id for record in known.records}
    # Nearly every stage has a metric, and those are summed up already; only the others are looked into.
    silent -= {summary.stage for summary in repository.metric_summaries([run_id])}
    if len(silent) <= _LOOKED_INTO:
        return {stage for stage in silent if not repository.list_records(run_id=run_id, stage_id=stage)}
    # Looking into each of many stages would read the run as often as there are stages.
    for kind in RECORD_TYPES:
        if kind != "metric" and silent:
            found = repository.list_records(run_id=run_id, record_type=kind)
            silent -= {record.stage_id for record in found}
    return silent
