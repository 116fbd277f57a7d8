"""The three stores of a workspace: which plugin serves each plane, where, and how."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from contexta.config.collection_rules import OptionsRule
from contexta.config.derived import DerivedText
from contexta.config.frozen_options import NO_OPTIONS
from contexta.config.path_rule import PathRule
from contexta.config.problems import config_error
from contexta.config.rules import BooleanRule, ChoiceRule, IntegerRule, TextRule
from contexta.config.section import Section, model, ruled

__all__ = ["ArtifactStoreConfig", "MetadataStoreConfig", "RecordStoreConfig"]

_STOCK_RECORD_STORE = "jsonl_segments"
_ADAPTER = TextRule(expected="the name of a store plugin")
_OPTIONS = OptionsRule()
_BOOLEAN = BooleanRule()
_BYTES = IntegerRule(minimum=1)


@model
class MetadataStoreConfig(Section):
    """The metadata plane's store.

    Args:
        storage_adapter: Name of the store plugin.
        database_path: The database's file; ``<workspace.metadata_path>/ledger.db`` in a ``UnifiedConfig``.
        auto_create: Whether a missing store is created.
        read_only: Whether writes are refused.
        auto_migrate: Whether a store of an older schema is migrated when it is opened.
        options: What the plugin accepts.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "metadata"

    storage_adapter: str = ruled(_ADAPTER, default="duckdb")
    database_path: Path | None = ruled(PathRule(keep=(":memory:",)), default=None)
    auto_create: bool = ruled(_BOOLEAN, default=True)
    read_only: bool = ruled(_BOOLEAN, default=False)
    auto_migrate: bool = ruled(_BOOLEAN, default=False)
    options: Mapping[str, Any] = ruled(_OPTIONS, default=NO_OPTIONS)


@model
class RecordStoreConfig(Section):
    """The record plane's store.

    Args:
        root_path: The store's directory; ``workspace.records_path`` within a ``UnifiedConfig``.
        max_segment_bytes: Size at which a segment is sealed and the next one begun, in bytes.
        durability_mode: What holds when a write returns: ``fsync`` (on stable storage), ``flush`` (in the
            operating system), ``interval`` (as ``flush``, and on stable storage shortly after).
        layout_mode: Alias of ``storage_adapter``.
        layout_version: Version of the layout that is written.
        enable_indexes: Whether derived indexes are kept beside the records.
        read_only: Whether writes are refused.
        storage_adapter: Name of the store plugin.
        options: What the plugin accepts.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "records"

    root_path: Path | None = ruled(PathRule(), default=None)
    max_segment_bytes: int = ruled(_BYTES, default=1_048_576)
    durability_mode: Literal["flush", "fsync", "interval"] = ruled(
        ChoiceRule("flush", "fsync", "interval"), default="fsync"
    )
    layout_mode: Literal["jsonl_segments"] = ruled(_ADAPTER, default=_STOCK_RECORD_STORE)
    layout_version: str = ruled(TextRule(), default="1")
    enable_indexes: bool = ruled(_BOOLEAN, default=True)
    read_only: bool = ruled(_BOOLEAN, default=False)
    storage_adapter: str = ruled(_ADAPTER, default=_STOCK_RECORD_STORE)
    options: Mapping[str, Any] = ruled(_OPTIONS, default=NO_OPTIONS)

    def __post_init__(self) -> None:
        Section.__post_init__(self)
        # The static type is the page's; the alias may name any plugin.
        alias: str = self.layout_mode
        if not isinstance(alias, DerivedText) and alias != _STOCK_RECORD_STORE:
            if self.storage_adapter not in {_STOCK_RECORD_STORE, alias}:
                problem = f"{alias!r} differs from records.storage_adapter {self.storage_adapter!r}"
                hint = "the one is an alias of the other, so give only records.storage_adapter"
                raise config_error("records.layout_mode", f"{problem}; {hint}")
            object.__setattr__(self, "storage_adapter", alias)
        object.__setattr__(self, "layout_mode", DerivedText(self.storage_adapter))


@model
class ArtifactStoreConfig(Section):
    """The artifact plane's store.

    Args:
        root_path: The store's directory; ``workspace.artifacts_path`` within a ``UnifiedConfig``.
        default_ingest_mode: Whether a registered file is copied, moved, or adopted where it lies.
        verification_mode: What is verified when an artifact is read.
        create_missing_dirs: Whether missing directories are created.
        layout_version: Version of the layout that is written.
        chunk_size_bytes: Size of the pieces in which bodies are read and written, in bytes.
        read_only: Whether writes are refused.
        storage_adapter: Name of the store plugin.
        options: What the plugin accepts.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "artifacts"

    root_path: Path | None = ruled(PathRule(), default=None)
    default_ingest_mode: Literal["copy", "move", "adopt"] = ruled(
        ChoiceRule("copy", "move", "adopt"), default="copy"
    )
    verification_mode: Literal["none", "stored", "manifest_if_available", "strict"] = ruled(
        ChoiceRule("none", "stored", "manifest_if_available", "strict"), default="manifest_if_available"
    )
    create_missing_dirs: bool = ruled(_BOOLEAN, default=True)
    layout_version: str = ruled(TextRule(), default="v1")
    chunk_size_bytes: int = ruled(_BYTES, default=1_048_576)
    read_only: bool = ruled(_BOOLEAN, default=False)
    storage_adapter: str = ruled(_ADAPTER, default="files")
    options: Mapping[str, Any] = ruled(_OPTIONS, default=NO_OPTIONS)
