"""Stores to test, and what they are asked to keep."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from contexta.spi.artifacts import BoundArtifact
from contexta.spi.context import OpenContext
from contexta_store_files.backend import open_backend


@pytest.fixture
def root(tmp_path):
    """Give the plane's root, which does not exist yet."""
    return tmp_path / "workspace" / "artifacts"


@pytest.fixture
def open_store(root):
    """Open stores on the root that are closed after the test."""
    with ExitStack() as stack:

        def open_one(**settings):
            settings.setdefault("durability", "flush")
            return stack.enter_context(open_backend(OpenContext(root=root, **settings), None))

        yield open_one


@pytest.fixture
def store(open_store):
    """Give an open store."""
    return open_store()


@pytest.fixture
def artifact():
    """Build bindings."""

    def build(name, content=None, *, run="run:demo.first", **attributes):
        ref = f"artifact:{run.removeprefix('run:')}.{name}"
        manifest = {"artifact_ref": ref, "run_ref": run, "artifact_kind": "model", "attributes": attributes}
        return BoundArtifact(ref, manifest, content, source_name=f"{name}.bin")

    return build


@pytest.fixture
def keep(store, artifact, tmp_path):
    """Ingest bytes and bind them under a name; returns the reference."""

    def keep_one(name, data):
        source = tmp_path / f"{name}.source"
        source.write_bytes(data)
        bound = artifact(name, store.ingest(source))
        store.bind(bound)
        return bound.artifact_ref

    return keep_one
