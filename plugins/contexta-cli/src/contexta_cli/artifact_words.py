"""What is typed about artifacts: the run, the stage and the reference that are meant."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contexta import Contexta

__all__ = ["default_ref", "run_ref_of", "stage_ref_of"]


def run_ref_of(contexta: Contexta, run_id: str) -> str:
    """Return the reference of the run that is meant.

    Raises:
        RunNotFoundError: There is none.
    """
    from contexta.interpretation.identifiers import require_run

    return require_run(contexta.metadata_store.backend, run_id)


def stage_ref_of(run_ref: str, stage: str) -> str:
    """Return the reference of a stage, from its reference or its name."""
    from contexta.contract.text import slug

    return stage if ":" in stage else f"stage:{run_ref.partition(':')[2]}.{slug(stage)}"


def default_ref(run_ref: str, path: str) -> str:
    """Return the reference of an artifact that is named like its file."""
    from contexta.contract.text import slug

    return f"artifact:{run_ref.partition(':')[2]}.{slug(Path(path).absolute().stem) or 'artifact'}"
