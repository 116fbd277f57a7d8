"""The names of stages, as identifiers hold them and as people write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.text import slug
from contexta.errors import InterpretationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.views import StageRecord

__all__ = ["find_stage", "is_spelled", "stage_component", "stage_spellings"]


def stage_component(stage_id: str) -> str:
    """Return the last component of a stage's identifier, which is its name: ``train`` of ``stage:demo.r1.train``."""
    return stage_id.rpartition(":")[2].rpartition(".")[2]


def stage_spellings(stage_name: str) -> frozenset[str]:
    """Return the spellings under which a stage of this name may be kept: as it is written, and as a component."""
    return frozenset((stage_name, slug(stage_name)))


def is_spelled(stage_name: str, spellings: frozenset[str]) -> bool:
    """Return whether a stage of this name is meant by one of the spellings, as it is written or as a component."""
    return stage_name in spellings or slug(stage_name) in spellings


def find_stage(stages: Sequence[StageRecord], wanted: str, run_id: str) -> StageRecord:
    """Return the stage of a run that is meant by a name or an identifier.

    Args:
        stages: The stages of the run.
        wanted: The stage's name, identifier, or identifier without its kind.
        run_id: The run, for the message.

    Raises:
        InterpretationError: The run has no such stage.
    """
    spellings = stage_spellings(wanted)
    for stage in stages:
        if wanted in (stage.stage_id, stage.stage_id.rpartition(":")[2]) or is_spelled(stage.name, spellings):
            return stage
    names = ", ".join(repr(stage.name) for stage in stages) or "none"
    raise InterpretationError(
        f"run {run_id!r} has no stage {wanted!r}; its stages are: {names}",
        code="query_stage_not_found",
        details={"run_id": run_id, "stage": wanted},
    )
