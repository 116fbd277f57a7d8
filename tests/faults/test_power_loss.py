"""The power goes at any moment: what was acknowledged is there, whatever of the rest the disk kept, and work goes on.

A :class:`Recorder` notes what a store does to the files below a directory.  :func:`disk_states` then builds, for each
moment, disks that are possible: with everything, with nothing that was not synced, with names whose data is lost, with
data whose names are lost, and with chance deciding for each file and directory.  Within one directory names appear in
their order, and a rename is one step, as journaling file systems have it.
"""

from __future__ import annotations

import os
import random
import shutil
import stat
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest

from contexta.config import ArtifactStoreConfig, MetadataStoreConfig
from contexta.contract import ArtifactManifest
from contexta.log import filesystem
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.store.artifacts import ArtifactStore
from contexta.store.metadata import MetadataStore

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How often chance decides at each moment.
CHANCES = [2, pytest.param(40, marks=pytest.mark.campaign)]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="directories are not synced there")


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
    """

    kind: str
    inode: int = 0
    path: str = ""
    old: str = ""
    offset: int = 0
    data: bytes = b""


@dataclass
class Recorder:
    """Notes what this process does below a directory.

    Args:
        root: The directory; it exists and is empty.
    """

    root: Path
    steps: list[Step] = field(default_factory=list)
    _open: dict[int, tuple[int, str]] = field(default_factory=dict)

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

    def _relative(self, path: Any) -> str | None:
        text = os.fspath(path) if not isinstance(path, int) else ""
        prefix = f"{self.root}/"
        return text.removeprefix(prefix) if isinstance(text, str) and text.startswith(prefix) else None

    def _opened(self, path: Any, flags: int, mode: int = 0o777, **more: Any) -> int:
        existed = os.path.lexists(path) if isinstance(path, str | Path) else True
        descriptor = _open(path, flags, mode, **more)
        relative = "" if path == self.root else self._relative(path)
        if relative is not None:
            inode = os.fstat(descriptor).st_ino
            self._open[descriptor] = (inode, relative)
            if flags & os.O_CREAT and not existed:
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
            inode, path = self._open.get(descriptor, (os.fstat(descriptor).st_ino, None))
            is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
            if is_directory and path is not None:
                self.steps.append(Step("syncdir", path=path))
            elif not is_directory:
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
                self.steps.append(Step("rename", os.lstat(target).st_ino, new, old or ""))

        return rename

    def _linked(self, inner: Any) -> Any:
        def link(source: Any, target: Any, **more: Any) -> None:
            inner(source, target, **more)
            new = self._relative(target)
            if new is not None:
                inode = os.lstat(target).st_ino
                if self._relative(source) is None:
                    # What comes from elsewhere was there before.
                    self.steps += [Step("write", inode, data=Path(source).read_bytes()), Step("sync", inode)]
                self.steps.append(Step("name", inode, new))

        return link

    def _unlinked(self, inner: Any) -> Any:
        def unlink(path: Any, **more: Any) -> None:
            inner(path, **more)
            relative = self._relative(path)
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


def disk_states(recorder: Recorder, place: Path, chances: int) -> Iterator[tuple[Path, set[str], str]]:
    """Build the disks that are possible after each step.

    Args:
        recorder: What was done.
        place: Where to build them; each is there until the next is asked for.
        chances: Number of states at each moment in which chance decides.

    Yields:
        The directory, what had been acknowledged by then, and which state it is.
    """
    seen: set[int] = set()
    for moment in range(1, len(recorder.steps) + 1):
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


def manifest(name):
    """Build a manifest."""
    return ArtifactManifest(
        artifact_ref=f"artifact:p.r.{name}",
        artifact_kind="model",
        created_at="2024-01-01T00:00:00Z",
        producer_ref="sdk.python.local",
        run_ref="run:p.r",
        location_ref="path:x",
    )


def put_everything(store, sources, recorder):
    """Put files and a directory in every way, let go of one and collect."""
    for name, size, mode in (
        ("small", 100, "copy"),
        ("large", 1_100_000, "copy"),
        ("moved", 200, "move"),
        ("adopted", 1_200_000, "adopt"),
    ):
        (sources / name).write_bytes(name.encode() * (size // len(name)))
        store.put_artifact(manifest(name), sources / name, mode=mode)
        recorder.acknowledge(name)
    (sources / "tree").mkdir()
    (sources / "tree" / "a").write_bytes(b"inside")
    (sources / "tree" / "b").write_bytes(b"inside too")
    store.put_artifact(manifest("tree"), sources / "tree")
    recorder.acknowledge("tree")
    store.backend.unbind(["artifact:p.r.small"])
    recorder.acknowledge("no small")
    store.collect_garbage()


@pytest.mark.parametrize("chances", CHANCES)
def test_artifacts(tmp_path, monkeypatch, chances):
    """Every put that returned is whole, what was let go of stays gone, and the store takes the next put."""
    # The copy that the kernel makes would not be seen.
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    root, place, sources = tmp_path / "root", tmp_path / "states", tmp_path / "sources"
    for path in (root, place, sources):
        path.mkdir()
    recorder = Recorder(root)
    store = ArtifactStore(ArtifactStoreConfig(root_path=root / "store"))
    with recorder.recording():
        put_everything(store, sources, recorder)
        store.close()
    count = 0
    for state, acknowledged, what in disk_states(recorder, place, chances):
        with ArtifactStore(ArtifactStoreConfig(root_path=state / "store")) as found:
            names = {ref.rpartition(".")[2] for ref in found.list_refs()}
            for name in acknowledged - {"no small", "small"}:
                assert name in names, what
                assert found.verify_artifact(f"artifact:p.r.{name}").verified, what
            if "no small" in acknowledged:
                assert "small" not in names, what
            elif "small" in acknowledged and "tree" not in acknowledged:
                assert found.verify_artifact("artifact:p.r.small").verified, what
            (sources / "next").write_bytes(b"next")
            found.put_artifact(manifest("next"), sources / "next")
            assert found.read_artifact_bytes("artifact:p.r.next") == b"next", what
            found.collect_garbage(despite_damage=True)
            whole = {each.artifact_ref for each in found.list_artifacts()} - set(
                found.verify_all().missing_refs
            )
            assert {f"artifact:p.r.{name}" for name in acknowledged - {"no small", "small"}} <= whole, what
        shutil.rmtree(state)
        count += 1
    assert count >= 100
    print(f"{count} states")


@pytest.mark.parametrize("chances", CHANCES)
def test_metadata(tmp_path, chances):
    """Every update and claim that returned is there, and each call is there whole or not at all."""
    root, place = tmp_path / "root", tmp_path / "states"
    root.mkdir()
    place.mkdir()
    recorder = Recorder(root)
    with recorder.recording():
        store = MetadataStore(MetadataStoreConfig(database_path=root / "metadata" / "ledger.db"))
        for number in range(6 if chances < 10 else 20):
            ref = f"run:p.r{number}"
            store.claim_run(ref)
            store.apply(
                [
                    Mutation(EntityKind.RUN, ref, {"name": f"r{number}"}),
                    Mutation(EntityKind.RUN, ref, {"status": "open"}),
                ]
            )
            recorder.acknowledge(ref)
        store.apply([Mutation(EntityKind.RUN, "run:p.r0", {"tags": {"good": "yes"}})])
        recorder.acknowledge("tag")
        store.close()
    count = 0
    for state, acknowledged, what in disk_states(recorder, place, chances):
        with MetadataStore(MetadataStoreConfig(database_path=state / "metadata" / "ledger.db")) as found:
            runs = {
                each.ref: each.document for each in found.find(EntityQuery(EntityKind.RUN, order_by="ref"))
            }
            assert acknowledged - {"tag"} <= runs.keys(), what
            assert all("name" in document and "status" in document for document in runs.values()), what
            if "tag" in acknowledged:
                assert runs["run:p.r0"]["tags"] == {"good": "yes"}, what
            for ref in runs:
                assert not found.claim_run(ref), what
            found.apply([Mutation(EntityKind.RUN, "run:p.next", {"name": "next"})])
            assert found.get(EntityKind.RUN, "run:p.next") is not None, what
            assert {issue.severity for issue in found.check_integrity().issues} <= {"warning"}, what
        shutil.rmtree(state)
        count += 1
    assert count >= 50
    print(f"{count} states")
