"""What a plugin that reads workspaces of another format implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from contexta.spi.metadata import EntityKind

__all__ = ["ForeignArtifact", "ForeignEntity", "ForeignRecord", "NotCarried", "WorkspaceReader"]


@dataclass(frozen=True, slots=True)
class NotCarried:
    """Something of a foreign workspace that the new one does not hold.

    Args:
        place: Where it stands: a path relative to the foreign workspace, with line or reference.
        reason: Why.
        code: Stable identifier.
    """

    place: str
    reason: str
    code: str


@dataclass(frozen=True, slots=True)
class ForeignEntity:
    """One entity.

    Args:
        kind: What it is.
        place: Where it stands, for messages.
        payload: The payload of its contract model.
    """

    kind: EntityKind
    place: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ForeignRecord:
    """One record.

    Args:
        place: Where it stands, for messages.
        payload: The payload of its contract model: ``envelope`` and ``payload``.
    """

    place: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ForeignArtifact:
    """One artifact with its body.

    Args:
        place: Where it stands, for messages.
        manifest: The payload of its manifest.
        body: The file or directory; None where there is none.
        size_bytes: The size that it must have; None where nobody wrote it down.
        sha256: The hash that it must have, hexadecimal; None where nobody wrote it down.
        source_name: Name of the file that was registered.
    """

    place: str
    manifest: Mapping[str, Any]
    body: Path | None
    size_bytes: int | None = None
    sha256: str | None = None
    source_name: str = ""


class WorkspaceReader(ABC):
    """Reads a foreign workspace, and never writes to it.

    What it cannot read it passes over and reports in :meth:`not_carried`, which is asked last.
    """

    @abstractmethod
    def recognizes(self) -> bool:
        """Return whether the directory is a workspace of this reader's format."""

    @abstractmethod
    def entities(self) -> Iterator[ForeignEntity]:
        """Yield the entities, those that others belong to first."""

    @abstractmethod
    def records(self) -> Iterator[ForeignRecord]:
        """Yield the records, in the order in which they were written."""

    @abstractmethod
    def artifacts(self) -> Iterator[ForeignArtifact]:
        """Yield the artifacts."""

    @abstractmethod
    def not_carried(self) -> Iterator[NotCarried]:
        """Yield what could not be read, and what the format holds that has no place here."""

    def close(self) -> None:  # noqa: B027 - a reader that holds nothing has nothing to let go of
        """Let go of every resource.  Closing twice is harmless."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
