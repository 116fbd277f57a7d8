"""A workspace to capture into, and sinks that misbehave."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from contexta import Contexta
from contexta.capture import PayloadFamily, SinkCaptureReceipt


class ScriptedSink:
    """A sink whose answers are given: an exception is raised, anything else is returned."""

    supported_families = tuple(PayloadFamily)

    def __init__(self, name, *answers, required=False):
        self.name = name
        self.required = required
        self.answers = list(answers)
        self.taken = []

    def supports(self, family):
        return family in self.supported_families

    def capture(self, *, family, payload):
        self.taken.append(payload)
        answer = (
            self.answers.pop(0)
            if len(self.answers) > 1
            else (self.answers or [SinkCaptureReceipt.success()])[0]
        )
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def sink():
    """Make sinks with scripted answers; the last answer repeats."""
    return ScriptedSink


@pytest.fixture
def opened(tmp_path):
    """Open workspaces that do not outlive the test; without a name always the same."""
    with ExitStack() as stack:

        def open_workspace(name="ws", *, sinks=None, plugins=(), **config):
            config.setdefault("records", {"durability_mode": "flush"})
            ctx = Contexta(workspace=str(tmp_path / name), config=config, sinks=sinks, plugins=plugins)
            return stack.enter_context(ctx)

        yield open_workspace


@pytest.fixture
def ctx(opened):
    """Open the workspace without sinks."""
    return opened()


@pytest.fixture
def run(ctx):
    """Open a run."""
    with ctx.run("train") as run:
        yield run


@pytest.fixture
def records(ctx):
    """Return the flat records of the workspace, of one type or all."""

    def read(kind=None):
        found = [each.flat for each in ctx.record_store.scan()]
        return [each for each in found if kind in {None, each["type"]}]

    return read
