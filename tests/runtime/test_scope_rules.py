"""The rules of scopes: who may be opened where, in which order they close, and what they refuse afterwards."""

from __future__ import annotations

import pytest

from contexta.errors import ClosedScopeError, ContextaError, LifecycleError, ValidationError
from contexta.spi.metadata import EntityKind


def code_of(action):
    """Return the code of the error that an action raises."""
    with pytest.raises(ContextaError) as caught:
        action()
    return caught.value.code


def test_references_follow_the_nesting(ctx):
    """Each scope's reference is its owner's with the slug of its name behind it; the name stays as it was given."""
    with ctx.run("My Run!") as run, run.stage("Fit Model") as stage:
        assert (run.ref, run.run_id, run.name) == ("run:default.my-run", "my-run", "My Run!")
        assert (stage.ref, stage.name) == ("stage:default.my-run.fit-model", "Fit Model")
        with stage.batch("b 1") as batch, batch.sample("x") as sample:
            assert (batch.ref, sample.ref) == (
                "batch:default.my-run.fit-model.b-1",
                "sample:default.my-run.fit-model.b-1.x",
            )
        with stage.operation("o") as operation:
            assert operation.ref == "op:default.my-run.fit-model.o"
    with ctx.deployment("Serve", run_ref=run.ref) as deployment:
        assert (deployment.ref, deployment.order_index) == ("deployment:default.serve", 0)


@pytest.mark.parametrize(
    ("open_first", "open_second", "code"),
    [
        (lambda c, r, s, b: None, lambda c, r, s, b: c.run("other"), "runtime_nested_run"),
        (lambda c, r, s, b: None, lambda c, r, s, b: c.deployment("d"), "runtime_nested_deployment"),
        (lambda c, r, s, b: None, lambda c, r, s, b: r.stage("other"), "runtime_stage_already_open"),
        (lambda c, r, s, b: None, lambda c, r, s, b: s.batch("other"), "runtime_batch_already_open"),
        (lambda c, r, s, b: b.operation("a"), lambda c, r, s, b: b.operation("b"), "runtime_operation_already_open"),
        (lambda c, r, s, b: b.sample("a"), lambda c, r, s, b: b.sample("b"), "runtime_sample_already_open"),
        (lambda c, r, s, b: b.operation("a"), lambda c, r, s, b: b.sample("b"), "runtime_sample_blocked_by_operation"),
        (lambda c, r, s, b: b.sample("a"), lambda c, r, s, b: b.operation("b"), "runtime_operation_blocked_by_sample"),
        (lambda c, r, s, b: b.close() or s.operation("a"), lambda c, r, s, b: s.batch("b"), "runtime_batch_blocked_by_operation"),
        (lambda c, r, s, b: None, lambda c, r, s, b: s.operation("a"), "runtime_operation_blocked_by_batch"),
    ],
    ids=["run", "deployment", "stage", "batch", "operation", "sample", "op-sample", "sample-op", "op-batch", "batch-op"],
)  # fmt: skip
def test_one_thread_does_one_thing_at_a_time(ctx, open_first, open_second, code):
    """What is open blocks its like, with a code and the reference of what blocks; nothing changes by it."""
    with ctx.run("train") as run, run.stage("fit") as stage:
        batch = stage.batch("b1")
        open_first(ctx, run, stage, batch)
        before = ctx.session.active.get()
        with pytest.raises(LifecycleError) as caught:
            open_second(ctx, run, stage, batch)
        assert caught.value.code == code
        assert any(key.startswith("active_") for key in caught.value.details)
        assert ctx.session.active.get() is before


def test_a_deployment_blocks_a_run(ctx):
    """While a deployment is open no run and no other deployment opens here."""
    with ctx.deployment("serve"):
        assert code_of(lambda: ctx.run("train")) == "runtime_nested_run"
        assert code_of(lambda: ctx.deployment("other")) == "runtime_nested_deployment"


