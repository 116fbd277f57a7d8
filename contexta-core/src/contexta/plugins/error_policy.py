"""What happens when a plugin that nobody named fails: it is logged, raised, or only recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.contract.text import display_safe
from contexta.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PLUGIN_ERRORS_VARIABLE", "ErrorPolicy"]

#: ``warn``, ``raise`` or ``ignore``; stronger than ``plugins.on_error`` of the configuration.
PLUGIN_ERRORS_VARIABLE = "CONTEXTA_PLUGIN_ERRORS"

_WORDS = ("warn", "raise", "ignore")

# What was logged, for the whole process: a program that opens many workspaces hears of a broken plugin once.
_told: set[str] = set()


class ErrorPolicy:
    """Decides between logging, raising and keeping silent; the failure is recorded in any case.

    Args:
        on_error: ``"warn"``, ``"raise"`` or ``"ignore"``, as configured.
        environ: Environment variables, of which ``CONTEXTA_PLUGIN_ERRORS`` is stronger.

    Raises:
        ConfigurationError: One of both says something else.
    """

    def __init__(self, on_error: str, environ: Mapping[str, str]) -> None:
        from_environment = environ.get(PLUGIN_ERRORS_VARIABLE, "").strip().lower()
        self.word = from_environment or on_error
        if self.word not in _WORDS:
            source = PLUGIN_ERRORS_VARIABLE if from_environment else "plugins.on_error"
            raise ConfigurationError(
                f"{source}: expected one of {', '.join(_WORDS)}, got {self.word!r}",
                code="invalid_config_value",
            )

    @property
    def raises(self) -> bool:
        """Whether a failure is raised."""
        return self.word == "raise"

    def warn(self, subject: str, message: str) -> None:
        """Log a failure if failures are logged, once per process and subject.

        Args:
            subject: What failed, and how.
            message: The line; what a terminal or a log file could not take is escaped.
        """
        if self.word != "warn" or subject in _told:
            return
        _told.add(subject)
        import logging

        logging.getLogger("contexta.plugins").warning("%s", display_safe(message))
