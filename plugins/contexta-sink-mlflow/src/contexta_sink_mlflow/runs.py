"""MLflow runs: found, made, and ended."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from contexta.contract.refs import StableRef
from contexta_sink_mlflow.entries import mlflow_name
from contexta_sink_mlflow.run_files import RunFiles
from contexta_sink_mlflow.watched_runs import WATCHED

if TYPE_CHECKING:
    from pathlib import Path

    from contexta_sink_mlflow.options import MLflowOptions

__all__ = ["MLflowRun", "MLflowRuns"]

_MILLISECOND = 1_000_000

#: Longest value of a parameter that MLflow's stores take, in characters.
_LONGEST_PARAMETER = 6_000

_STATUSES = {"completed": "FINISHED", "failed": "FAILED", "cancelled": "KILLED"}


class MLflowRun:
    """The MLflow run of one run.

    Args:
        mlflow_run_id: Its identifier.
        made_here: Whether this process made it.
    """

    def __init__(self, mlflow_run_id: str, *, made_here: bool) -> None:
        self.mlflow_run_id = mlflow_run_id
        #: The process that made it; a forked child must not end what is its parent's.
        self.made_in = os.getpid() if made_here else None
        self.stages: list[str] = []
        self.parameters: dict[str, str] = {}
        self.has_failed = False
        self.has_ended = False


class MLflowRuns:
    """Finds the MLflow run of each run, and ends those whose run has ended.

    Args:
        client: MLflow's client.
        options: Experiment, or the one MLflow run that takes everything.
        workspace: Root of the workspace; None for a sink that a program attached.
        directory: Where the sink may keep which run is which; None for nowhere.
        since: How many runs this process had started when the sink was opened: earlier ones are not its own.
    """

    def __init__(
        self,
        client: Any,
        options: MLflowOptions,
        workspace: Path | None,
        directory: Path | None,
        since: int,
    ) -> None:
        self._since = since
        self._client = client
        self._options = options
        self._workspace = workspace
        self._directory = directory
        self._runs: dict[str, MLflowRun] = {}

    def of(self, run_ref: str) -> MLflowRun:
        """Return the MLflow run of a run; it is made where there is none.

        Raises:
            Exception: Whatever MLflow's client raises.
        """
        known = self._runs.get(run_ref)
        if known is None:
            known = self._runs[run_ref] = self._opened(run_ref)
        return known

    def _opened(self, run_ref: str) -> MLflowRun:
        if self._options.run_id is not None:
            return self._known(self._options.run_id)
        project, component = StableRef.parse(run_ref).components
        experiment = self._options.experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or project
        files = RunFiles(self._directory, f"{self._client.tracking_uri}\n{experiment}")
        found = files.find(run_ref)
        if found is not None:
            return self._known(found)
        watched = WATCHED.find(self._workspace, run_ref)
        tags = {} if watched is None else {mlflow_name(name): text for name, text in watched.tags.items()}
        tags |= {"contexta.run_ref": run_ref, "contexta.project": project}
        if self._workspace is not None:
            tags["contexta.workspace"] = str(self._workspace)
        made = self._client.create_run(
            self._experiment_id(experiment),
            start_time=None if watched is None else watched.started // _MILLISECOND,
            tags=tags,
            run_name=component if watched is None else watched.name,
        )
        claimed = files.claim(run_ref, made.info.run_id)
        if claimed != made.info.run_id:
            # Another process was quicker; nobody needs the empty one.
            self._client.delete_run(made.info.run_id)
            return self._known(claimed)
        return MLflowRun(claimed, made_here=True)

    def _known(self, mlflow_run_id: str) -> MLflowRun:
        """Return an MLflow run that was there, with the parameters that it has: MLflow takes each once."""
        run = MLflowRun(mlflow_run_id, made_here=False)
        run.parameters = dict(self._client.get_run(mlflow_run_id).data.params)
        return run

    def _experiment_id(self, name: str) -> str:
        from mlflow.exceptions import MlflowException

        known = self._client.get_experiment_by_name(name)
        if known is None:
            try:
                return str(self._client.create_experiment(name))
            except MlflowException:
                # Another process was quicker, or it cannot be made.
                known = self._client.get_experiment_by_name(name)
                if known is None:
                    raise
        return str(known.experiment_id)

    def new_parameters(self, run_ref: str) -> dict[str, str]:
        """Return the parameters of a run that were not sent yet; MLflow takes each once.

        Args:
            run_ref: Reference of the run, whose MLflow run is there.
        """
        watched = WATCHED.find(self._workspace, run_ref)
        if watched is None:
            return {}
        sent = self.of(run_ref).parameters
        known = {
            mlflow_name(name): str(value)[:_LONGEST_PARAMETER] for name, value in watched.parameters.items()
        }
        return {name: value for name, value in known.items() if name not in sent}

    def ended(self) -> list[str]:
        """Return the runs that were closed in this process, and whose MLflow run has to be ended."""
        if self._options.run_id is not None:
            return []
        return [
            run_ref
            for run_ref in WATCHED.refs(self._workspace, self._since)
            if (run_ref not in self._runs or not self._runs[run_ref].has_ended)
            and (watched := WATCHED.find(self._workspace, run_ref)) is not None
            and watched.end is not None
        ]

    def left(self) -> list[str]:
        """Return the runs that this process knows nothing more of, and whose MLflow run it has made."""
        return [
            run_ref
            for run_ref, run in self._runs.items()
            if run.made_in == os.getpid()
            and not run.has_ended
            and WATCHED.find(self._workspace, run_ref) is None
        ]

    def end(self, run_ref: str) -> None:
        """End the MLflow run of a run.

        Raises:
            Exception: Whatever MLflow's client raises.
        """
        run, watched = self.of(run_ref), WATCHED.find(self._workspace, run_ref)
        if watched is None or watched.end is None:
            self._client.set_terminated(run.mlflow_run_id, "FAILED" if run.has_failed else "FINISHED")
        else:
            status, moment = watched.end
            self._client.set_terminated(run.mlflow_run_id, _STATUSES[status], moment // _MILLISECOND)
        run.has_ended = True
