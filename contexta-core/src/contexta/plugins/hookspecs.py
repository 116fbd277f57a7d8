"""The hooks that a plugin can implement.

Registration hooks are pure: no input or output, no heavy import; each is called at most once per plugin and returns
descriptors, never instances.  Observing hooks are called once per session or run, never per record; what they raise
is recorded and harms nobody.  Wrappers are refused everywhere, because implementations are called one by one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.plugins.provider import Provider

__all__ = ["OBSERVING_HOOKS", "PROJECT_NAME", "hookimpl", "hookspec"]

#: The name that ties markers and plugin manager together.
PROJECT_NAME = "contexta"

#: Marks a function of a plugin as the implementation of a hook.
hookimpl = pluggy.HookimplMarker(PROJECT_NAME)

#: Marks a function as the specification of a hook.
hookspec = pluggy.HookspecMarker(PROJECT_NAME)

#: The hooks that :meth:`PluginHost.notify` may call.
OBSERVING_HOOKS = frozenset(
    {
        "contexta_session_opened",
        "contexta_session_closed",
        "contexta_run_started",
        "contexta_run_finished",
    }
)


@hookspec
def contexta_metadata_stores() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of metadata stores (``contexta.spi.MetadataBackend``)."""


@hookspec
def contexta_record_stores() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of record stores (``contexta.spi.RecordBackend``)."""


@hookspec
def contexta_artifact_stores() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of artifact stores (``contexta.spi.ArtifactBackend``)."""


@hookspec
def contexta_sinks() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of sinks (``contexta.spi.Sink``)."""


@hookspec
def contexta_interpreters() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of interpretation services (``contexta.spi.Interpreter``)."""


@hookspec
def contexta_report_renderers() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of report renderers (``contexta.spi.ReportRenderer``)."""


@hookspec
def contexta_surfaces() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of surfaces: command line, HTTP, notebook."""


@hookspec
def contexta_session_opened(session: Any) -> None:
    """Learn that a session was opened, on the thread that opened it."""


@hookspec
def contexta_session_closed(session: Any, failures: Any) -> None:
    """Learn that a session was closed, and what failed in it, on the thread that closed it."""


@hookspec
def contexta_run_started(run: Any) -> None:
    """Learn that a run was started, on the thread that started it."""


@hookspec
def contexta_run_finished(run: Any, outcome: Any) -> None:
    """Learn that a run has ended and how, on the thread that ended it."""
