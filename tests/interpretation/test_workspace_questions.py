"""Questions to a real workspace, through the facade: what was captured is what is answered."""

from __future__ import annotations

import subprocess
import sys

import pytest

from contexta import Contexta
from contexta.errors import InterpretationError, MissingPluginError, RunNotFoundError
from contexta.interpretation import CompositeRepository, MetricCondition, TimeRange
from contexta.spi.metadata import EntityKind, Mutation
from contexta.spi.repository import SupportsBulkQueries, SupportsEnvironments


@pytest.fixture
def two(ctx, tmp_path):
    """Capture two runs with parameters, stages, metrics, events, spans and an artifact each; return their refs."""
    refs = []
    for number, loss in enumerate((0.5, 0.1)):
        body = tmp_path / f"model-{number}.bin"
        body.write_bytes(b"weights" * (number + 1))
        with ctx.run(
            "trial", run_id=f"r{number}", tags={"n": str(number)}, dataset_ref=f"data:v{number}"
        ) as run:
            run.params({"lr": 0.1 * (number + 1), "model": {"depth": 3}})
            ctx.metric("loss", loss, unit="nats")
            with run.stage("train") as stage:
                for step in (2, 0, 1):
                    stage.metric("acc", step / 10 + number, step=step)
                stage.event("epoch.done", message="done", tags={"k": "v"})
                stage.span("forward", started_at="2026-01-01T00:00:00Z", ended_at="2026-01-01T00:00:00.250Z")
                stage.register_artifact("model", str(body))
            refs.append(run.ref)
    return refs


def test_the_repository_offers_the_quick_paths(ctx):
    """The read model of a workspace has the documented methods, bulk queries and environments."""
    assert isinstance(ctx.repository, CompositeRepository)
    assert isinstance(ctx.repository, SupportsBulkQueries)
    assert isinstance(ctx.repository, SupportsEnvironments)


def test_a_run_is_listed_with_what_was_said_of_it(ctx, two):
    """Tags, parameters, dataset, status and times of a run are in its record."""
    run = ctx.list_runs(tags={"n": "1"})[0]
    assert (run.run_id, run.name, run.status, run.dataset_ref) == (two[1], "trial", "completed", "data:v1")
    assert run.parameters == {"lr": 0.2, "model.depth": 3}
    assert run.tags == {"n": "1"}
    assert run.started_at < run.ended_at


def test_runs_are_found_by_metric(ctx, two):
    """Conditions and order by a metric are answered from what was captured."""
    found = ctx.list_runs(metric_conditions=[MetricCondition("loss", "lt", 0.3)])
    assert [run.run_id for run in found] == [two[1]]
    assert [run.run_id for run in ctx.list_runs(sort_by="metrics.acc", sort_desc=False)] == two
    assert [run.run_id for run in ctx.list_runs(sort_by="metrics.loss", limit=1)] == [two[0]]


def test_runs_are_found_by_time(ctx, two):
    """A range of instants selects the runs that were started in it."""
    second = ctx.get_run_snapshot("r1").run
    found = ctx.list_runs(time_range=TimeRange(second.started_at, second.ended_at))
    assert [run.run_id for run in found] == [two[1]]


def test_an_open_run_is_listed_at_once(ctx):
    """A run is listed while it is open, and what it captured counts at once."""
    with ctx.run("live") as run:
        ctx.metric("loss", 1.0)
        (listed,) = ctx.list_runs(metric_conditions=[MetricCondition("loss", "eq", 1)])
        assert (listed.run_id, listed.status, listed.ended_at) == (run.ref, "open", None)


@pytest.mark.parametrize("spelling", ["run:default.r0", "default.r0", "r0", " r0 ", "R0"])
def test_every_spelling_of_a_run_is_understood(ctx, two, spelling):
    """Full reference, project and run, and the last component alone name the same run."""
    assert ctx.get_run_snapshot(spelling).run.run_id == two[0]


