"""The parts of a workspace that backups and restores know, and where each lies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from contexta.errors import BackupError
from contexta.recovery.outbox import outbox_root
from contexta.store.opening import database_root, plane_root

if TYPE_CHECKING:
    from contexta.config.models import UnifiedConfig

__all__ = ["ALWAYS", "OPTIONAL", "PLANES", "WorkspaceLayout"]

#: The three stores, in the order in which a backup takes its moment of each.
PLANES = ("metadata", "artifacts", "records")
#: What every backup holds; last whatever else lies in the workspace.
ALWAYS = (*PLANES, "outbox", "reports", "workspace")
#: What a backup holds where it is asked to.
OPTIONAL = ("cache", "exports")


@dataclass(frozen=True, slots=True)
class WorkspaceLayout:
    """Where the parts of one workspace lie.

    Args:
        root: Root of the workspace.
        sections: Directory of each section; that of ``workspace`` is the root itself, less everything else.
        backups: Where backups lie.
        staging: Where restores are prepared.
    """

    root: Path
    sections: dict[str, Path]
    backups: Path
    staging: Path

    @classmethod
    def of(cls, config: UnifiedConfig) -> WorkspaceLayout:
        """Return the layout that a configuration says.

        Raises:
            BackupError: Backups or the staging would lie in a part that a restore replaces
                (``backup_root_inside_workspace_plane``).
        """
        workspace, recovery = config.workspace, config.recovery
        root = Path(workspace.root_path)
        metadata = plane_root(workspace.metadata_path, root / "metadata")
        sections = {
            "records": plane_root(config.records.root_path, root / "records"),
            "artifacts": plane_root(config.artifacts.root_path, root / "artifacts"),
            "metadata": database_root(config.metadata.database_path, metadata),
            "outbox": outbox_root(config),
            "reports": plane_root(workspace.reports_path, root / "reports"),
            "workspace": root,
            "cache": plane_root(workspace.cache_path, root / "cache"),
            "exports": plane_root(workspace.exports_path, root / "exports"),
        }
        layout = cls(
            root,
            {name: _absolute(path) for name, path in sections.items()},
            _absolute(Path(recovery.backup_root or root / "recovery" / "backups")),
            _absolute(Path(recovery.restore_staging_root or root / "recovery" / "staging")),
        )
        layout._require_apart()
        return layout

    def _require_apart(self) -> None:
        for setting, path in (
            ("recovery.backup_root", self.backups),
            ("recovery.restore_staging_root", self.staging),
        ):
            for name in PLANES:
                if path.is_relative_to(self.sections[name]):
                    raise BackupError(
                        f"{setting} is {str(path)!r}, inside of {name}, which a restore replaces; name a place outside",
                        code="backup_root_inside_workspace_plane",
                        details={"setting": setting, "section": name},
                    )

    def foreign_to(self, section: str) -> frozenset[Path]:
        """Return the directories that are no part of a section although they may lie in its directory."""
        others = {path for name, path in self.sections.items() if name != section}
        own = self.sections[section]
        return frozenset(
            path for path in {*others, self.backups, self.staging, self.root / "recovery"} if path != own
        )

    @property
    def exists(self) -> bool:
        """Whether anything of the workspace is there."""
        return any(os.path.lexists(path) for path in self.sections.values())


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - links must not be followed here
