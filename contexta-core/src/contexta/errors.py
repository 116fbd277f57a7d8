"""The exception tree: everything that Contexta raises on purpose.

Every error carries a stable machine-readable ``code`` beside its text, so programs branch on the code and people
read the text.  Where a builtin exception says the same thing, the class derives from it too, so that ``except
ValueError`` and its like keep working::

    ContextaError
    ├── ValidationError (ValueError)            a value breaks a rule of the contract
    │   └── FilterExpressionError               … an expression of the filter language cannot be understood
    ├── SerializationError (ValueError)         text or payload cannot be encoded or decoded
    ├── ConfigurationError (ValueError)         the configuration is wrong; the text names the field
    ├── ContractError                           misuse of the contract layer
    ├── CompatibilityError                      data or code of another version
    │   └── SchemaVersionError                  a schema that this version cannot read
    ├── ConflictError                           the same name for two different things
    ├── NotFoundError (LookupError)             no such run, artifact, record …
    ├── LifecycleError (RuntimeError)           a scope or session used in the wrong state
    │   └── ClosedScopeError                    … after it was closed
    ├── CaptureError                            something captured could not be kept
    │   └── DispatchError                       a required delivery failed
    ├── StoreAccessError                        a store cannot be opened, read or written
    │   ├── StorageFullError                    no space left; nothing acknowledged was lost
    │   └── ReadOnlyStoreError                  a write to a store that is open read-only
    ├── IntegrityError                          stored data is damaged
    ├── MetadataError, RecordError, ArtifactError, MigrationError
    ├── DependencyError (ImportError)           an optional package is missing
    ├── PluginError
    │   ├── MissingPluginError (ImportError)    no installed plugin has that name
    │   ├── PluginLoadError                     a named plugin cannot be imported or is invalid
    │   ├── PluginConflictError                 two distributions claim one name
    │   └── PluginNotUsableError                blocked or incompatible
    ├── InterpretationError                     a question that cannot be answered
    │   └── RunNotFoundError (NotFoundError)    … because there is no such run
    ├── RecoveryError
    │   └── BackupError, RestoreError, ReplayError
    ├── RenderingError, SurfaceError
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "AggregationError",
    "AlertError",
    "AnomalyError",
    "ArtifactError",
    "BackupError",
    "CaptureError",
    "ClosedScopeError",
    "ComparisonError",
    "CompatibilityError",
    "ConfigurationError",
    "ConflictError",
    "ContextaError",
    "ContractError",
    "DependencyError",
    "DiagnosticsError",
    "DispatchError",
    "FilterExpressionError",
    "IntegrityError",
    "InterpretationError",
    "LifecycleError",
    "LineageError",
    "MetadataError",
    "MigrationError",
    "MissingPluginError",
    "NotFoundError",
    "PluginConflictError",
    "PluginError",
    "PluginLoadError",
    "PluginNotUsableError",
    "ProvenanceError",
    "ReadOnlyStoreError",
    "RecordError",
    "RecoveryError",
    "RenderingError",
    "ReplayError",
    "RestoreError",
    "RunNotFoundError",
    "SchemaVersionError",
    "SerializationError",
    "StorageFullError",
    "StoreAccessError",
    "SurfaceError",
    "TrendError",
    "ValidationError",
]


class ContextaError(Exception):
    """The root of the tree; catches everything that Contexta raises on purpose.

    Args:
        message: What was asked, what was found, what to do.
        code: Stable identifier; the class's ``default_code`` when omitted.
        details: Machine-readable context; kept as a read-only mapping sorted by key.
        retryable: Whether the same call may succeed later without a change.
        cause: The error behind this one; also set as ``__cause__``.
    """

    #: The code used when the raiser names none.
    default_code: ClassVar[str] = "contexta_error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        details: Mapping[Any, Any] | None = None,
        retryable: bool = False,
        cause: BaseException | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = self.default_code if code is None else code
        # Keys are made text first: sorting mixed types would raise while an error is being built.
        ordered = sorted((str(key), value) for key, value in details.items()) if details else []
        self.details: Mapping[str, Any] | None = MappingProxyType(dict(ordered)) if ordered else None
        self.retryable = retryable
        self.cause = cause
        if cause is not None:
            self.__cause__ = cause

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        state = {"code": self.code, "details": dict(self.details or {}), "retryable": self.retryable}
        return _rebuild, (type(self), self.message, state)

    def to_dict(self) -> dict[str, Any]:
        """Return ``code``, ``message``, ``details`` and ``retryable`` as plain data."""
        return {
            "code": self.code,
            "message": self.message,
            "details": dict(self.details) if self.details else None,
            "retryable": self.retryable,
        }


def _rebuild(kind: type[ContextaError], message: str, state: dict[str, Any]) -> ContextaError:
    """Rebuild a pickled error; errors cross process borders in pools and test runners."""
    return kind(message, **state)


class ValidationError(ContextaError, ValueError):
    """A value breaks a rule of the contract."""

    default_code = "validation_failed"


class FilterExpressionError(ValidationError):
    """An expression of the filter language cannot be understood; the details say where, and what may be meant.

    ``details`` holds ``expression``, ``position`` (the first wrong character, from 0), ``length`` and, where there is
    one, ``suggestion``.
    """

    default_code = "query_where_syntax"


class SerializationError(ContextaError, ValueError):
    """Text or a payload cannot be encoded or decoded."""

    default_code = "serialization_failed"


class ConfigurationError(ContextaError, ValueError):
    """The configuration is wrong; the text names the field and where its value came from."""

    default_code = "invalid_configuration"


class ContractError(ContextaError):
    """The contract layer was used in a way that it does not support."""

    default_code = "contract_misuse"


class CompatibilityError(ContextaError):
    """Data or code of another version, which this version cannot work with."""

    default_code = "incompatible"


class SchemaVersionError(CompatibilityError):
    """A schema version that this version of Contexta cannot read."""

    default_code = "schema_version_unsupported"


class ConflictError(ContextaError):
    """One name was given to two different things."""

    default_code = "conflict"


class NotFoundError(ContextaError, LookupError):
    """There is no such run, artifact, record or other named thing."""

    default_code = "not_found"


class LifecycleError(ContextaError, RuntimeError):
    """A scope or a session was used in a state that does not allow it."""

    default_code = "invalid_lifecycle"


class ClosedScopeError(LifecycleError):
    """A scope was used after it was closed."""

    default_code = "scope_closed"


class CaptureError(ContextaError):
    """Something that was captured could not be kept."""

    default_code = "capture_failed"

    #: The result of the capture that failed, for callers that want every delivery's outcome.
    result: Any = None


class DispatchError(CaptureError):
    """A required delivery failed; ``result`` holds the full :class:`~contexta.capture.CaptureResult`."""

    default_code = "dispatch_failed"


class StoreAccessError(ContextaError):
    """A store cannot be opened, read or written."""

    default_code = "store_access_failed"

    #: The result of the capture that failed, where one did.
    result: Any = None


class StorageFullError(StoreAccessError):
    """The storage is full.  Nothing that was acknowledged before is lost; free space and go on."""

    default_code = "storage_full"


class ReadOnlyStoreError(StoreAccessError):
    """A write was asked of a store that is open for reading only."""

    default_code = "store_read_only"


class IntegrityError(ContextaError):
    """Stored data is damaged; the details locate the damage."""

    default_code = "integrity_violation"


class MetadataError(ContextaError):
    """The metadata plane refused an operation."""

    default_code = "metadata_error"


class RecordError(ContextaError):
    """The record plane refused an operation."""

    default_code = "record_error"


class ArtifactError(ContextaError):
    """The artifact plane refused an operation."""

    default_code = "artifact_error"


class MigrationError(ContextaError):
    """A store could not be moved to another schema version."""

    default_code = "migration_failed"


class DependencyError(ContextaError, ImportError):
    """An optional package is missing; the text says what to install."""

    default_code = "dependency_missing"


class PluginError(ContextaError):
    """A plugin cannot serve."""

    default_code = "plugin_error"


class MissingPluginError(PluginError, ImportError):
    """No installed plugin has the asked kind and name; the text says what to install."""

    default_code = "plugin_missing"


class PluginLoadError(PluginError):
    """A plugin that was asked for by name cannot be imported or is invalid."""

    default_code = "plugin_load_failed"


class PluginConflictError(PluginError):
    """Several distributions claim one name; the text lists the pins to choose from."""

    default_code = "plugin_conflict"


class PluginNotUsableError(PluginError):
    """A plugin is installed but blocked or incompatible."""

    default_code = "plugin_not_usable"


class InterpretationError(ContextaError):
    """A question about recorded data cannot be answered."""

    default_code = "interpretation_failed"


class RunNotFoundError(InterpretationError, NotFoundError):
    """A question about a run that does not exist."""

    default_code = "query_run_not_found"


class AggregationError(InterpretationError):
    """Runs cannot be summed up as it was asked for."""

    default_code = "aggregation_failed"


class ComparisonError(InterpretationError):
    """Runs or reports cannot be compared as it was asked for."""

    default_code = "comparison_failed"


class DiagnosticsError(InterpretationError):
    """A run cannot be diagnosed."""

    default_code = "diagnostics_failed"


class TrendError(InterpretationError):
    """A trend or series cannot be told as it was asked for."""

    default_code = "trend_failed"


class AnomalyError(InterpretationError):
    """Anomalies cannot be looked for as it was asked."""

    default_code = "anomaly_failed"


class AlertError(InterpretationError):
    """Alert rules cannot be evaluated as they were given."""

    default_code = "alert_failed"


class LineageError(InterpretationError):
    """A lineage cannot be traversed as it was asked for."""

    default_code = "lineage_failed"


class ProvenanceError(InterpretationError):
    """What a run was made from cannot be told."""

    default_code = "provenance_failed"


class RecoveryError(ContextaError):
    """Backup, restore, replay or repair could not be carried out."""

    default_code = "recovery_failed"


class BackupError(RecoveryError):
    """A backup cannot be made."""

    default_code = "backup_failed"


class RestoreError(RecoveryError):
    """A backup cannot be restored."""

    default_code = "restore_failed"


class ReplayError(RecoveryError):
    """The outbox cannot be replayed."""

    default_code = "replay_failed"


class RenderingError(ContextaError):
    """A document or fragment could not be rendered."""

    default_code = "rendering_failed"


class SurfaceError(ContextaError):
    """A surface (command line, HTTP, notebook) could not do what was asked."""

    default_code = "surface_error"
