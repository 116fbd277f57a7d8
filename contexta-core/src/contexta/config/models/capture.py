"""What is captured, by whom, and where it is delivered besides the workspace."""

from __future__ import annotations

from typing import ClassVar, Literal

from contexta.config.models.sink import SinkConfig, SinksRule
from contexta.config.rules import BooleanRule, ChoiceRule, IntegerRule, NumberRule, TextRule
from contexta.config.section import Section, model, ruled

__all__ = ["CaptureConfig"]

_PRODUCER_PATTERN = r"[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)*"


@model
class CaptureConfig(Section):
    """What is captured, by whom, and where it is delivered besides the workspace.

    Args:
        producer_ref: Name of the producing program, written into every record.
        capture_environment_snapshot: Whether each run records Python, platform and hardware.
        capture_installed_packages: Whether that snapshot lists the installed packages.
        capture_code_revision: Whether each run records the revision of the code.
        capture_config_snapshot: Whether each run records this configuration.
        retry_attempts: How often a failed delivery to a sink is tried again.
        retry_backoff_seconds: Pause before each of these attempts, in seconds.
        dispatch_failure_mode: Whether a failed required delivery raises or is kept in the outbox.
        write_degraded_marker_on_partial_failure: Whether a partly failed delivery leaves a degraded record.
        sinks: Sinks that receive what is captured, besides the workspace, in order of delivery.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "capture"

    producer_ref: str = ruled(
        TextRule(
            pattern=_PRODUCER_PATTERN, expected="lower-case words joined by dots, as in 'sdk.python.local'"
        ),
        default="sdk.python.local",
    )
    capture_environment_snapshot: bool = ruled(BooleanRule(), default=True)
    capture_installed_packages: bool = ruled(BooleanRule(), default=True)
    capture_code_revision: bool = ruled(BooleanRule(), default=True)
    capture_config_snapshot: bool = ruled(BooleanRule(), default=True)
    retry_attempts: int = ruled(IntegerRule(), default=0)
    retry_backoff_seconds: float = ruled(NumberRule(), default=0.0)
    dispatch_failure_mode: Literal["raise", "outbox"] = ruled(ChoiceRule("raise", "outbox"), default="raise")
    write_degraded_marker_on_partial_failure: bool = ruled(BooleanRule(), default=True)
    sinks: tuple[SinkConfig, ...] = ruled(SinksRule(), default=())
