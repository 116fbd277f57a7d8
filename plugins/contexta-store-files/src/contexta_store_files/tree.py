"""The tree manifest: a directory as one small canonical JSON text, kept and addressed like any other body."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from contexta.errors import IntegrityError
from contexta.spi.trees import is_portable, stays_inside
from contexta_store_files.layout import is_digest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["TreeEntry", "decode_tree", "encode_tree"]

_FORMAT = "contexta.tree"
_VERSION = 1
_DAMAGED = "artifact_tree_damaged"


class TreeEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One entry: a file (with a digest), a link (with a target), or a directory without content.

    Args:
        path: Relative, with forward slashes.
        digest: ``sha256:<64 hex>`` of a file's bytes.
        size: A file's size in bytes.
        executable: Whether a file's owner may execute it.
        link: What a link points to.
        directory: Whether it is a directory; only empty ones are listed, the others follow from their files.
    """

    path: str
    digest: str | None = None
    size: int | None = None
    executable: bool = False
    link: str | None = None
    directory: bool = False


class _Tree(msgspec.Struct, frozen=True, kw_only=True):
    format: str
    version: int
    entries: list[TreeEntry]


_decoder = msgspec.json.Decoder(_Tree)
_encoder = msgspec.json.Encoder(order="sorted")


def encode_tree(entries: Iterable[TreeEntry]) -> bytes:
    """Encode a tree; the same directory gives the same bytes everywhere."""
    ordered = sorted(entries, key=lambda entry: entry.path)
    return _encoder.encode(_Tree(format=_FORMAT, version=_VERSION, entries=ordered))


def decode_tree(data: bytes) -> list[TreeEntry]:
    """Decode and check a tree, so that every entry can be written below a directory of ours.

    Raises:
        IntegrityError: It is no tree manifest, or one with a path that leads elsewhere (``artifact_tree_damaged``).
    """
    try:
        tree = _decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise IntegrityError(
            f"A directory's tree manifest cannot be read: {error}.", code=_DAMAGED, cause=error
        ) from error
    if tree.format != _FORMAT or tree.version != _VERSION:
        raise _damaged(f"it is {tree.format!r} version {tree.version}, not {_FORMAT!r} version {_VERSION}")
    leaves: set[str] = set()
    for entry in tree.entries:
        problem = _problem(entry)
        if problem is not None or entry.path in leaves:
            raise _damaged(f"the entry {entry.path!r} {problem or 'is there twice'}")
        leaves.add(entry.path)
    for path in leaves:
        if any(parent in leaves for parent in _parents(path)):
            raise _damaged(f"the entry {path!r} lies below something that is no directory with content")
    return tree.entries


def _problem(entry: TreeEntry) -> str | None:
    parts = entry.path.split("/")
    if any(part in {"", ".", ".."} for part in parts) or not is_portable(entry.path):
        return "is no relative path"
    kinds = (entry.digest is not None, entry.link is not None, entry.directory)
    if sum(kinds) != 1:
        return "is not exactly one of file, link and directory"
    if entry.digest is not None and (not is_digest(entry.digest) or entry.size is None or entry.size < 0):
        return "has no valid digest and size"
    if entry.link is not None and not stays_inside(entry.path, entry.link):
        return "is a link that leads out"
    return None


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def _damaged(problem: str) -> IntegrityError:
    return IntegrityError(f"A directory's tree manifest is damaged: {problem}.", code=_DAMAGED)
