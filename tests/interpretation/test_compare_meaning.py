"""What a comparison means beyond its numbers: better or worse, units, degraded sides, configuration, sources."""

from __future__ import annotations

import pytest

from contexta import Contexta
from contexta.config import ComparisonPolicy
from contexta.errors import RunNotFoundError
from contexta.interpretation import CompareService, EnvironmentView, ObservationRecord, QueryService


def compared(memory, key, values, *, policy=None, units=(None, None), metadata=None):
    """Compare one metric of two runs and return its row."""
    run_ids = [memory.add_run(name, metadata=metadata or {}) for name in ("left", "right")]
    for run_id, value, unit in zip(run_ids, values, units, strict=True):
        if value is not None:
            memory.add_metric(run_id, key, value, unit=unit)
    comparison = CompareService(QueryService(memory), config=policy).compare_runs(*run_ids)
    (delta,) = comparison.stage_comparisons[0].metric_deltas
    return delta


@pytest.mark.parametrize(
    ("key", "values", "higher", "improved"),
    [
        ("val_loss", (0.5, 0.4), False, True),
        ("val_loss", (0.4, 0.5), False, False),
        ("val/acc@5", (0.5, 0.4), True, False),
        ("f1", (0.4, 0.5), True, True),
        ("zeal", (0.4, 0.5), None, None),
        ("accuracy", (0.4, None), True, None),
        ("error_rate.score", (2.0, 1.0), False, True),
        ("valLoss", (0.5, 0.4), False, True),
        ("BCELoss", (0.5, 0.4), False, True),
        ("mAP", (0.5, 0.4), True, False),
        ("evalTop1Accuracy", (0.4, 0.5), True, True),
    ],
)
def test_a_metrics_name_tells_what_is_better(memory, key, values, higher, improved):
    """Well-known words tell the direction; of an unknown metric nothing is claimed."""
    delta = compared(memory, key, values)
    assert (higher, improved) == (delta.higher_is_better, delta.improved)


def test_the_configured_direction_beats_the_name(memory):
    """The policy's direction of a metric wins over the words in its name."""
    policy = ComparisonPolicy(metric_directions={"loss": "higher"})
    assert compared(memory, "loss", (1.0, 2.0), policy=policy).improved is True


def test_the_declared_direction_beats_the_configured_one(memory):
    """What the run itself declares wins over the policy."""
    policy = ComparisonPolicy(metric_directions={"loss": "higher"})
    metadata = {"metric_directions": {"loss": "lower"}}
    assert compared(memory, "loss", (1.0, 2.0), policy=policy, metadata=metadata).improved is False


def test_an_unchanged_metric_is_neither_better_nor_worse(memory):
    """Equal values are no improvement, where they are listed."""
    policy = ComparisonPolicy(include_unchanged_metrics=True)
    assert compared(memory, "loss", (1.0, 1.0), policy=policy).improved is None


def test_different_units_are_not_subtracted(memory):
    """One second and 900 milliseconds have no difference of 899, and equal numbers are not unchanged."""
    delta = compared(memory, "latency", (1.0, 1.0), units=("s", "ms"))
    assert (None, None, None) == (delta.delta, delta.change_ratio, delta.improved)
    assert [("unit_mismatch:run:latency", {"left_unit": "s", "right_unit": "ms"})] == [
        (note.summary, dict(note.details)) for note in delta.completeness_notes
    ]


def test_degraded_sides_are_noted(memory):
    """A run whose capture lost something says so in comparisons of two and of several."""
    left, right = memory.add_run("left"), memory.add_run("right")
    memory.records.append(
        ObservationRecord("d", right, None, "degraded", "sink.failed", "2026-01-01T00:00:00Z", message="lost")
    )
    service = CompareService(QueryService(memory))
    two, several = service.compare_runs(left, right), service.compare_multiple_runs([left, right])
    assert ["right:degraded_records:1"] == [
        note.summary for note in two.completeness_notes if "degraded_records" in note.summary
    ]
    assert [("degraded_records:1", right)] == [
        (note.summary, note.details["run_id"])
        for note in several.completeness_notes
        if "degraded_records" in note.summary
    ]


def test_the_stores_count_degraded_records_as_a_scan_does(ctx):
    """A metric that is not finite leaves a marker, and the comparison over the stores notes it."""
    run_ids = []
    for value in (1.0, float("nan")):
        with ctx.run("r") as run:
            run.metric("loss", value)
        run_ids.append(run.ref)
    notes = [note.summary for note in ctx.compare_runs(*run_ids).completeness_notes]
    assert "right:degraded_records:1" in notes
    assert not [note for note in notes if note.startswith("left:degraded")]


