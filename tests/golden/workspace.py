"""The golden workspace: sixty runs with every kind of defect, in any store and in none.

What is in it stands in ``sound_runs``, ``defective_runs`` and ``related_runs``; its right answers are written out by
hand in ``tests/interpretation/test_golden_*.py``.  A test asks for the fixture ``golden``, which is this module::

    def test_it(golden, tmp_path):
        with golden.open_stock(tmp_path / "ws") as ctx:
            ...

``python tests/golden DIRECTORY`` writes one to look at.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from golden.book import Book
from golden.defective_runs import DEFECTS, add_defective
from golden.memory_repository import memory_of
from golden.plain_stores import memory_stores
from golden.related_runs import add_related
from golden.sound_runs import VAL_LOSSES, add_others, add_sound

from contexta import Contexta
from contexta.spi.artifacts import BoundArtifact

__all__ = [
    "DEFECTS",
    "RUN_COUNT",
    "VAL_LOSSES",
    "golden_book",
    "memory_repository",
    "open_plain",
    "open_stock",
    "write",
]

RUN_COUNT = 60

#: Whatever is captured beside the book would be another workspace's.
_QUIET = {"records": {"durability_mode": "flush"}}


@cache
def golden_book():
    """Return what the workspace holds, as plain data."""
    book = Book()
    add_sound(book)
    add_others(book)
    add_defective(book)
    add_related(book)
    if book.run_count != RUN_COUNT:
        raise AssertionError(f"{book.run_count} runs")
    return book


def write(ctx):
    """Write the golden runs into an open workspace, whatever its stores are, and break what is to be broken."""
    book = golden_book()
    ctx._stores.metadata.apply(book.mutations)
    ctx._stores.records.append([dict(flat) for flat in book.flats])
    digests = _write_bodies(ctx._stores.artifacts, book.bodies)
    root = Path(ctx.config.workspace.root_path) / "artifacts" / "blobs"
    for body in book.bodies:
        if body.damage is not None:
            name = digests[body.ref].removeprefix("sha256:")
            _break(root / name[:2] / name, body.damage)


def _write_bodies(store, bodies):
    digests = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, body in enumerate(bodies):
            content = None
            if body.content is not None:
                source = Path(folder) / str(number)
                source.write_bytes(body.content)
                content = store.ingest(source)
                digests[body.ref] = content.digest
            bound = BoundArtifact(body.ref, body.manifest, content, bound_at=body.manifest["created_at"])
            store.bind(bound)
    return digests


def _break(path, damage):
    if damage == "truncated":
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-1])
    else:
        path.unlink()


def open_stock(root, config=None):
    """Open a workspace of the stock stores at a directory; the golden runs are written to it where it is new.

    Args:
        root: The directory.
        config: Settings beside the usual ones, as a mapping; another metadata or record store may be among them.
    """
    return _opened(root, _QUIET | (config or {}))


def open_plain(root, config=None):
    """Open a workspace whose metadata and records are in stores without any quick path."""
    settings = _QUIET | {"metadata": {"storage_adapter": "plain"}}
    settings |= {"records": {"storage_adapter": "plain", "durability_mode": "flush"}}
    return _opened(root, settings | (config or {}), plugins=[memory_stores()])


def _opened(root, config, **arguments):
    is_new = not Path(root).exists()
    ctx = Contexta(workspace=str(root), config=config, **arguments)
    if is_new:
        try:
            write(ctx)
        except BaseException:
            ctx.close()
            shutil.rmtree(root, ignore_errors=True)
            raise
    return ctx


def memory_repository():
    """Return the golden runs as a user's own repository: the twelve documented methods over lists, nothing else."""
    return memory_of(golden_book())
