"""What arrives in MLflow, asked of its own client."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from contexta import Contexta
from contexta.adapters.mlflow import MLflowSink
from contexta.capture.sinks import BufferedSink
from contexta.recovery import replay_outbox


@pytest.fixture
def one_run(configured, tmp_path):
    """A run with everything, captured with the sink configured."""
    model = tmp_path / "model.pt"
    model.write_bytes(b"weights")
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "page.html").write_text("<p>")
    tags = {"env": "dev", "api_key": "sk-proj-0123456789abcdefghij"}
    with configured() as ctx, ctx.run("training", tags=tags) as run:
        run.params({"lr": 0.1, "optimizer": {"name": "adam"}})
        with run.stage("fit"):
            for step in range(3):
                ctx.metric("loss", 1 / (step + 1), step=step, unit="nat")
        with run.stage("evaluate"):
            ctx.metric("top@5", 0.5, tags={"split": "test"})
        ctx.event("epoch.done", message="one is done", level="warning")
        run.register_artifact("model", str(model))
        run.register_artifact("report_bundle", str(folder))
        run.span("not for MLflow")
        run.params({"last": True})
    return model


def test_a_run_is_an_mlflow_run(one_run, found):
    """Name, end, tags and parameters arrive, those given last too; secrets do not."""
    (run,) = found()
    assert ("training", "FINISHED") == (run.info.run_name, run.info.status)
    assert {"lr": "0.1", "optimizer.name": "adam", "last": "True"} == run.data.params
    tags = run.data.tags
    assert ("dev", "run:default.training", "default") == (
        tags["env"],
        tags["contexta.run_ref"],
        tags["contexta.project"],
    )
    assert tags["api_key"].startswith("[redacted:")
    assert "fit, evaluate" == tags["contexta.stages"]
    assert ("one is done", "warning") == (
        tags["contexta.event.epoch.done"],
        tags["contexta.event_level.epoch.done"],
    )
    assert run.info.start_time <= run.info.end_time


def test_points_keep_their_steps(one_run, found, client):
    """Every point of a metric arrives with its step and value; the unit is a tag."""
    (run,) = found()
    points = [(each.step, each.value) for each in client.get_metric_history(run.info.run_id, "loss")]
    assert [(0, 1.0), (1, 0.5), (2, 1 / 3)] == points
    assert "nat" == run.data.tags["contexta.metric_unit.loss"]


def test_series_that_differ_by_tags_have_names_of_their_own(one_run, found):
    """A metric's tags become part of its name, and what MLflow's names cannot hold is replaced."""
    (run,) = found()
    assert {"loss", "top_5/split.test"} == run.data.metrics.keys()


def test_artifacts_are_uploaded(one_run, found, client, tmp_path):
    """A file and a directory lie under their kind."""
    (run,) = found()
    (model,) = client.list_artifacts(run.info.run_id, "model")
    local = client.download_artifacts(run.info.run_id, f"{model.path}/model.pt", str(tmp_path))
    assert b"weights" == Path(local).read_bytes()
    (report,) = client.list_artifacts(run.info.run_id, "report_bundle")
    pages = client.list_artifacts(run.info.run_id, f"{report.path}/report")
    assert ["page.html"] == [each.path.rsplit("/", 1)[1] for each in pages]


def test_a_failed_run_is_failed(configured, found):
    """A run that an exception leaves is FAILED in MLflow, one that was cancelled KILLED."""
    with configured() as ctx:
        with pytest.raises(ZeroDivisionError), ctx.run("first") as run:
            run.metric("loss", 1.0)
            raise ZeroDivisionError
        second = ctx.run("second")
        second.metric("loss", 1.0)
        second.close(status="cancelled")
    assert {"first": "FAILED", "second": "KILLED"} == {run.info.run_name: run.info.status for run in found()}


def test_a_run_without_a_record_is_there_too(configured, found):
    """A run that captured nothing but its parameters is an MLflow run as well."""
    with configured() as ctx, ctx.run("silent", config_snapshot={"lr": 1}):
        pass
    (run,) = found()
    assert ("silent", "FINISHED", {"lr": "1"}) == (run.info.run_name, run.info.status, run.data.params)


def test_a_second_process_continues_the_run(configured, found, client, tmp_path, tracking_uri):
    """A run that is joined by another process, or resumed later, is the same MLflow run."""
    with configured() as ctx, ctx.run("shared", run_id="shared") as run:
        run.metric("loss", 2.0, step=0)
    program = f"""
    from contexta import Contexta
    sink = {{"use": "mlflow", "close_timeout_seconds": 60, "options": {{"tracking_uri": {tracking_uri!r}}}}}
    with Contexta(workspace={str(tmp_path / "workspace")!r}, config={{"capture": {{"sinks": [sink]}}}}) as ctx:
        with ctx.run("shared", run_id="shared") as run:
            run.metric("loss", 1.0, step=1)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=100)
    (run,) = found()
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(0, 2.0), (1, 1.0)] == [(each.step, each.value) for each in history]


def test_a_parameter_that_changes_spoils_nothing(configured, found):
    """MLflow takes each parameter once: a resumed run with another value keeps the first, and everything else arrives."""
    for rate in (0.1, 0.2):
        with configured() as ctx, ctx.run("again", run_id="again", config_snapshot={"lr": rate}) as run:
            run.params({f"at {rate}": True})
            run.metric("loss", rate)
    (run,) = found()
    assert {"lr": "0.1", "at 0.1": "True", "at 0.2": "True"} == run.data.params
    assert ({"loss": 0.2}, "FINISHED") == (run.data.metrics, run.info.status)


