"""What is inside a directory, as the SPI shows it and takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import IntegrityError, NotFoundError, ValidationError
from contexta.spi.artifacts import TreeMember
from contexta_store_files.tree import TreeEntry, decode_tree, encode_tree

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta_store_files.blobs import Blobs

__all__ = ["checked_entries", "require_bodies", "tree_members"]


def tree_members(entries: Iterable[TreeEntry]) -> list[TreeMember]:
    """Return the entries of a tree manifest as members."""
    return [
        TreeMember(
            path=entry.path,
            digest=entry.digest,
            size_bytes=entry.size or 0,
            executable=entry.executable,
            link=entry.link,
        )
        for entry in entries
    ]


def checked_entries(members: Iterable[TreeMember]) -> list[TreeEntry]:
    """Return members as entries of a tree manifest that can be written below a directory of ours.

    Raises:
        ValidationError: A path or a link leads out, or two members contradict each other (``artifact_invalid_tree``).
    """
    entries = [
        TreeEntry(
            path=member.path,
            digest=member.digest,
            size=None if member.digest is None else member.size_bytes,
            executable=member.executable,
            link=member.link,
            directory=member.digest is None and member.link is None,
        )
        for member in members
    ]
    try:
        return decode_tree(encode_tree(entries))
    except (IntegrityError, UnicodeEncodeError, TypeError) as error:
        raise ValidationError(
            f"These files cannot be one directory: {error}", code="artifact_invalid_tree", cause=error
        ) from error


def require_bodies(blobs: Blobs, entries: Iterable[TreeEntry]) -> None:
    """Require that the body of every file is there with its size.

    Raises:
        NotFoundError: One is not (``artifact_body_missing``).
    """
    for entry in entries:
        if entry.digest is not None and blobs.size(entry.digest) != entry.size:
            raise NotFoundError(
                f"The file {entry.path!r} of a directory should be the body {entry.digest} with {entry.size} bytes, and"
                " there is none in the store; take it in first.",
                code="artifact_body_missing",
                details={"path": entry.path, "digest": entry.digest},
            )
