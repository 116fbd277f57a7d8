"""The three stores of one workspace, each opened when it is first used."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from contexta.errors import ContextaError, LifecycleError, StoreAccessError
from contexta.log.fork_lock import ForkLock
from contexta.spi.context import OpenContext
from contexta.store.entry import enter_workspace
from contexta.store.opening import database_root, open_backend, plane_root

if TYPE_CHECKING:
    from contexta.config.models import UnifiedConfig
    from contexta.plugins import PluginHost
    from contexta.spi.artifacts import ArtifactBackend
    from contexta.spi.metadata import MetadataBackend
    from contexta.spi.records import RecordBackend
    from contexta.store.plane_watch import PlaneWatch
    from contexta.store.workspace_lock import WorkspaceLock

__all__ = ["WorkspaceStores"]

#: The field of a plane's section that says whether a missing store may be made.
_CREATING = {"metadata": "auto_create", "artifacts": "create_missing_dirs"}


class WorkspaceStores:
    """The stores that a configuration names.

    Args:
        config: The resolved configuration.
        host: Where plugins are resolved; the default host when None.
    """

    def __init__(self, config: UnifiedConfig, host: PluginHost | None = None) -> None:
        self._config = config
        self._host = host
        self._lock = ForkLock(level=3)
        self._opened: dict[str, Any] = {}
        self._has_plugins = False
        self._is_closed = False
        self._entered: WorkspaceLock | None = None
        self._watch: PlaneWatch | None = None
        self._restores = 0

    @property
    def metadata(self) -> MetadataBackend:
        """The metadata store."""
        backend: MetadataBackend = self._opened.get("metadata") or self._open_metadata()
        self._refuse_replaced()
        return backend

    @property
    def records(self) -> RecordBackend:
        """The record store."""
        backend: RecordBackend = self._opened.get("records") or self._open_records()
        self._refuse_replaced()
        return backend

    @property
    def artifacts(self) -> ArtifactBackend:
        """The artifact store."""
        backend: ArtifactBackend = self._opened.get("artifacts") or self._open_artifacts()
        self._refuse_replaced()
        return backend

    # The SPI of a plane is imported when the plane is opened: whoever only captures metrics never loads artifacts'.

    def _open_metadata(self) -> MetadataBackend:
        from contexta.spi.metadata import MetadataBackend

        fallback = plane_root(self._config.workspace.metadata_path, self._root / "metadata")
        root = database_root(self._config.metadata.database_path, fallback)
        backend: MetadataBackend = self._open("metadata", MetadataBackend, root)
        return backend

    def _open_records(self) -> RecordBackend:
        from contexta.spi.records import RecordBackend

        root = plane_root(self._config.records.root_path, self._root / "records")
        backend: RecordBackend = self._open("records", RecordBackend, root)
        return backend

    def _open_artifacts(self) -> ArtifactBackend:
        from contexta.spi.artifacts import ArtifactBackend

        root = plane_root(self._config.artifacts.root_path, self._root / "artifacts")
        backend: ArtifactBackend = self._open("artifacts", ArtifactBackend, root)
        return backend

    @property
    def _root(self) -> Path:
        return Path(self._config.workspace.root_path)

    def _open(self, plane: str, expected: type, root: Path) -> Any:
        with self._lock:
            known = self._opened.get(plane)
            if known is not None:
                return known
            if self._is_closed:
                raise LifecycleError(
                    "the workspace is closed; open it again with Contexta(...)", code="workspace_closed"
                )
            section = getattr(self._config, plane)
            self._enter(read_only=section.read_only)
            backend = open_backend(
                _kind_of(plane),
                section.storage_adapter,
                setting=f"{plane}.storage_adapter",
                context=OpenContext(
                    root=root,
                    workspace=self._root,
                    read_only=section.read_only,
                    durability=self._config.records.durability_mode,
                    max_segment_bytes=self._config.records.max_segment_bytes,
                    settings=asdict(section),
                    deterministic=self._config.contract.deterministic_serialization,
                ),
                options=section.options,
                expected=expected,
                host=self._host,
                may_create=self._may_create(plane),
            )
            self._opened[plane] = backend
            if self._entered is None and section.read_only:
                self._watched().add(root)
            return backend

    def _watched(self) -> PlaneWatch:
        if self._watch is None:
            from contexta.store.plane_watch import PlaneWatch

            self._watch = PlaneWatch()
        return self._watch

    def restores_seen(self) -> int:
        """Close the stores of a reader whose workspace was restored; the next use opens what is there now.

        Returns:
            How often that was.  What was made from the stores when it was less is to be made anew.
        """
        watch = self._watch
        if watch is not None and watch.is_replaced():
            with self._lock:
                # Another thread may have done it.
                if self._watch is watch:
                    opened, self._opened = self._opened, {}
                    self._watch = None
                    self._restores += 1
                    with ExitStack() as closing:
                        closing.callback(watch.close)
                        for backend in opened.values():
                            closing.callback(backend.close)
        return self._restores

    def _refuse_replaced(self) -> None:
        """Refuse to go on with what a restore has replaced: half of an answer may be given already."""
        # After a plane was opened: it may be that of the restored workspace, and the others those of before.
        watch = self._watch
        if watch is not None and watch.is_replaced():
            self.restores_seen()
            raise StoreAccessError(
                f"the workspace {str(self._root)!r} was restored meanwhile; ask again",
                code="workspace_was_restored",
                retryable=True,
            )

    def enter(self) -> None:
        """Hold the workspace, so that nobody replaces it while it may be written; harmless when it is held.

        A workspace that is not there yet cannot be held: whoever writes to it first calls this once it is.

        Raises:
            StoreAccessError: It is being restored.
            RestoreError: A restore was cut off, and cannot be completed.
        """
        with self._lock:
            self._enter(read_only=False)

    def _enter(self, *, read_only: bool) -> None:
        if self._entered is None:
            self._entered = enter_workspace(self._root, read_only=read_only)

    def synced(self) -> WorkspaceStores:
        """Return stores of the same workspace whose writes are on stable storage when they return; to be closed."""
        records = replace(self._config.records, durability_mode="fsync")
        return WorkspaceStores(replace(self._config, records=records), self._host)

    def is_read_only(self, plane: str) -> bool:
        """Return whether a plane, such as ``"records"``, is configured to be read only."""
        return bool(getattr(self._config, plane).read_only)

    def require_plugins(self) -> None:
        """Resolve the plugins of all planes: a training must not end where its model is to be saved.

        Raises:
            PluginError: One is missing, or cannot be used.
        """
        if self._has_plugins:
            return
        from contexta.plugins import default_host

        host = self._host or default_host()
        for plane in ("metadata", "records", "artifacts"):
            word = getattr(self._config, plane).storage_adapter
            host.resolve(_kind_of(plane), word, required_by=f"{plane}.storage_adapter")
        self._has_plugins = True

    def _may_create(self, plane: str) -> dict[str, bool]:
        switches = {"workspace.create_missing_dirs": self._config.workspace.create_missing_dirs}
        own = _CREATING.get(plane)
        if own is not None:
            switches[f"{plane}.{own}"] = getattr(getattr(self._config, plane), own)
        return switches

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every store that was opened; where the configuration says so, compact the records and collect garbage before."""
        with self._lock:
            opened, self._opened = self._opened, {}
            entered, self._entered = self._entered, None
            watch, self._watch = self._watch, None
            self._is_closed = True
        with ExitStack() as closing:
            if entered is not None:
                closing.callback(entered.release)
            if watch is not None:
                closing.callback(watch.close)
            # Each is closed, whatever the others raise.
            for backend in opened.values():
                closing.callback(backend.close)
            if "artifacts" in opened and self._config.retention.artifact_retention_mode == "enforced":
                closing.callback(self._collect, opened["artifacts"])
            if "records" in opened and self._config.retention.records_compaction_enabled:
                self._compact(opened["records"])

    def _compact(self, records: RecordBackend) -> None:
        """Compact the records as configured; whatever goes wrong with that spoils no closing."""
        from contexta.spi.records import SupportsCompaction

        if not isinstance(records, SupportsCompaction) or self.is_read_only("records"):
            return
        try:
            records.compact()
        except ContextaError as error:
            import logging

            logging.getLogger(__name__).warning("The records of %s were not compacted: %s", self._root, error)

    def _collect(self, artifacts: ArtifactBackend) -> None:
        """Collect the garbage of the artifacts as configured; whatever goes wrong with that spoils no closing."""
        from contexta.spi.artifacts import SupportsGarbageCollection

        if not isinstance(artifacts, SupportsGarbageCollection) or self.is_read_only("artifacts"):
            return
        try:
            artifacts.collect_garbage()
        except ContextaError as error:
            import logging

            logging.getLogger(__name__).warning(
                "The artifacts of %s were not collected: %s", self._root, error
            )


def _kind_of(plane: str) -> str:
    """Return the kind of plugin that serves a plane."""
    return f"{plane.removesuffix('s')}_store"
