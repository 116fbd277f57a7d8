"""What many runs consist of is asked together: as few questions for many runs as for one, and the same answers."""

from __future__ import annotations

from collections import Counter

import pytest

from contexta import Contexta
from contexta.interpretation import CompareService, CompositeStoreRepository, QueryService, TrendService
from contexta.spi.records import RecordBackend
from contexta.testing.twelve_methods import TwelveMethods

QUIET = {
    "records": {"durability_mode": "flush"},
    "capture": {
        "capture_environment_snapshot": False,
        "capture_code_revision": False,
        "capture_config_snapshot": False,
    },
}
RUNS = 70


class CountedRepository(CompositeStoreRepository):
    """The read model, with the questions about what runs consist of counted by their names."""

    def __init__(self, **stores):
        super().__init__(**stores)
        self.asked = Counter()

    def list_stages(self, run_id):
        self.asked["list_stages"] += 1
        return super().list_stages(run_id)

    def stages_of_runs(self, run_ids):
        self.asked["stages_of_runs"] += 1
        return super().stages_of_runs(run_ids)

    def list_artifacts(self, *, run_id=None, stage_id=None):
        self.asked["list_artifacts"] += 1
        return super().list_artifacts(run_id=run_id, stage_id=stage_id)

    def artifacts_of_runs(self, run_ids):
        self.asked["artifacts_of_runs"] += 1
        return super().artifacts_of_runs(run_ids)

    def record_counts(self, run_id):
        self.asked["record_counts"] += 1
        return super().record_counts(run_id)

    def record_counts_of_runs(self, run_ids):
        self.asked["record_counts_of_runs"] += 1
        return super().record_counts_of_runs(run_ids)


@pytest.fixture(scope="module", params=["duckdb", "sqlite"])
def ctx(request, tmp_path_factory):
    """Open a workspace of runs of which the two oldest have a stage `rare` with an artifact, and all a stage `fit`."""
    root = tmp_path_factory.mktemp("many")
    body = root / "body"
    body.write_bytes(b"weights")
    records = {"storage_adapter": "sqlite" if request.param == "sqlite" else "jsonl_segments"}
    config = {
        **QUIET,
        "records": {**QUIET["records"], **records},
        "metadata": {"storage_adapter": request.param},
    }
    with Contexta(workspace=str(root / "workspace"), config=config) as opened:
        for number in range(RUNS):
            with opened.run(f"r{number}") as run:
                run.metric("loss", float(number))
                with run.stage("fit"):
                    pass
                if number < 2:
                    with run.stage("rare") as stage:
                        stage.register_artifact("model", str(body))
        yield opened


@pytest.fixture
def repository(ctx):
    """Build a counted read model over the workspace."""
    stores = ctx._stores
    return CountedRepository(
        metadata=stores.metadata, records=lambda: stores.records, artifacts=lambda: stores.artifacts
    )


def asked_one_by_one(repository):
    """Build the query service over the same answers, without any quick path."""
    return QueryService(TwelveMethods(repository))


def test_durations_are_asked_for_together(repository):
    """The newest runs have the stage: one question; only the oldest have it: a second one about all the others."""
    trends = TrendService(QueryService(repository))
    assert len(trends.get_stage_duration_trend("fit").points) == 20
    assert repository.asked == {"stages_of_runs": 1}
    rare = trends.get_stage_duration_trend("rare")
    assert [point.run_id for point in rare.points] == ["run:default.r0", "run:default.r1"]
    assert repository.asked == {"stages_of_runs": 3}
    plain = TrendService(asked_one_by_one(repository))
    for name in ("fit", "rare", "none"):
        assert trends.get_stage_duration_trend(name) == plain.get_stage_duration_trend(name)


def test_sizes_are_asked_for_together(repository):
    """So are the artifacts of runs, whether few are asked about or all."""
    trends = TrendService(QueryService(repository))
    found = trends.get_artifact_size_trend("model")
    assert [(point.run_id, point.size_bytes) for point in found.points] == [
        ("run:default.r0", 7),
        ("run:default.r1", 7),
    ]
    assert repository.asked == {"artifacts_of_runs": 2}
    plain = TrendService(asked_one_by_one(repository))
    for kind in ("model", "none"):
        assert trends.get_artifact_size_trend(kind) == plain.get_artifact_size_trend(kind)


def test_few_and_many_runs_have_the_artifacts_of_each(ctx, repository):
    """The artifacts of two runs, and of all, are those that each run has, whatever way they are read."""
    run_ids = [run.run_id for run in ctx.list_runs()]
    expected = {
        run_id: artifacts
        for run_id in run_ids
        if (artifacts := repository.list_artifacts(run_id=run_id)) != ()
    }
    assert sorted(expected) == ["run:default.r0", "run:default.r1"]
    assert repository.artifacts_of_runs(run_ids) == expected
    assert repository.artifacts_of_runs(run_ids[-2:]) == expected
    assert repository.artifacts_of_runs(run_ids[:2]) == {}


def test_the_records_of_compared_runs_are_counted_together(ctx, repository):
    """Ten runs side by side take one count of their records."""
    run_ids = [run.run_id for run in ctx.list_runs(limit=10)]
    CompareService(QueryService(repository)).compare_multiple_runs(run_ids)
    assert repository.asked["record_counts_of_runs"] == 1
    assert repository.asked["record_counts"] == 0
    counts = repository.record_counts_of_runs(run_ids)
    assert counts == {run_id: repository.record_counts(run_id) for run_id in run_ids}


def test_records_that_can_only_be_scanned_are_counted_run_by_run(ctx):
    """Over a store without pushdown the records of two runs are looked at, and not those of all."""
    filters = []

    class ScanOnly(RecordBackend):
        def append(self, records):
            raise AssertionError(records)

        def scan(self, scan_filter=None):
            filters.append(scan_filter)
            return ctx._stores.records.scan(scan_filter)

        def check_integrity(self):
            return ()

        def close(self):
            pass

    stores = ctx._stores
    plain = CompositeStoreRepository(
        metadata=stores.metadata, records=ScanOnly, artifacts=lambda: stores.artifacts
    )
    run_ids = ["run:default.r1", "run:default.r2", "run:default.none"]
    assert plain.record_counts_of_runs(run_ids) == ctx.repository.record_counts_of_runs(run_ids)
    assert [each.run_ref for each in filters] == run_ids
