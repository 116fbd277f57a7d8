"""Runs and stages that nothing but captured records tells of.

The facade of version 1.0.0 wrote captured records into a file of its own and never wrote down the runs around them.
What can be told of those from their records is put back: the name from the reference, the times from the first and the
last record.  How such a run ended, nobody knows; it is carried as completed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.spi.foreign_workspaces import ForeignEntity, ForeignRecord
from contexta.spi.metadata import EntityKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["missing_owners"]

_PLACE = "cache/capture/record.jsonl"


def missing_owners(records: Iterable[ForeignRecord], known: set[str]) -> Iterator[ForeignEntity]:
    """Yield the projects, runs and stages of records that no ledger knows.

    Args:
        records: The captured records.
        known: References that the ledger has.
    """
    spans: dict[str, tuple[str, str]] = {}
    for record in records:
        envelope = record.payload.get("envelope")
        if not isinstance(envelope, dict):
            continue
        time = str(envelope.get("observed_at") or envelope.get("recorded_at") or "")
        for name in ("run_ref", "stage_execution_ref"):
            ref = envelope.get(name)
            if isinstance(ref, str) and ref not in known and time:
                first, last = spans.get(ref, (time, time))
                spans[ref] = (min(first, time), max(last, time))
    projects: dict[str, str] = {}
    for ref, (first, _) in spans.items():
        project = f"project:{ref.partition(':')[2].split('.')[0]}"
        if project not in known:
            projects[project] = min(first, projects.get(project, first))
    for project, first in sorted(projects.items()):
        payload: dict[str, Any] = {
            "project_ref": project,
            "name": project.partition(":")[2],
            "created_at": first,
        }
        yield ForeignEntity(EntityKind.PROJECT, f"{_PLACE}:{project}", payload)
    for ref, (first, last) in sorted(spans.items()):
        components = ref.partition(":")[2].split(".")
        common = {"status": "completed", "started_at": first, "ended_at": last}
        if ref.startswith("run:"):
            payload = {
                "run_ref": ref,
                "project_ref": f"project:{components[0]}",
                "name": components[-1],
                **common,
            }
            yield ForeignEntity(EntityKind.RUN, f"{_PLACE}:{ref}", payload)
    for ref, (first, last) in sorted(spans.items()):
        components = ref.partition(":")[2].split(".")
        if ref.startswith("stage:"):
            payload = {
                "stage_execution_ref": ref,
                "run_ref": f"run:{components[0]}.{components[1]}",
                "stage_name": components[-1],
                "status": "completed",
                "started_at": first,
                "ended_at": last,
            }
            yield ForeignEntity(EntityKind.STAGE, f"{_PLACE}:{ref}", payload)
