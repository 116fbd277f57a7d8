"""Telling plugins what happens: one after the other, and what one raises harms no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.errors import PluginError
from contexta.plugins.failures import PluginFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from contexta.plugins.activation import ActivePlugin, ActivePlugins

__all__ = ["MOST_FAILURES_IN_A_ROW", "call_each", "notify_each", "require_observing"]

#: A plugin whose observing hooks raised this often in a row is not told anything any more.
MOST_FAILURES_IN_A_ROW = 3


def require_observing(hook: str, arguments: Mapping[str, Any], plugins: ActivePlugins) -> None:
    """Refuse a hook that does not observe, and arguments that are not the specified ones.

    Raises:
        PluginError: One of both.
    """
    from contexta.plugins.hookspecs import OBSERVING_HOOKS

    if hook not in OBSERVING_HOOKS:
        raise PluginError(
            f"{hook!r} is no observing hook; they are {', '.join(sorted(OBSERVING_HOOKS))}",
            code="plugin_hook_unknown",
        )
    expected = plugins.arguments_of(hook)
    if arguments.keys() != expected:
        raise PluginError(
            f"{hook} is called with {', '.join(sorted(expected))}, got {', '.join(sorted(arguments)) or 'nothing'}",
            code="plugin_hook_arguments",
        )


def notify_each(
    plugins: ActivePlugins, hook: str, arguments: Mapping[str, Any], failed: Callable[[PluginFailure], None]
) -> list[tuple[str, Any]]:
    """Call an observing hook of every plugin that is not suspended; three failures in a row suspend one.

    Args:
        plugins: The plugins in use.
        hook: The hook.
        arguments: Its arguments.
        failed: Told of each failure.

    Returns:
        Plugin name and result, for each implementation that did not raise.
    """
    results: list[tuple[str, Any]] = []
    for active, implementation in plugins.implementations(hook):
        if active.failed_in_a_row >= MOST_FAILURES_IN_A_ROW:
            continue
        try:
            results.append((active.name, plugins.call(implementation, arguments)))
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - one observer must not disturb the others or the run
            active.failed_in_a_row += 1
            failed(_failure(active, hook, error))
        else:
            active.failed_in_a_row = 0
    return results


def call_each(
    plugins: ActivePlugins, hook: str, arguments: Mapping[str, Any], failed: Callable[[PluginFailure], None]
) -> list[tuple[str, Any]]:
    """Call a hook of every plugin, the one that came last into use first, as :func:`notify_each` but without an end."""
    results: list[tuple[str, Any]] = []
    for active, implementation in plugins.implementations(hook):
        try:
            results.append((active.name, plugins.call(implementation, arguments)))
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            failed(PluginFailure(active.name, "call", _said(hook, error), error, "hooks", hook))
    return results


def _failure(active: ActivePlugin, hook: str, error: Exception) -> PluginFailure:
    reason = _said(hook, error)
    if active.failed_in_a_row >= MOST_FAILURES_IN_A_ROW:
        reason += f"; after {MOST_FAILURES_IN_A_ROW} failures in a row its observing hooks are called no more"
    return PluginFailure(active.name, "notify", reason, error, "hooks", hook)


def _said(hook: str, error: Exception) -> str:
    return f"{hook} raised {type(error).__name__}: {error}"
