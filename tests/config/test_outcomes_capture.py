"""What the fields of the capture and security sections change: two values of each, two outcomes."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from contexta.capture import SinkCaptureReceipt
from contexta.errors import ConfigurationError, DispatchError

SURROUNDINGS = """
import json, sys
from contexta import Contexta
from contexta.config import load_config
from contexta.spi.metadata import EntityKind
config = load_config(config=json.loads(sys.argv[1]), workspace=sys.argv[2], use_env=False)
with Contexta(config=config) as ctx:
    with ctx.run("train") as run:
        pass
    found = ctx.metadata_store.get(EntityKind.ENVIRONMENT, run.environment_ref)
    print(json.dumps(None if found is None else found.document))
"""


class FailingSink:
    name = "failing"

    def __init__(self, failures=10_000, required=False):
        self.failures = failures
        self.required = required

    def supports(self, family):
        return True

    def capture(self, *, family, payload):
        self.failures -= 1
        if self.failures >= 0:
            raise OSError("down")
        return SinkCaptureReceipt.success()


@pytest.fixture
def surroundings(tmp_path):
    """Run a program in a repository of its own and return what was recorded of its surroundings."""
    repository = tmp_path / "code"
    repository.mkdir()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(repository)]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run([*git, *command], check=True, capture_output=True)

    def record(capture, name, env=None, security=None):
        config = {"capture": capture, "security": security or {}, "records": {"durability_mode": "flush"}}
        done = subprocess.run(
            [sys.executable, "-c", SURROUNDINGS, json.dumps(config), str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=True,
            cwd=repository,
            env=env,
        )
        return json.loads(done.stdout)

    return record


def test_what_surrounds_a_run_is_recorded_as_configured(surroundings):
    """capture_environment_snapshot, capture_installed_packages, capture_code_revision, capture_config_snapshot."""
    everything = surroundings({}, "all")
    assert {"python_version", "hardware", "packages", "code", "config_snapshot"} <= everything.keys()
    assert 40 == len(everything["code"]["revision"])
    assert "local" == everything["config_snapshot"]["profile_name"]
    without_packages = surroundings({"capture_installed_packages": False}, "packages")
    assert "packages" not in without_packages
    assert "python_version" in without_packages
    rest = surroundings(
        {
            "capture_environment_snapshot": False,
            "capture_code_revision": False,
            "capture_config_snapshot": True,
        },
        "config",
    )
    assert {"config_snapshot"} == rest.keys() & {"python_version", "hardware", "code", "config_snapshot"}
    nothing = surroundings(
        {
            "capture_environment_snapshot": False,
            "capture_code_revision": False,
            "capture_config_snapshot": False,
        },
        "nothing",
    )
    assert nothing is None


def test_only_allowed_variables_are_recorded(surroundings, monkeypatch):
    """environment_variable_allowlist: none is recorded but those that are named."""
    monkeypatch.setenv("LAB_QUEUE", "gpu")
    assert {} == surroundings({}, "none")["environment_variables"]
    allowed = surroundings({}, "one", security={"environment_variable_allowlist": ["LAB_QUEUE"]})
    assert {"LAB_QUEUE": "gpu"} == allowed["environment_variables"]


@pytest.mark.parametrize("producer", ["sdk.python.local", "my.lab"])
def test_records_name_their_producer(captured, producer):
    """producer_ref: it is written into every record."""
    ctx = captured({"capture.producer_ref": producer})
    assert {producer} == {each.record.envelope.producer_ref for each in ctx.record_store.scan()}


@pytest.mark.parametrize(("attempts", "status"), [(0, "FAILURE"), (2, "SUCCESS")])
def test_failed_deliveries_are_tried_again(opened, attempts, status):
    """retry_attempts: a sink that fails twice is delivered to with two further attempts, and not without."""
    ctx = opened({"capture.retry_attempts": attempts}, sinks=[FailingSink(2)])
    with ctx.run("train"):
        assert status == ctx.event("note", message="m").deliveries[1].status


def test_the_pause_before_a_retry(opened):
    """retry_backoff_seconds: the second attempt waits that long."""
    taken = {}
    for seconds in (0.0, 0.3):
        ctx = opened(
            {"capture.retry_attempts": 1, "capture.retry_backoff_seconds": seconds}, sinks=[FailingSink(1)]
        )
        with ctx.run("train"):
            begin = time.perf_counter()
            ctx.event("note", message="m")
            taken[seconds] = time.perf_counter() - begin
    assert taken[0.3] >= 0.3 > taken[0.0]


def test_a_failed_required_delivery_raises_or_waits(opened):
    """dispatch_failure_mode: with `raise` the capture raises, with `outbox` the delivery waits in the outbox."""
    ctx = opened({"capture.dispatch_failure_mode": "raise"}, sinks=[FailingSink(required=True)])
    with ctx.run("train"), pytest.raises(DispatchError):
        ctx.event("note", message="m")
    ctx = opened({"capture.dispatch_failure_mode": "outbox"}, sinks=[FailingSink(required=True)])
    with ctx.run("train"):
        assert ctx.event("note", message="m").recovered_to_outbox


def test_the_outbox_lies_where_it_should(opened, tmp_path):
    """outbox_root: what waits lies there, and not below the workspace."""
    for root in ("one", "two"):
        fields = {
            "capture.dispatch_failure_mode": "outbox",
            "recovery.outbox_root": str(tmp_path / root),
        }
        ctx = opened(fields, sinks=[FailingSink()])
        with ctx.run("train"):
            ctx.event("note", message="m")
        ctx.close()
        assert list((tmp_path / root).rglob("*.*"))
    assert not (tmp_path / "ws" / "recovery" / "outbox").exists()


@pytest.mark.parametrize(("marking", "number"), [(True, 1), (False, 0)])
def test_a_partly_failed_delivery_leaves_a_marker(captured, marking, number):
    """write_degraded_marker_on_partial_failure: one degraded record for run and sink, or none."""
    ctx = captured({"capture.write_degraded_marker_on_partial_failure": marking}, sinks=[FailingSink()])
    assert number == len([each for each in ctx.record_store.scan() if each.record_type == "degraded"])


def test_configured_sinks_are_delivered_to(captured, capsys):
    """sinks: the built-in one for the console prints what is captured; without it nothing is printed."""
    captured(name="silent")
    assert "" == capsys.readouterr().out
    captured({"capture.sinks": ["stdout"]}, name="loud")
    assert "loss" in capsys.readouterr().out


SECRETS = {"password": "hunter2-hunter2", "note": "Zk3v9QpLw8RtY2xN5bMf7HdJ4sGa6Uc1"}


@pytest.mark.parametrize(
    ("mode", "gone"), [("off", set()), ("safe_default", {"password"}), ("strict", {"password", "note"})]
)
def test_secrets_are_replaced_as_strictly_as_configured(opened, mode, gone):
    """redaction_mode: nothing, what is named a secret, or also what looks like one is replaced."""
    ctx = opened({"security.redaction_mode": mode})
    with ctx.run("train"):
        ctx.event("note", message="m", attributes=SECRETS)
    (record,) = [each.flat for each in ctx.record_store.scan() if each.flat["key"] == "note"]
    assert gone == {name for name, text in SECRETS.items() if record["attributes"][name] != text}


def test_other_words_make_a_secret(opened):
    """secret_key_patterns: the words that are configured count instead of the default ones."""
    kept = {}
    for name, patterns in {"default": ["token", "password"], "own": ["nickname"]}.items():
        ctx = opened({"security.secret_key_patterns": patterns}, name)
        with ctx.run("train"):
            ctx.event("note", message="m", attributes={"password": "aaaa1111", "nickname": "bobby"})
        (record,) = [each.flat for each in ctx.record_store.scan() if each.flat["key"] == "note"]
        kept[name] = {key for key, text in record["attributes"].items() if text in {"aaaa1111", "bobby"}}
    assert {"default": {"nickname"}, "own": {"password"}} == kept


def test_runs_belong_to_the_configured_project(captured):
    """project_name: what is captured belongs to it."""
    captured({"project_name": "vision"})
    ctx = captured({"project_name": "speech"})
    assert ("speech", "vision") == tuple(sorted(ctx.list_projects()))


def test_another_version_of_the_configuration_is_refused(opened):
    """config_version: there is one so far."""
    assert "1" == opened({"config_version": "1"}).config.config_version
    with pytest.raises(ConfigurationError, match=r"^config_version: "):
        opened({"config_version": "2"})


def test_another_version_of_the_contract_is_refused(opened):
    """schema_version: there is one so far that can be written."""
    assert "1.0.0" == opened({"contract.schema_version": "1.0.0"}).config.contract.schema_version
    with pytest.raises(ConfigurationError, match=r"^contract\.schema_version: "):
        opened({"contract.schema_version": "1.1.0"})
