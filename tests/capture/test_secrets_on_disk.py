"""Secrets that are planted in every place that captures are made of; afterwards no byte of the workspace holds one."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from contexta.capture import InMemorySink

# Put together at run time, so that no scanner takes this file for a leak.
BODY = "Zq7Xw2Lk9Vb4Nm8Tp3Rs6Yd1Hf5Jg0CeAu"


def secret(number):
    """Build a token that its shape gives away; each place has its own."""
    return f"ghp_{number:02}" + BODY


PLACES = {
    "event-message": lambda run, text, path: run.event("k", message=f"failed with {text}"),
    "event-attributes": lambda run, text, path: run.event("k", message="m", attributes={"a": [{"b": text}]}),
    "event-attribute-name": lambda run, text, path: run.event("k", message="m", attributes={text: 1}),
    "event-tags": lambda run, text, path: run.event("k", message="m", tags={"a": text}),
    "event-batch": lambda run, text, path: run.emit_events([{"key": "k", "message": text}]),
    "metric-tags": lambda run, text, path: run.metric("loss", 1.0, tags={"a": text}),
    "metric-unit": lambda run, text, path: run.metric("loss", 1.0, unit=text),
    "metric-batch": lambda run, text, path: run.emit_metrics(
        [{"key": "l", "value": 1.0, "tags": {"a": text}}]
    ),
    "metric-not-finite": lambda run, text, path: run.metric("loss", float("nan"), tags={"a": text}),
    "span-name": lambda run, text, path: run.span(f"GET {text}"),
    "span-attributes": lambda run, text, path: run.span("s", attributes={"url": text}),
    "span-batch": lambda run, text, path: run.emit_spans([{"name": "s", "attributes": {"url": text}}]),
    "params": lambda run, text, path: run.params({"model": {"source": text}}),
    "artifact-attributes": lambda run, text, path: run.register_artifact(
        "m", path, attributes={"from": text}
    ),
    "artifact-batch": lambda run, text, path: run.register_artifacts(
        [{"artifact_kind": "m", "path": path, "attributes": {"from": text}}]
    ),
    "stage-name": lambda run, text, path: run.stage(f"train {text}").close(),
    "stage-metadata": lambda run, text, path: run.stage("s1", metadata={"a": text}).close(),
    "batch-metadata": lambda run, text, path: run.stage("s2").batch("b", metadata={"a": text}),
    "operation-metadata": lambda run, text, path: run.stage("s3").operation("o", metadata={"a": text}),
    "sample-metadata": lambda run, text, path: run.stage("s4").sample("x", metadata={"a": text}),
}


def bytes_of(workspace):
    """Read everything of a workspace, names included."""
    names = "\n".join(str(path.relative_to(workspace)) for path in workspace.rglob("*"))
    return names.encode() + b"".join(path.read_bytes() for path in workspace.rglob("*") if path.is_file())


@pytest.fixture
def refusing(sink):
    """Make a sink that refuses everything, so that the outbox is written too."""
    return sink("refusing", OSError("no"))


def test_no_capture_writes_a_secret(opened, refusing, tmp_path):
    """Each way to capture passes redaction, in the stores, in the outbox, and before the sinks."""
    (tmp_path / "model.bin").write_bytes(b"weights")
    memory = InMemorySink()
    ctx = opened(sinks=[memory, refusing], capture={"dispatch_failure_mode": "outbox"})
    planted = {}
    for number, (place, plant) in enumerate(PLACES.items()):
        planted[place] = secret(number)
        with ctx.run("train") as run:
            plant(run, planted[place], str(tmp_path / "model.bin"))
    ctx.close()
    written = bytes_of(tmp_path / "ws")
    assert [place for place, text in planted.items() if text.encode() in written] == []
    assert [place for place, text in planted.items() if text in repr(memory.entries)] == []
    assert written.count(b"[redacted:github:") >= len(PLACES)


def test_no_opening_writes_a_secret(opened, tmp_path, monkeypatch):
    """What a run is opened with, its configuration, and the allowed variables pass redaction."""
    for number, name in enumerate(("PLANTED_PLAIN", "PLANTED_TOKEN"), start=50):
        monkeypatch.setenv(name, secret(number) if "PLAIN" in name else "short-but-named-4711")
    ctx = opened(security={"environment_variable_allowlist": ["PLANTED_PLAIN", "PLANTED_TOKEN"]})
    with ctx.run(
        f"train {secret(60)}",
        tags={"a": secret(61)},
        metadata={"b": [secret(62)]},
        config_snapshot={"sink": {"api_key": "tr0ub4dor-" + "Zq7X", "url": secret(63)}},
        dataset_ref=f"https://me:{secret(64)}@host/data",
        code_revision=secret(65),
    ) as run:
        assert secret(60) not in run.name
        assert secret(60).lower().replace("_", "-") not in run.ref
    with ctx.deployment(f"serve {secret(66)}", metadata={"c": secret(67)}):
        pass
    ctx.close()
    written = bytes_of(tmp_path / "ws")
    assert BODY.encode() not in written
    assert BODY.lower().encode() not in written
    assert b"short-but-named-4711" not in written
    assert b"tr0ub4dor-Zq7X" not in written
    assert b"PLANTED_PLAIN" in written


@pytest.mark.parametrize("length", [0, 30_000], ids=["short", "cut"])
def test_no_failure_writes_a_secret(opened, tmp_path, length):
    """A secret in an exception's text, however long the text and wherever it is cut, is redacted."""
    ctx = opened()
    for number, offset in enumerate(range(0, 60, 7)):
        with pytest.raises(ValueError, match="refused"), ctx.run("train"):
            raise ValueError(f"refused {'x' * offset} {secret(number)} " + "y" * (length and 20_000 - offset))
    ctx.close()
    written = bytes_of(tmp_path / "ws")
    assert BODY.encode() not in written
    # Neither half of a secret that a cut went through.
    assert BODY[-16:].encode() not in written
    assert written.count(b"run.failed") == 9


PROGRAM = """
import sys
from contexta import Contexta
with Contexta(workspace=sys.argv[1]) as ctx, ctx.run("train"):
    pass
"""


def test_no_diff_writes_a_secret(tmp_path):
    """A secret in an uncommitted change is redacted; the rest of the diff is there."""
    repository = tmp_path / "code"
    repository.mkdir()
    git = ["git", "-C", str(repository), "-c", "user.name=t", "-c", "user.email=t@t"]
    (repository / "main.py").write_text(PROGRAM)
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "c"], check=True)
    (repository / "main.py").write_text(f"{PROGRAM}\ntoken = '{secret(1)}'\nharmless_change = 17\n")
    subprocess.run(
        [sys.executable, str(repository / "main.py"), str(tmp_path / "ws")],
        check=True,
        cwd=repository,
        env={**os.environ, "HOME": str(tmp_path)},
    )
    written = bytes_of(tmp_path / "ws")
    assert BODY.encode() not in written
    assert b"harmless_change = 17" in written


def test_redaction_can_be_switched_off(opened, tmp_path):
    """Off means off: what the user wrote is what is kept."""
    ctx = opened(security={"redaction_mode": "off"})
    with ctx.run("train"):
        ctx.event("k", message=secret(1))
    ctx.close()
    assert secret(1).encode() in bytes_of(tmp_path / "ws")
