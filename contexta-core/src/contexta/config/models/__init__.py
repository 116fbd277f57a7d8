"""Every configuration model, one module for each section."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.models.alert_rule import AlertRuleConfig as AlertRuleConfig
    from contexta.config.models.capture import CaptureConfig as CaptureConfig
    from contexta.config.models.contract import ContractConfig as ContractConfig
    from contexta.config.models.interpretation import InterpretationConfig as InterpretationConfig
    from contexta.config.models.plugins import PluginsConfig as PluginsConfig
    from contexta.config.models.policies import AlertPolicy as AlertPolicy
    from contexta.config.models.policies import AnomalyPolicy as AnomalyPolicy
    from contexta.config.models.policies import ComparisonPolicy as ComparisonPolicy
    from contexta.config.models.policies import DiagnosticsPolicy as DiagnosticsPolicy
    from contexta.config.models.policies import LineagePolicy as LineagePolicy
    from contexta.config.models.policies import ReportPolicy as ReportPolicy
    from contexta.config.models.policies import SearchPolicy as SearchPolicy
    from contexta.config.models.policies import TrendPolicy as TrendPolicy
    from contexta.config.models.recovery import RecoveryConfig as RecoveryConfig
    from contexta.config.models.retention import RetentionConfig as RetentionConfig
    from contexta.config.models.security import SecurityConfig as SecurityConfig
    from contexta.config.models.sink import SinkConfig as SinkConfig
    from contexta.config.models.stores import ArtifactStoreConfig as ArtifactStoreConfig
    from contexta.config.models.stores import MetadataStoreConfig as MetadataStoreConfig
    from contexta.config.models.stores import RecordStoreConfig as RecordStoreConfig
    from contexta.config.models.surfaces import CLIConfig as CLIConfig
    from contexta.config.models.surfaces import ExportSurfaceConfig as ExportSurfaceConfig
    from contexta.config.models.surfaces import HTMLConfig as HTMLConfig
    from contexta.config.models.surfaces import HTTPConfig as HTTPConfig
    from contexta.config.models.surfaces import NotebookConfig as NotebookConfig
    from contexta.config.models.surfaces import SurfaceConfig as SurfaceConfig
    from contexta.config.models.unified import UnifiedConfig as UnifiedConfig
    from contexta.config.models.workspace import WorkspaceConfig as WorkspaceConfig

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "AlertPolicy": "contexta.config.models.policies",
        "AlertRuleConfig": "contexta.config.models.alert_rule",
        "AnomalyPolicy": "contexta.config.models.policies",
        "ArtifactStoreConfig": "contexta.config.models.stores",
        "CLIConfig": "contexta.config.models.surfaces",
        "CaptureConfig": "contexta.config.models.capture",
        "ComparisonPolicy": "contexta.config.models.policies",
        "ContractConfig": "contexta.config.models.contract",
        "DiagnosticsPolicy": "contexta.config.models.policies",
        "ExportSurfaceConfig": "contexta.config.models.surfaces",
        "HTMLConfig": "contexta.config.models.surfaces",
        "HTTPConfig": "contexta.config.models.surfaces",
        "InterpretationConfig": "contexta.config.models.interpretation",
        "LineagePolicy": "contexta.config.models.policies",
        "MetadataStoreConfig": "contexta.config.models.stores",
        "NotebookConfig": "contexta.config.models.surfaces",
        "PluginsConfig": "contexta.config.models.plugins",
        "RecordStoreConfig": "contexta.config.models.stores",
        "RecoveryConfig": "contexta.config.models.recovery",
        "ReportPolicy": "contexta.config.models.policies",
        "RetentionConfig": "contexta.config.models.retention",
        "SearchPolicy": "contexta.config.models.policies",
        "SecurityConfig": "contexta.config.models.security",
        "SinkConfig": "contexta.config.models.sink",
        "SurfaceConfig": "contexta.config.models.surfaces",
        "TrendPolicy": "contexta.config.models.policies",
        "UnifiedConfig": "contexta.config.models.unified",
        "WorkspaceConfig": "contexta.config.models.workspace",
    },
)
