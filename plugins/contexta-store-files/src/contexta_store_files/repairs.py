"""Isolating damage: what is broken is moved aside, what is left over is removed, what is lost is named."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from contexta.errors import NotFoundError, ValidationError
from contexta.log import filesystem
from contexta.spi.artifacts import ArtifactRepair
from contexta_store_files.failures import cannot_write
from contexta_store_files.integrity import Inspection
from contexta_store_files.layout import DIGEST_PREFIX, is_digest
from contexta_store_files.quarantine import set_aside
from contexta_store_files.staging import find_leftovers, remove_leftovers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from contexta.spi.integrity import IntegrityFinding
    from contexta_store_files.bindings import Bindings
    from contexta_store_files.blobs import Blobs
    from contexta_store_files.layout import Layout

__all__ = ["Repairs"]

#: What is done about a finding, by its code; there is nothing to do about the others.
_ACTIONS = {
    "artifact_digest_mismatch": "quarantine_body",
    "artifact_size_mismatch": "quarantine_body",
    "artifact_tree_damaged": "quarantine_body",
    "artifact_body_missing": "report_missing",
    "artifact_body_unreadable": "report_missing",
    "artifact_unexpected_file": "quarantine_file",
    "artifact_leftover": "remove_leftover",
}


class Repairs:
    """Plans and does the repairs of one store.

    Args:
        layout: Where things are.
        blobs: The bodies.
        bindings: What is bound to what.
    """

    def __init__(self, layout: Layout, blobs: Blobs, bindings: Bindings) -> None:
        self._layout = layout
        self._blobs = blobs
        self._bindings = bindings

    def plan(self) -> list[ArtifactRepair]:
        """Look through the whole store and return what there is to do, one step for each place."""
        findings: dict[tuple[str, str], list[IntegrityFinding]] = {}
        for finding in Inspection(self._layout, self._blobs).everything(self._bindings):
            action = _ACTIONS.get(finding.code)
            if action is not None:
                findings.setdefault((action, finding.location), []).append(finding)
        return [
            ArtifactRepair(
                action=action,
                location=location,
                reason=found[0].message,
                artifact_refs=tuple(sorted({each.ref for each in found if each.ref is not None})),
                size_bytes=_size(self._layout.root / location),
            )
            for (action, location), found in findings.items()
        ]

    def apply(self, repairs: Iterable[ArtifactRepair]) -> list[ArtifactRepair]:
        """Do what was planned; a damage that is gone meanwhile is passed over.

        Raises:
            StoreAccessError: Something cannot be moved or removed.
        """
        return [replace(repair, applied=self._apply(repair)) for repair in repairs]

    def quarantine(self, location: str) -> str:
        """Move one file aside.

        Raises:
            NotFoundError: There is no such file (``artifact_file_not_found``).
            ValidationError: It is no file that may be moved (``artifact_invalid_location``).
            StoreAccessError: It cannot be moved.
        """
        path = self._path(location)
        try:
            return self._layout.relative(set_aside(self._layout, path))
        except FileNotFoundError as error:
            raise NotFoundError(
                f"There is no file {location!r} in the artifact store {self._layout.root}.",
                code="artifact_file_not_found",
                details={"location": location},
            ) from error
        except OSError as error:
            raise cannot_write(error, path, "move a file into the quarantine") from error

    def _path(self, location: str) -> Path:
        """Return the file that a location names: a body, or something else below the bodies' directory."""
        if is_digest(location):
            return self._layout.blob(location)
        path = self._layout.root / location
        parts = location.split("/")
        if (
            parts[0] == "blobs"
            and len(parts) in {2, 3}
            and not {"", ".", ".."} & set(parts)
            and "\0" not in location
        ):
            return path
        raise ValidationError(
            f"{location!r} names no file that may be moved aside; name a digest, or a location that a check reported.",
            code="artifact_invalid_location",
            details={"location": location},
        )

    def _apply(self, repair: ArtifactRepair) -> bool:
        if repair.action == "remove_leftover":
            # Also the others of dead processes: the next ingest would do the same.
            is_there = self._path(repair.location) in find_leftovers(self._layout.blobs)
            remove_leftovers(self._layout.blobs)
            return is_there
        if repair.action not in {"quarantine_body", "quarantine_file"}:
            return False
        with suppress(NotFoundError):
            moved = self._layout.root / self.quarantine(repair.location)
            return not (repair.action == "quarantine_body" and self._give_back(moved))
        return False

    def _give_back(self, moved: Path) -> bool:
        """Give a body its place back if it is whole: somebody brought it back since it was looked at."""
        digest = DIGEST_PREFIX + moved.name
        if not is_digest(digest) or not self._blobs.is_whole_file(moved, digest):
            return False
        place = self._layout.blob(digest)
        try:
            # Not over another one, which is the same or newer.
            if not os.path.lexists(place):
                filesystem.replace(moved, place)
                filesystem.sync_directory(place.parent)
            else:
                filesystem.remove_file(moved)
            moved.parent.rmdir()
        except OSError as error:
            raise cannot_write(error, place, "give a body its place back") from error
        return True


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.lstat().st_size
    return 0
