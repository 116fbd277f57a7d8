"""The facade: opens a workspace, holds the session, delegates to services."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from contexta.errors import LifecycleError, RunNotFoundError
from contexta.interpretation.asking import Asking
from contexta.runtime.capturing import Capturing
from contexta.store.curation.curating import Curating

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from types import TracebackType

    from contexta.capture.context import CaptureContext
    from contexta.capture.recorder import Recorder
    from contexta.capture.sink_reports import SinkReports
    from contexta.config.models import UnifiedConfig
    from contexta.interpretation.presenting import WorkspacePresenter
    from contexta.interpretation.repositories import CompositeStoreRepository
    from contexta.interpretation.services import Services
    from contexta.plugins import PluginHost
    from contexta.runtime.logs import LogCapture
    from contexta.runtime.scopes.base import BaseScope
    from contexta.runtime.scopes.batch import BatchScope
    from contexta.runtime.scopes.deployment import DeploymentScope
    from contexta.runtime.scopes.operation import OperationScope
    from contexta.runtime.scopes.run import RunScope
    from contexta.runtime.scopes.sample import SampleScope
    from contexta.runtime.scopes.stage import StageScope
    from contexta.runtime.session import RuntimeSession
    from contexta.spi.sinks import Sink
    from contexta.spi.views import RunRecord
    from contexta.store.artifacts import ArtifactStore
    from contexta.store.curation.curator import RunCurator
    from contexta.store.metadata import MetadataStore
    from contexta.store.records import RecordStore

__all__ = ["Contexta"]

Made = TypeVar("Made")

#: The workspace where nothing else is said.
DEFAULT_WORKSPACE = ".contexta"


class Contexta(Capturing, Asking, Curating):
    """The door to one workspace: captures runs, and answers questions about them.

    ::

        from contexta import Contexta

        with Contexta() as ctx, ctx.run("training", tags={"env": "dev"}) as run:
            with run.stage("train") as stage:
                stage.metric("loss", 0.42, step=1)

    Opening is cheap: stores, services and plugins are loaded when they are first used.  Any number of processes may
    work in one workspace at once.

    Args:
        workspace: Root directory of the workspace, relative to the working directory.
        profile: Built-in profile to start from: ``"local"`` or ``"test"``.
        config: A configuration, used as it is, or a mapping of settings that override everything else.
        sinks: Sinks to attach; those of the configuration when None.
        plugins: Plugin objects to register for this object alone; for tests and notebooks.

    Raises:
        ConfigurationError: A setting is wrong; the text names it and where it came from.
    """

    def __init__(
        self,
        *,
        workspace: str = DEFAULT_WORKSPACE,
        profile: str | None = None,
        config: UnifiedConfig | Mapping[str, object] | None = None,
        sinks: Sequence[Sink] | None = None,
        plugins: Iterable[object] = (),
    ) -> None:
        # Imported with the first workspace: importing the class costs little, whether or not it is used.
        from contexta.runtime.observer import SessionObserver
        from contexta.runtime.session import RuntimeSession
        from contexta.spi.presentation import present_by_default
        from contexta.store.workspace import WorkspaceStores

        self._config = _resolve(workspace, profile, config)
        self._host = _host(self._config, plugins)
        self._stores = WorkspaceStores(self._config, self._host)
        self._reports: SinkReports | None = None
        try:
            dispatcher = self._dispatcher(sinks)
        except BaseException:
            # The plugins that know the configuration already are told that nothing comes of it.
            self._host.close()
            raise
        self._session = RuntimeSession(
            self._config,
            dispatcher=dispatcher,
            stores=self._stores,
            observer=SessionObserver(self._host),
        )
        self._made: dict[str, Any] = {}
        self._restores = 0
        present_by_default(self)

    @classmethod
    def open(
        cls,
        *,
        workspace: str = DEFAULT_WORKSPACE,
        profile: str | None = None,
        config: UnifiedConfig | Mapping[str, object] | None = None,
        sinks: Sequence[Sink] | None = None,
        plugins: Iterable[object] = (),
    ) -> Self:
        """Open a workspace; the same as calling the class."""
        return cls(workspace=workspace, profile=profile, config=config, sinks=sinks, plugins=plugins)

    def _dispatcher(self, sinks: Sequence[Sink] | None) -> Any:
        from contexta.capture.dispatcher import CaptureDispatcher

        capture = self._config.capture
        if sinks is None and capture.sinks:
            from contexta.capture.configured_sinks import open_configured_sinks

            sinks = open_configured_sinks(self._config, self._host)  # type: ignore[assignment]  # attached already
        if sinks:
            from contexta.capture.sink_reports import SinkReports

            self._reports = SinkReports(capture, self._host, self._redacted)
        return CaptureDispatcher(
            sinks or (),
            retry_attempts=capture.retry_attempts,
            retry_backoff_seconds=capture.retry_backoff_seconds,
            delivered=None if self._reports is None else self._reports.delivered,
        )

    def _redacted(self, text: str) -> str:
        return self._session.redactor.text(text)

    @property
    def config(self) -> UnifiedConfig:
        """The resolved configuration."""
        return self._config

    @property
    def workspace(self) -> str:
        """Root directory of the workspace, absolute."""
        return str(self._config.workspace.root_path)

    @property
    def profile(self) -> str:
        """The resolved profile."""
        return self._config.profile_name

    @property
    def project_name(self) -> str:
        """The resolved project name."""
        return self._config.project_name

    @property
    def session(self) -> RuntimeSession:
        """The runtime session behind the scopes."""
        return self._session

    @property
    def plugin_host(self) -> PluginHost:
        """Where a surface finds components of its own kinds: the plugins that are installed or were handed over."""
        return self._host

    @property
    def sinks(self) -> tuple[Sink, ...]:
        """The attached sinks, in the order of delivery; the workspace's stores come before them."""
        return self._session.dispatcher.sinks

    @property
    def metadata_store(self) -> MetadataStore:
        """The metadata store of the workspace."""
        return self._once("metadata_store", self._make_metadata_store)

    def _make_metadata_store(self) -> MetadataStore:
        from contexta.store.metadata import MetadataStore

        return MetadataStore.over(self._stores.metadata, self._config)

    @property
    def record_store(self) -> RecordStore:
        """The record store of the workspace."""
        return self._once("record_store", self._make_record_store)

    def _make_record_store(self) -> RecordStore:
        from contexta.store.records import RecordStore

        return RecordStore.over(self._stores.records, self._config)

    @property
    def artifact_store(self) -> ArtifactStore:
        """The artifact store of the workspace."""
        return self._once("artifact_store", self._make_artifact_store)

    def _make_artifact_store(self) -> ArtifactStore:
        from contexta.store.artifacts import ArtifactStore

        return ArtifactStore.over(self._stores.artifacts, self._config)

    @property
    def repository(self) -> CompositeStoreRepository:
        """The composite read model over the three stores."""
        return self._once("repository", self._make_repository)

    def _make_repository(self) -> CompositeStoreRepository:
        from contexta.interpretation.repositories import CompositeStoreRepository

        return CompositeStoreRepository(
            metadata=self._stores.metadata,
            records=lambda: self._stores.records,
            artifacts=lambda: self._stores.artifacts,
        )

    @property
    def _curator(self) -> RunCurator:
        return self._once("curator", self._make_curator)

    def _make_curator(self) -> RunCurator:
        from contexta.store.curation.curator import RunCurator

        return RunCurator(self._stores.metadata, self._session.redactor)

    def _run_ref(self, run: Any) -> str:
        from contexta.interpretation.identifiers import require_run

        return require_run(self._stores.metadata, run)

    def _run_record(self, run_ref: str) -> RunRecord:
        record = self.repository.get_run(run_ref)
        if record is None:
            # Another process has deleted it since.
            raise RunNotFoundError(f"run {run_ref!r} was not found", details={"run_id": run_ref})
        return record

    @property
    def _services(self) -> Services:
        return self._once("services", self._make_services)

    def _make_services(self) -> Services:
        from contexta.interpretation.services import Services

        return Services(self.repository, self._config.interpretation, self._host)

    @property
    def presenter(self) -> WorkspacePresenter:
        """Renders reports and shows results, with the plugins and the configuration of this workspace."""
        return self._once("presenter", self._make_presenter)

    def _make_presenter(self) -> WorkspacePresenter:
        from contexta.interpretation.presenting import WorkspacePresenter

        return WorkspacePresenter(self._config, self._host)

    def _once(self, name: str, make: Callable[[], Made]) -> Made:
        restores = self._stores.restores_seen()
        if restores != self._restores:
            self._made, self._restores = {}, restores
        kept = self._made
        made: Made | None = kept.get(name)
        if made is None:
            # Two threads may both make one; they are equal, and the first that is stored stays.
            made = kept.setdefault(name, make())
        return made

    def run(
        self,
        name: str,
        *,
        run_id: str | None = None,
        tags: Mapping[str, str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        code_revision: str | None = None,
        config_snapshot: Mapping[str, Any] | None = None,
        dataset_ref: str | None = None,
    ) -> RunScope:
        """Open a run; use it as a context manager.

        What is captured inside belongs to it.  An exception that leaves the block marks the run failed, is kept as an
        event with its traceback, and goes on to the caller.

        Args:
            name: The name for people; several runs may share it.
            run_id: Explicit id.  One that exists is joined while that run is open, and resumed when it is closed.
                When None the run is new, and its id is made from the name.
            tags: Text pairs to filter by.
            metadata: JSON-safe data.
            code_revision: Revision of the code; taken from the repository around the program when None.
            config_snapshot: The configuration of the run; its leaves are also parameters.
            dataset_ref: Reference of the primary dataset.

        Returns:
            The run's scope.

        Raises:
            LifecycleError: Another run is active here.
            ValidationError: An argument breaks its rule.
            StoreAccessError: The workspace cannot be written.
        """
        return self._session.start_run(
            name,
            run_id=run_id,
            tags=tags,
            metadata=metadata,
            code_revision=code_revision,
            config_snapshot=config_snapshot,
            dataset_ref=dataset_ref,
        )

    def deployment(
        self,
        name: str,
        *,
        deployment_ref: str | None = None,
        run_ref: str | None = None,
        artifact_ref: str | None = None,
        environment_snapshot_ref: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> DeploymentScope:
        """Open a deployment; use it as a context manager.

        Args:
            name: The name; its slug is the last component of the reference.
            deployment_ref: The reference, where the caller wants to be sure of it; it must be the derived one.
            run_ref: The run whose result is deployed.
            artifact_ref: The artifact that is deployed.
            environment_snapshot_ref: The environment that it is deployed into.
            metadata: JSON-safe data.

        Raises:
            LifecycleError: A run or deployment is active here.
        """
        return self._session.start_deployment(
            name,
            deployment_ref=deployment_ref,
            run_ref=run_ref,
            artifact_ref=artifact_ref,
            environment_snapshot_ref=environment_snapshot_ref,
            metadata=metadata,
        )

    def params(self, parameters: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Set parameters of the active run; a nested mapping is flattened to dotted keys.

        Args:
            parameters: Names to JSON-safe values.
            **named: The same, as keywords.

        Raises:
            LifecycleError: No run is active here.
        """
        self._session.current_run().params(parameters, **named)

    def capture_logs(
        self,
        *,
        logger: str = "",
        level: int | str = "INFO",
        warnings: bool = True,
        uncaught_exceptions: bool = True,
    ) -> LogCapture:
        """Capture log messages, warnings and uncaught exceptions as events, until the returned object is closed.

        Args:
            logger: Name of the logger whose messages are captured, with all below it; ``""`` for all.
            level: The least level that is captured; the loggers' own levels still hold.
            warnings: Whether warnings are captured.
            uncaught_exceptions: Whether exceptions that end the program or a thread are captured.
        """
        from contexta.runtime.logs import LogCapture

        return LogCapture(
            self, logger=logger, level=level, warnings=warnings, uncaught_exceptions=uncaught_exceptions
        )

    def current_run(self) -> RunScope | None:
        """Return the active run, that of the parent process included, or None."""
        return self._session.find_run()

    def current_stage(self) -> StageScope | None:
        """Return the active stage, or None."""
        from contexta.runtime.scopes.stage import StageScope

        return self._session.active.find(StageScope)

    def current_batch(self) -> BatchScope | None:
        """Return the active batch, or None."""
        from contexta.runtime.scopes.batch import BatchScope

        return self._session.active.find(BatchScope)

    def current_operation(self) -> OperationScope | None:
        """Return the active operation, or None."""
        from contexta.runtime.scopes.operation import OperationScope

        return self._session.active.find(OperationScope)

    def current_sample(self) -> SampleScope | None:
        """Return the active sample, or None."""
        from contexta.runtime.scopes.sample import SampleScope

        return self._session.active.find(SampleScope)

    def current_deployment(self) -> DeploymentScope | None:
        """Return the active deployment, or None."""
        from contexta.runtime.scopes.deployment import DeploymentScope

        return self._session.active.find(DeploymentScope)

    def capture_target(self) -> tuple[Recorder, CaptureContext]:
        """Return the recorder and what captures in the active scope carry.

        Raises:
            LifecycleError: No run is active here.
        """
        scope: BaseScope = self._session.innermost()
        return scope.capture_target()

    def close(self) -> None:
        """Close what is open here: scopes as completed, then sinks and stores.

        Nothing that was acknowledged depends on it.  Closing twice is harmless.
        """
        self._close("completed")

    def _close(self, status: str) -> None:
        try:
            failures = self._session.close(status=status)
            if self._reports is not None:
                self._reports.closed(failures)
        finally:
            self._host.close()
        for name, error in failures:
            warnings.warn(f"sink {name!r} failed at closing: {error}", RuntimeWarning, stacklevel=3)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        from contexta.runtime.failure import closing_status

        self._close(closing_status(error))

    def __reduce__(self) -> NoReturn:
        raise LifecycleError(
            "a workspace that is open cannot be sent to another process; call Contexta(...) there: "
            "a child process finds the open run by itself",
            code="runtime_not_picklable",
        )

    def __repr__(self) -> str:
        return f"Contexta(workspace={self.workspace!r}, project_name={self.project_name!r})"


def _resolve(
    workspace: str, profile: str | None, config: UnifiedConfig | Mapping[str, object] | None
) -> UnifiedConfig:
    """Resolve the configuration: the default workspace is no choice, so any other source of one counts."""
    from contexta.config.models import UnifiedConfig

    if isinstance(config, UnifiedConfig):
        return config
    from contexta.config.file_search import find_config_file
    from contexta.config.resolution import resolve

    chosen = None if workspace == DEFAULT_WORKSPACE else workspace
    return resolve(
        profile=profile,  # type: ignore[arg-type]  # checked there, with a better message
        config=config,
        config_file=find_config_file(),
        # Beside a mapping the argument only fills in what the mapping leaves open.
        workspace=chosen if config is None else None,
        fallback_workspace=chosen,
    ).config


def _host(config: UnifiedConfig, plugins: Iterable[object]) -> PluginHost:
    """Return the plugin host of this object; it reads nothing before it is asked."""
    from contexta.plugins import configured_host

    return configured_host(config, plugins=plugins)