def test_more_points_than_one_request_takes(configured, found, client):
    """A batch beyond MLflow's limit is sent in parts, and nothing is lost."""
    with configured() as ctx, ctx.run("long") as run:
        run.emit_metrics([{"key": f"m{step % 150}", "value": step, "step": step} for step in range(2_500)])
        for number in range(150):
            run.event(f"event.n{number}", message="x")
        run.params({f"p{number}": number for number in range(150)})
    (run,) = found()
    assert (150, 150) == (len(run.data.metrics), len(run.data.params))
    events = [name for name in run.data.tags if name.startswith("contexta.event.")]
    assert 150 == len(events)
    assert [2325.0, 2475.0] == [each.value for each in client.get_metric_history(run.info.run_id, "m75")][-2:]


def test_one_record_that_mlflow_refuses_spoils_only_itself(configured, found, monkeypatch):
    """A point that the server does not take goes to the outbox; those beside it arrive."""
    from mlflow import MlflowClient, MlflowException
    from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

    log_batch = MlflowClient.log_batch

    def strict(client, run_id, metrics=(), **named):
        if any(metric.key == "bad" for metric in metrics):
            raise MlflowException("no such name", error_code=INVALID_PARAMETER_VALUE)
        return log_batch(client, run_id, metrics=metrics, **named)

    monkeypatch.setattr(MlflowClient, "log_batch", strict)
    with configured() as ctx, ctx.run("training") as run:
        run.emit_metrics([{"key": key, "value": 1.0} for key in ("before", "bad", "after")])
    (run,) = found()
    assert {"before", "after"} == run.data.metrics.keys()


def test_what_failed_halfway_is_not_doubled(configured, found, client, monkeypatch):
    """Points whose request arrived although its answer did not are not sent again by a replay."""
    from mlflow import MlflowClient

    log_batch = MlflowClient.log_batch

    def unlucky(client, run_id, **named):
        log_batch(client, run_id, **named)
        raise ConnectionError("the answer was lost")

    with monkeypatch.context() as patched:
        patched.setattr(MlflowClient, "log_batch", unlucky)
        with configured() as ctx, ctx.run("training") as run:
            for step in range(3):
                run.metric("loss", float(step), step=step)
    assert 3 == replay_outbox(ctx.config).acknowledged_count
    (run,) = found()
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(0, 0.0), (1, 1.0), (2, 2.0)] == sorted((each.step, each.value) for each in history)


def test_an_artifact_that_changed_is_refused(configured, found, client, tmp_path):
    """A file that is not what was registered any more is no delivery: the workspace has the right one."""
    model = tmp_path / "model.pt"
    model.write_bytes(b"first")
    sink = MLflowSink(tracking_uri=client.tracking_uri)
    with Contexta(workspace=str(tmp_path / "w"), sinks=[]) as ctx, ctx.run("training") as run:
        payload = run.register_artifact("model", str(model)).payload
        model.write_bytes(b"second")
        with pytest.raises(Exception, match="was changed since"):
            sink.capture(family="ARTIFACT", payload=payload)
        model.unlink()
        with pytest.raises(Exception, match="cannot be read any more"):
            sink.capture(family="ARTIFACT", payload=payload)


def test_a_program_may_attach_it_itself(found, tracking_uri, tmp_path):
    """Attached by the program, with an experiment of its own, the run is named after its reference and is ended."""
    sink = BufferedSink(MLflowSink(tracking_uri=tracking_uri, experiment="mine"))
    with (
        Contexta(workspace=str(tmp_path / "w"), sinks=[sink]) as ctx,
        pytest.raises(ZeroDivisionError),
        ctx.run("My Training") as run,
    ):
        run.metric("loss", 1.0)
        raise ZeroDivisionError
    (run,) = found()
    assert ("my-training", "FAILED") == (run.info.run_name, run.info.status)


def test_one_mlflow_run_can_take_everything(client, found, configured):
    """With `run_id` all runs go into the given MLflow run, which is left open."""
    given = client.create_run("0")
    with configured(run_id=given.info.run_id) as ctx:
        for name in ("first", "second"):
            with ctx.run(name) as run:
                run.metric(name, 1.0)
    (run,) = found()
    assert ({"first", "second"}, "RUNNING") == (run.data.metrics.keys(), run.info.status)


# MLflow's own use of SQLAlchemy is deprecated.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_database_takes_it_as_well(tmp_path, found, configured):
    """MLflow's SQLite store, which keeps equal points once, has the run whole."""
    pytest.importorskip("sqlalchemy")
    from mlflow import MlflowClient

    uri = f"sqlite:///{tmp_path}/mlflow.db"
    with configured(tracking_uri=uri) as ctx, ctx.run("training", config_snapshot={"lr": 1}) as run:
        for step in range(3):
            run.metric("loss", float(step), step=step)
    client = MlflowClient(uri)
    (experiment,) = [each for each in client.search_experiments() if each.name == "default"]
    (run,) = client.search_runs([experiment.experiment_id])
    history = client.get_metric_history(run.info.run_id, "loss")
    assert ([0.0, 1.0, 2.0], "FINISHED", {"lr": "1"}) == (
        [each.value for each in history],
        run.info.status,
        run.data.params,
    )
