"""Tags, notes, names and the archive of runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from contexta.contract.timestamps import utc_now_text
from contexta.errors import NotFoundError, RunNotFoundError
from contexta.spi.metadata import EntityKind, Mutation
from contexta.store.curation.checking import checked_name, checked_note, checked_tags

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.redaction import Redactor
    from contexta.spi.metadata import Entity, MetadataBackend

__all__ = ["RunCurator"]


class RunCurator:
    """Changes what is said of runs; each change is one patch, so nobody's other change is ever overwritten.

    Runs may be open or closed, and other processes may write them or curate them at the same time: each tag and each
    note is a key of its own, and of two names the later counts.

    Args:
        metadata: The metadata store.
        redactor: Replaces secrets before they are written; nothing is replaced when None.
    """

    def __init__(self, metadata: MetadataBackend, redactor: Redactor | None = None) -> None:
        self._metadata = metadata
        self._redactor = redactor

    def tag(self, run_ref: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run; its other tags stay.

        Args:
            run_ref: The run's reference.
            tags: Names to texts.

        Raises:
            RunNotFoundError: There is no such run.
            ValidationError: A name or value is not text (``curation_invalid_tag``).
            ReadOnlyStoreError: The store is open for reading.
        """
        checked = checked_tags(tags)
        self._require(run_ref)
        self._set(run_ref, tags=checked if self._redactor is None else self._redactor.mapping(checked))

    def untag(self, run_ref: str, *names: str) -> None:
        """Remove tags of a run.

        Args:
            run_ref: The run's reference.
            *names: Names of tags.

        Raises:
            RunNotFoundError: There is no such run.
            NotFoundError: It has no such tag (``run_tag_not_found``); nothing was removed.
            ReadOnlyStoreError: The store is open for reading.
        """
        known = self._require(run_ref).document.get("tags") or {}
        missing = [name for name in names if name not in known]
        if missing:
            raise NotFoundError(
                f"{run_ref} has no tag {', '.join(map(repr, missing))}; its tags: {', '.join(sorted(known)) or 'none'}",
                code="run_tag_not_found",
                details={"run_ref": run_ref, "missing": tuple(missing), "tags": tuple(sorted(known))},
            )
        if names:
            self._set(run_ref, tags=dict.fromkeys(names))

    def annotate(self, run_ref: str, text: str, *, author: str | None = None) -> None:
        """Append a dated note to a run; notes are never changed.

        Args:
            run_ref: The run's reference.
            text: The note.
            author: Who wrote it; the user of this process when None.

        Raises:
            RunNotFoundError: There is no such run.
            ValidationError: The note or author is blank or too long (``curation_invalid_note``).
            ReadOnlyStoreError: The store is open for reading.
        """
        note = {
            "text": self._redacted(checked_note(text)),
            "author": self._redacted(checked_note(_user() if author is None else author, "an author")),
            "written_at": utc_now_text(),
        }
        self._require(run_ref)
        # The key sorts by time, and no other process makes the same.
        self._set(run_ref, annotations={f"{note['written_at']}-{os.urandom(6).hex()}": note})

    def rename(self, run_ref: str, name: str) -> None:
        """Give a run another name for people; its reference stays.

        Args:
            run_ref: The run's reference.
            name: The name.

        Raises:
            RunNotFoundError: There is no such run.
            ValidationError: The name is blank or too long (``curation_invalid_name``).
            ReadOnlyStoreError: The store is open for reading.
        """
        checked = self._redacted(checked_name(name))
        self._require(run_ref)
        self._set(run_ref, name=checked)

    def archive(self, run_ref: str) -> None:
        """Leave a run out of lists unless they ask for it; nothing of it is removed.

        Args:
            run_ref: The run's reference.

        Raises:
            RunNotFoundError: There is no such run.
            ReadOnlyStoreError: The store is open for reading.
        """
        if self._require(run_ref).document.get("archived_at") is None:
            self._set(run_ref, archived_at=utc_now_text())

    def unarchive(self, run_ref: str) -> None:
        """List an archived run again.

        Args:
            run_ref: The run's reference.

        Raises:
            RunNotFoundError: There is no such run.
            ReadOnlyStoreError: The store is open for reading.
        """
        if self._require(run_ref).document.get("archived_at") is not None:
            self._set(run_ref, archived_at=None)

    def _require(self, run_ref: str) -> Entity:
        found = self._metadata.get(EntityKind.RUN, run_ref)
        if found is None:
            raise RunNotFoundError(f"run {run_ref!r} was not found", details={"run_id": run_ref})
        return found

    def _set(self, run_ref: str, **fields: Any) -> None:
        self._metadata.apply([Mutation(EntityKind.RUN, run_ref, fields)])

    def _redacted(self, text: str) -> str:
        return text if self._redactor is None else self._redactor.text(text)


def _user() -> str:
    """Return the name of the user of this process."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container may have a user without a name.
        return f"uid-{os.getuid()}" if hasattr(os, "getuid") else "unknown"