@pytest.mark.parametrize("spelling", ["run:default.rX", "default.rX", "rX", "other.r0", "run:nonsense ref"])
def test_an_unknown_run_is_told(ctx, two, spelling):
    """No spelling of an unknown run gives anything but the error with the nearest run."""
    with pytest.raises(RunNotFoundError, match="not found") as caught:
        ctx.get_run_snapshot(spelling)
    assert caught.value.code == "query_run_not_found"
    with pytest.raises(RunNotFoundError):
        ctx.list_batches(spelling)


def test_a_name_in_two_projects_is_ambiguous(tmp_path):
    """A short name that two projects have is refused with both references; the longer forms work."""
    for project in ("ant", "bee"):
        with (
            Contexta(workspace=str(tmp_path / "w"), config={"project_name": project}) as opened,
            opened.run("trial"),
        ):
            pass
    with Contexta(workspace=str(tmp_path / "w")) as opened:
        with pytest.raises(InterpretationError, match=r"run:ant\.trial, run:bee\.trial") as caught:
            opened.get_run_snapshot("trial")
        assert caught.value.code == "query_run_ambiguous"
        assert opened.get_run_snapshot("bee.trial").run.project_name == "bee"
        assert opened.list_projects() == ("ant", "bee")
        assert [run.run_id for run in opened.list_runs("ant")] == ["run:ant.trial"]


def test_records_are_shown_by_their_names_in_the_contract(ctx, two):
    """Metrics, events and spans of a run carry key, value, unit, payload and tags; a span's value is its duration."""
    records = {record.key: record for record in ctx.get_run_snapshot(two[0]).records}
    assert (records["loss"].value, records["loss"].unit, records["loss"].stage_id) == (0.5, "nats", None)
    assert records["acc"].stage_id == "stage:default.r0.train"
    assert records["acc"].payload["step"] == 1
    assert (records["epoch.done"].message, records["epoch.done"].tags) == ("done", {"k": "v"})
    assert (records["forward"].value, records["forward"].unit) == (250.0, "ms")
    assert records["forward"].payload["span_name"] == "forward"


def test_payloads_are_those_of_the_contract(ctx, two):
    """What the read model shows of a payload is what the canonical record holds."""
    from contexta.spi.flat import restore
    from contexta.spi.records import ScanFilter

    scanned = [each.record for each in ctx._stores.records.scan(ScanFilter(run_ref=two[0]))]
    shown = {record.record_id: record for record in ctx.repository.list_records(run_id=two[0])}
    for flat in scanned:
        canonical = restore(flat)
        seen = shown[str(canonical.envelope.record_ref)]
        for name, value in canonical.payload.to_dict().items():
            assert (seen.payload[name] or None) == (value or None), (seen.key, name)


def test_records_can_be_narrowed(ctx, two):
    """Records of one stage or type are listed alone; a stage is known by its name too."""
    repository = ctx.repository
    assert {each.key for each in repository.list_records(run_id="r0", stage_id="train")} == {
        "acc",
        "epoch.done",
        "forward",
    }
    assert [each.key for each in repository.list_records(run_id="r0", record_type="span")] == ["forward"]


def test_the_number_of_records_is_known_without_reading_them(ctx, two):
    """The length of a snapshot's records needs none of them."""
    snapshot = ctx.get_run_snapshot(two[0])
    assert len(snapshot.records) == 6
    assert repr(snapshot.records) == "<not loaded>"
    assert len(list(snapshot.records)) == 6


def test_a_record_store_without_pushdown_gives_the_same_answers(ctx, two):
    """A record backend that can only scan leads to the same runs, summaries, points and counts."""
    from contexta.interpretation import CompositeStoreRepository, QueryService, RunListQuery
    from contexta.spi.records import RecordBackend

    class ScanOnly(RecordBackend):
        def append(self, records):
            raise AssertionError(records)

        def scan(self, scan_filter=None):
            return ctx._stores.records.scan(scan_filter)

        def check_integrity(self):
            return ()

        def close(self):
            pass

    plain = CompositeStoreRepository(
        metadata=ctx._stores.metadata, records=ScanOnly, artifacts=lambda: ctx._stores.artifacts
    )
    quick = ctx.repository

    def in_order(summaries):
        return sorted(summaries, key=lambda each: (each.run, each.stage or "", each.key))

    assert in_order(plain.metric_summaries()) == in_order(quick.metric_summaries())
    assert list(plain.metric_points("r0", "acc")) == list(quick.metric_points("r0", "acc"))
    assert plain.count_records("r0") == quick.count_records("r0") == 6
    query = RunListQuery(
        metric_conditions=(MetricCondition("acc", "gt", 1, "train"),), sort_by="metrics.loss"
    )
    assert QueryService(plain).list_runs(query=query) == QueryService(quick).list_runs(query=query) != ()


