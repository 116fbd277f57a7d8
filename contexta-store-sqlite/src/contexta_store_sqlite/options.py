"""The options of both stores: `[metadata.options]` and `[records.options]` in the configuration."""

from __future__ import annotations

from dataclasses import dataclass

from contexta.errors import ConfigurationError

__all__ = ["SQLiteOptions"]

_JOURNAL_MODES = ("wal", "truncate")


@dataclass(frozen=True, slots=True)
class SQLiteOptions:
    """How the database is kept.

    Args:
        journal_mode: ``"wal"``, in which readers and writers do not wait for each other, or ``"truncate"`` for file
            systems without shared memory, in which a reader waits while a writer commits.
        busy_timeout_seconds: How long a call goes on trying while another program holds the database; the processes
            of Contexta queue for it and do not need that.

    Raises:
        ConfigurationError: Another journal mode, or a time that is not above 0 (``sqlite_invalid_option``).
    """

    journal_mode: str = "wal"
    busy_timeout_seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.journal_mode not in _JOURNAL_MODES:
            raise ConfigurationError(
                f"journal_mode is {self.journal_mode!r}; use one of {', '.join(_JOURNAL_MODES)}",
                code="sqlite_invalid_option",
                details={"option": "journal_mode"},
            )
        if not self.busy_timeout_seconds > 0:
            raise ConfigurationError(
                f"busy_timeout_seconds is {self.busy_timeout_seconds!r}; give a number of seconds above 0",
                code="sqlite_invalid_option",
                details={"option": "busy_timeout_seconds"},
            )
