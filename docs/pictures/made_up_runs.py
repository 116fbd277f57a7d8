"""Runs that nobody ran, with surroundings of no machine: for pictures of what tells of the machine that made a run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from contexta import Contexta
from contexta.contract import EnvironmentSnapshot

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NEWEST", "make_runs"]

_NIGHTS = 16
#: From this night on another version of a package is installed.
_UPGRADED = 11
#: The newest run.
NEWEST = f"run:nightly.night-{_NIGHTS}"
_PACKAGES = {"click": "8.1.7", "numpy": "2.1.3", "pandas": "2.2.3", "scikit-learn": "1.5.2", "torch": "2.5.1"}
_CAPTURE = {
    f"capture_{what}": False
    for what in ("environment_snapshot", "installed_packages", "code_revision", "config_snapshot")
}


def make_runs(workspace: Path) -> None:
    """Make the runs of a nightly training, whose loss rises when a package is replaced.

    Args:
        workspace: Where they are kept.
    """
    with Contexta(workspace=str(workspace), config={"project_name": "nightly", "capture": _CAPTURE}) as ctx:
        for night in range(1, _NIGHTS + 1):
            _make(ctx, night, workspace.parent / "model.bin")


def _make(ctx: Contexta, night: int, body: Path) -> None:
    is_upgraded = night >= _UPGRADED
    end = (0.31 if is_upgraded else 0.24) + 0.004 * (night * 7 % 11 - 5)
    with ctx.run(
        f"night-{night:02}",
        run_id=f"night-{night:02}",
        dataset_ref="dataset:clicks-2026",
        code_revision="9f2c41d" if is_upgraded else "4be07aa",
    ) as run:
        run.params({"seed": night % 4, "learning_rate": 0.003, "layers": 4})
        with run.stage("train") as stage:
            for step in range(40):
                stage.metric("val_loss", end + 0.8 * math.exp(-step / 8), step=step)
        body.write_bytes(bytes(40_000 + 900 * night + (15_000 if is_upgraded else 0)))
        run.register_artifact("model", str(body), artifact_ref=f"artifact:nightly.night-{night:02}.model")
        started = run.started_at
    ctx.metadata_store.environments.put_environment_snapshot(
        EnvironmentSnapshot(
            environment_snapshot_ref=f"environment:nightly.night-{night:02}.surroundings",
            run_ref=f"run:nightly.night-{night:02}",
            captured_at=started,
            python_version="3.12.7" if is_upgraded else "3.12.6",
            platform="Linux-6.8-x86_64",
            packages=_PACKAGES | ({"torch": "3.0.0", "numpy": "2.2.0"} if is_upgraded else {}),
            environment_variables={"CUDA_VISIBLE_DEVICES": "0,1"},
        )
    )
