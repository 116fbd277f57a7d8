"""Looking at restored planes with the stores that will read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.recovery.targets import reading_config
from contexta.spi.metadata import EntityKind, EntityQuery
from contexta.store.integrity import IntegrityReport
from contexta.store.workspace import WorkspaceStores

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from contexta.config.models import UnifiedConfig

__all__ = ["check_planes"]


def check_planes(
    config: UnifiedConfig, planes: Mapping[str, Path]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Open the three stores for reading and check them.

    Args:
        config: The configuration of the target.
        planes: Directory of each plane.

    Returns:
        What was found in each plane, and what somebody should look at.

    Raises:
        ContextaError: A store cannot read what is there at all.
    """
    results: dict[str, dict[str, Any]] = {}
    with WorkspaceStores(reading_config(config, planes)) as stores:
        metadata, records, artifacts = stores.metadata, stores.records, stores.artifacts
        reports = {
            "metadata": IntegrityReport.of(metadata.check_integrity()),
            "records": IntegrityReport.of(records.check_integrity()),
            "artifacts": IntegrityReport.of(artifacts.check_integrity()),
        }
        counts = {
            "metadata": {"run_count": len(list(metadata.find(EntityQuery(EntityKind.RUN))))},
            "records": {"record_count": sum(1 for _ in records.scan())},
            "artifacts": {"artifact_count": len(artifacts.list_artifacts())},
        }
    warnings = []
    for plane, report in reports.items():
        results[plane] = counts[plane] | {
            "integrity_state": str(report.state),
            "issue_counts": report.issue_counts,
        }
        warnings += [
            f"{plane}: {issue.message} ({issue.location})"
            for issue in report.issues
            if issue.severity == "error"
        ]
    return results, warnings
