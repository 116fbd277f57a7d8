"""The last line of a sealed segment: how many lines stand before it, and the hash of all their bytes."""

from __future__ import annotations

# Here and not where it is needed: an interrupt within an import can leave the interpreter's import lock taken.
import hashlib
import json
from typing import NamedTuple

from contexta.log import filesystem
from contexta.log.frame import check

__all__ = ["SEAL_MARK", "Seal", "hash_prefix", "parse_seal", "seal_members"]

#: Bytes that every seal line holds; a cheap first test on a whole block.
SEAL_MARK = b',"seal":{"count":'

_BLOCK_BYTES = 1_048_576


class Seal(NamedTuple):
    """What a seal says.

    Attributes:
        lines: Lines before the seal, the header among them; also the seal's own number.
        sha256: Hash of all bytes before the seal, hexadecimal.
        adopted: Whether another process sealed the segment, because its writer had died.
    """

    lines: int
    sha256: str
    adopted: bool = False


def seal_members(seal: Seal) -> bytes:
    """Compose the members of a seal line.

    Args:
        seal: What the line says.

    Returns:
        The members, ready for the frame.
    """
    adopted = b',"adopted":true' if seal.adopted else b""
    return b'"seal":{"count":%d,"sha256":"%b"%b}' % (seal.lines, seal.sha256.encode("ascii"), adopted)


def parse_seal(line: bytes) -> Seal | None:
    """Read a seal line.

    Args:
        line: A line without its newline.

    Returns:
        The seal, or ``None`` when the line is damaged or no seal.
    """
    if not line[line.find(b",") :].startswith(SEAL_MARK) or not isinstance(check(line), int):
        return None
    try:
        content = json.loads(line)["seal"]
        return Seal(int(content["count"]), str(content["sha256"]), content.get("adopted") is True)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def hash_prefix(descriptor: int, size: int) -> str:
    """Hash the first bytes of an open file, in bounded memory.

    Args:
        descriptor: The file.
        size: Bytes to hash.

    Returns:
        The SHA-256, hexadecimal; of fewer bytes when the file is shorter.

    Raises:
        OSError: The file cannot be read.
    """
    digest = hashlib.sha256()
    offset = 0
    while offset < size and (
        block := filesystem.read_exactly(descriptor, min(_BLOCK_BYTES, size - offset), offset)
    ):
        digest.update(block)
        offset += len(block)
    return digest.hexdigest()
