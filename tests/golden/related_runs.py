"""Runs that are about more than themselves: what they were made from, by what, and how people call them.

Day 70 and later.  The lineage, written ``later <- earlier``::

    run:golden.prepare   <- dataset:raw                        (recorded: used)
    run:golden.prepared  <- artifact:golden.prepare.features   (its primary dataset, and recorded: consumed_by)
    deployment:golden.service <- artifact:golden.prepared.model
    artifact:golden.loop.a <- artifact:golden.loop.b <- artifact:golden.loop.c <- artifact:golden.loop.a
"""

from __future__ import annotations

from golden.sound_runs import sound_run

__all__ = ["ENVIRONMENT", "add_related"]

#: What surrounded ``prepared``; ``upgraded`` differs from it in what its function says.
ENVIRONMENT = {
    "python_version": "3.12.1",
    "platform": "Linux-6.1-x86_64",
    "packages": {"numpy": "2.1.0", "torch": "2.4.1", "tqdm": "4.66.1"},
    "environment_variables": {"PYTHONHASHSEED": "0"},
    "code": {"revision": "aaaa", "dirty": False},
    "config_snapshot": {"optimizer": {"lr": 0.1}},
}


def _lineage(book):
    prepare = book.run("prepare", 70, tags={"family": "related"})
    stage = prepare.stage("features", 0.0, 600.0)
    prepare.metric("rows", 1_000, 590.0, stage)
    features = prepare.artifact("features", "features", b"features", stage=stage)
    book.relation("raw-used", prepare.ref, "used", "dataset:raw", 70)
    prepared = sound_run(
        book,
        "prepared",
        71,
        tags={"family": "related"},
        dataset_ref=features,
        code_revision="aaaa",
        parameters={"seed": 7, "optimizer.lr": 0.1},
    )
    prepared.environment(**ENVIRONMENT)
    model = prepared.artifact("model", "model", b"model", stage="stage:golden.prepared.train")
    prepared.deployment("service", "completed", model)
    book.relation("features-consumed", features, "consumed_by", prepared.ref, 71, asserted=72)


def _loop(book):
    loop = book.run("loop", 73, tags={"family": "related"})
    for name in ("a", "b", "c"):
        loop.artifact(name, "table", name.encode())
    for source, target in (("a", "b"), ("b", "c"), ("c", "a")):
        names = (f"artifact:golden.loop.{source}", f"artifact:golden.loop.{target}")
        book.relation(f"loop-{source}", names[0], "derived_from", names[1], 73)


def _upgraded(book):
    """Another revision, a major step of NumPy and a patch of tqdm, torch is gone, another rate."""
    page = sound_run(
        book,
        "upgraded",
        74,
        tags={"family": "related"},
        code_revision="bbbb",
        parameters={"optimizer.lr": 0.2},
    )
    page.environment(
        **ENVIRONMENT
        | {
            "packages": {"numpy": "3.0.0", "tqdm": "4.66.2"},
            "code": {"revision": "bbbb", "dirty": True},
            "config_snapshot": {"optimizer": {"lr": 0.2}},
            "environment_variables": {},
        }
    )


def _named(book):
    """Names that people give: two runs of one name, one that means something to a page, a sheet and a terminal."""
    sound_run(book, "twin-1", 75, name="twin", tags={"family": "related"})
    sound_run(book, "twin-2", 76, name="twin", tags={"family": "related"}, archived_at="2026-05-01T00:00:00Z")
    hostile = '=HYPERLINK("http://x")<script>alert(1)</script>\n## Ｓ\x1b[31m'
    sound_run(book, "hostile", 77, name=hostile, tags={"family": "related", "note": "<b>"})


def add_related(book):
    """Add all eight."""
    _lineage(book)
    _loop(book)
    _upgraded(book)
    _named(book)
    # A run that nobody knows the beginning of: imported without times.
    book.run("timeless", 78, started_at=None, ended_at=None, seconds=None, tags={"family": "related"})
