"""The workspace that a restore goes to."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.config.models import UnifiedConfig

__all__ = ["read_only_config", "reading_config", "target_config"]


def target_config(config: UnifiedConfig, target: Path | None) -> UnifiedConfig:
    """Return the configuration of the workspace to restore: the configured one, or another with everything inside of it.

    Args:
        config: The resolved configuration.
        target: Root of the other workspace; the configured one when None.
    """
    from contexta.config.models import RecoveryConfig, WorkspaceConfig

    own = Path(config.workspace.root_path)
    if target is None or os.path.abspath(target) == os.path.abspath(own):  # noqa: PTH100 - links must not be followed
        return config
    recovery = config.recovery
    return replace(
        config,
        workspace=WorkspaceConfig(root_path=Path(os.path.abspath(target))),  # noqa: PTH100 - as above
        metadata=replace(config.metadata, database_path=None),
        records=replace(config.records, root_path=None),
        artifacts=replace(config.artifacts, root_path=None),
        recovery=RecoveryConfig(
            replay_mode_default=recovery.replay_mode_default,
            require_plan_before_apply=recovery.require_plan_before_apply,
            create_backup_before_restore=recovery.create_backup_before_restore,
        ),
    )


def reading_config(config: UnifiedConfig, planes: Mapping[str, Path]) -> UnifiedConfig:
    """Return a configuration that reads planes where they were prepared.

    Args:
        config: The configuration of the target.
        planes: Directory of each plane.
    """
    return replace(
        config,
        workspace=replace(config.workspace, metadata_path=planes["metadata"]),
        metadata=replace(config.metadata, read_only=True, database_path=None, auto_migrate=False),
        records=replace(config.records, read_only=True, root_path=planes["records"]),
        artifacts=replace(config.artifacts, read_only=True, root_path=planes["artifacts"]),
        retention=replace(
            config.retention, records_compaction_enabled=False, artifact_retention_mode="manual"
        ),
    )


def read_only_config(config: UnifiedConfig) -> UnifiedConfig:
    """Return a configuration whose stores are open for reading: they change nothing, and need no hold."""
    return replace(
        config,
        metadata=replace(config.metadata, read_only=True),
        records=replace(config.records, read_only=True),
        artifacts=replace(config.artifacts, read_only=True),
        retention=replace(
            config.retention, records_compaction_enabled=False, artifact_retention_mode="manual"
        ),
    )
