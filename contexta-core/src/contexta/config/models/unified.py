"""The whole configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from contexta.config.derived import DerivedPath
from contexta.config.models.capture import CaptureConfig
from contexta.config.models.contract import ContractConfig
from contexta.config.models.interpretation import InterpretationConfig
from contexta.config.models.plugins import PluginsConfig
from contexta.config.models.recovery import RecoveryConfig
from contexta.config.models.retention import RetentionConfig
from contexta.config.models.security import SecurityConfig
from contexta.config.models.stores import ArtifactStoreConfig, MetadataStoreConfig, RecordStoreConfig
from contexta.config.models.surfaces import SurfaceConfig
from contexta.config.models.workspace import WorkspaceConfig
from contexta.config.names import PROFILE_NAMES, ProfileName
from contexta.config.rules import ChoiceRule, TextRule
from contexta.config.section import Section, model, nested, ruled

__all__ = ["UnifiedConfig"]

_LONGEST_PROJECT_NAME = 256


class _ProjectNameRule(TextRule):
    """A name from which a project reference can be made."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(expected=f"a name that is not blank, of at most {_LONGEST_PROJECT_NAME} characters")

    def _check(self, value: object, path: str) -> object:
        # Any script will do: a name without Latin letters gets a component made from its hash.
        if isinstance(value, str) and value.strip() and len(value) <= _LONGEST_PROJECT_NAME:
            return value
        raise self._refused(value, path)


@model
class UnifiedConfig(Section):
    """The whole configuration.

    Paths of the stores and of recovery that are not given are derived from the workspace, and follow it when
    it is changed with ``dataclasses.replace``.

    Args:
        config_version: Root config version string.
        profile_name: Resolved built-in profile name.
        project_name: Default project name.
        workspace: Workspace and derived path configuration.
        contract: Contract policy configuration.
        capture: Capture/runtime configuration.
        metadata: Metadata truth-plane configuration.
        records: Record truth-plane configuration.
        artifacts: Artifact truth-plane configuration.
        interpretation: Interpretation-layer configuration.
        recovery: Recovery configuration.
        surfaces: Delivery-surface configuration.
        retention: Retention configuration.
        security: Security and redaction configuration.
        plugins: Which plugins may serve.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    config_version: str = ruled(ChoiceRule("1"), default="1")
    profile_name: ProfileName = ruled(ChoiceRule(*PROFILE_NAMES), default="local")
    project_name: str = ruled(_ProjectNameRule(), default="default")
    workspace: WorkspaceConfig = nested(default_factory=WorkspaceConfig)
    contract: ContractConfig = nested(default_factory=ContractConfig)
    capture: CaptureConfig = nested(default_factory=CaptureConfig)
    metadata: MetadataStoreConfig = nested(default_factory=MetadataStoreConfig)
    records: RecordStoreConfig = nested(default_factory=RecordStoreConfig)
    artifacts: ArtifactStoreConfig = nested(default_factory=ArtifactStoreConfig)
    interpretation: InterpretationConfig = nested(default_factory=InterpretationConfig)
    recovery: RecoveryConfig = nested(default_factory=RecoveryConfig)
    surfaces: SurfaceConfig = nested(default_factory=SurfaceConfig)
    retention: RetentionConfig = nested(default_factory=RetentionConfig)
    security: SecurityConfig = nested(default_factory=SecurityConfig)
    plugins: PluginsConfig = nested(default_factory=PluginsConfig)

    def __post_init__(self) -> None:
        Section.__post_init__(self)
        for section_name, derivations in _DERIVATIONS.items():
            section: Any = getattr(self, section_name)
            changes: dict[str, Path] = {}
            for name, derive in derivations.items():
                path = f"{section_name}.{name}"
                value = getattr(section, name)
                if value is None or DerivedPath.is_for(value, path):
                    changes[name] = DerivedPath.of(derive(self.workspace), path)
            if any(getattr(section, name) != value for name, value in changes.items()):
                object.__setattr__(self, section_name, replace(section, **changes))


# The workspace's own paths are never None once it exists; their type keeps the public page's.
_Derivation = Callable[[Any], Path]
_DERIVATIONS: dict[str, dict[str, _Derivation]] = {
    "metadata": {"database_path": lambda workspace: workspace.metadata_path / "ledger.db"},
    "records": {"root_path": lambda workspace: workspace.records_path},
    "artifacts": {"root_path": lambda workspace: workspace.artifacts_path},
    "recovery": {
        "outbox_root": lambda workspace: workspace.root_path / "recovery" / "outbox",
        "backup_root": lambda workspace: workspace.root_path / "recovery" / "backups",
        "restore_staging_root": lambda workspace: workspace.root_path / "recovery" / "staging",
    },
}