def test_configurations_and_sources_are_compared_by_value(ctx):
    """Settings of the captured configuration, the named revision and the data set show with both values."""
    run_ids = []
    for depth, revision in ((2, "abc"), (3, "def")):
        options = {"config_snapshot": {"model": {"depth": depth, "kind": "tree"}}, "code_revision": revision}
        with ctx.run("r", **options) as run:
            pass
        run_ids.append(run.ref)
    found = ctx.compare_runs(*run_ids)
    assert [("model.depth", 2, 3)] == [
        (each.key, each.left_value, each.right_value) for each in found.configuration_changes
    ]
    assert [("code_revision", "abc", "def")] == [
        (each.key, each.left_value, each.right_value) for each in found.source_changes
    ]
    assert found.provenance_comparison.code_revision_changed
    assert found.provenance_comparison.config_hash_changed


def test_a_table_says_which_direction_counted(memory):
    """A row of several runs carries the direction by which its best run was chosen."""
    left, right = memory.add_run("left"), memory.add_run("right")
    for run_id, value in ((left, 1.0), (right, 2.0)):
        memory.add_metric(run_id, "loss", value)
        memory.add_metric(run_id, "acc", value)
    rows = CompareService(QueryService(memory)).compare_multiple_runs([left, right]).metric_table
    assert [("acc", True, right), ("loss", False, left)] == [
        (row.metric_key, row.higher_is_better, row.best_run_id) for row in rows
    ]


def test_many_candidates_are_looked_up_at_once(ctx):
    """Of many candidates, archived ones and short names among them, the best is returned as it was passed."""
    run_ids = []
    for number in range(6):
        with ctx.run(f"r{number}") as run:
            run.metric("score", 10 - abs(number - 3))
        run_ids.append(run.ref)
    ctx.archive_run(run_ids[3])
    assert run_ids[3] == ctx.select_best_run(run_ids, "score")
    assert "r3" == ctx.select_best_run([*run_ids[:3], "r3", *run_ids[4:]], "score")
    with pytest.raises(RunNotFoundError, match="r9"):
        ctx.select_best_run([*run_ids, "r9"], "score")


def environments_of(memory, *described):
    """Add a run for each environment and return the comparison of the two."""
    run_ids = [memory.add_run(f"r{number}", code_revision="abc") for number in range(len(described))]
    views = {
        run_id: EnvironmentView(f"env-of-{run_id}", run_id, "2026-01-01T00:00:00Z", **fields)
        for run_id, fields in zip(run_ids, described, strict=True)
    }

    class Knowing(type(memory)):
        def get_environment(self, run_id):
            return views.get(run_id)

    memory.__class__ = Knowing
    return CompareService(QueryService(memory)).compare_runs(*run_ids)


CAPTURED = {
    "python_version": "3.12.1",
    "platform": "Linux-6",
    "packages": {"numpy": "2.1.0"},
    "environment_variables": {"SEED": "1"},
    "code": {"revision": "abc", "dirty": True, "diff": "+x"},
    "details": {"hardware": {"cpu_count": 8}},
}


def test_what_one_side_did_not_capture_has_not_changed(memory):
    """Beside a run that captured its configuration only, neither code nor environment counts as changed."""
    found = environments_of(memory, CAPTURED, {"config_snapshot": {"lr": 1}})
    flags = found.provenance_comparison
    assert (flags.code_revision_changed, flags.environment_changed) == (False, False)
    assert found.environment_changes == ()
    assert "right_environment_packages_empty" in [note.summary for note in found.completeness_notes]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"python_version": "3.13.0"}, "python_version"),
        ({"packages": {"numpy": "2.2.0"}}, "packages.numpy"),
        ({"environment_variables": {}}, "environment_variables.SEED"),
    ],
)
def test_what_both_sides_captured_is_compared(memory, fields, key):
    """Another Python, another version of a package and a variable that is no longer set are changes."""
    found = environments_of(memory, CAPTURED, {**CAPTURED, **fields})
    assert [each.key for each in found.environment_changes] == [key]
    assert found.provenance_comparison.environment_changed


def test_other_changes_beside_one_revision_are_other_code(memory):
    """Two runs on one revision, looked at both, are of different code where the diffs differ."""
    clean = {**CAPTURED, "code": {"revision": "abc", "dirty": False}}
    assert environments_of(memory, CAPTURED, clean).provenance_comparison.code_revision_changed


def test_settings_of_contexta_are_no_configuration_of_a_run(tmp_path):
    """Runs that were given no configuration do not differ in one, however Contexta was configured for each."""
    for run_id, capture in (("left", {}), ("right", {"capture_installed_packages": False})):
        with Contexta(config={"project_name": "p", "capture": capture}, workspace=tmp_path) as ctx:
            with ctx.run(run_id, run_id=run_id):
                pass
            if run_id == "right":
                found = ctx.compare_runs("left", "right")
                diff = ctx.compare_environments("left", "right")
    assert (found.configuration_changes, found.provenance_comparison.config_hash_changed) == ((), False)
    assert [each for each in diff.differences if each.area == "configuration"] == []
