"""Closing sinks within a deadline: a sink that hangs must not keep the program from ending."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from contexta.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contexta.capture.dispatcher import AttachedSink

__all__ = ["close_sinks"]


def close_sinks(sinks: Iterable[AttachedSink]) -> list[tuple[str, Exception]]:
    """Flush and close every sink that can, one after the other, each within its own deadline.

    What a sink does there happens on a thread of its own; one that has not come back in time is left behind on it.

    Args:
        sinks: The attached sinks.

    Returns:
        What they raised, by name; ``CaptureError`` with the code ``sink_close_timeout`` for one that hung.
    """
    failures: list[tuple[str, Exception]] = []
    for attached in sinks:
        calls = [
            (method, call, arguments)
            for method, arguments in (("flush", (attached.close_timeout_seconds,)), ("close", ()))
            if callable(call := getattr(attached.sink, method, None))
        ]
        if calls:
            failures.extend((attached.name, error) for error in _finish(attached, calls))
    return failures


def _finish(attached: AttachedSink, calls: Sequence[tuple[str, Any, tuple[float, ...]]]) -> list[Exception]:
    errors: list[Exception] = []
    doing: list[str] = []

    def finish() -> None:
        for method, call, arguments in calls:
            doing.append(method)
            try:
                call(*arguments)
            except Exception as error:  # noqa: BLE001 - one bad sink spoils only itself
                errors.append(_tellable(attached.name, method, error))
            except BaseException as error:  # noqa: BLE001 - a sink that exits ends no program but its own closing
                errors.append(_exited(attached.name, method, error))

    # A daemon, so that the interpreter does not wait for it either.
    thread = threading.Thread(target=finish, name=f"contexta-close-{attached.name}", daemon=True)
    try:
        thread.start()
    except RuntimeError:
        # The interpreter ends, or no thread can be had; nobody watches the time then.
        finish()
        return errors
    thread.join(attached.close_timeout_seconds)
    told = list(errors)
    if thread.is_alive():
        told.append(_hung(attached, doing[-1] if doing else "close"))
    return told


def _hung(attached: AttachedSink, method: str) -> CaptureError:
    return CaptureError(
        f"its {method}() did not return within {attached.close_timeout_seconds:g} s and was left behind;"
        " what it still held may not have arrived",
        code="sink_close_timeout",
        details={"sink": attached.name, "method": method},
    )


def _tellable(name: str, method: str, error: Exception) -> Exception:
    """Return an error that can say what happened: the sink's own, unless it is as broken as the sink."""
    try:
        str(error)
    except Exception:  # noqa: BLE001 - whatever its text raises, there is none
        return CaptureError(
            f"its {method}() raised {type(error).__name__}, which has no text",
            code="sink_close_failed",
            details={"sink": name, "method": method},
            cause=error,
        )
    return error


def _exited(name: str, method: str, error: BaseException) -> CaptureError:
    return CaptureError(
        f"its {method}() raised {type(error).__name__}: {error}",
        code="sink_close_failed",
        details={"sink": name, "method": method},
        cause=error,
    )