@pytest.mark.parametrize(
    ("open_it", "derived"),
    [
        (lambda c, r, s, ref: r.stage("x", stage_ref=ref), "stage:default.train.x"),
        (lambda c, r, s, ref: s.batch("x", batch_ref=ref), "batch:default.train.fit.x"),
        (lambda c, r, s, ref: s.operation("x", operation_ref=ref), "op:default.train.fit.x"),
        (lambda c, r, s, ref: s.sample("x", sample_ref=ref), "sample:default.train.fit.x"),
        (lambda c, r, s, ref: c.deployment("x", deployment_ref=ref), "deployment:default.x"),
    ],
    ids=["stage", "batch", "operation", "sample", "deployment"],
)
def test_an_explicit_reference_must_be_the_derived_one(ctx, open_it, derived):
    """The derived reference is accepted, any other is refused."""
    with ctx.run("train") as run:
        stage = run.stage("fit")
        if derived.startswith("stage"):
            stage.close()
        if derived.startswith("deployment"):
            run.close()
        assert code_of(lambda: open_it(ctx, run, stage, derived + "y")) == "runtime_ref_mismatch"
        assert open_it(ctx, run, stage, derived).ref == derived
    ctx.close()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": ""}, "runtime_invalid_value"),
        ({"name": None}, "runtime_invalid_value"),
        ({"name": "x" * 257}, "runtime_value_too_long"),
        ({"name": "a\0b"}, "context_invalid_string"),
        ({"name": "a\ud800"}, "context_invalid_string"),
        ({"run_id": " "}, "runtime_invalid_value"),
        ({"run_id": 5}, "runtime_invalid_value"),
        ({"run_id": "run:other.x"}, "runtime_ref_mismatch"),
        ({"tags": ["a"]}, "runtime_invalid_mapping"),
        ({"tags": {"a": 1}}, "runtime_invalid_mapping"),
        ({"tags": {"": "x"}}, "runtime_invalid_value"),
        ({"tags": {"a": "\0"}}, "context_invalid_string"),
        ({"metadata": [1]}, "record_invalid_mapping"),
        ({"metadata": {"x": object()}}, "extension_invalid_value"),
        ({"config_snapshot": {"x": float("nan")}}, "extension_invalid_value"),
        ({"dataset_ref": 5}, "runtime_invalid_value"),
        ({"code_revision": ""}, "runtime_invalid_value"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, dict) else "",
)
def test_what_a_run_cannot_be_opened_with_opens_nothing(ctx, fields, code):
    """A broken argument raises before anything is claimed: the name is still free."""
    assert code_of(lambda: ctx.run(**{"name": "train", **fields})) == code
    assert ctx.current_run() is None
    with ctx.run("train") as run:
        assert run.run_id == "train"


def test_a_run_keeps_what_it_was_opened_with(ctx):
    """Tags, metadata, parameters and references are properties of the scope, and cannot be changed through it."""
    tags = {"env": "dev"}
    with ctx.run(
        "train",
        tags=tags,
        metadata={"a": [1]},
        config_snapshot={"lr": {"base": 0.1}},
        dataset_ref="d",
        code_revision="c",
    ) as run:
        tags["env"] = "prod"
        assert dict(run.tags) == {"env": "dev"}
        assert (run.metadata["a"], run.dataset_ref, run.code_revision) == ((1,), "d", "c")
        assert run.config_snapshot["lr"]["base"] == 0.1
        assert dict(run.parameters) == {"lr.base": 0.1}
        with pytest.raises(TypeError):
            run.tags["env"] = "prod"
    document = ctx.metadata_store.get(EntityKind.RUN, run.ref).document
    assert (document["tags"], document["dataset_ref"], document["parameters"]) == (
        {"env": "dev"},
        "d",
        {"lr.base": 0.1},
    )


def test_closing_an_outer_scope_closes_what_is_inside(ctx):
    """Everything inside gets the same status, is written with one mutation each, and nothing is active afterwards."""
    run = ctx.run("train")
    stage = run.stage("fit")
    batch = stage.batch("b")
    operation = batch.operation("o")
    run.close(status=" Cancelled ")
    assert {each.status for each in (run, stage, batch, operation)} == {"cancelled"}
    assert operation.closed_at <= batch.closed_at <= stage.closed_at <= run.closed_at
    assert ctx.session.active.get() is None
    for kind, scope in (
        (EntityKind.RUN, run),
        (EntityKind.STAGE, stage),
        (EntityKind.BATCH, batch),
        (EntityKind.OPERATION, operation),
    ):
        assert ctx.metadata_store.get(kind, scope.ref).document["status"] == "cancelled"


@pytest.mark.parametrize("status", ["done", "open", "interrupted", "", None, 5])
def test_other_words_do_not_close(ctx, status):
    """A scope closes as completed, failed or cancelled, and as nothing else."""
    with ctx.run("train") as run:
        assert code_of(lambda: run.close(status=status)) == "runtime_invalid_close_status"
        assert not run.is_closed


def test_a_closed_scope_refuses_everything(ctx, tmp_path):
    """Closing again, capturing, opening inside and setting parameters are ClosedScopeErrors."""
    with ctx.run("train") as run, run.stage("fit") as stage:
        pass
    for action in (
        run.close,
        lambda: run.metric("a", 1),
        lambda: run.emit_metrics([]),
        lambda: run.event("a", message="m"),
        lambda: run.span("a"),
        lambda: run.register_artifact("a", str(tmp_path)),
        lambda: run.params({"a": 1}),
        lambda: run.stage("other"),
        lambda: stage.batch("b"),
        lambda: stage.operation("o"),
        lambda: stage.sample("s"),
    ):
        with pytest.raises(ClosedScopeError) as caught:
            action()
        assert caught.value.code == "runtime_scope_closed"