def test_an_artifact_leads_to_its_run(ctx, two):
    """The origin of an artifact is found by its reference and by its last component."""
    (artifact,) = ctx.get_run_snapshot(two[0]).artifacts
    assert (artifact.kind, artifact.size_bytes, artifact.stage_id) == ("model", 7, "stage:default.r0.train")
    for spelling in (artifact.artifact_ref, artifact.artifact_ref.rpartition(".")[2]):
        assert ctx.get_artifact_origin(spelling).run.run_id == two[0]
    assert ctx.get_artifact_origin("artifact:default.r0.nothing") is None
    assert [each.artifact_ref for each in ctx.repository.list_artifacts(stage_id="train")] != []


def test_two_runs_are_compared(ctx, two):
    """Metrics of run and stage, parameters, artifacts and datasets of two captured runs are compared."""
    comparison = ctx.compare_runs("r0", "r1")
    assert (comparison.left_run_id, comparison.right_run_id) == tuple(two)
    deltas = {
        (row.stage_name, delta.metric_key): (delta.left_value, delta.right_value)
        for row in comparison.stage_comparisons
        for delta in row.metric_deltas
    }
    # The newest point is the one captured last, step 1.
    assert deltas == {(None, "loss"): (0.5, 0.1), ("train", "acc"): (0.1, 1.1)}
    assert [change.key for change in comparison.parameter_changes] == ["lr"]
    assert [(each.change, each.change_detail) for each in comparison.artifact_changes] == [
        ("changed", "hash_changed")
    ]
    assert comparison.provenance_comparison.dataset_refs_changed


def test_the_best_of_several_spellings_is_returned_as_passed(ctx, two):
    """`select_best_run` gives back the identifier in the spelling that it was given."""
    assert ctx.select_best_run(["r0", "r1"], "loss", higher_is_better=False) == "r1"
    assert ctx.select_best_run(two, "acc") == two[1]
    assert ctx.select_best_run(two, "nothing") is None


def test_spellings_of_one_run_are_one_run(ctx, two):
    """A comparison of several runs counts a run once, however it is spelt."""
    assert ctx.compare_multiple_runs(["r0", "default.r0", "r1"]).run_ids == tuple(two)
    with pytest.raises(InterpretationError, match="two different runs"):
        ctx.compare_multiple_runs(["r0", "default.r0"])


def test_a_series_is_ordered_by_step(ctx, two):
    """A series captured out of order comes back by step, for the run, by stage name and by stage identifier."""
    expected = [(0, 0.0), (1, 0.1), (2, 0.2)]
    for arguments in (
        {},
        {"stage_name": "train"},
        {"stage_id": "stage:default.r0.train"},
        {"stage_name": "Train"},
    ):
        series = ctx.get_step_series("r0", "acc", **arguments)
        assert [(point.step, point.value) for point in series.points] == expected
    assert ctx.get_step_series("r0", "loss").unit == "nats"


def test_an_unknown_stage_name_is_no_silent_filter(ctx, two):
    """A stage that the run does not have is an error that lists those it has."""
    with pytest.raises(InterpretationError, match="'train'") as caught:
        ctx.get_step_series("r0", "acc", stage_name="trian")
    assert caught.value.code == "query_stage_not_found"


def test_trends_over_a_workspace(ctx, two):
    """Metric, duration and size follow the runs, the oldest first."""
    assert ctx.get_metric_trend("loss").values == (0.5, 0.1)
    assert ctx.get_metric_trend("acc", stage_name="train").project_name == "default"
    assert [point.run_id for point in ctx.get_stage_duration_trend("train").points] == two
    assert [point.size_bytes for point in ctx.get_artifact_size_trend("model").points] == [7, 14]


