"""The services behind the questions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contexta.interpretation.repositories import CompositeStoreRepository
    from contexta.interpretation.services import Services
    from contexta.spi.interpreters import (
        AlertInterpreter,
        AnomalyInterpreter,
        CompareInterpreter,
        DiagnosticsInterpreter,
        LineageInterpreter,
        ProvenanceInterpreter,
        QueryInterpreter,
        ReportsInterpreter,
        TrendInterpreter,
    )
    from contexta.spi.presentation import Presenter

__all__ = ["ServiceAccess"]


class ServiceAccess(ABC):
    """Gives out the services by their names on the facade.

    Each is built when it is first asked for, from the plugin that ``interpretation.services`` names for it, by
    default the stock one.  Asking for one that no installed plugin provides raises ``MissingPluginError``.
    """

    @property
    @abstractmethod
    def repository(self) -> CompositeStoreRepository:
        """The composite read model over the three stores."""

    @property
    @abstractmethod
    def _services(self) -> Services:
        """The services of the workspace, by their words."""

    @property
    @abstractmethod
    def presenter(self) -> Presenter:
        """Renders reports and shows results."""

    @property
    def query_service(self) -> QueryInterpreter:
        """Lists runs and assembles snapshots."""
        service: QueryInterpreter = self._services.get("query")
        return service

    @property
    def compare_service(self) -> CompareInterpreter:
        """Compares runs."""
        service: CompareInterpreter = self._services.get("compare")
        return service

    @property
    def diagnostics_service(self) -> DiagnosticsInterpreter:
        """Finds what went wrong in a run."""
        service: DiagnosticsInterpreter = self._services.get("diagnostics")
        return service

    @property
    def lineage_service(self) -> LineageInterpreter:
        """Follows what came from what."""
        service: LineageInterpreter = self._services.get("lineage")
        return service

    @property
    def trend_service(self) -> TrendInterpreter:
        """Follows a metric, a duration or a size over runs."""
        service: TrendInterpreter = self._services.get("trend")
        return service

    @property
    def anomaly_service(self) -> AnomalyInterpreter:
        """Finds values that lie off what is usual."""
        service: AnomalyInterpreter = self._services.get("anomaly")
        return service

    @property
    def alert_service(self) -> AlertInterpreter:
        """Evaluates alert rules."""
        service: AlertInterpreter = self._services.get("alert")
        return service

    @property
    def provenance_service(self) -> ProvenanceInterpreter:
        """Audits and compares what runs were made from."""
        service: ProvenanceInterpreter = self._services.get("provenance")
        return service

    @property
    def report_builder(self) -> ReportsInterpreter:
        """Builds report documents."""
        service: ReportsInterpreter = self._services.get("reports")
        return service
