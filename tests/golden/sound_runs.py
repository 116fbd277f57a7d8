"""Runs in which nothing is wrong: what the others are judged by.

Twenty runs ``steady-01`` to ``steady-20``, one a day from the first of January, each of 600 seconds:

* ``train`` (0 to 500 s) lowers ``train.loss`` from 1.2 to 0.1 in twelve steps of 0.1, forty seconds apart;
* ``evaluate`` (500 to 560 s) ends with ``val_loss`` of 0.48, 0.49, 0.50, 0.51, 0.52, then from the beginning again;
* ``package`` (560 to 600 s) records ``package.size``: 1,000 times the number of the run;
* the run itself has ``accuracy`` 0.9, the same in each.

The last five have a model of 100 times their number bytes.  Six runs of the project ``other``, which overlap the first
in time, have ``val_loss`` of their own: 10 to 60.
"""

from __future__ import annotations

__all__ = ["VAL_LOSSES", "add_others", "add_sound", "sound_run"]

#: The values of ``val_loss``, over and over again.
VAL_LOSSES = (0.48, 0.49, 0.50, 0.51, 0.52)


def sound_run(book, name, day, /, *, val_loss=0.50, accuracy=0.9, seconds=600.0, size=1_000.0, **fields):
    """Add a run as all of them are, and return its page."""
    scale = seconds / 600.0
    page = book.run(name, day, seconds=seconds, **fields)
    train = page.stage("train", 0.0, 500.0 * scale)
    evaluate = page.stage("evaluate", 500.0 * scale, 560.0 * scale)
    package = page.stage("package", 560.0 * scale, 600.0 * scale)
    page.series("train.loss", [(12 - step) / 10 for step in range(12)], 40.0 * scale, 40.0 * scale, train)
    if val_loss is not None:
        page.metric("val_loss", val_loss, 550.0 * scale, evaluate, unit="nats")
    page.metric("evaluate.samples", 256, 551.0 * scale, evaluate)
    page.metric("package.size", size, 590.0 * scale, package, unit="B")
    if accuracy is not None:
        page.metric("accuracy", accuracy, 595.0 * scale)
    return page


def add_sound(book):
    """Add the twenty steady runs."""
    for number in range(1, 21):
        page = sound_run(
            book,
            f"steady-{number:02}",
            number,
            val_loss=VAL_LOSSES[(number - 1) % 5],
            size=1_000.0 * number,
            tags={"family": "steady", "model": "mlp" if number % 2 else "cnn"},
            parameters={"seed": number, "optimizer.lr": 0.1 if number <= 10 else 0.01},
        )
        if number > 15:
            page.artifact(
                "model", "model", bytes(100 * number), stage=f"stage:golden.{page.ref[11:]}.package"
            )


def add_others(book):
    """Add the six runs of the other project; their metrics are of the run itself."""
    for number in range(1, 7):
        page = book.run(
            f"other-{number}", 2 * number, project="other", seconds=60.0, tags={"family": "other"}
        )
        page.metric("val_loss", 10.0 * number, 30.0)
