"""Workspaces that are opened with one setting each, to see what the setting does."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from contexta import Contexta
from contexta.config import load_config, merge_config_patch


@pytest.fixture
def patch():
    """Make the nested mapping that sets one field by its dotted path."""

    def nested(path, value):
        for name in reversed(path.split(".")):
            value = {name: value}
        return value

    return nested


@pytest.fixture
def opened(tmp_path, patch):
    """Open a workspace with fields set by dotted paths; without a name always the same one."""
    with ExitStack() as stack:

        def open_workspace(fields=None, name="ws", **arguments):
            config = {"records": {"durability_mode": "flush"}}
            for path, value in (fields or {}).items():
                config = merge_config_patch(config, patch(path, value))
            resolved = load_config(config=config, workspace=tmp_path / name, use_env=False)
            return stack.enter_context(Contexta(config=resolved, **arguments))

        yield open_workspace


@pytest.fixture
def captured(opened):
    """Capture one run with a metric and an event, close it, and return the workspace that did it."""

    def capture(fields=None, name="ws", **arguments):
        ctx = opened(fields, name, **arguments)
        with ctx.run("train"):
            ctx.metric("loss", 0.5)
            ctx.event("note", message="hello")
        return ctx

    return capture
