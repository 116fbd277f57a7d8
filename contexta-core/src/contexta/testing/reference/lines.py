"""A directory of JSON lines that any number of processes append to: what the plain stores keep everything in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from contexta.errors import LifecycleError, ReadOnlyStoreError, SerializationError
from contexta.log import LogReader, LogWriter
from contexta.log.durability import Durability

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta.log.liveness import Liveness
    from contexta.log.writer import Position
    from contexta.spi.context import OpenContext
    from contexta.spi.integrity import IntegrityFinding

__all__ = ["SharedLines"]


class SharedLines:
    """Appends JSON objects, and reads all that anybody has appended.

    Args:
        context: The surroundings of the store.
        name: Name of the directory below the root of the plane.
    """

    def __init__(self, context: OpenContext, name: str) -> None:
        self._name = name
        self._directory = context.root / name
        self._read_only = context.read_only
        self._closed = False
        self.damage_count = 0
        self._reader = LogReader(self._directory)
        self._writer = LogWriter(
            self._directory,
            durability=Durability(context.durability),
            max_segment_bytes=context.max_segment_bytes,
        )

    @property
    def writer(self) -> str:
        """The token of this process as a writer."""
        return self._writer.writer_id

    def liveness(self, writer: str) -> Liveness:
        """Tell whether a writer lives."""
        return self._reader.liveness(writer)

    def append(self, objects: Sequence[dict[str, Any]]) -> list[Position]:
        """Append objects, all or none.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
            LifecycleError: The store is closed.
            SerializationError: An object is no JSON; nothing was appended.
        """
        self.check_writable()
        return self._writer.append_many([_members(each) for each in objects])

    def read(self) -> Iterator[tuple[str, int, int, dict[str, Any]]]:
        """Yield segment, number, offset and object of every whole line."""
        self.check_open()
        damages = 0
        with self._reader.hold():
            for segment in self._reader.segments():
                chunk = self._reader.read(segment)
                damages += len(chunk.damages)
                for n, offset, line in chunk.lines:
                    yield segment.name, n, offset, json.loads(line)
        self.damage_count = damages

    def findings(self) -> list[IntegrityFinding]:
        """Report everything that is damaged."""
        from contexta.spi.integrity import IntegrityFinding

        self.check_open()
        return [
            IntegrityFinding(
                str(damage.kind),
                "warning" if damage.kind == "torn_tail" else "error",
                damage.detail,
                f"{self._name}/{damage.segment}:{damage.offset}",
            )
            for damage in self._reader.verify()
        ]

    def segment_name(self, position: Position) -> str:
        """Return the name of the segment of a position that :meth:`append` gave."""
        return self._writer.segment_name(position.segment)

    def close(self) -> None:
        """Let go of what is open; closing twice is harmless."""
        self._closed = True
        self._writer.close()

    def check_open(self) -> None:
        """Refuse to work on a store that was closed."""
        if self._closed:
            raise LifecycleError(
                f"The store in {self._directory.parent} was closed; open it again to go on.",
                code="plain_store_closed",
            )

    def check_writable(self) -> None:
        """Refuse a change of a store that is closed or open for reading."""
        self.check_open()
        if self._read_only:
            raise ReadOnlyStoreError(
                f"The store in {self._directory.parent} is open for reading only; open it for writing.",
                code="plain_store_read_only",
            )


def _members(content: dict[str, Any]) -> bytes:
    try:
        return json.dumps(content, allow_nan=False, ensure_ascii=False, default=_plain).encode()[1:-1]
    except (TypeError, ValueError, RecursionError) as error:
        raise SerializationError(
            f"This cannot be kept as JSON: {error}. Use text, finite numbers, booleans, None, lists and mappings.",
            code="plain_store_not_json",
            cause=error,
        ) from error


def _plain(value: object) -> object:
    from collections.abc import Mapping

    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")
