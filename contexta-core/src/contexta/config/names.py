"""The words that select a configuration: profiles, overlays and the environment's keys."""

from __future__ import annotations

from typing import Literal, TypeAlias

__all__ = [
    "CANONICAL_ENV_PREFIX",
    "PROFILE_ENV_KEY",
    "PROFILE_NAMES",
    "PROFILE_OVERLAYS_ENV_KEY",
    "PROFILE_OVERLAY_NAMES",
    "ProfileName",
    "ProfileOverlayName",
]

ProfileName: TypeAlias = Literal["local", "test"]
ProfileOverlayName: TypeAlias = Literal["debug", "ci", "readonly", "forensic"]

PROFILE_NAMES: tuple[ProfileName, ...] = ("local", "test")
PROFILE_OVERLAY_NAMES: tuple[ProfileOverlayName, ...] = ("debug", "ci", "readonly", "forensic")

CANONICAL_ENV_PREFIX = "CONTEXTA_"
PROFILE_ENV_KEY = "CONTEXTA_PROFILE"
PROFILE_OVERLAYS_ENV_KEY = "CONTEXTA_PROFILE_OVERLAYS"
