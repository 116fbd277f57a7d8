"""What tests of programs and plugins need: contracts, plain stores, and generated canonical data.

* ``MetadataStoreContract`` and its like are test classes: derive one in a test module, and pytest runs what the
  plugin promises (``docs/plugins/testing.md``).
* ``MetadataStoreMachine`` uses a metadata store at random, and holds it to a model in memory.
* ``contexta.testing.reference`` holds the plainest stores that keep every promise, and
  ``contexta.testing.workspaces`` a workspace on them.
* ``contexta.testing.strategies`` holds Hypothesis strategies for every canonical model.

The contracts, the machine and the strategies need the extra ``testing``.
"""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.testing.contracts import CONTRACT_VERSION as CONTRACT_VERSION
    from contexta.testing.contracts import ArtifactStoreContract as ArtifactStoreContract
    from contexta.testing.contracts import DashboardExtensionContract as DashboardExtensionContract
    from contexta.testing.contracts import DiagnosticsCheckContract as DiagnosticsCheckContract
    from contexta.testing.contracts import InterpreterContract as InterpreterContract
    from contexta.testing.contracts import MetadataStoreContract as MetadataStoreContract
    from contexta.testing.contracts import PluginContract as PluginContract
    from contexta.testing.contracts import RecordStoreContract as RecordStoreContract
    from contexta.testing.contracts import ReportRendererContract as ReportRendererContract
    from contexta.testing.contracts import SinkContract as SinkContract
    from contexta.testing.contracts import SurfaceContract as SurfaceContract
    from contexta.testing.contracts import deviates as deviates
    from contexta.testing.machines import MetadataStoreMachine as MetadataStoreMachine

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "CONTRACT_VERSION": "contexta.testing.contracts",
        "ArtifactStoreContract": "contexta.testing.contracts",
        "DashboardExtensionContract": "contexta.testing.contracts",
        "DiagnosticsCheckContract": "contexta.testing.contracts",
        "InterpreterContract": "contexta.testing.contracts",
        "MetadataStoreContract": "contexta.testing.contracts",
        "MetadataStoreMachine": "contexta.testing.machines",
        "PluginContract": "contexta.testing.contracts",
        "RecordStoreContract": "contexta.testing.contracts",
        "ReportRendererContract": "contexta.testing.contracts",
        "SinkContract": "contexta.testing.contracts",
        "SurfaceContract": "contexta.testing.contracts",
        "deviates": "contexta.testing.contracts",
    },
)