def test_closing_inside_the_block_is_fine(ctx):
    """A scope that was closed by hand inside its block leaves the block quietly, with its status."""
    with ctx.run("train") as run, run.stage("fit"):
        run.close(status="failed")
    assert run.status == "failed"


def test_a_scope_is_active_from_the_call(ctx):
    """Without a with-statement the run is current until it is closed."""
    run = ctx.run("train")
    assert ctx.current_run() is run
    ctx.metric("loss", 1.0)
    run.close()
    assert ctx.current_run() is None


def test_current_scopes(ctx):
    """Each kind is found inside, also from further in, and is None elsewhere."""
    questions = ("run", "stage", "operation", "sample", "deployment")

    def current():
        return [getattr(getattr(ctx, f"current_{kind}")(), "name", None) for kind in questions]

    assert current() == [None] * 5
    with ctx.run("r") as run, run.stage("s") as stage:
        with stage.operation("o"):
            assert current() == ["r", "s", "o", None, None]
        with stage.sample("x"):
            assert current() == ["r", "s", None, "x", None]
    with ctx.deployment("d"):
        assert current() == [None, None, None, None, "d"]
    assert current() == [None] * 5


@pytest.mark.parametrize("kind", ["run", "stage", "batch", "operation", "sample", "deployment"])
def test_the_session_raises_where_the_facade_gives_none(ctx, kind):
    """The session's own questions are errors when nothing is active, as before 2.0."""
    assert code_of(getattr(ctx.session, f"current_{kind}")) == f"runtime_{kind}_required"


def test_ambient_capture_goes_to_the_innermost_scope(ctx):
    """The facade captures where the thread is; a scope's own methods capture into that scope."""
    with ctx.run("r") as run, run.stage("s") as stage, stage.operation("o"):
        ctx.metric("ambient", 1.0)
        run.metric("outer", 1.0)
    found = {
        each.flat["key"]: (each.flat.get("stage"), each.flat.get("op")) for each in ctx.record_store.scan()
    }
    assert found == {"ambient": (stage.ref, "op:default.r.s.o"), "outer": (None, None)}


def test_the_same_name_twice_is_the_same_stage(ctx):
    """A stage that is opened again has the same reference and the next number."""
    with ctx.run("r") as run:
        with run.stage("s") as first:
            pass
        with run.stage("s") as second:
            pass
    assert (first.ref, first.order_index, second.order_index) == (second.ref, 0, 1)


def test_capture_in_a_deployment_goes_to_its_run(ctx):
    """A deployment of a run captures into it; one that names no run cannot capture, and says so."""
    with ctx.run("r") as run:
        pass
    with ctx.deployment("d", run_ref=run.ref) as deployment:
        deployment.event("e", message="m")
    with ctx.deployment("e"):
        assert code_of(lambda: ctx.event("e", message="m")) == "runtime_capture_requires_run"
    (record,) = ctx.record_store.scan()
    assert (record.flat["run"], record.flat["deployment"]) == (run.ref, deployment.ref)


@pytest.mark.parametrize("ref", ["run:other.r", "stage:default.r.s", "artifact:default.r.a"])
def test_a_deployment_names_a_run_of_its_project(ctx, ref):
    """A reference of another kind or project is refused, and one that is none is a ValidationError."""
    assert code_of(lambda: ctx.deployment("d", run_ref=ref)) == "runtime_ref_mismatch"
    with pytest.raises(ValidationError):
        ctx.deployment("d", run_ref="nonsense")


def test_parameters_are_flattened_and_added(ctx):
    """Nested mappings become dotted keys, later values replace earlier ones, lists and empty mappings are values."""
    with ctx.run("r", config_snapshot={"lr": 1}) as run:
        ctx.params({"model": {"depth": 3, "width": {}}}, batch=[1, 2])
        run.params(lr=2)
        assert dict(run.parameters) == {"lr": 2, "model.depth": 3, "model.width": {}, "batch": [1, 2]}
    assert ctx.metadata_store.get(EntityKind.RUN, run.ref).document["parameters"] == dict(run.parameters)


@pytest.mark.parametrize("parameters", [[1], "text", {5: 1}, {"": 1}, {"a": float("nan")}, {"a": object()}])
def test_parameters_that_are_none_are_refused(ctx, parameters):
    """What is no mapping of JSON data is a ValidationError, and changes nothing."""
    with ctx.run("r") as run:
        with pytest.raises(ValidationError):
            run.params(parameters)
        assert dict(run.parameters) == {}
