"""The sink."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from contexta.errors import ContextaError
from contexta.log import forks
from contexta.spi.sinks import DeliveryStatus, PayloadFamily, SinkCaptureReceipt
from contexta_sink_mlflow.entries import Entries, entries_of
from contexta_sink_mlflow.libraries import open_client, require_library
from contexta_sink_mlflow.options import MLflowOptions
from contexta_sink_mlflow.runs import MLflowRuns
from contexta_sink_mlflow.sending import INVALID, Sender
from contexta_sink_mlflow.uploads import upload
from contexta_sink_mlflow.watched_runs import WATCHED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contexta.spi.context import OpenContext

__all__ = ["MLflowSink", "open_sink"]

_QUEUE_CAPACITY = 20_000
_MOST_AT_ONCE = 1_000


def open_sink(context: OpenContext, options: MLflowOptions | None = None) -> MLflowSink:
    """Open the sink; the factory that the plugin names.

    Args:
        context: The surroundings; which MLflow run stands for which run is kept below its root.
        options: ``[capture.sinks.options]``.
    """
    return MLflowSink.of(
        MLflowOptions() if options is None else options, workspace=context.workspace, directory=context.root
    )


class MLflowSink:
    """Sends what is captured to MLflow: one MLflow run for each run.

    It talks to a server: a program that attaches it itself puts it behind a
    :class:`~contexta.capture.sinks.BufferedSink`; in a configuration it is behind a queue anyway.  There it also
    learns names, tags, parameters and ends of runs, which no record tells, and keeps in the workspace which MLflow run
    stands for which run.

    Args:
        run_id: An MLflow run that takes everything, and is not ended; one for each run when None.
        name: Name of its deliveries.
        tracking_uri: Where MLflow keeps its runs; ``MLFLOW_TRACKING_URI`` when None.
        experiment: Name of the experiment; ``MLFLOW_EXPERIMENT_NAME``, else the project, when None.
        events: Whether events become tags.
        artifacts: Whether artifacts are uploaded.

    Raises:
        DependencyError: MLflow is not installed.
        ValidationError: An option is blank.
    """

    def __init__(
        self,
        *,
        run_id: str | None = None,
        name: str = "mlflow",
        tracking_uri: str | None = None,
        experiment: str | None = None,
        events: bool = True,
        artifacts: bool = True,
    ) -> None:
        options = MLflowOptions(
            tracking_uri=tracking_uri,
            experiment=experiment,
            run_id=run_id,
            events=events,
            artifacts=artifacts,
        )
        self._begin(name, options, None, None)

    @classmethod
    def of(
        cls,
        options: MLflowOptions,
        *,
        name: str = "mlflow",
        workspace: Path | None = None,
        directory: Path | None = None,
    ) -> MLflowSink:
        """Return the sink for options.

        Args:
            options: The options.
            name: Name of its deliveries.
            workspace: Root of the workspace.
            directory: Where it may keep which MLflow run stands for which run; nowhere when None.
        """
        sink = cls.__new__(cls)
        sink._begin(name, options, workspace, directory)  # noqa: SLF001 - its own
        return sink

    def _begin(
        self, name: str, options: MLflowOptions, workspace: Path | None, directory: Path | None
    ) -> None:
        require_library()
        self.name = name
        families = [PayloadFamily.RECORD]
        if options.artifacts:
            families.append(PayloadFamily.ARTIFACT)
        self.supported_families = tuple(families)
        self._options = options
        self._workspace = workspace
        self._directory = directory
        # Not one that a fork waits for: it is held while MLflow is asked, which may take minutes.
        self._lock = threading.RLock()
        forks.register(self, level=2)
        self._client: Any = None
        self._since = WATCHED.started
        self._runs: MLflowRuns | None = None
        self._sender: Sender | None = None

    @property
    def queue_capacity(self) -> int:
        """How many payloads may wait, where the configuration says nothing."""
        return _QUEUE_CAPACITY

    @property
    def most_at_once(self) -> int:
        """How many payloads one call may bring."""
        return _MOST_AT_ONCE

    def supports(self, family: PayloadFamily) -> bool:
        """Return whether the sink takes this family."""
        return PayloadFamily.of(family) in self.supported_families

    def capture(self, *, family: PayloadFamily, payload: Any) -> SinkCaptureReceipt:
        """Send one payload; what MLflow has no place for succeeds, with nothing done.

        Raises:
            Exception: It did not arrive.
        """
        with self._lock:
            if PayloadFamily.of(family) is PayloadFamily.ARTIFACT:
                receipt = self._upload(payload)
            else:
                receipt = self._send_records([payload])[0]
            self._end(raises=False)
        return receipt

    def capture_many(self, payloads: Sequence[tuple[PayloadFamily, Any]]) -> Sequence[SinkCaptureReceipt]:
        """Send payloads, with few requests for each run.

        Args:
            payloads: Family and content of each.

        Returns:
            One receipt for each: what did not arrive is the failure of its own.
        """
        receipts = [SinkCaptureReceipt.success()] * len(payloads)
        by_run: dict[str, list[int]] = {}
        with self._lock:
            for place, (family, payload) in enumerate(payloads):
                if PayloadFamily.of(family) is PayloadFamily.ARTIFACT:
                    receipts[place] = self._attempted_upload(payload)
                else:
                    by_run.setdefault(str(payload.envelope.run_ref), []).append(place)
            for places in by_run.values():
                answers = self._attempted([payloads[place][1] for place in places])
                for place, answer in zip(places, answers, strict=True):
                    receipts[place] = answer
            self._end(raises=False)
        return receipts

    def _opened(self) -> tuple[MLflowRuns, Sender]:
        """Return what talks to MLflow; the library is imported with the first capture, on the queue's thread."""
        if self._runs is None or self._sender is None:
            self._client = open_client(self._options.tracking_uri)
            self._runs = MLflowRuns(
                self._client, self._options, self._workspace, self._directory, self._since
            )
            self._sender = Sender(self._client)
        return self._runs, self._sender

    def _attempted(self, records: Sequence[Any]) -> list[SinkCaptureReceipt]:
        """Send records of one run; where MLflow refuses the request, each alone, so that one spoils only itself."""
        try:
            return self._send_records(records)
        except Exception as error:  # noqa: BLE001 - whatever MLflow's client raises
            if len(records) == 1 or getattr(error, "error_code", None) != INVALID:
                return [_failure(error)] * len(records)
        return [receipt for record in records for receipt in self._attempted([record])]

    def _send_records(self, records: Sequence[Any]) -> list[SinkCaptureReceipt]:
        """Send records of one run.

        Raises:
            Exception: They did not arrive.
        """
        made = [entries_of(record, with_events=self._options.events) for record in records]
        if not any(each.points or each.tags or each.has_failed for each in made):
            return [SinkCaptureReceipt.success()] * len(made)
        runs, sender = self._opened()
        run_ref = str(records[0].envelope.run_ref)
        run = runs.of(run_ref)
        stages = [*run.stages, *(each.stage for each in made if each.stage is not None)]
        stages = list(dict.fromkeys(stages))
        tags = {name: text for each in made for name, text in each.tags.items()}
        if stages != run.stages:
            tags["contexta.stages"] = ", ".join(stages)[:5_000]
        parameters = runs.new_parameters(run_ref)
        sender.send(run.mlflow_run_id, [point for each in made for point in each.points], parameters, tags)
        run.stages = stages
        run.parameters |= parameters
        run.has_failed = run.has_failed or any(each.has_failed for each in made)
        return [_success(each) for each in made]

    def _upload(self, payload: Any) -> SinkCaptureReceipt:
        manifest = payload["manifest"]
        if payload.get("binding_status") == "PENDING" or not hasattr(manifest, "run_ref"):
            return SinkCaptureReceipt.success()
        runs, _ = self._opened()
        run = runs.of(str(manifest.run_ref))
        place = upload(self._client, run.mlflow_run_id, payload)
        return SinkCaptureReceipt.success(metadata={"exported": place})

    def _attempted_upload(self, payload: Any) -> SinkCaptureReceipt:
        try:
            return self._upload(payload)
        except Exception as error:  # noqa: BLE001 - whatever MLflow's client raises
            return _failure(error)

    def flush(self, timeout: float) -> None:  # noqa: ARG002 - each request has MLflow's own deadline
        """End the MLflow runs whose run was closed."""
        self._end(raises=True)

    def close(self) -> None:
        """End the MLflow runs that were made here, but for those whose run goes on elsewhere."""
        self._end(raises=True, also_left=True)

    def before_fork(self) -> None:
        """Let the fork happen at once."""

    def after_fork_in_parent(self) -> None:
        """Go on."""

    def after_fork_in_child(self) -> None:
        """Take a lock that nobody holds; MLflow's client makes connections of its own for each process."""
        self._lock = threading.RLock()

    def _end(self, *, raises: bool, also_left: bool = False) -> None:
        """End MLflow runs, with the parameters that were not sent yet.

        Args:
            raises: Whether the first failure is raised at last; where not, it is tried again at the next occasion.
            also_left: Also those of runs that nothing more is known of.
        """
        failures: list[Exception] = []
        with self._lock:
            if self._runs is None and not WATCHED.refs(self._workspace, self._since):
                return
            runs, sender = self._opened()
            for run_ref in [*runs.ended(), *(runs.left() if also_left else ())]:
                try:
                    parameters = runs.new_parameters(run_ref)
                    sender.send(runs.of(run_ref).mlflow_run_id, (), parameters, {})
                    runs.of(run_ref).parameters |= parameters
                    runs.end(run_ref)
                except Exception as error:  # noqa: BLE001 - one that cannot be ended must not keep the others open
                    failures.append(error)
        if failures and raises:
            raise failures[0]


def _success(made: Entries) -> SinkCaptureReceipt:
    return SinkCaptureReceipt.success(metadata={"exported": made.name} if made.name else None)


def _failure(error: Exception) -> SinkCaptureReceipt:
    code = error.code if isinstance(error, ContextaError) else "unexpected_error"
    return SinkCaptureReceipt(
        DeliveryStatus.FAILURE, str(error), {"error_code": code, "error_type": type(error).__name__}
    )
