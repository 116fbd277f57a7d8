"""Backup, restore and replay."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from contexta.config.path_rule import PathRule
from contexta.config.rules import BooleanRule, ChoiceRule
from contexta.config.section import Section, model, ruled

__all__ = ["RecoveryConfig"]

_BOOLEAN = BooleanRule()
_OPTIONAL_PATH = PathRule()


@model
class RecoveryConfig(Section):
    """Backup, restore and replay.

    Args:
        outbox_root: Where undelivered captures wait; ``<workspace>/recovery/outbox`` within a
            ``UnifiedConfig``.
        backup_root: Where backups lie; ``<workspace>/recovery/backups`` within a ``UnifiedConfig``.
        restore_staging_root: Where a restore is prepared; ``<workspace>/recovery/staging`` within a
            ``UnifiedConfig``.
        replay_mode_default: Whether a replay stops at the first entry that fails.
        require_plan_before_apply: Whether a restore needs a plan made before.
        create_backup_before_restore: Whether a restore first backs up what it replaces.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "recovery"

    outbox_root: Path | None = ruled(_OPTIONAL_PATH, default=None)
    backup_root: Path | None = ruled(_OPTIONAL_PATH, default=None)
    restore_staging_root: Path | None = ruled(_OPTIONAL_PATH, default=None)
    replay_mode_default: Literal["strict", "tolerant"] = ruled(
        ChoiceRule("strict", "tolerant"), default="tolerant"
    )
    require_plan_before_apply: bool = ruled(_BOOLEAN, default=True)
    create_backup_before_restore: bool = ruled(_BOOLEAN, default=True)
