"""Hostile values through every capture call: kept and found again, or refused with an error of the tree; never anything else."""

from __future__ import annotations

import math
from contextlib import suppress

import pytest

from contexta import Contexta
from contexta.errors import ContextaError


class Unprintable:
    """An object that cannot be shown."""

    def __repr__(self):
        raise RuntimeError("no")

    __str__ = __repr__


def loop():
    """Build a mapping that holds itself."""
    value = {}
    value["self"] = value
    return value


def deep(levels):
    """Build a nesting of so many levels."""
    value = 1
    for _ in range(levels):
        value = {"a": value}
    return value


VALUES = [
    *(
        "",
        " ",
        "\t",
        "\n",
        "\0",
        "a\0b",
        "\ud800",
        "\udfff x",
        "\u202e txt",
        "\u2028",
        "\ufeff",
        "e\u0301",
        "𝒳",
        "日本語",
    ),
    *(
        "../../etc/passwd",
        "/etc/passwd",
        "..\\..\\x",
        "C:\\x",
        "a/b",
        "a:b",
        "a.b",
        ".",
        "..",
        "-",
        "--help",
        "~",
        "$HOME",
    ),
    *(
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "=1+1",
        "@SUM(A1)",
        "{{7*7}}",
        "%s%n",
        "'; drop table runs; --",
    ),
    *("\x1b[2J", "\x07", "x" * 257, "x" * 10_000, "x" * 2_000_000, "run:a.b", "record:a.b.c", "null", "NaN"),
    *(
        None,
        True,
        0,
        -1,
        2**63,
        10**400,
        math.nan,
        math.inf,
        1e308,
        b"bytes",
        (),
        [],
        {},
        {1: 2},
        {"": 1},
        {None: 1},
    ),
    *(
        loop(),
        deep(64),
        deep(2_000),
        object(),
        Unprintable(),
        {"a": Unprintable()},
        {"a": {1, 2}},
        ["x"] * 100_000,
    ),
]

CALLS = {
    "event-key": lambda run, value: run.event(value, message="m"),
    "event-message": lambda run, value: run.event("k", message=value),
    "event-attributes": lambda run, value: run.event("k", message="m", attributes=value),
    "event-attribute": lambda run, value: run.event("k", message="m", attributes={"a": value}),
    "event-tags": lambda run, value: run.event("k", message="m", tags={"a": value}),
    "event-level": lambda run, value: run.event("k", message="m", level=value),
    "events": lambda run, value: run.emit_events(value),
    "metric-key": lambda run, value: run.metric(value, 1.0),
    "metric-value": lambda run, value: run.metric("loss", value),
    "metric-step": lambda run, value: run.metric("loss", 1.0, step=value),
    "metric-unit": lambda run, value: run.metric("loss", 1.0, unit=value),
    "metrics": lambda run, value: run.emit_metrics(value),
    "span-name": lambda run, value: run.span(value),
    "span-attributes": lambda run, value: run.span("s", attributes={"a": value}),
    "span-times": lambda run, value: run.span("s", started_at=value, ended_at=value),
    "params": lambda run, value: run.params({"a": value}),
    "params-name": lambda run, value: run.params({value: 1} if isinstance(value, (str, int)) else value),
    "artifact-kind": lambda run, value: run.register_artifact(value, __file__),
    "artifact-path": lambda run, value: run.register_artifact("model", value),
    "artifact-attributes": lambda run, value: run.register_artifact(
        "model", __file__, attributes={"a": value}
    ),
    "stage-name": lambda run, value: run.stage(value).close(),
    "stage-metadata": lambda run, value: run.stage("s", metadata={"a": value}).close(),
}


@pytest.mark.parametrize("call", CALLS)
def test_hostile_values(tmp_path, call):
    """Each of some seventy values is kept or refused, and afterwards the workspace is whole and readable."""
    refused = 0
    with Contexta(workspace=str(tmp_path / "ws"), config={"records": {"durability_mode": "flush"}}) as ctx:
        with ctx.run("train") as run:
            for value in VALUES:
                try:
                    CALLS[call](run, value)
                except ContextaError:
                    refused += 1
        assert refused
        assert ctx.get_run_snapshot("train").run.status == "completed"
        for store in (ctx.metadata_store, ctx.record_store, ctx.artifact_store):
            assert store.check_integrity().ok


@pytest.mark.parametrize("number", range(len(VALUES)))
def test_hostile_openings(tmp_path, number):
    """A run's own name, tags, metadata, revision and dataset: kept or refused, and the next run works."""
    value = VALUES[number]
    arguments = [
        {"name": value},
        {"name": "r", "run_id": value},
        {"name": "r", "tags": {"a": value}},
        {"name": "r", "metadata": {"a": value}},
        {"name": "r", "code_revision": value},
        {"name": "r", "config_snapshot": {"a": value}},
        {"name": "r", "dataset_ref": value},
    ]
    with Contexta(workspace=str(tmp_path / "ws"), config={"records": {"durability_mode": "flush"}}) as ctx:
        for each in arguments:
            with suppress(ContextaError):
                ctx.run(**each).close()
        with ctx.run("after") as run:
            run.metric("loss", 1.0)
        assert "after" in {found.name for found in ctx.list_runs()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ws"]
