"""What a user hands in: opened once, described, and checked for changes when it was read."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from contexta.errors import NotFoundError
from contexta.spi.trees import stays_inside
from contexta_store_files.failures import cannot_read, cannot_write, source_changed, source_refused

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.errors import ArtifactError

__all__ = [
    "OpenSource",
    "SourceFile",
    "SourceLink",
    "SourceTree",
    "look_at",
    "read_tree",
]

_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def look_at(source: Path) -> os.stat_result:
    """Look at a source, through a link.

    Raises:
        NotFoundError: There is nothing (``artifact_source_missing``).
        ArtifactError: It is neither a file nor a directory (``artifact_source_unsupported``).
        StoreAccessError: It cannot be looked at.
    """
    try:
        found = source.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFoundError(
            f"{source} was to become an artifact, but there is no such file or directory.",
            code="artifact_source_missing",
            details={"path": str(source)},
            cause=error,
        ) from error
    except (OSError, ValueError) as error:
        failure = error if isinstance(error, OSError) else OSError(errno.EINVAL, str(error))
        raise cannot_read(failure, source, "look at a source") from error
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise _unsupported(source)
    return found


class OpenSource:
    """A source file that is open for reading.

    Args:
        path: The file.
        follow: Whether it may be a link.

    Raises:
        ArtifactError: It is no regular file (``artifact_source_unsupported``), or no longer what it was.
        StoreAccessError: It cannot be opened.
    """

    def __init__(self, path: Path, *, follow: bool = True) -> None:
        self.path = path
        # Without O_NONBLOCK, opening a pipe that took the file's place would wait for ever.
        flags = _OPEN_FLAGS | getattr(os, "O_NONBLOCK", 0) | (0 if follow else getattr(os, "O_NOFOLLOW", 0))
        try:
            self.descriptor = os.open(path, flags)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.ELOOP}:
                raise source_changed(path) from error
            raise cannot_read(error, path, "read a source") from error
        self._found = os.fstat(self.descriptor)
        if not stat.S_ISREG(self._found.st_mode):
            os.close(self.descriptor)
            raise _unsupported(path)

    @property
    def size(self) -> int:
        """Size in bytes when it was opened, or last settled."""
        return self._found.st_size

    @property
    def mode(self) -> int:
        """Permissions when it was opened, or last settled."""
        return stat.S_IMODE(self._found.st_mode)

    def is_unchanged(self, size: int) -> bool:
        """Whether nobody wrote to it since it was opened, and ``size`` bytes were all of it."""
        now = os.fstat(self.descriptor)
        before, self._found = self._found, now
        return now.st_size == size and (now.st_size, now.st_mtime_ns) == (before.st_size, before.st_mtime_ns)

    def is_adoptable(self, linked: Path) -> bool:
        """Return whether a second name of this file can become a body: nobody else has a name of it, and it is ours."""
        now = os.fstat(self.descriptor)
        return os.path.samestat(linked.lstat(), now) and now.st_nlink == 2 and now.st_uid == os.geteuid()

    def remove(self, name: Path) -> None:
        """Remove the source, which is kept now, unless it is no longer what was kept.

        Args:
            name: Its name: the path itself, or a link to it.

        Raises:
            ArtifactError: It changed (``artifact_source_changed``).
            StoreAccessError: It cannot be removed.
        """
        try:
            unchanged = self.is_unchanged(self.size) and os.path.samestat(name.stat(), self._found)
            if unchanged:
                name.unlink()
        except OSError as error:
            raise cannot_write(error, name, "remove a source after it was taken in") from error
        if not unchanged:
            raise source_changed(name)

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file inside a source directory.

    Args:
        path: Relative to the directory, with forward slashes.
        executable: Whether its owner may execute it.
        state: What changes when it is written or replaced.
    """

    path: str
    executable: bool
    state: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class SourceLink:
    """A link inside a source directory.

    Args:
        path: Relative to the directory, with forward slashes.
        target: What it points to, relative to its own place and inside the directory.
    """

    path: str
    target: str


@dataclass(frozen=True, slots=True)
class SourceTree:
    """Everything inside a source directory, each list sorted by path.

    Args:
        files: The files.
        links: The links, none of which leads out.
        directories: All directories below the top.
        empty: Those of them with nothing inside.
    """

    files: tuple[SourceFile, ...]
    links: tuple[SourceLink, ...]
    directories: tuple[str, ...]
    empty: tuple[str, ...]


def read_tree(top: Path) -> SourceTree:
    """List a directory with all that is inside; links are noted and never followed.

    Raises:
        ArtifactError: A link leads out (``artifact_link_leads_out``), a name is no Unicode text
            (``artifact_name_not_unicode``), or something is neither file, directory nor link.
        StoreAccessError: A directory cannot be listed.
    """
    files: list[SourceFile] = []
    links: list[SourceLink] = []
    directories: list[str] = []
    empty: list[str] = []
    waiting = [""]
    while waiting:
        below = waiting.pop()
        entries = _list(top / below)
        if below and not entries:
            empty.append(below)
        for entry in entries:
            path = f"{below}/{entry.name}" if below else entry.name
            if not _is_text(entry.name):
                raise source_refused(
                    top,
                    f"the name {path!r} inside is no Unicode text",
                    "Rename it.",
                    code="artifact_name_not_unicode",
                )
            if entry.is_symlink():
                links.append(_link(top, path))
            elif entry.is_dir(follow_symlinks=False):
                directories.append(path)
                waiting.append(path)
            else:
                files.append(_file(top, path, entry))
    return SourceTree(
        tuple(sorted(files, key=lambda file: file.path)),
        tuple(sorted(links, key=lambda link: link.path)),
        tuple(sorted(directories)),
        tuple(sorted(empty)),
    )


def _list(directory: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except FileNotFoundError as error:
        raise source_changed(directory) from error
    except OSError as error:
        raise cannot_read(error, directory, "list a source directory") from error


def _link(top: Path, path: str) -> SourceLink:
    try:
        target = os.readlink(top / path)
    except OSError as error:
        raise source_changed(top / path) from error
    if not _is_text(target) or not stays_inside(path, target):
        raise source_refused(
            top,
            f"the link {path!r} inside leads out of it, to {target!r}",
            "Copy the directory with its links resolved (cp -rL) and register the copy.",
            code="artifact_link_leads_out",
        )
    return SourceLink(path, target)


def _file(top: Path, path: str, entry: os.DirEntry[str]) -> SourceFile:
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError as error:
        raise source_changed(top / path) from error
    if not stat.S_ISREG(found.st_mode):
        raise _unsupported(top / path)
    # Windows gives no inode in a listing; size and time remain.
    return SourceFile(
        path, bool(found.st_mode & stat.S_IXUSR), (found.st_ino, found.st_size, found.st_mtime_ns)
    )


def _is_text(name: str) -> bool:
    """Whether a name came from bytes that are text in the file system's encoding."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _unsupported(path: Path) -> ArtifactError:
    return source_refused(
        path,
        "it is neither a file nor a directory",
        "Write what it yields into a file and register that.",
        code="artifact_source_unsupported",
    )
