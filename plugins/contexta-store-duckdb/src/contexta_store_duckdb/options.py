"""The options of the store: `[metadata.options]` in the configuration."""

from __future__ import annotations

from dataclasses import dataclass

from contexta.errors import ConfigurationError

__all__ = ["DuckDBOptions"]


@dataclass(frozen=True, slots=True)
class DuckDBOptions:
    """How the index of the journal is kept; the journal itself needs no options.

    Args:
        index: Whether readers publish generations of the index and use them.  Without them every answer is the same,
            and the first question of a process reads the whole journal.
        index_threshold_bytes: Publish the next generation when the journal has grown by so many bytes, or by a
            quarter, whichever is more; opening a segment counts as much as reading some kilobytes of it.
    """

    index: bool = True
    index_threshold_bytes: int = 8 * 1024 * 1024

    def __post_init__(self) -> None:
        value = self.index_threshold_bytes
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ConfigurationError(
                f"metadata.options.index_threshold_bytes must be a whole number of at least 1; found {value!r}.",
                code="metadata_store_invalid_config",
                details={"field_name": "metadata.options.index_threshold_bytes", "value": repr(value)},
            )
