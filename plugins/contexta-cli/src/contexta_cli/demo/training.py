"""One run from beginning to end: an example of capturing that can be copied into any training program.

It needs nothing but ``from contexta import Contexta``: a run, three stages, and inside them parameters, metrics with
steps, events, spans and artifacts.
"""

from __future__ import annotations

import json
import pickle
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta import Contexta
    from contexta.runtime.scopes import StageScope
    from contexta_cli.demo.digits import Digits
    from contexta_cli.demo.plans import Plan

__all__ = ["train"]

#: Stop when the accuracy on the validation images has not risen for so many epochs.
PATIENCE = 6

_MILESTONE = 5


def train(ctx: Contexta, plan: Plan, on_epoch: Callable[[int, float], None]) -> tuple[str, float]:
    """Do one run of the demo.

    Args:
        ctx: The workspace.
        plan: What is to be trained.
        on_epoch: Told the number of each epoch, from 1, and the accuracy on the validation images.

    Returns:
        The run's reference, and the accuracy on the validation images at its end.
    """
    tags = {"model": plan.family, "demo": "digits"}
    with ctx.run(plan.name, tags=tags, dataset_ref="sklearn.datasets.load_digits") as run:
        run.params(plan.parameters)
        with run.stage("prepare") as stage:
            digits = _prepare(stage)
        with run.stage("train") as stage:
            model, accuracy = _fit(stage, plan, digits, on_epoch)
        with run.stage("evaluate") as stage, tempfile.TemporaryDirectory() as directory:
            _evaluate(stage, model, digits, Path(directory))
    return run.ref, accuracy


def _prepare(stage: StageScope) -> Digits:
    from contexta_cli.demo.digits import load

    digits = load()
    sizes = {
        "train": len(digits.train_labels),
        "validation": len(digits.validation_labels),
        "test": len(digits.test_labels),
    }
    stage.metric("images", sum(sizes.values()), unit="images", aggregation_scope="stage")
    stage.event("data.loaded", message="loaded and split the digits", attributes=sizes)
    return digits


def _fit(
    stage: StageScope, plan: Plan, digits: Digits, on_epoch: Callable[[int, float], None]
) -> tuple[Any, float]:
    from sklearn.metrics import log_loss

    model = plan.make()
    timings = []
    best, best_epoch, accuracy = 0.0, 0, 0.0
    fit_started = _now()
    for epoch in range(1, plan.epochs + 1):
        started = _now()
        plan.train_epoch(model, digits)
        timings.append((epoch, started, _now()))

        loss = log_loss(digits.train_labels, model.predict_proba(digits.train_images))
        accuracy = model.score(digits.validation_images, digits.validation_labels)
        stage.emit_metrics(
            [
                {"key": "loss", "value": loss, "step": epoch},
                {
                    "key": "accuracy",
                    "value": model.score(digits.train_images, digits.train_labels),
                    "step": epoch,
                },
                {"key": "val_accuracy", "value": accuracy, "step": epoch},
            ]
        )
        on_epoch(epoch, accuracy)
        if accuracy > best:
            best, best_epoch = accuracy, epoch
        if epoch % _MILESTONE == 0:
            stage.event(
                "training.milestone",
                message=f"epoch {epoch} of {plan.epochs}: validation accuracy {accuracy:.4f}",
                attributes={"epoch": epoch, "val_accuracy": accuracy},
            )
        if epoch - best_epoch >= PATIENCE:
            stage.event(
                "training.early_stopped",
                message=f"no better than in epoch {best_epoch} for {PATIENCE} epochs",
                level="warning",
                attributes={"epoch": epoch, "best_epoch": best_epoch, "best_val_accuracy": best},
            )
            break
    _record_timings(stage, fit_started, timings)
    return model, accuracy


def _record_timings(stage: StageScope, started: str, timings: list[tuple[int, str, str]]) -> None:
    """Record how long fitting took: a span for the whole, and below it one for each epoch."""
    fit = stage.span("fit", started_at=started, ended_at=timings[-1][2], span_kind="process")
    assert fit.payload is not None  # noqa: S101 - a result that succeeded has one
    parent = fit.payload.payload.span_id
    stage.emit_spans(
        [
            {
                "name": "fit.epoch",
                "started_at": epoch_started,
                "ended_at": epoch_ended,
                "attributes": {"epoch": epoch},
                "parent_span_id": parent,
            }
            for epoch, epoch_started, epoch_ended in timings
        ]
    )


def _evaluate(stage: StageScope, model: Any, digits: Digits, directory: Path) -> None:
    from sklearn.metrics import confusion_matrix, f1_score, log_loss

    started = _now()
    probabilities = model.predict_proba(digits.test_images)
    predicted = probabilities.argmax(axis=1)
    stage.span("predict", started_at=started, ended_at=_now(), attributes={"images": len(predicted)})

    stage.metric("test_accuracy", (predicted == digits.test_labels).mean(), aggregation_scope="run")
    stage.metric("test_loss", log_loss(digits.test_labels, probabilities), aggregation_scope="run")
    f1 = f1_score(digits.test_labels, predicted, average="macro")
    stage.metric("test_f1", f1, aggregation_scope="run")

    matrix = confusion_matrix(digits.test_labels, predicted)
    matrix_file = directory / "confusion-matrix.json"
    matrix_file.write_text(json.dumps({"labels": list(range(10)), "matrix": matrix.tolist()}))
    stage.register_artifact("confusion_matrix", str(matrix_file), attributes={"rows": "true digit"})

    model_file = directory / "model.pkl"
    model_file.write_bytes(pickle.dumps(model))
    stage.register_artifact("model", str(model_file), attributes={"format": "pickle"})


def _now() -> str:
    return datetime.now(UTC).isoformat()
