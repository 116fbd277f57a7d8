"""What the tests of SQL share: one small workspace whose rows are known."""

from __future__ import annotations

import importlib
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from contexta import Contexta

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session", autouse=True)
def frame_libraries() -> None:
    """Import what sets variables of the environment at its import before any test looks at them."""
    for name in ("pandas", "polars"):
        with suppress(ImportError):
            importlib.import_module(name)


@pytest.fixture(scope="session")
def asked_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write two runs once: `small` with three points of loss, `large` with two, each with what a run may have."""
    root = tmp_path_factory.mktemp("asked") / "workspace"
    body = root.parent / "body.bin"
    body.write_bytes(b"12345")
    with Contexta(workspace=str(root), config={"project_name": "demo"}) as ctx:
        for name, losses in (("small", [3.0, 2.0, 1.0]), ("large", [8.0, 4.0])):
            with ctx.run(name, tags={"size": name}, metadata={"note": {"by": "me"}}) as run:
                ctx.params(lr=0.5, optimizer="sgd", layers=[1, 2])
                with run.stage("train") as stage:
                    for step, loss in enumerate(losses):
                        stage.metric("loss", loss, step=step, unit="nats")
                run.metric("score", losses[-1] * 10)
                run.event("note.made", message="hello", level="warning", attributes={"a": 1})
                run.register_artifact("model", str(body))
    return root


@pytest.fixture
def asked(asked_root: Path) -> Iterator[Contexta]:
    """Open that workspace."""
    with Contexta(workspace=str(asked_root)) as ctx:
        yield ctx
