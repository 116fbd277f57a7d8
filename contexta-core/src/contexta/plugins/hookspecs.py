"""The hooks that a plugin can implement, and when each is called.

Registration hooks are pure: no input or output, no heavy import; each is called at most once per plugin and returns
descriptors, never instances.  Observing hooks are called once per session or run, never per record; what they raise
is recorded and harms nobody.  Implementations are called one by one, so that one cannot spoil another, which is why
wrappers are refused everywhere but around ``contexta_open_component``.

A hook's argument that is to go is first marked with ``warn_on_impl_args``: for two minor versions, plugins that still
take it are warned about with their file and line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta.config.models import UnifiedConfig
    from contexta.plugins.check import Check
    from contexta.plugins.host import PluginHost
    from contexta.plugins.index import EntryRef
    from contexta.plugins.info import PluginInfo
    from contexta.plugins.provider import Provider

__all__ = ["OBSERVING_HOOKS", "PROJECT_NAME", "WRAPPABLE_HOOKS", "hookimpl", "hookspec"]

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

#: The hooks that an implementation may wrap.
WRAPPABLE_HOOKS = frozenset({"contexta_open_component"})


@hookspec
def contexta_metadata_stores() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of metadata stores (``contexta.spi.MetadataBackend``).

    When: the first time one of the plugin's names is asked for.
    Raises: whatever it raises makes the plugin unusable.  Since: 1.0.
    """


@hookspec
def contexta_record_stores() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of record stores (``contexta.spi.RecordBackend``).

    When: the first time one of the plugin's names is asked for.
    Raises: whatever it raises makes the plugin unusable.  Since: 1.0.
    """


@hookspec
def contexta_artifact_stores() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of artifact stores (``contexta.spi.ArtifactBackend``).

    When: the first time one of the plugin's names is asked for.
    Raises: whatever it raises makes the plugin unusable.  Since: 1.0.
    """


@hookspec
def contexta_sinks() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of sinks (``contexta.spi.Sink``).

    When: the first time one of the plugin's names is asked for.
    Raises: whatever it raises makes the plugin unusable.  Since: 1.0.
    """


@hookspec
def contexta_interpreters() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of interpretation services (``contexta.spi.Interpreter``).

    When: the first time one of the plugin's names is asked for.
    Raises: whatever it raises makes the plugin unusable.  Since: 1.0.
    """


@hookspec
def contexta_diagnostics_checks() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of diagnostics checks (``contexta.spi.DiagnosticsCheck``).

    When: the first time a run is diagnosed.
    Raises: whatever it raises makes the plugin unusable; the other checks are made all the same.  Since: 1.0.
    """


@hookspec
def contexta_report_renderers() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of report renderers (``contexta.spi.ReportRenderer``).

    When: the first time one of the plugin's names is asked for.
    Raises: whatever it raises makes the plugin unusable.  Since: 1.0.
    """


@hookspec
def contexta_surfaces() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of surfaces: command line, HTTP, notebook.

    When: the first time one of the plugin's names is asked for.
    Raises: whatever it raises makes the plugin unusable.  Since: 1.0.
    """


@hookspec
def contexta_cli_commands() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of commands of the command line (``contexta.spi.commands``).

    When: one of the plugin's commands is typed, or its help asked for; the list of commands imports nothing.
    Raises: whatever it raises makes the plugin unusable; all other commands work.  Since: 1.0.
    """


@hookspec
def contexta_dashboard_extensions() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of extensions of the dashboard (``contexta.spi.dashboard``).

    When: the dashboard is started.
    Raises: whatever it raises makes the plugin unusable; the dashboard says so, and shows all others.  Since: 1.0.
    """


@hookspec
def contexta_encryption_providers() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of encryption providers (``contexta.spi.EncryptionProvider``).

    When: a backup is made or read, and ``security.encryption_provider`` or the backup names one.
    Raises: whatever it raises makes the plugin unusable.  Since: 1.0.
    """


@hookspec
def contexta_workspace_readers() -> Iterable[Provider]:  # type: ignore[empty-body]
    """Return descriptors of readers of foreign workspaces (``contexta.spi.foreign_workspaces.WorkspaceReader``).

    When: a workspace is migrated.
    Raises: whatever it raises makes the plugin unusable.  Since: 1.0.
    """


@hookspec
def contexta_plugin_info() -> PluginInfo:  # type: ignore[empty-body]
    """Say who the plugin is, and for which version of the plugin interface it was written.

    When: right after its import, before any other hook.
    Raises: whatever it raises makes the plugin unusable.  Since: 1.0.
    """


@hookspec(historic=True)
def contexta_configure(config: UnifiedConfig, host: PluginHost) -> None:
    """Learn the configuration of the session that the plugin serves.

    When: once, as soon as the plugin is in use; one that comes into use later gets it then.
    Raises: whatever it raises takes the plugin out of use again.  Since: 1.0.
    """


@hookspec
def contexta_unconfigure(host: PluginHost) -> None:
    """Let go of what was taken in ``contexta_configure``.

    When: after the session was closed; the plugin that came last into use is told first.
    Raises: what it raises is recorded, and the other plugins are told all the same.  Since: 1.0.
    """


@hookspec
def contexta_session_opened(session: Any) -> None:
    """Learn that a session begins to capture.

    When: before its first run or deployment, on the thread that starts it.
    Raises: what it raises is recorded.  Since: 1.0.
    """


@hookspec
def contexta_session_closed(session: Any, failures: Sequence[tuple[str, Exception]]) -> None:
    """Learn that a session was closed, and which sinks failed at it.

    When: after its sinks and stores were closed, on the thread that closed it; only where it had been opened.
    Raises: what it raises is recorded.  Since: 1.0.
    """


@hookspec
def contexta_run_started(run: Any) -> None:
    """Learn that a run was started, joined or resumed.

    When: right after it was written, on the thread that started it.
    Raises: what it raises is recorded.  Since: 1.0.
    """


@hookspec
def contexta_run_finished(run: Any, outcome: str) -> None:
    """Learn that a run has ended: ``"completed"``, ``"failed"`` or ``"cancelled"``.

    When: right after its end was written, on the thread that closed it; not for a process that is killed.
    Raises: what it raises is recorded.  Since: 1.0.
    """


@hookspec(firstresult=True)
def contexta_select_provider(kind: str, name: str, candidates: Sequence[EntryRef]) -> EntryRef | None:
    """Choose between several installed plugins that offer one name; None leaves it to the next plugin.

    When: a name is asked for without a pin, and several plugins have it; unanswered, that is an error.
    Raises: what it raises is recorded and counts as no answer.  Since: 1.0.
    """


@hookspec(firstresult=True)
def contexta_open_component(
    kind: str, name: str, provider: Provider, context: Any, options: Mapping[str, Any], path: str
) -> Any:
    """Build a component instead of the provider's factory; None leaves it to the next plugin, at last the factory.

    The only hook that may be wrapped: around it belong retries, measurements and test doubles.  ``context`` and
    ``options`` are what the factory would get, ``path`` is where the options stand in the configuration.
    When: a store, sink or service is opened, on the thread that needs it.
    Raises: whatever it raises is the failure of that component.  Since: 1.0.
    """


@hookspec
def contexta_doctor_checks(host: PluginHost) -> Iterable[Check]:  # type: ignore[empty-body]
    """Check what only the plugin can: whether its backend answers, its schema fits, its disk may be written.

    When: ``contexta plugins doctor``.
    Raises: what it raises is reported as a problem of the plugin.  Since: 1.0.
    """
