"""The session: what holds the active scope, the capture path and the stores of one workspace together."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from contexta.contract.refs import StableRef
from contexta.contract.text import slug
from contexta.errors import LifecycleError
from contexta.log.fork_lock import ForkLock
from contexta.runtime.active import ActiveScope
from contexta.runtime.failure import closing_status
from contexta.runtime.identity import identify_run
from contexta.runtime.inheritance import inherited_run
from contexta.runtime.logs.targets import remember_session
from contexta.runtime.participation import Participations
from contexta.runtime.redaction_salt import redaction_salt
from contexta.runtime.run_details import RunDetails, text_of
from contexta.runtime.scopes.base import BaseScope
from contexta.runtime.scopes.run import RunScope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from contexta.capture.dispatcher import CaptureDispatcher
    from contexta.capture.recorder import Recorder
    from contexta.config.models import UnifiedConfig
    from contexta.redaction import Redactor
    from contexta.runtime.inheritance import Announcement
    from contexta.runtime.observer import SessionObserver
    from contexta.runtime.scopes.batch import BatchScope
    from contexta.runtime.scopes.deployment import DeploymentScope
    from contexta.runtime.scopes.operation import OperationScope
    from contexta.runtime.scopes.sample import SampleScope
    from contexta.runtime.scopes.stage import StageScope
    from contexta.spi.metadata import MetadataBackend
    from contexta.store.workspace import WorkspaceStores

__all__ = ["RuntimeSession"]

Scope = TypeVar("Scope", bound=BaseScope)


class RuntimeSession:
    """One session of one workspace.

    Args:
        config: The resolved configuration.
        dispatcher: The attached sinks; none when None.
        stores: The stores of the workspace; opened from the configuration when None.
        observer: Told when the session and its runs begin and end.
    """

    def __init__(
        self,
        config: UnifiedConfig,
        *,
        dispatcher: CaptureDispatcher | None = None,
        stores: WorkspaceStores | None = None,
        observer: SessionObserver | None = None,
    ) -> None:
        from contexta.capture.dispatcher import CaptureDispatcher
        from contexta.redaction import Redactor
        from contexta.store.workspace import WorkspaceStores

        self.config = config
        self.dispatcher = CaptureDispatcher() if dispatcher is None else dispatcher
        self.stores = WorkspaceStores(config) if stores is None else stores
        self.observer = observer
        self.project_name = config.project_name
        self.project_ref = str(StableRef.project(slug(config.project_name)))
        self._project = self.project_ref.partition(":")[2]
        self.workspace = Path(config.workspace.root_path)
        self.active = ActiveScope()
        security = config.security
        self.redactor: Redactor = Redactor(
            mode=security.redaction_mode,
            key_patterns=security.secret_key_patterns,
            salt=lambda: redaction_salt(self.workspace),
        )
        self._lock = ForkLock(level=4)
        self._recorder: Recorder | None = None
        self._participations: Participations | None = None
        self._inherited: RunScope | None = None
        self._open_scopes: list[BaseScope] = []
        self._is_closed = False
        remember_session(self)

    @property
    def open_scopes(self) -> tuple[BaseScope, ...]:
        """The runs and deployments that were opened here and are still open, the oldest first."""
        return tuple(each for each in self._open_scopes if not each.is_closed)

    @property
    def metadata(self) -> MetadataBackend:
        """The metadata store, opened at the first use."""
        return self.stores.metadata

    @property
    def participations(self) -> Participations:
        """The participations of this process."""
        if self._participations is None:
            self._participations = Participations(self.metadata)
        return self._participations

    @cached_property
    def redacted_config(self) -> Mapping[str, Any]:
        """The configuration as each run records it."""
        from contexta.config import config_to_mapping

        plain = config_to_mapping(self.config)
        # The words that tell of secrets are none, though their setting's name says so.
        words = plain["security"].pop("secret_key_patterns")
        redacted = self.redactor.mapping(plain)
        redacted["security"]["secret_key_patterns"] = words
        return redacted

    @property
    def recorder(self) -> Recorder:
        """The capture path, made at the first use."""
        if self._recorder is None:
            with self._lock:
                if self._recorder is None:
                    self._recorder = self._make_recorder()
        return self._recorder

    def _make_recorder(self) -> Recorder:
        from contexta.capture.recorder import Recorder

        return Recorder(
            self.config.capture,
            records=lambda: self.stores.records,
            artifacts=lambda: self.stores.artifacts,
            dispatcher=self.dispatcher,
            redactor=self.redactor,
            ingest_mode=self.config.artifacts.default_ingest_mode,
            outbox=self._open_outbox,
        )

    def _open_outbox(self) -> Any:
        from contexta.capture.outbox import Outbox

        root = self.config.recovery.outbox_root or self.workspace / "recovery" / "outbox"
        return Outbox(Path(root), self.config.records.durability_mode)

    def start_run(
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
        """Open a run; see :meth:`contexta.Contexta.run`.

        Raises:
            LifecycleError: A run or deployment is active here, or the session is closed.
        """
        self._require_open()
        self._require_idle("run")
        self._tell_opening()
        details = RunDetails.of(
            tags=tags,
            metadata=metadata,
            code_revision=code_revision,
            config_snapshot=config_snapshot,
            dataset_ref=dataset_ref,
        )
        # Redacted first: the name is also in the reference, and in the names of files.
        given = self.redactor.text(text_of(name, "the name of a run"))
        self.stores.require_plugins()
        identity = identify_run(self.metadata, self._project, given, run_id, self._announced())
        scope = RunScope(self, given, identity, details)
        scope.open()
        # The workspace may be there only since the claim.
        self.stores.enter()
        self._remember(scope)
        if self.observer is not None:
            self.observer.run_started(scope)
        return scope

    def start_deployment(
        self,
        name: str,
        *,
        deployment_ref: str | None = None,
        run_ref: str | None = None,
        artifact_ref: str | None = None,
        environment_snapshot_ref: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> DeploymentScope:
        """Open a deployment; see :meth:`contexta.Contexta.deployment`.

        Raises:
            LifecycleError: A run or deployment is active here, or the session is closed.
        """
        from contexta.runtime.scopes.deployment import DeploymentScope

        self._require_open()
        self._require_idle("deployment")
        self._tell_opening()
        scope = DeploymentScope(
            self,
            name,
            run_ref=run_ref,
            artifact_ref=artifact_ref,
            environment_snapshot_ref=environment_snapshot_ref,
            metadata=metadata,
        )
        scope.require_ref(deployment_ref)
        scope.open()
        self.stores.enter()
        self._remember(scope)
        return scope

    def _tell_opening(self) -> None:
        if self.observer is not None:
            self.observer.opening(self)

    def _require_idle(self, kind: str) -> None:
        active = self.active.get()
        while active is not None and active.parent is not None:
            active = active.parent
        if active is None or (isinstance(active, RunScope) and active.is_inherited):
            return
        raise LifecycleError(
            f"Nested {kind}: {active.scope_kind} {active.name!r} is still open here; close it first, "
            "or open the other one in a thread, or in a task that was started outside of it",
            code=f"runtime_nested_{kind}",
            details={"active_ref": active.ref},
        )

    def _remember(self, scope: BaseScope) -> None:
        self._open_scopes = [each for each in self._open_scopes if not each.is_closed]
        self._open_scopes.append(scope)

    def innermost(self) -> BaseScope:
        """Return the scope that ambient capture goes to: the active one, else the run of the parent process.

        Raises:
            LifecycleError: There is neither.
        """
        scope = self.active.get() or self._inherited_scope()
        if scope is None:
            raise LifecycleError(
                "no run is open here; open one with ctx.run(...).  In a thread or executor, pass run.bind(function) "
                "or use the run's own methods",
                code="runtime_capture_requires_run",
            )
        return scope

    def _inherited_scope(self) -> RunScope | None:
        if self._is_closed:
            return None
        with self._lock:
            if self._inherited is None:
                announced = self._announced()
                if announced is None:
                    return None
                identity = identify_run(
                    self.metadata, self._project, announced.name, announced.run, announced
                )
                self._inherited = RunScope(self, announced.name, identity, RunDetails.of())
            # One that was closed here is not opened again behind the caller's back.
            return None if self._inherited.is_closed else self._inherited

    def _announced(self) -> Announcement | None:
        """Return the run that a parent process has announced to this session, or None."""
        return inherited_run(self.workspace, self._project)

    def find_run(self) -> RunScope | None:
        """Return the active run, that of the parent process included, or None."""
        return self.active.find(RunScope) or self._inherited_scope()

    def current_run(self) -> RunScope:
        """Return the active run.

        Raises:
            LifecycleError: No run is active here.
        """
        return self._required(self.find_run(), "run")

    def current_stage(self) -> StageScope:
        """Return the active stage.

        Raises:
            LifecycleError: No stage is active here.
        """
        from contexta.runtime.scopes.stage import StageScope

        return self._required(self.active.find(StageScope), "stage")

    def current_batch(self) -> BatchScope:
        """Return the active batch.

        Raises:
            LifecycleError: No batch is active here.
        """
        from contexta.runtime.scopes.batch import BatchScope

        return self._required(self.active.find(BatchScope), "batch")

    def current_operation(self) -> OperationScope:
        """Return the active operation.

        Raises:
            LifecycleError: No operation is active here.
        """
        from contexta.runtime.scopes.operation import OperationScope

        return self._required(self.active.find(OperationScope), "operation")

    def current_sample(self) -> SampleScope:
        """Return the active sample.

        Raises:
            LifecycleError: No sample is active here.
        """
        from contexta.runtime.scopes.sample import SampleScope

        return self._required(self.active.find(SampleScope), "sample")

    def current_deployment(self) -> DeploymentScope:
        """Return the active deployment.

        Raises:
            LifecycleError: No deployment is active here.
        """
        from contexta.runtime.scopes.deployment import DeploymentScope

        return self._required(self.active.find(DeploymentScope), "deployment")

    @staticmethod
    def _required(scope: Scope | None, kind: str) -> Scope:
        if scope is None:
            raise LifecycleError(f"no {kind} is open here", code=f"runtime_{kind}_required")
        return scope

    def _require_open(self) -> None:
        if self._is_closed:
            raise LifecycleError(
                "the session is closed; open the workspace again with Contexta(...)",
                code="runtime_session_closed",
            )

    def close(self, *, status: str = "completed") -> Sequence[tuple[str, Exception]]:
        """Close what is open in this process, then the sinks and stores.

        Args:
            status: Status of the scopes that are still open.

        Returns:
            What sinks raised at closing, by name.
        """
        if self._is_closed:
            return []
        failures: list[tuple[str, Exception]] = []
        with ExitStack() as steps:
            # Each of these is done, whatever the others raise; the last entered goes first.
            if self.observer is not None:
                steps.callback(self.observer.session_closed, self, failures)
            steps.callback(self.stores.close)
            steps.callback(lambda: failures.extend((self._recorder or self.dispatcher).close()))
            for scope in self._open_scopes:
                if not scope.is_closed:
                    steps.callback(scope.close, status=status)
            self._is_closed = True
        return failures

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(status=closing_status(error))
