"""The names of stages, as identifiers hold them and as people write them."""

from __future__ import annotations

from contexta.contract.text import slug

__all__ = ["stage_component", "stage_spellings"]


def stage_component(stage_id: str) -> str:
    """Return the last component of a stage's identifier, which is its name: ``train`` of ``stage:demo.r1.train``."""
    return stage_id.rpartition(":")[2].rpartition(".")[2]


def stage_spellings(stage_name: str) -> frozenset[str]:
    """Return the spellings under which a stage of this name may be kept: as it is written, and as a component."""
    return frozenset((stage_name, slug(stage_name)))
