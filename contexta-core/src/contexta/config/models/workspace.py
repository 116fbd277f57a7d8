"""Where a workspace lies."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from contexta.config.derived import DerivedPath
from contexta.config.path_rule import PathRule
from contexta.config.rules import BooleanRule
from contexta.config.section import Section, model, ruled

__all__ = ["WorkspaceConfig"]

_OPTIONAL_PATH = PathRule()
_DERIVED_NAMES = ("metadata", "records", "artifacts", "reports", "exports", "cache")


@model
class WorkspaceConfig(Section):
    """Where a workspace lies; every path is absolute once the object exists.

    A path that is not given follows ``root_path``, also after a change with ``dataclasses.replace``.  So
    does a derived path taken from another configuration for the same field; ``Path(path)`` pins it.

    Args:
        root_path: Workspace root path.
        metadata_path: Metadata plane path. Defaults to ``<root_path>/metadata``.
        records_path: Record plane path. Defaults to ``<root_path>/records``.
        artifacts_path: Artifact plane path. Defaults to ``<root_path>/artifacts``.
        reports_path: Report output path. Defaults to ``<root_path>/reports``.
        exports_path: Export output path. Defaults to ``<root_path>/exports``.
        cache_path: Cache path. Defaults to ``<root_path>/cache``.
        create_missing_dirs: Whether workspace creation should create missing directories.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "workspace"

    root_path: Path = ruled(PathRule(optional=False), default=Path(".contexta"))
    metadata_path: Path | None = ruled(_OPTIONAL_PATH, default=None)
    records_path: Path | None = ruled(_OPTIONAL_PATH, default=None)
    artifacts_path: Path | None = ruled(_OPTIONAL_PATH, default=None)
    reports_path: Path | None = ruled(_OPTIONAL_PATH, default=None)
    exports_path: Path | None = ruled(_OPTIONAL_PATH, default=None)
    cache_path: Path | None = ruled(_OPTIONAL_PATH, default=None)
    create_missing_dirs: bool = ruled(BooleanRule(), default=True)

    def __post_init__(self) -> None:
        Section.__post_init__(self)
        for word in _DERIVED_NAMES:
            name = f"{word}_path"
            path = f"workspace.{name}"
            value = getattr(self, name)
            if value is None or DerivedPath.is_for(value, path):
                object.__setattr__(self, name, DerivedPath.of(self.root_path / word, path))
