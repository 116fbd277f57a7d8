"""Programs that only set OTEL_TRACES_EXPORTER=contexta and its like, asked about from another process."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from contexta import Contexta
from contexta.spi.flat import flatten

CONFIGURED = """
from opentelemetry.sdk._configuration import _OTelSDKConfigurator
_OTelSDKConfigurator().configure()
from opentelemetry import metrics, trace
tracer, meter = trace.get_tracer("shop"), metrics.get_meter("shop")
"""

EXPORTERS = {f"OTEL_{signal}_EXPORTER": "contexta" for signal in ("TRACES", "METRICS", "LOGS")}


def environment(**more):
    """Return this process's variables without OpenTelemetry's and Contexta's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "CONTEXTA_"))}
    return kept | EXPORTERS | {"OTEL_SERVICE_NAME": "shop", "PYTHONWARNINGS": "ignore"} | more


@pytest.fixture
def run_program(tmp_path):
    """Runs a program in a directory of its own, and returns the runs and flat records of its workspace."""

    def run(source, *, fails=False, **variables):
        done = subprocess.run(
            [sys.executable, "-P", "-c", CONFIGURED + source],
            cwd=tmp_path,
            env=environment(**variables),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode != 0) is fails, done.stderr
        with Contexta(workspace=str(tmp_path / ".contexta")) as ctx:
            runs = {run.run_id: run for run in ctx.list_runs()}
            records = [flatten(stored.record) for stored in ctx.record_store.scan()]
        return runs, records

    return run


WITH_A_RUN = """
import logging
from contexta import Contexta
with Contexta() as ctx, ctx.run("training") as run, run.stage("fit"):
    with tracer.start_as_current_span("epoch", attributes={"api_key": "sk-proj-0123456789abcdefghij"}):
        logging.getLogger("shop").warning("slow")
        with tracer.start_as_current_span("batch") as span:
            meter.create_counter("orders").add(3, {"kind": "book"})
            span.record_exception(ValueError("no such book"))
"""


def test_a_program_with_a_run_joins_it(run_program):
    """Spans, metrics and logs are in the run that was open, spans and logs in its stage, although it closed before."""
    runs, records = run_program(WITH_A_RUN, OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED="true")
    assert ["run:default.training"] == list(runs)
    found = {(each["type"], each["key"]): each for each in records}
    assert {
        ("span", "epoch"),
        ("span", "batch"),
        ("metric", "orders"),
        ("event", "log.shop"),
        ("event", "exception"),
        ("event", "otel.resource"),
    } == found.keys()
    assert {"run:default.training"} == {each["run"] for each in records}
    in_stage = {key for key, each in found.items() if each.get("stage") == "stage:default.training.fit"}
    assert {("span", "epoch"), ("span", "batch"), ("event", "log.shop"), ("event", "exception")} == in_stage
    epoch, batch = found["span", "epoch"], found["span", "batch"]
    assert (epoch["trace"], epoch["span"]) == (batch["trace"], batch["parent"])
    assert f"otel-{epoch['trace']}-{epoch['span']}" == epoch["id"]
    assert ("slow", "warning") == (found["event", "log.shop"]["message"], found["event", "log.shop"]["level"])
    assert "ValueError: no such book" == found["event", "exception"]["message"]
    assert (3, {"kind": "book"}) == (found["metric", "orders"]["value"], found["metric", "orders"]["tags"])


def test_secrets_are_replaced_on_the_way(run_program, tmp_path):
    """A key in a span's attribute is nowhere in the workspace."""
    run_program(WITH_A_RUN)
    files = [path for path in (tmp_path / ".contexta").rglob("*") if path.is_file()]
    assert files
    assert [] == [path.name for path in files if b"sk-proj-0123456789abcdefghij" in path.read_bytes()]


def test_a_program_without_a_run_gets_one_named_after_its_service(run_program):
    """Where no run was ever open, one is opened for the service, and completed when the exporters are shut down."""
    runs, records = run_program("with tracer.start_as_current_span('lonely'): pass")
    assert {"run:default.shop": ("shop", "completed")} == {
        ref: (run.name, run.status) for ref, run in runs.items()
    }
    assert {"run:default.shop"} == {each["run"] for each in records}
    assert ["lonely"] == [each["key"] for each in records if each["type"] == "span"]


def test_what_comes_before_the_first_run_waits_for_it(run_program):
    """What is exported before the program has opened its run belongs to that run, and no other is made."""
    runs, records = run_program(
        """
from contexta import Contexta
tracer.start_span("before").end()
trace.get_tracer_provider().force_flush()
with Contexta() as ctx, ctx.run("training"):
    tracer.start_span("inside").end()
    trace.get_tracer_provider().force_flush()
"""
    )
    assert ["run:default.training"] == list(runs)
    assert ["before", "inside"] == sorted(each["key"] for each in records if each["type"] == "span")


