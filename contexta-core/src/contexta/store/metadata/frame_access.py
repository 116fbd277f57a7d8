"""The frame adapters as properties of the metadata store."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from contexta.config.models import UnifiedConfig
    from contexta.spi.metadata import MetadataBackend
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.sql import SqlInterpreter
    from contexta.store.metadata.frames import DuckDBAdapter, PandasAdapter, PolarsAdapter

__all__ = ["FrameAccess"]


class FrameAccess:
    """Gives the metadata store the adapters ``duckdb``, ``pandas`` and ``polars``."""

    _config: UnifiedConfig

    @property
    @abstractmethod
    def _entities(self) -> MetadataBackend:
        """The backend."""

    @property
    def duckdb(self) -> DuckDBAdapter:
        """The store's tables, asked in SQL."""
        from contexta.store.metadata.entity_tables import entity_tables
        from contexta.store.metadata.frames import DuckDBAdapter

        return DuckDBAdapter(lambda: entity_tables(self._entities), self._sql_service, self._schema_version)

    @property
    def pandas(self) -> PandasAdapter:
        """The store's tables as frames of pandas."""
        from contexta.store.metadata.frames import PandasAdapter

        return PandasAdapter(self.duckdb)

    @property
    def polars(self) -> PolarsAdapter:
        """The store's tables as frames of polars."""
        from contexta.store.metadata.frames import PolarsAdapter

        return PolarsAdapter(self.duckdb)

    def _schema_version(self) -> str:
        from contexta.store.metadata.migration import CURRENT_METADATA_STORE_SCHEMA_VERSION

        return CURRENT_METADATA_STORE_SCHEMA_VERSION

    def _sql_service(self) -> SqlInterpreter:
        from contexta.plugins import default_host
        from contexta.spi.context import InterpretationContext

        policies = self._config.interpretation
        word = str(policies.services.get("sql", "sql"))
        # A store alone has no read model; the service gets its tables with each query.
        repository = cast("CompositeRepository", None)
        context = InterpretationContext(repository, policies, _no_service)
        service: SqlInterpreter = default_host().open(
            "interpreter", word, context, required_by="interpretation.services.sql"
        )
        return service


def _no_service(word: str) -> Any:
    from contexta.errors import MissingPluginError

    raise MissingPluginError(
        f"a metadata store alone has no service {word!r}; open the workspace with Contexta(...)"
    )