def test_what_consists_of_what(ctx):
    """Stages, batches, samples and deployments are listed in order and by their owners."""
    with ctx.run("parts") as run:
        for name in ("zeta", "alpha"):
            with run.stage(name) as stage:
                for number in range(2):
                    with stage.batch(f"b{number}") as batch, batch.sample(f"s{number}"):
                        pass
    with ctx.deployment("live", run_ref=run.ref):
        pass
    snapshot = ctx.get_run_snapshot("parts")
    assert [(stage.name, stage.order) for stage in snapshot.stages] == [("zeta", 0), ("alpha", 1)]
    assert [batch.batch_id.split(".")[2:] for batch in ctx.list_batches("parts")] == [
        ["zeta", "b0"],
        ["zeta", "b1"],
        ["alpha", "b0"],
        ["alpha", "b1"],
    ]
    assert [batch.name for batch in ctx.list_batches("parts", "alpha")] == ["b0", "b1"]
    assert [sample.name for sample in ctx.list_samples("parts", "zeta", "b1")] == ["s1"]
    assert [each.name for each in ctx.list_deployments(run_id="parts")] == ["live"]
    assert [each.name for each in snapshot.deployments] == ["live"]
    assert ctx.list_deployments("no-such-project") == ()


def test_relations_and_provenance_of_a_run(ctx, two):
    """Relations of a run include those of what belongs to it; of several assertions the newest counts."""
    (artifact,) = ctx.get_run_snapshot(two[0]).artifacts
    edge = {"relation_type": "used", "recorded_at": "2026-01-01T00:00:00Z", "origin_marker": "imported"}
    edge["confidence_marker"] = "high"
    mutations = [
        Mutation(
            EntityKind.RELATION, f"relation:{name}", {**edge, "source_ref": source, "target_ref": target}
        )
        for name, source, target in (
            ("one", artifact.artifact_ref, "artifact:elsewhere.x.y"),
            ("two", "artifact:elsewhere.x.y", two[1]),
        )
    ]
    mutations += [
        Mutation(
            EntityKind.PROVENANCE,
            f"provenance:{name}",
            {"relation_ref": "relation:one", "assertion_mode": "explicit", "asserted_at": time},
        )
        for name, time in (("old", "2026-01-01T00:00:00.5Z"), ("new", "2026-01-01T00:00:01Z"))
    ]
    ctx._stores.metadata.apply(mutations)
    relations = ctx.repository.list_relations
    assert [each.relation_ref for each in relations()] == ["relation:one", "relation:two"]
    assert [each.relation_ref for each in relations(two[0])] == ["relation:one"]
    assert [each.relation_ref for each in relations("stage:default.r0.train")] == ["relation:one"]
    assert [each.relation_ref for each in relations("artifact:elsewhere.x.y")] == [
        "relation:one",
        "relation:two",
    ]
    assert ctx.get_provenance("r0").provenance_ref == "provenance:new"
    # Nothing was asserted about the other one; that it names its dataset is known all the same.
    assert (ctx.get_provenance("r1").relation_ref, ctx.get_provenance("r1").assertion_mode) == (
        "",
        "captured",
    )


def test_environments_are_compared(tmp_path):
    """Differences of what surrounded two runs are listed by dotted name, and told as changed."""
    with Contexta(workspace=str(tmp_path / "w")) as opened:
        for name in ("left", "right"):
            with opened.run(name):
                pass
        view = opened.repository.get_environment("left")
        assert view.python_version == ".".join(str(part) for part in sys.version_info[:3])
        changed = {"python_version": "2.7", "packages": {**view.packages, "numpy": "0.1"}}
        right = opened.repository.get_environment("right").environment_ref
        opened._stores.metadata.apply([Mutation(EntityKind.ENVIRONMENT, right, changed)])
        comparison = opened.compare_runs("left", "right")
    changes = {change.key: change.right_value for change in comparison.environment_changes}
    assert changes == {"python_version": "2.7", "packages.numpy": "0.1"}
    assert comparison.provenance_comparison.environment_changed
    assert not comparison.provenance_comparison.code_revision_changed


