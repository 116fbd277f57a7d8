"""The configuration: models, profiles, files, environment, and the origin of every value."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.config.checking import ConfigFileReport as ConfigFileReport
    from contexta.config.checking import ConfigProblem as ConfigProblem
    from contexta.config.checking import check_config_file as check_config_file
    from contexta.config.file_search import find_config_file as find_config_file
    from contexta.config.loading import apply_env_overrides as apply_env_overrides
    from contexta.config.loading import build_schema_defaults as build_schema_defaults
    from contexta.config.loading import build_unified_config as build_unified_config
    from contexta.config.loading import load_config as load_config
    from contexta.config.loading import load_profile as load_profile
    from contexta.config.loading import make_local_config as make_local_config
    from contexta.config.loading import make_test_config as make_test_config
    from contexta.config.loading import replace_unified_config as replace_unified_config
    from contexta.config.mapping import config_to_mapping as config_to_mapping
    from contexta.config.mapping import merge_config_patch as merge_config_patch
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
    from contexta.config.names import CANONICAL_ENV_PREFIX as CANONICAL_ENV_PREFIX
    from contexta.config.names import PROFILE_ENV_KEY as PROFILE_ENV_KEY
    from contexta.config.names import PROFILE_NAMES as PROFILE_NAMES
    from contexta.config.names import PROFILE_OVERLAY_NAMES as PROFILE_OVERLAY_NAMES
    from contexta.config.names import PROFILE_OVERLAYS_ENV_KEY as PROFILE_OVERLAYS_ENV_KEY
    from contexta.config.names import ProfileName as ProfileName
    from contexta.config.names import ProfileOverlayName as ProfileOverlayName
    from contexta.config.problems import ConfigurationWarning as ConfigurationWarning
    from contexta.config.resolution import ResolvedConfig as ResolvedConfig
    from contexta.config.resolution import resolve as resolve
    from contexta.config.settings import ConfigSetting as ConfigSetting
    from contexta.config.settings import list_settings as list_settings

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "AlertPolicy": "contexta.config.models.policies",
        "AlertRuleConfig": "contexta.config.models.alert_rule",
        "AnomalyPolicy": "contexta.config.models.policies",
        "ArtifactStoreConfig": "contexta.config.models.stores",
        "CANONICAL_ENV_PREFIX": "contexta.config.names",
        "CLIConfig": "contexta.config.models.surfaces",
        "CaptureConfig": "contexta.config.models.capture",
        "ComparisonPolicy": "contexta.config.models.policies",
        "ConfigFileReport": "contexta.config.checking",
        "ConfigProblem": "contexta.config.checking",
        "ConfigSetting": "contexta.config.settings",
        "ConfigurationWarning": "contexta.config.problems",
        "ContractConfig": "contexta.config.models.contract",
        "DiagnosticsPolicy": "contexta.config.models.policies",
        "ExportSurfaceConfig": "contexta.config.models.surfaces",
        "HTMLConfig": "contexta.config.models.surfaces",
        "HTTPConfig": "contexta.config.models.surfaces",
        "InterpretationConfig": "contexta.config.models.interpretation",
        "LineagePolicy": "contexta.config.models.policies",
        "MetadataStoreConfig": "contexta.config.models.stores",
        "NotebookConfig": "contexta.config.models.surfaces",
        "PROFILE_ENV_KEY": "contexta.config.names",
        "PROFILE_NAMES": "contexta.config.names",
        "PROFILE_OVERLAYS_ENV_KEY": "contexta.config.names",
        "PROFILE_OVERLAY_NAMES": "contexta.config.names",
        "PluginsConfig": "contexta.config.models.plugins",
        "ProfileName": "contexta.config.names",
        "ProfileOverlayName": "contexta.config.names",
        "RecordStoreConfig": "contexta.config.models.stores",
        "RecoveryConfig": "contexta.config.models.recovery",
        "ReportPolicy": "contexta.config.models.policies",
        "ResolvedConfig": "contexta.config.resolution",
        "RetentionConfig": "contexta.config.models.retention",
        "SearchPolicy": "contexta.config.models.policies",
        "SecurityConfig": "contexta.config.models.security",
        "SinkConfig": "contexta.config.models.sink",
        "SurfaceConfig": "contexta.config.models.surfaces",
        "TrendPolicy": "contexta.config.models.policies",
        "UnifiedConfig": "contexta.config.models.unified",
        "WorkspaceConfig": "contexta.config.models.workspace",
        "apply_env_overrides": "contexta.config.loading",
        "build_schema_defaults": "contexta.config.loading",
        "build_unified_config": "contexta.config.loading",
        "check_config_file": "contexta.config.checking",
        "config_to_mapping": "contexta.config.mapping",
        "find_config_file": "contexta.config.file_search",
        "list_settings": "contexta.config.settings",
        "load_config": "contexta.config.loading",
        "load_profile": "contexta.config.loading",
        "make_local_config": "contexta.config.loading",
        "make_test_config": "contexta.config.loading",
        "merge_config_patch": "contexta.config.mapping",
        "replace_unified_config": "contexta.config.loading",
        "resolve": "contexta.config.resolution",
    },
)
