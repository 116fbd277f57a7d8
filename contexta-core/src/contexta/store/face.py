"""What the three public stores share: a backend behind them, resolved by name or handed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar

from contexta.store.workspace import WorkspaceStores

if TYPE_CHECKING:
    from contexta.config.models import UnifiedConfig

__all__ = ["StoreFace"]

Backend = TypeVar("Backend")


class StoreFace(Generic[Backend]):
    """A public store over a backend.

    Args:
        config: The plane's section of a configuration, or a whole configuration; the defaults when None.
    """

    #: The section of the configuration, and the attribute of the workspace's stores.
    plane: ClassVar[str]

    _stores: WorkspaceStores | None = None
    _config: UnifiedConfig
    _backend: Backend

    def __init__(self, config: Any = None) -> None:
        self._config = self._unified(config)
        self._stores = WorkspaceStores(self._config)
        self._backend = getattr(self._stores, self.plane)

    @classmethod
    def over(cls, backend: Backend, config: UnifiedConfig | None = None) -> Self:
        """Return the public store over a backend that is open already; closing it does not close the backend.

        Args:
            backend: The backend.
            config: The configuration that it was opened with; the defaults when None.
        """
        self = cls.__new__(cls)
        self._config = cls._unified(config)
        self._backend = backend
        return self

    @property
    def backend(self) -> Backend:
        """The backend that does the work."""
        return self._backend

    @classmethod
    def _unified(cls, config: Any) -> UnifiedConfig:
        from dataclasses import replace

        from contexta.config import UnifiedConfig

        if config is None:
            return UnifiedConfig()
        if isinstance(config, UnifiedConfig):
            return config
        return replace(UnifiedConfig(), **{cls.plane: config})

    def close(self) -> None:
        """Let go of what this object opened; nothing acknowledged is lost.  Closing twice is harmless."""
        if self._stores is not None:
            self._stores.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