def test_a_side_without_environment_is_noted(tmp_path):
    """A run whose surroundings were not captured is noted, and nothing counts as changed."""
    with Contexta(workspace=str(tmp_path / "w")) as opened, opened.run("left"):
        pass
    off = {
        "capture_environment_snapshot": False,
        "capture_code_revision": False,
        "capture_config_snapshot": False,
    }
    with Contexta(workspace=str(tmp_path / "w"), config={"capture": off}) as opened:
        with opened.run("right"):
            pass
        comparison = opened.compare_runs("left", "right")
    assert comparison.environment_changes == ()
    assert not comparison.provenance_comparison.environment_changed
    assert "right_environment_snapshot_missing" in {note.summary for note in comparison.completeness_notes}


def test_a_killed_run_reads_as_interrupted(tmp_path):
    """A run whose process was killed is listed as interrupted, with what it had captured."""
    program = (
        "import os, signal, sys\n"
        "from contexta import Contexta\n"
        "ctx = Contexta(workspace=sys.argv[1])\n"
        "run = ctx.run('doomed')\n"
        "ctx.metric('loss', 0.25)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    workspace = str(tmp_path / "w")
    done = subprocess.run([sys.executable, "-c", program, workspace], check=False, timeout=60)
    assert done.returncode == -9
    with Contexta(workspace=workspace) as opened:
        (run,) = opened.list_runs(status="interrupted")
        assert [record.value for record in opened.get_run_snapshot("doomed").records] == [0.25]
        assert opened.list_runs(status="open") == ()
        assert run.name == "doomed"


@pytest.mark.parametrize(
    ("word", "ask"),
    [
        ("diagnostics", lambda ctx: ctx.diagnose_run("r0")),
        ("lineage", lambda ctx: ctx.traverse_lineage("run:default.r0")),
        ("alert", lambda ctx: ctx.evaluate_alerts("r0", [])),
        ("provenance", lambda ctx: ctx.audit_reproducibility("r0")),
        ("reports", lambda ctx: ctx.build_trend_report("loss")),
    ],
)
def test_a_service_that_nothing_provides_is_told(tmp_path, word, ask):
    """Asking for a service without a plugin is an error that names the service and the setting."""
    config = {"interpretation": {"services": {word: "nowhere"}}}
    with (
        Contexta(workspace=str(tmp_path / "w"), config=config) as opened,
        pytest.raises(MissingPluginError, match=f"'nowhere'.*interpretation.services.{word}") as caught,
    ):
        ask(opened)
    assert caught.value.code == "plugin_missing"


def test_a_service_is_replaced_by_one_line(tmp_path):
    """A plugin named in the configuration answers the facade's question in place of the stock service."""
    from contexta.plugins import Provider, hookimpl

    class Mine:
        @hookimpl
        def contexta_interpreters(self):
            return [Provider("mine", lambda context, options: Answering())]

    class Answering:
        def select_best_run(self, run_ids, metric_key, *, stage_name, higher_is_better):
            return "mine"

    config = {"interpretation": {"services": {"compare": "mine"}}}
    with Contexta(workspace=str(tmp_path / "w"), config=config, plugins=[Mine()]) as opened:
        assert opened.select_best_run(["a"], "loss") == "mine"


def test_many_stages_are_not_looked_into_one_by_one(ctx, monkeypatch):
    """Stages without a record are named, and many of them do not cost a reading of the run each."""
    with ctx.run("many") as run:
        for number in range(40):
            with run.stage(f"stage-{number}") as stage:
                if number == 7:
                    stage.event("note", message="the only one that says something")
    asked = []
    reading = type(ctx.repository).list_records
    monkeypatch.setattr(
        type(ctx.repository),
        "list_records",
        lambda self, **question: asked.append(question) or reading(self, **question),
    )
    notes = ctx.get_run_snapshot("many").completeness_notes
    silent = {note.partition(":")[2] for note in notes if note.startswith("missing_stage_records:")}
    assert silent == {f"stage-{number}" for number in range(40) if number != 7}
    assert len(asked) <= 5
