"""The contract classes: what a plugin promises, as tests that its author runs."""

from contexta._lazy import attach_lazy
from contexta.errors import DependencyError

try:
    import pytest
except ImportError as error:
    raise DependencyError(
        "The contract classes of contexta.testing are tests of pytest: install Contexta with its extra 'testing'.",
        details={"package": "pytest", "extra": "testing"},
        cause=error,
    ) from error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.testing.contracts.artifacts import ArtifactStoreContract as ArtifactStoreContract
    from contexta.testing.contracts.checks import DiagnosticsCheckContract as DiagnosticsCheckContract
    from contexta.testing.contracts.contract import CONTRACT_VERSION as CONTRACT_VERSION
    from contexta.testing.contracts.contract import Contract as Contract
    from contexta.testing.contracts.contract import deviates as deviates
    from contexta.testing.contracts.contract import needs as needs
    from contexta.testing.contracts.dashboard_extensions import (
        DashboardExtensionContract as DashboardExtensionContract,
    )
    from contexta.testing.contracts.interpreters import InterpreterContract as InterpreterContract
    from contexta.testing.contracts.metadata import MetadataStoreContract as MetadataStoreContract
    from contexta.testing.contracts.packaging import PluginContract as PluginContract
    from contexta.testing.contracts.records import RecordStoreContract as RecordStoreContract
    from contexta.testing.contracts.renderers import ReportRendererContract as ReportRendererContract
    from contexta.testing.contracts.sinks import SinkContract as SinkContract
    from contexta.testing.contracts.surfaces import SurfaceContract as SurfaceContract

_EXPORTS = {
    "CONTRACT_VERSION": "contexta.testing.contracts.contract",
    "ArtifactStoreContract": "contexta.testing.contracts.artifacts",
    "Contract": "contexta.testing.contracts.contract",
    "DashboardExtensionContract": "contexta.testing.contracts.dashboard_extensions",
    "DiagnosticsCheckContract": "contexta.testing.contracts.checks",
    "InterpreterContract": "contexta.testing.contracts.interpreters",
    "MetadataStoreContract": "contexta.testing.contracts.metadata",
    "PluginContract": "contexta.testing.contracts.packaging",
    "RecordStoreContract": "contexta.testing.contracts.records",
    "ReportRendererContract": "contexta.testing.contracts.renderers",
    "SinkContract": "contexta.testing.contracts.sinks",
    "SurfaceContract": "contexta.testing.contracts.surfaces",
    "deviates": "contexta.testing.contracts.contract",
    "needs": "contexta.testing.contracts.contract",
}
#: Modules with tests that the contracts above are put together from.
_PARTS = (
    "contexta.testing.contracts.artifact_abilities",
    "contexta.testing.contracts.artifact_bodies",
    "contexta.testing.contracts.metadata_abilities",
    "contexta.testing.contracts.metadata_documents",
    "contexta.testing.contracts.metadata_entities",
    "contexta.testing.contracts.metadata_queries",
    "contexta.testing.contracts.metadata_runs",
    "contexta.testing.contracts.record_abilities",
    "contexta.testing.contracts.record_lines",
    "contexta.testing.contracts.record_pushdown",
    "contexta.testing.contracts.stores",
)
# Before any of them is imported: only then does a failing assertion show its values.
pytest.register_assert_rewrite(*sorted({*_EXPORTS.values(), *_PARTS}))

__getattr__, __dir__, __all__ = attach_lazy(__name__, _EXPORTS)
