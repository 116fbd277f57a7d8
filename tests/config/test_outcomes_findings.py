"""What the fields of the policies of diagnostics and lineage change: two values of each, two outcomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contexta.spi.metadata import EntityKind, Mutation

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
RUN = "run:default.r"


def _time(seconds):
    return (BEGIN + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def _write_run(ctx, name, begin, seconds):
    fields = {"project_ref": "project:default", "name": name, "status": "completed"}
    fields |= {"started_at": _time(begin), "ended_at": _time(begin + seconds)}
    project = Mutation(EntityKind.PROJECT, "project:default", {"name": "default"})
    ctx._stores.metadata.apply([project, Mutation(EntityKind.RUN, f"run:default.{name}", fields)])


def _write_metric(ctx, key, values, gaps=None):
    """Write a run with one metric, a point every second unless told otherwise."""
    _write_run(ctx, "r", 0, 10_000)
    now, flats = 0.0, []
    for step, value in enumerate(values):
        now += 1 if gaps is None else gaps[step]
        flat = {"type": "metric", "id": f"{key}-{step}", "run": RUN, "key": key, "value": value}
        flats.append({**flat, "step": step, "time": _time(now)})
    ctx._stores.records.append(flats)


@pytest.fixture
def codes(opened):
    """Open a workspace with one setting of the diagnostics, fill it, and return the codes of what is found."""

    def find(field, value, fill, asked="r"):
        ctx = opened({f"interpretation.diagnostics.{field}": value}, name=f"{field}-{value}"[:60])
        fill(ctx)
        return {issue.code for issue in ctx.diagnose_run(f"run:default.{asked}").issues}

    return find


def _one_stage(ctx):
    with ctx.run("train", run_id="r") as run, run.stage("fit") as stage:
        stage.event("begun", message="begun")


@pytest.mark.parametrize(("value", "is_found"), [(True, True), (False, False)])
def test_stages_need_metrics_or_not(codes, value, is_found):
    """require_metrics_for_completed_stages: a completed stage without a metric is found, or not."""
    found = codes("require_metrics_for_completed_stages", value, _one_stage)
    assert is_found == ("missing_stage_metrics" in found)


@pytest.mark.parametrize(("value", "is_found"), [(True, True), (False, False)])
def test_degraded_records_are_found_or_not(codes, value, is_found):
    """detect_degraded_records: a record that is marked as degraded is found, or not."""

    def fill(ctx):
        _write_metric(ctx, "loss", [1.0])
        flat = {"type": "event", "id": "e", "run": RUN, "key": "k", "message": "m", "time": _time(1)}
        ctx._stores.records.append([{**flat, "degradation": "capture_gap"}])

    assert is_found == ("degraded_record" in codes("detect_degraded_records", value, fill))


@pytest.mark.parametrize(("value", "is_found"), [(["fit"], False), (["publish"], True)])
def test_the_expected_stages_are_the_configured_ones(codes, value, is_found):
    """expected_terminal_stage_names: a stage that is named there and missing is found."""
    found = codes("expected_terminal_stage_names", value, _one_stage)
    assert is_found == ("missing_expected_stage" in found)


@pytest.mark.parametrize(("value", "is_found"), [([], True), (["stage_metrics"], False)])
def test_a_check_can_be_switched_off(codes, value, is_found):
    """disabled_checks: a check that is named there is not made."""
    assert is_found == ("missing_stage_metrics" in codes("disabled_checks", value, _one_stage))


@pytest.mark.parametrize(("value", "is_found"), [(1e-9, True), (3600.0, False)])
def test_an_open_run_is_stale_after_the_configured_time(opened, value, is_found):
    """stale_after_seconds: an open run in which nothing happened for longer is stale."""
    ctx = opened({"interpretation.diagnostics.stale_after_seconds": value})
    with ctx.run("train", run_id="r"):
        found = {issue.code for issue in ctx.diagnose_run("r").issues}
    assert is_found == ("run_stale" in found)


RISING = [1.0] * 3 + [0.5] * 3 + [0.1] * 3 + [0.82] * 3


@pytest.mark.parametrize(
    ("field", "value", "is_found"),
    [
        ("curve_points", 12, True),
        ("curve_points", 13, False),
        ("divergence_factor", 0.7, True),
        ("divergence_factor", 0.9, False),
    ],
)
def test_a_course_is_judged_as_configured(codes, field, value, is_found):
    """curve_points, divergence_factor: of 0.9 gained 0.72 were lost again, 0.8 of it, in twelve points."""
    if field == "curve_points":

        def fill(ctx):
            _write_metric(ctx, "loss", [*RISING[:9], 9.0, 9.0, 9.0])
    else:

        def fill(ctx):
            _write_metric(ctx, "loss", RISING)

    assert is_found == ("metric_diverged" in codes(field, value, fill))


@pytest.mark.parametrize(
    ("field", "value", "is_found"),
    [
        ("plateau_points", 20, True),
        ("plateau_points", 40, False),
        ("plateau_tolerance", 0.3, True),
        ("plateau_tolerance", 0.1, False),
    ],
)
def test_a_plateau_is_as_long_and_flat_as_configured(codes, field, value, is_found):
    """plateau_points, plateau_tolerance: the last 25 points brought nothing, or a fifth of what was gained."""
    values = [1.0 - step / 40 for step in range(40)] + [0.025] * 25
    if field == "plateau_tolerance":
        # From 1.0 down to 0.2 in twenty points, and by another 0.2 in the twenty after them.
        values = [1.0] * 10 + [0.2] * 10 + [0.0] * 20

    def fill(ctx):
        _write_metric(ctx, "loss", values)

    assert is_found == ("metric_plateau" in codes(field, value, fill))


@pytest.mark.parametrize(("value", "is_found"), [(0.4, True), (0.6, False)])
def test_overfitting_has_the_configured_gap(codes, value, is_found):
    """overfitting_gap: validation that ends a half above its best is found where less is allowed."""

    def fill(ctx):
        _write_metric(ctx, "train_loss", [1.0 - step / 40 for step in range(30)])
        _write_metric(ctx, "val_loss", [1.0] * 10 + [0.4] * 10 + [0.6] * 10)

    assert is_found == ("overfitting" in codes("overfitting_gap", value, fill))


@pytest.mark.parametrize(
    ("field", "value", "is_found"),
    [
        ("stall_factor", 99, True),
        ("stall_factor", 101, False),
        ("stall_seconds", 99, True),
        ("stall_seconds", 101, False),
    ],
)
def test_a_stall_is_as_long_as_configured(codes, field, value, is_found):
    """stall_factor, stall_seconds: among points of every second one pause lasts a hundred."""

    def fill(ctx):
        _write_metric(ctx, "loss", [1.0] * 20, gaps=[1] * 10 + [100] + [1] * 9)

    assert is_found == ("stalled" in codes(field, value, fill))


@pytest.mark.parametrize(
    ("field", "value", "is_found"),
    [
        ("duration_factor", 4.9, True),
        ("duration_factor", 5.1, False),
        ("duration_runs", 3, True),
        ("duration_runs", 9, False),
    ],
)
def test_a_duration_is_unusual_as_configured(codes, field, value, is_found):
    """duration_factor, duration_runs: 50 seconds after three runs of 10 and six earlier ones of 50."""

    def fill(ctx):
        for number in range(9):
            _write_run(ctx, f"e{number}", number * 100, 50 if number < 6 else 10)
        _write_run(ctx, "last", 2_000, 50)

    if field == "duration_factor":
        earlier = fill

        def fill(ctx):
            earlier(ctx)
            # All of the others took ten seconds.
            for number in range(9):
                _write_run(ctx, f"e{number}", number * 100, 10)

    assert is_found == ("unusual_duration" in codes(field, value, fill, asked="last"))


@pytest.mark.parametrize(
    ("value", "damage", "expected"),
    [
        ("off", "removed", set()),
        ("presence", "removed", {"artifact_missing"}),
        ("presence", "flipped", set()),
        ("content", "flipped", {"artifact_broken"}),
    ],
)
def test_artifacts_are_looked_at_as_configured(codes, tmp_path, value, damage, expected):
    """artifact_verification: a missing body is told by a look, a changed one only by reading it."""

    def fill(ctx):
        source = tmp_path / "model.bin"
        source.write_bytes(b"weights")
        with ctx.run("train", run_id="r") as run:
            run.register_artifact("model", str(source))
        root = ctx.config.artifacts.root_path
        (body,) = [path for path in root.rglob("*") if path.is_file() and path.read_bytes() == b"weights"]
        body.chmod(0o600)
        if damage == "removed":
            body.unlink()
        else:
            body.write_bytes(b"weighty")

    found = codes("artifact_verification", value, fill)
    assert expected == {code for code in found if code.startswith("artifact")}


def _edge(ctx, name, source, target):
    fields = {"relation_type": "derived_from", "source_ref": source, "target_ref": target}
    fields |= {"recorded_at": _time(0), "origin_marker": "explicit", "confidence_marker": "high"}
    assertion = {"relation_ref": f"relation:{name}", "assertion_mode": "explicit", "asserted_at": _time(1)}
    ctx._stores.metadata.apply(
        [
            Mutation(EntityKind.RELATION, f"relation:{name}", fields),
            Mutation(EntityKind.PROVENANCE, f"provenance:{name}", assertion),
        ]
    )


@pytest.fixture
def traversed(opened):
    """Open a workspace with one setting of the lineage, and follow b of a <- b <- c <- d."""

    def traverse(field, value):
        ctx = opened({f"interpretation.lineage.{field}": value})
        for later, earlier in ("ba", "cb", "dc"):
            _edge(ctx, later + earlier, f"artifact:x.r.{later}", f"artifact:x.r.{earlier}")
        return ctx.traverse_lineage("artifact:x.r.b")

    return traverse


@pytest.mark.parametrize(
    ("value", "reached"), [("upstream", "a"), ("inbound", "a"), ("downstream", "cd"), ("both", "acd")]
)
def test_the_direction_of_a_lineage_is_the_configured_one(traversed, value, reached):
    """lineage.default_direction: a question that names none follows the configured one."""
    found = {ref.rpartition(".")[2] for ref in traversed("default_direction", value).visited_refs[1:]}
    assert set(reached) == {ref for ref in found if len(ref) == 1 and ref != "r"}


@pytest.mark.parametrize(("value", "reached"), [(1, "ac"), (None, "acd")])
def test_the_depth_of_a_lineage_is_the_configured_one(traversed, value, reached):
    """lineage.default_max_depth: a question that names none goes so far."""
    found = {ref.rpartition(".")[2] for ref in traversed("default_max_depth", value).visited_refs[1:]}
    assert set(reached) == {ref for ref in found if len(ref) == 1 and ref != "r"}


@pytest.mark.parametrize("value", [True, False])
def test_edges_carry_their_provenance_or_not(traversed, value):
    """lineage.include_provenance: an edge carries the newest assertion about it, or none."""
    edges = [edge for edge in traversed("include_provenance", value).edges if edge.origin == "recorded"]
    assert 3 == len(edges)
    assert {value} == {edge.provenance is not None for edge in edges}
