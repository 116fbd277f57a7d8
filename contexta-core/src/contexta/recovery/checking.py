"""Checking everything that a workspace keeps, and saying where it is damaged."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.log import LogReader
from contexta.recovery.outbox import outbox_root
from contexta.recovery.targets import read_only_config
from contexta.spi.integrity import IntegrityFinding
from contexta.store.integrity import IntegrityReport, IntegrityState
from contexta.store.workspace import WorkspaceStores

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.config.models import UnifiedConfig

__all__ = ["WorkspaceReport", "verify_workspace"]

#: What a process that was killed, or is still writing, leaves in an outbox.
_UNTIDY = frozenset({"torn_tail"})


@dataclass(frozen=True, slots=True)
class WorkspaceReport:
    """What a check of a whole workspace found.

    Args:
        workspace: Root of the workspace.
        planes: The report of each plane, and of the outbox.
    """

    workspace: Path
    planes: Mapping[str, IntegrityReport]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return all(report.ok for report in self.planes.values())

    @property
    def state(self) -> IntegrityState:
        """How the workspace is, in one word: as its worst plane."""
        order = list(IntegrityState)
        return max((report.state for report in self.planes.values()), key=order.index, default=order[0])

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "workspace": str(self.workspace),
            "ok": self.ok,
            "state": str(self.state),
            "planes": {name: report.to_dict() for name, report in self.planes.items()},
        }


def verify_workspace(config: UnifiedConfig) -> WorkspaceReport:
    """Read every byte of the three planes and of the outbox, and locate what is damaged; nothing is changed.

    Args:
        config: The resolved configuration.

    Raises:
        StoreAccessError: A plane cannot be read at all.
        RestoreError: A restore was cut off, and cannot be completed.
    """
    with WorkspaceStores(read_only_config(config)) as stores:
        planes = {
            "metadata": IntegrityReport.of(stores.metadata.check_integrity()),
            "records": IntegrityReport.of(stores.records.check_integrity()),
            "artifacts": IntegrityReport.of(stores.artifacts.check_integrity()),
        }
    planes["outbox"] = IntegrityReport.of(
        [
            IntegrityFinding(
                str(damage.kind),
                "warning" if damage.kind in _UNTIDY else "error",
                damage.detail,
                f"{damage.segment}:{damage.offset}",
            )
            for damage in LogReader(outbox_root(config)).verify()
        ]
    )
    return WorkspaceReport(Path(config.workspace.root_path), planes)