def test_a_program_that_dies_of_an_exception_leaves_a_failed_run(run_program):
    """The run of a service is failed where an uncaught exception ended the program."""
    runs, _ = run_program("with tracer.start_as_current_span('lonely'): raise SystemError", fails=True)
    assert ["failed"] == [run.status for run in runs.values()]


def test_a_child_process_joins_the_run_of_its_parent(run_program):
    """A program that is started inside a run lands in it, though it opens none itself."""
    runs, records = run_program(
        f"""
import subprocess, sys
from contexta import Contexta
child = {CONFIGURED + "tracer.start_span('of the child').end()"!r}
with Contexta() as ctx, ctx.run("training"):
    subprocess.run([sys.executable, "-P", "-c", child], check=True)
"""
    )
    assert ["run:default.training"] == list(runs)
    assert ["run:default.training"] == [each["run"] for each in records if each["type"] == "span"]


def test_a_forked_child_lands_beside_its_parent(run_program):
    """Spans of a child that was forked inside a run are in the run, each once."""
    _, records = run_program(
        """
import os
from contexta import Contexta
with Contexta() as ctx, ctx.run("training"):
    with tracer.start_as_current_span("of the parent"):
        trace.get_tracer_provider().force_flush()
    child = os.fork()
    if child == 0:
        tracer.start_span("of the child").end()
        trace.get_tracer_provider().shutdown()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
"""
    )
    spans = [(each["key"], each["run"]) for each in records if each["type"] == "span"]
    assert [("of the child", "run:default.training"), ("of the parent", "run:default.training")] == sorted(
        spans
    )


def test_runs_in_threads_keep_their_spans(run_program):
    """Two runs at once, each in a thread of its own, get their own spans, though times cannot tell them apart."""
    _, records = run_program(
        """
import threading
from contexta import Contexta
meet = threading.Barrier(2)
def work(name):
    with Contexta() as ctx, ctx.run(name):
        meet.wait(20)
        with tracer.start_as_current_span(f"of {name}"):
            meet.wait(20)
threads = [threading.Thread(target=work, args=(name,)) for name in ("left", "right")]
[each.start() for each in threads]
[each.join() for each in threads]
"""
    )
    spans = {each["key"]: each["run"] for each in records if each["type"] == "span"}
    assert {"of left": "run:default.left", "of right": "run:default.right"} == spans


def test_nothing_is_sent_in_circles(run_program, collector):
    """With the sink `otel` configured, what came from OpenTelemetry is not sent out; captures still are."""
    _, records = run_program(
        f"""
from contexta import Contexta
sink = {{"use": "otel", "options": {{"endpoint": "{collector.endpoint}"}}}}
with Contexta(config={{"capture": {{"sinks": [sink]}}}}) as ctx, ctx.run("training") as run:
    run.span("captured")
    tracer.start_span("told").end()
    trace.get_tracer_provider().force_flush()
"""
    )
    assert ["captured", "told"] == sorted(each["key"] for each in records if each["type"] == "span")
    assert ["captured"] == [span.name for span in collector.spans()]


def test_what_the_sink_gives_a_provider_does_not_come_back(run_program):
    """A span, metric and event that the sink hands to the program's own providers are recorded once."""
    _, records = run_program(
        """
from opentelemetry import _logs
from contexta import Contexta
from contexta.adapters.otel import OTelSink
sink = OTelSink(
    tracer_provider=trace.get_tracer_provider(),
    meter_provider=metrics.get_meter_provider(),
    logger_provider=_logs.get_logger_provider(),
)
with Contexta(sinks=[sink]) as ctx, ctx.run("training") as run:
    run.span("captured", attributes={"gen_ai.operation.name": "chat"})
    run.metric("loss", 0.5)
    run.event("done", message="it is")
"""
    )
    kinds = sorted((each["type"], each["key"]) for each in records)
    assert [("event", "done"), ("metric", "loss"), ("span", "captured")] == kinds


def test_a_workspace_that_cannot_be_written_harms_nobody(run_program, tmp_path):
    """Where the workspace is a file, the program ends as it would; the log says once what was not kept."""
    blocked = tmp_path / "blocked"
    blocked.write_text("no directory")
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-c",
            CONFIGURED
            + "for _ in range(3):\n tracer.start_span('lost').end()\n trace.get_tracer_provider().force_flush()",
        ],
        cwd=tmp_path,
        env=environment(
            CONTEXTA_WORKSPACE_ROOT_PATH=str(blocked), OTEL_METRICS_EXPORTER="", OTEL_LOGS_EXPORTER=""
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert 1 == done.stderr.count("spans of OpenTelemetry were not kept")
    assert "Traceback" not in done.stderr
