"""Runs with one defect each, one a day from the first of February (day 32 of the year) on; otherwise they are sound.

What is wrong stands in each function, and what has to be said of it in the tests.
"""

from __future__ import annotations

from golden.book import time_text
from golden.sound_runs import sound_run

__all__ = ["DEFECTS", "FIRST_DAY", "add_defective"]

FIRST_DAY = 32


def failed(book, day, **more):
    """An exception ended the stage, and with it the run."""
    page = book.run("failed", day, status="failed", seconds=100.0, **more)
    train = page.stage("train", 0.0, 100.0, "failed")
    page.metric("train.loss", 1.2, 40.0, train, step=0)
    attributes = {"exception": "ValueError", "traceback": "Traceback"}
    page.event("stage.failed", "ValueError: bad batch", 99.0, train, level="error", attributes=attributes)


def failed_early(book, day, **more):
    """It failed before any stage began; a critical event tells more."""
    page = book.run("failed-early", day, status="failed", seconds=5.0, **more)
    page.event("loader.crashed", "no such file", 4.0, level="critical")


def interrupted(book, day, **more):
    """Its process ended without closing it, in the middle of a stage."""
    page = book.run("interrupted", day, status="interrupted", seconds=None, **more)
    train = page.stage("train", 0.0, None, "interrupted")
    page.metric("train.loss", 1.2, 40.0, train, step=0)


def cancelled(book, day, **more):
    """Somebody gave it up."""
    page = book.run("cancelled", day, status="cancelled", seconds=50.0, **more)
    page.metric("train.loss", 1.2, 40.0)


def stale(book, day, **more):
    """It is open, and nothing was heard of it since the day it began."""
    page = book.run("stale", day, status="open", seconds=None, **more)
    train = page.stage("train", 0.0, None, "open")
    page.metric("train.loss", 1.2, 40.0, train, step=0)


def non_finite(book, day, **more):
    """The loss became NaN at step 12."""
    page = sound_run(book, "non-finite", day, **more)
    attributes = {"metric_key": "train.loss", "value": "nan", "step": 12}
    page.event("metric.non_finite", "train.loss is nan", 481.0, "stage:golden.non-finite.train", attributes=attributes)  # fmt: skip
    page.degraded("metric.non_finite", "train.loss is nan", 481.0)


def diverged(book, day, **more):
    """A second loss fell from 1 to 0.1 and rose to 10."""
    page = sound_run(book, "diverged", day, **more)
    values = [1.0] * 4 + [0.1] * 4 + [10.0] * 4
    page.series("aux.loss", values, 40.0, 40.0, "stage:golden.diverged.train")


def plateau(book, day, **more):
    """A second loss fell for twenty steps and then stood still for forty."""
    page = sound_run(book, "plateau", day, **more)
    values = [1.0 - step / 25 for step in range(20)] + [0.24] * 40
    page.series("aux.loss", values, 5.0, 8.0, "stage:golden.plateau.train")


def overfitted(book, day, **more):
    """Training improves all the time, validation rises from 0.4 to 0.8 after its best."""
    page = sound_run(book, "overfitted", day, val_loss=None, **more)
    train = "stage:golden.overfitted.train"
    page.series("fit.train_loss", [1.0 - step / 40 for step in range(30)], 10.0, 15.0, train)
    page.series("fit.val_loss", [1.0] * 10 + [0.4] * 10 + [0.8] * 10, 10.5, 15.0, train)


def stalled(book, day, **more):
    """Between two steps, which usually are ten seconds apart, it waited for an hour."""
    page = sound_run(book, "stalled", day, seconds=6_000.0, **more)
    values = [1.0 - step / 20 for step in range(15)]
    for step, value in enumerate(values):
        page.metric("aux.loss", value, 10.0 * step + (3_600.0 if step > 7 else 0.0), step=step)


def silent_stage(book, day, **more):
    """One of its stages recorded nothing at all."""
    page = sound_run(book, "silent-stage", day, **more)
    page.stage("warmup", 0.0, 1.0)


def unfinished_stage(book, day, **more):
    """It was completed, and one of its stages was not."""
    page = sound_run(book, "unfinished-stage", day, **more)
    stage = page.stage("export", 590.0, None, "cancelled")
    page.metric("export.size", 1.0, 595.0, stage)


