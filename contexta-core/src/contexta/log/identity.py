"""Who writes a segment: the writer's token, its process and machine, and the header line that says so."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from contexta.errors import SchemaVersionError
from contexta.log.frame import check

__all__ = [
    "LOG_FORMAT",
    "Place",
    "SegmentHeader",
    "header_members",
    "new_writer_id",
    "parse_header",
    "this_place",
]

#: The format that this version writes and reads; members that it does not know are passed over.
LOG_FORMAT = "contexta-log/1"

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TIME_LENGTH = 9
_RANDOM_LENGTH = 7


class Place(NamedTuple):
    """Where a process runs.

    Attributes:
        host: Host name.
        boot: Id of the machine's present boot, empty where the system tells none.
        namespace: Id of the pid namespace, empty where the system has none.
    """

    host: str
    boot: str
    namespace: str


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """The first line of a segment.

    Attributes:
        writer: The writer's token.
        index: Number of the segment among its writer's, from 0.
        created: Microseconds since the epoch, UTC.
        pid: Process id of the writer, for messages only.
        place: Where the writer runs.
        previous_name: Name of the writer's segment before this one, ``None`` for the first.
        previous_sha256: Hash that the seal of that segment holds; ``None`` when it was given up unsealed.
        replaces: Names of the segments whose records a compaction wrote here, with the hashes in their seals.
        tips: The same of segments that were replaced before that, as far as another segment may name them as the one
            before it.
    """

    writer: str
    index: int
    created: int
    pid: int
    place: Place
    previous_name: str | None
    previous_sha256: str | None
    replaces: tuple[tuple[str, str], ...] = ()
    tips: tuple[tuple[str, str], ...] = ()


def new_writer_id() -> str:
    """Return a fresh token: nine characters of time, so that tokens sort by it, and seven at random."""
    moment = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(8), "big")
    return _base36(moment, _TIME_LENGTH) + _base36(chance, _RANDOM_LENGTH)


def _base36(number: int, length: int) -> str:
    """Write the low end of a number in ``length`` characters of ``[0-9a-z]``."""
    characters = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        characters.append(_DIGITS[digit])
    return "".join(reversed(characters))


def this_place() -> Place:
    """Return where the calling process runs."""
    try:
        namespace = os.readlink("/proc/self/ns/pid")
    except OSError:
        namespace = ""
    return Place(host=_host_name(), boot=_boot_id(), namespace=namespace)


def _host_name() -> str:
    """Return the machine's name."""
    if sys.platform != "win32":
        return os.uname().nodename
    import platform

    return platform.node()


@cache
def _boot_id() -> str:
    """Return the id of the machine's present boot, or an empty text."""
    if sys.platform == "darwin":
        return _darwin_boot_id()
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""


def _darwin_boot_id() -> str:
    """Ask the macOS kernel for the id of its present boot."""
    import ctypes

    try:
        library = ctypes.CDLL(None, use_errno=True)
        text = ctypes.create_string_buffer(64)
        length = ctypes.c_size_t(len(text))
        failed = library.sysctlbyname(
            b"kern.bootsessionuuid", text, ctypes.byref(length), None, ctypes.c_size_t(0)
        )
    except (OSError, AttributeError):
        return ""
    return "" if failed else text.value.decode("ascii", "replace")


def header_members(header: SegmentHeader) -> bytes:
    """Compose the members of a header line.

    Args:
        header: What the line says.

    Returns:
        The members, ready for the frame.
    """
    previous = None
    if header.previous_name is not None:
        previous = {"name": header.previous_name, "sha256": header.previous_sha256}
    content: dict[str, Any] = {
        "format": LOG_FORMAT,
        "writer": header.writer,
        "index": header.index,
        "created": header.created,
        "host": header.place.host,
        "boot": header.place.boot,
        "pid": header.pid,
        "namespace": header.place.namespace,
        "previous": previous,
    }
    if header.replaces:
        content["replaces"] = header.replaces
        content["tips"] = header.tips
    return b'"segment":' + json.dumps(content, separators=(",", ":")).encode("ascii")


def parse_header(line: bytes) -> SegmentHeader | None:
    """Read a segment's first line.

    Args:
        line: The line without its newline.

    Returns:
        The header, or ``None`` when the line is damaged or no header.

    Raises:
        SchemaVersionError: The segment has another major format (``log_format_unsupported``).
    """
    if check(line) != 0 or not line.startswith(b'{"n":0,"segment":{'):
        return None
    try:
        content = json.loads(line)["segment"]
        return _header(content)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _header(content: dict[str, Any]) -> SegmentHeader:
    """Build the header from its parsed content."""
    if content["format"] != LOG_FORMAT:
        raise SchemaVersionError(
            f"A segment of format {content['format']!r} was to be read; this version reads {LOG_FORMAT!r}."
            " Read it with a newer version of Contexta.",
            code="log_format_unsupported",
            details={"found": content["format"], "supported": LOG_FORMAT},
        )
    previous = content["previous"] or {"name": None, "sha256": None}
    return SegmentHeader(
        writer=content["writer"],
        index=content["index"],
        created=content["created"],
        pid=content["pid"],
        place=Place(host=content["host"], boot=content["boot"], namespace=content["namespace"]),
        previous_name=previous["name"],
        previous_sha256=previous["sha256"],
        replaces=_links(content.get("replaces", ())),
        tips=_links(content.get("tips", ())),
    )


def _links(pairs: Any) -> tuple[tuple[str, str], ...]:
    """Build the names and hashes from their parsed content."""
    return tuple((str(name), str(sha256)) for name, sha256 in pairs)
