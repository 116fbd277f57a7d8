"""Walking by lookup: a store that finds relations by their ends gives the answers of one that lists them all."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from contexta import Contexta
from contexta.interpretation import CompositeStoreRepository, LineageService, QueryService
from contexta.spi.metadata import EntityKind, MetadataBackend, Mutation

KINDS = ("derived_from", "used", "produced_by", "consumed_by", "reported_by")
QUIET = {
    "records": {"durability_mode": "flush"},
    "capture": {
        "capture_environment_snapshot": False,
        "capture_code_revision": False,
        "capture_config_snapshot": False,
    },
}


class Counting(MetadataBackend):
    """A metadata store that counts the entities that it hands over; without the lookup of the one behind it."""

    def __init__(self, behind):
        self.behind = behind
        self.handed_over = Counter()

    @property
    def writer(self):
        return self.behind.writer

    def claim_run(self, run_ref):
        return self.behind.claim_run(run_ref)

    def apply(self, mutations):
        self.behind.apply(mutations)

    def get(self, kind, ref):
        return self.behind.get(kind, ref)

    def find(self, query):
        return self._count(self.behind.find(query), query.kind)

    def check_integrity(self, *, full=True):
        return self.behind.check_integrity(full=full)

    def close(self):
        pass

    def _count(self, found, kind):
        self.handed_over[kind] += len(found)
        return found


class CountingLookup(Counting):
    """The same, with the lookup."""

    def find_relations(self, ends, *, side=None, inside=False):
        found = self.behind.find_relations(ends, side=side, inside=inside)
        return self._count(found, EntityKind.RELATION)

    def find_assertions(self, relations):
        return self.behind.find_assertions(relations)


@pytest.fixture(params=["duckdb", "sqlite"])
def ctx(request, tmp_path):
    """Open an empty workspace with its metadata in each store that finds relations by their ends."""
    config = {**QUIET, "metadata": {"storage_adapter": request.param}}
    with Contexta(workspace=str(tmp_path / "workspace"), config=config) as opened:
        yield opened


def service_over(ctx, metadata):
    """Build the service over a workspace with another metadata store."""
    stores = ctx._stores
    repository = CompositeStoreRepository(
        metadata=metadata, records=lambda: stores.records, artifacts=lambda: stores.artifacts
    )
    return LineageService(QueryService(repository))


def relate(ctx, edges):
    """Record relations: source, type, target."""
    ctx._stores.metadata.apply(
        [
            Mutation(
                EntityKind.RELATION,
                f"relation:e{number:03}",
                {
                    "source_ref": source,
                    "relation_type": kind,
                    "target_ref": target,
                    "recorded_at": "2026-01-01T00:00:00Z",
                },
            )
            for number, (source, kind, target) in enumerate(edges)
        ]
    )


@pytest.fixture
def things(ctx, tmp_path):
    """Record three runs with stages and artifacts, one of them deployed; return what relations may have as ends."""
    body = tmp_path / "body"
    body.write_bytes(b"weights")
    data = "artifact:default.r0.data"
    for number in range(3):
        with ctx.run("train", run_id=f"r{number}", dataset_ref=data if number else None) as run:
            run.register_artifact("data", str(body), artifact_ref=f"artifact:default.r{number}.data")
            with run.stage("fit") as stage, stage.batch("b0"):
                stage.register_artifact("model", str(body), artifact_ref=f"artifact:default.r{number}.model")
    owners = [f"default.r{number}" for number in range(3)]
    return [
        *(f"run:{owner}" for owner in owners),
        *(f"stage:{owner}.fit" for owner in owners),
        *(f"batch:{owner}.fit.b0" for owner in owners),
        *(f"artifact:{owner}.{name}" for owner in owners for name in ("data", "model")),
        "dataset:raw",
        "dataset:other",
        "relation:e000",
        "relation:e001",
    ]


def test_walks_by_lookup_are_those_over_the_whole_list(ctx, things):
    """From every thing, in every direction, to any depth, both ways give the same edges, order, notes and evidence."""
    chance = random.Random(11)
    relate(ctx, [(chance.choice(things), chance.choice(KINDS), chance.choice(things)) for _ in range(24)])
    looking = service_over(ctx, CountingLookup(ctx._stores.metadata))
    listing = service_over(ctx, Counting(ctx._stores.metadata))
    edges = 0
    for root in [*things, "relation:e002", "dataset:none"]:
        for direction in ("upstream", "downstream", "both"):
            for depth in (None, 1):
                found = looking.traverse_lineage(root, direction=direction, max_depth=depth)
                assert found == listing.traverse_lineage(root, direction=direction, max_depth=depth), root
                edges += len(found.edges)
    assert edges > 500


def test_a_walk_reads_what_it_passes(ctx):
    """Of a thousand relations a walk over three reads three in each direction, and none of the others."""
    pairs = [(f"dataset:n{number + 1}", "derived_from", f"dataset:n{number}") for number in range(4)]
    pairs += [(f"dataset:m{number}", "derived_from", f"dataset:o{number}") for number in range(996)]
    relate(ctx, pairs)
    metadata = CountingLookup(ctx._stores.metadata)
    found = service_over(ctx, metadata).traverse_lineage("dataset:n4", direction="upstream", max_depth=3)
    assert [edge.target_ref for edge in found.edges] == ["dataset:n3", "dataset:n2", "dataset:n1"]
    # The last thing is looked at to tell whether more lies beyond.
    assert metadata.handed_over == {EntityKind.RELATION: 4}


def test_relations_of_a_run_are_read_without_the_others(ctx, things):
    """A snapshot, and the provenance of a run, read the relations of that run alone."""
    relate(ctx, [(f"dataset:m{number}", "derived_from", f"dataset:o{number}") for number in range(200)])
    relate(ctx, [("stage:default.r1.fit", "used", "dataset:raw")])
    metadata = CountingLookup(ctx._stores.metadata)
    snapshot = service_over(ctx, metadata).query_service.get_run_snapshot("r1")
    assert [each.relation_ref for each in snapshot.relations] == ["relation:e000"]
    assert metadata.handed_over[EntityKind.RELATION] <= 2


def test_the_runs_of_a_dataset_are_read_without_the_others(ctx):
    """Downstream of a dataset are the two runs that name it; of twenty others none is read."""
    for number in range(22):
        with ctx.run(f"r{number}", dataset_ref="dataset:digits" if number < 2 else f"dataset:d{number}"):
            pass
    metadata = CountingLookup(ctx._stores.metadata)
    found = service_over(ctx, metadata).traverse_lineage("dataset:digits", direction="downstream")
    assert found.visited_refs == ("dataset:digits", "run:default.r0", "run:default.r1")
    assert metadata.handed_over[EntityKind.RUN] == 2