def no_package(book, day, **more):
    """It lacks the last stage."""
    page = book.run("no-package", day, **more)
    train, evaluate = page.stage("train", 0.0, 500.0), page.stage("evaluate", 500.0, 560.0)
    page.metric("train.loss", 0.1, 480.0, train)
    page.metric("val_loss", 0.5, 550.0, evaluate)


def slow(book, day, **more):
    """It took four times as long as usual."""
    sound_run(book, "slow", day, seconds=2_400.0, **more)


def quick(book, day, **more):
    """It took a quarter of the usual time."""
    sound_run(book, "quick", day, seconds=150.0, **more)


def degraded(book, day, **more):
    """A record was lost, and one that is there is not whole."""
    page = sound_run(book, "degraded", day, **more)
    page.degraded("sink.lost", "3 records were lost", 300.0)
    page.event("note", "cut", 301.0, completeness="partial")


def missing_body(book, day, **more):
    """The body of its model is gone."""
    page = sound_run(book, "missing-body", day, **more)
    page.artifact("model", "model", b"missing" * 10, damage="missing")


def truncated_body(book, day, **more):
    """The body of its model was cut."""
    page = sound_run(book, "truncated-body", day, **more)
    page.artifact("model", "model", b"truncated" * 10, damage="truncated")


def pending_body(book, day, **more):
    """Its model was registered before it existed, and never again."""
    page = sound_run(book, "pending-body", day, **more)
    page.artifact("model", "model", None)


def failed_batch(book, day, **more):
    """Of three batches one failed and one was never ended."""
    page = sound_run(book, "failed-batch", day, **more)
    stage = "stage:golden.failed-batch.train"
    page.batch("b0", stage, "completed", 0.0, 10.0)
    page.batch("b1", stage, "failed", 10.0, 20.0)
    page.batch("b2", stage, "cancelled", 20.0, 30.0)


def failed_deployment(book, day, **more):
    """What it made could not be deployed."""
    page = sound_run(book, "failed-deployment", day, **more)
    page.deployment("canary", "failed")


def off_values(book, day, **more):
    """Its validation loss is 0.90, and its accuracy, which never was anything but 0.9, is 0.1."""
    sound_run(book, "off-values", day, val_loss=0.90, accuracy=0.1, **more)


def no_metrics(book, day, **more):
    """It recorded an event and no metric."""
    page = book.run("no-metrics", day, seconds=1.0, **more)
    page.event("note", "nothing to do", 0.5)


def other_unit(book, day, **more):
    """The others measure the size of their package in bytes, it in kilobytes."""
    page = sound_run(book, "other-unit", day, **more)
    page.metric("package.size", 21.0, 591.0, "stage:golden.other-unit.package", unit="kB")


def fractions(book, day, **more):
    """Two values within one second, the later appended first; its beginning is written in another zone."""
    started_at = time_text(day, 7_200.0).replace("Z", "+02:00")
    page = sound_run(book, "fractions", day, accuracy=None, started_at=started_at, **more)
    page.metric("accuracy", 0.9, 595.5)
    page.metric("accuracy", 0.5, 595.0)


def unknown_stage(book, day, **more):
    """One of its metrics names a stage that nobody registered."""
    page = sound_run(book, "unknown-stage", day, **more)
    page.metric("probe.loss", 0.7, 100.0, "stage:golden.unknown-stage.ghost")


#: Each with its place in the calendar: the first is of day 32.
DEFECTS = (
    failed,
    failed_early,
    interrupted,
    cancelled,
    stale,
    non_finite,
    diverged,
    plateau,
    overfitted,
    stalled,
    silent_stage,
    unfinished_stage,
    no_package,
    slow,
    quick,
    degraded,
    missing_body,
    truncated_body,
    pending_body,
    failed_batch,
    failed_deployment,
    off_values,
    no_metrics,
    other_unit,
    fractions,
    unknown_stage,
)


def add_defective(book):
    """Add all of them."""
    for place, add in enumerate(DEFECTS):
        add(book, FIRST_DAY + place, tags={"family": "defective"})
