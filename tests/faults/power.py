"""Which disks are possible when the power goes.

A :class:`Recorder` notes what a store does to the files below a directory.  :func:`disk_states` then builds, for each
moment, disks that are possible: with everything, with nothing that was not synced, with names whose data is lost, with
data whose names are lost, and with chance deciding for each file and directory.  Within one directory names appear in
their order, and a rename is one step, as journaling file systems have it.
"""

from __future__ import annotations

import os
import random
import stat
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from contexta.log import filesystem

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Step:
    """One thing that was done.

    Args:
        kind: ``write``, ``cut``, ``sync``, ``name``, ``unname``, ``rename``, ``mkdir``, ``syncdir`` or ``ack``.
        inode: The file it was done to.
        path: The name it was done to.
        old: The name before a rename.
        offset: Where a write begins, or what a file is cut to.
        data: What was written, or what is said to be kept.
        is_directory: Whether it is a directory that was renamed.
    """

    kind: str
    inode: int = 0
    path: str = ""
    old: str = ""
    offset: int = 0
    data: bytes = b""
    is_directory: bool = False


@dataclass
class Recorder:
    """Notes what this process does below a directory.

    Args:
        root: The directory; it exists and is empty.
    """

    root: Path
    steps: list[Step] = field(default_factory=list)
    _open: dict[int, tuple[int, str]] = field(default_factory=dict)
    _identities: dict[int, int] = field(default_factory=dict)
    _given: Iterator[int] = field(default_factory=lambda: count(1))

    def acknowledge(self, what: str) -> None:
        """Note that a call has returned: from now on this must survive."""
        self.steps.append(Step("ack", data=what.encode()))

    @contextmanager
    def recording(self) -> Iterator[Recorder]:
        """Note everything that is done inside of the block."""
        with ExitStack() as stack:
            for name, replacement in {
                "open": self._opened,
                "close": self._closed,
                "fsync": self._synced(os.fsync),
                "ftruncate": self._truncated,
                "replace": self._renamed(os.replace),
                "rename": self._renamed(os.rename),
                "link": self._linked(os.link),
                "unlink": self._unlinked(os.unlink),
                "rmdir": self._unlinked(os.rmdir),
                "mkdir": self._made(os.mkdir),
            }.items():
                stack.enter_context(patch.object(os, name, replacement))
            stack.enter_context(patch.object(filesystem, "_write_at", self._written(filesystem._write_at)))
            stack.enter_context(patch.object(filesystem, "_sync", self._synced(filesystem._sync)))
            yield self

    def _identity(self, number: int, *, is_new: bool = False) -> int:
        """Return what a file is called here: the system gives the number of one that is gone to the next."""
        if is_new or number not in self._identities:
            self._identities[number] = next(self._given)
        return self._identities[number]

    def _relative(self, path: Any, dir_fd: int | None = None) -> str | None:
        text = os.fspath(path) if not isinstance(path, int) else ""
        if dir_fd is not None:
            text = f"{Path(f'/proc/self/fd/{dir_fd}').readlink()}/{text}"
        prefix = f"{self.root}/"
        return text.removeprefix(prefix) if isinstance(text, str) and text.startswith(prefix) else None

    def _opened(self, path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        existed = os.path.lexists(path) if isinstance(path, str | Path) else True
        descriptor = _open(path, flags, mode, **more)
        relative = "" if path == self.root else self._relative(path)
        if relative is not None:
            is_new = bool(flags & os.O_CREAT) and not existed
            inode = self._identity(os.fstat(descriptor).st_ino, is_new=is_new)
            self._open[descriptor] = (inode, relative)
            if is_new:
                self.steps.append(Step("name", inode, relative))
        return descriptor

    def _closed(self, descriptor: int) -> None:
        self._open.pop(descriptor, None)
        _close(descriptor)

    def _written(self, inner: Any) -> Any:
        def write(descriptor: int, data: bytes, offset: int) -> int:
            count: int = inner(descriptor, data, offset)
            if descriptor in self._open:
                self.steps.append(
                    Step("write", self._open[descriptor][0], offset=offset, data=bytes(data[:count]))
                )
            return count

        return write

    def _synced(self, inner: Any) -> Any:
        def sync(descriptor: int) -> None:
            inner(descriptor)
            inode, path = self._open.get(descriptor, (self._identity(os.fstat(descriptor).st_ino), None))
            is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            if is_directory and path is not None:
                self.steps.append(Step("syncdir", path=path))
            elif not is_directory:
                if not any(step.kind == "write" and step.inode == inode for step in self.steps):
                    # Written through a stream of Python's, which calls nothing that is noted.
                    content = Path(f"/proc/self/fd/{descriptor}").read_bytes()
                    self.steps.append(Step("write", inode, data=content))
                self.steps.append(Step("sync", inode))

        return sync

    def _truncated(self, descriptor: int, size: int) -> None:
        _ftruncate(descriptor, size)
        if descriptor in self._open:
            self.steps.append(Step("cut", self._open[descriptor][0], offset=size))

    def _renamed(self, inner: Any) -> Any:
        def rename(source: Any, target: Any, **more: Any) -> None:
            inner(source, target, **more)
            old, new = self._relative(source), self._relative(target)
            if new is not None:
                found = os.lstat(target)
                self.steps.append(
                    Step(
                        "rename",
                        self._identity(found.st_ino),
                        new,
                        old or "",
                        is_directory=stat.S_ISDIR(found.st_mode),
                    )
                )

        return rename

    def _linked(self, inner: Any) -> Any:
        def link(source: Any, target: Any, **more: Any) -> None:
            inner(source, target, **more)
            new = self._relative(target)
            if new is not None:
                is_foreign = self._relative(source) is None
                inode = self._identity(os.lstat(target).st_ino, is_new=is_foreign)
                if is_foreign:
                    # What comes from elsewhere was there before.
                    self.steps += [Step("write", inode, data=Path(source).read_bytes()), Step("sync", inode)]
                self.steps.append(Step("name", inode, new))

        return link

    def _unlinked(self, inner: Any) -> Any:
        def unlink(path: Any, **more: Any) -> None:
            relative = self._relative(path, more.get("dir_fd"))
            inner(path, **more)
            if relative is not None:
                self.steps.append(Step("unname", path=relative))

        return unlink

    def _made(self, inner: Any) -> Any:
        def mkdir(path: Any, mode: int = 0o777, **more: Any) -> None:
            inner(path, mode, **more)
            relative = self._relative(path)
            if relative is not None:
                self.steps.append(Step("mkdir", path=relative))

        return mkdir


_open, _close, _ftruncate = os.open, os.close, os.ftruncate
_NAMES = frozenset({"name", "unname", "rename", "mkdir"})
_DATA = frozenset({"write", "cut"})


def disk_states(
    recorder: Recorder, place: Path, chances: int, *, after: str = "", every: int = 1
) -> Iterator[tuple[Path, set[str], str]]:
    """Build the disks that are possible after each step.

    Args:
        recorder: What was done.
        place: Where to build them; each is there until the next is asked for.
        chances: Number of states at each moment in which chance decides.
        after: Only moments at which this has been acknowledged.
        every: Only every so-many-th moment.

    Yields:
        The directory, what had been acknowledged by then, and which state it is.
    """
    seen: set[int] = set()
    begun = [step.data.decode() if step.kind == "ack" else None for step in recorder.steps]
    for moment in range(begun.index(after) + 1 if after else 1, len(recorder.steps) + 1, every):
        done = recorder.steps[:moment]
        acknowledged = {step.data.decode() for step in done if step.kind == "ack"}
        models = ["everything", "synced", "names", "data", *map(str, range(chances))]
        for model in models:
            tree, contents = _survivors(done, model, random.Random(f"{moment} {model}"))
            key = hash(
                (
                    frozenset(acknowledged),
                    frozenset((path, contents.get(inode or -1)) for path, inode in tree.items()),
                )
            )
            if key in seen:
                continue
            seen.add(key)
            path = place / f"{moment}-{model}"
            _build(path, tree, contents)
            yield path, acknowledged, f"after step {moment} ({done[-1].kind} {done[-1].path}), {model}"


def _survivors(
    done: list[Step], model: str, chance: random.Random
) -> tuple[dict[str, int | None], dict[int, bytes]]:
    """Return the names (None for a directory) and the contents that survive."""
    synced_files = {step.inode: index for index, step in enumerate(done) if step.kind == "sync"}
    synced_directories = {step.path: index for index, step in enumerate(done) if step.kind == "syncdir"}
    cuts: dict[str, int] = {}
    keeps: dict[int, bool] = {}
    tree: dict[str, int | None] = {}
    contents: dict[int, bytes] = {}
    for index, step in enumerate(done):
        if step.kind in _DATA:
            if index > synced_files.get(step.inode, -1):
                keep = keeps.setdefault(step.inode, chance.random() < 0.5)
                if model in {"synced", "names"} or (model.isdigit() and not keep):
                    continue
            _change(contents, step)
        elif step.kind in _NAMES:
            directory = step.path.rpartition("/")[0]
            if index > synced_directories.get(directory, -1):
                # From some step on nothing that was done in this directory is there.
                cut = cuts.setdefault(directory, chance.randrange(index, len(done) + 1))
                if model in {"synced", "data"} or (model.isdigit() and index >= cut):
                    continue
            _name(tree, step)
    return tree, contents


def _change(contents: dict[int, bytes], step: Step) -> None:
    content = contents.get(step.inode, b"")
    if step.kind == "cut":
        contents[step.inode] = content[: step.offset].ljust(step.offset, b"\0")
        return
    content = content.ljust(step.offset, b"\0")
    contents[step.inode] = content[: step.offset] + step.data + content[step.offset + len(step.data) :]


def _name(tree: dict[str, int | None], step: Step) -> None:
    if step.kind == "mkdir":
        tree[step.path] = None
    elif step.kind == "unname":
        tree.pop(step.path, None)
    elif step.kind == "name":
        tree[step.path] = step.inode
    elif step.is_directory:
        inside = [name for name in tree if name.startswith(f"{step.old}/")]
        moved = {step.path + name.removeprefix(step.old): tree.pop(name) for name in inside}
        tree.pop(step.old, None)
        tree.update({step.path: None, **moved})
    else:
        tree.pop(step.old, None)
        tree[step.path] = step.inode


def _build(path: Path, tree: dict[str, int | None], contents: dict[int, bytes]) -> None:
    path.mkdir()
    for name in sorted(tree):
        # What is in a directory that was lost is lost too.
        if not (path / name).parent.is_dir():
            continue
        inode = tree[name]
        if inode is None:
            (path / name).mkdir()
        else:
            (path / name).write_bytes(contents.get(inode, b""))
