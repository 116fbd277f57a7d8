"""``contexta serve``: a workspace over HTTP."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from contexta_web.settings import ServerSettings, is_loopback, new_token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from contexta.config import UnifiedConfig
    from contexta.spi.commands import CommandCall, TextWriter

__all__ = ["open_browser", "serve"]

Function = TypeVar("Function", bound="Callable[..., Any]")

_OPTIONS = (
    click.option("--host", metavar="ADDRESS", help="Address to listen on; surfaces.http.host by default."),
    click.option(
        "--port",
        type=click.IntRange(0, 65_535),
        metavar="N",
        help="Port to listen on, 0 for a free one; surfaces.http.port by default.",
    ),
    click.option(
        "--open-browser/--no-browser",
        default=None,
        help="Open a browser on it; surfaces.http.open_browser by default.",
    ),
    click.option(
        "--expose",
        is_flag=True,
        help="Let other machines ask too: --host may be any address, and a token is needed.",
    ),
    click.option(
        "--writable",
        is_flag=True,
        help="Let runs be tagged, archived, deleted and so on by whoever opens the address that is printed; "
        "surfaces.http.writable by default.",
    ),
    click.option(
        "--name",
        "names",
        metavar="HOST",
        multiple=True,
        help="A further host name under which it is reached; repeatable.",
    ),
)


def _server_options(function: Function) -> Function:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.group("serve", invoke_without_command=True)
@_server_options
@click.pass_context
def serve(ctx: click.Context, /, **options: Any) -> None:
    """Serve the workspace over HTTP, until Ctrl-C.

    Nobody but this machine reaches it, nothing can be changed through it unless --writable says so, and pages of other
    sites cannot ask it.
    """
    if ctx.invoked_subcommand is None:
        _serve(ctx.obj, options)
    else:
        ctx.meta[_KEY] = _given(ctx, options)


_KEY = "contexta_web.options"


@serve.command("http")
@_server_options
@click.pass_context
def http(ctx: click.Context, /, **options: Any) -> None:
    """Serve the workspace over HTTP, until Ctrl-C; the same as `contexta serve`."""
    _serve(ctx.obj, {**options, **ctx.meta.get(_KEY, {}), **_given(ctx, options)})


def _given(ctx: click.Context, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that somebody gave."""
    return {
        name: value
        for name, value in options.items()
        if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT
    }


def _serve(call: CommandCall, options: dict[str, Any]) -> None:
    from contexta_web.server import listen, require_server, serve_workspace

    configured = call.config.surfaces.http
    host = options["host"] or configured.host
    port = configured.port if options["port"] is None else options["port"]
    opens_browser = configured.open_browser if options["open_browser"] is None else options["open_browser"]
    if not is_loopback(host) and not options["expose"]:
        raise click.UsageError(
            f"{host} is reached by other machines; add --expose if that is meant, and a token will be needed"
        )
    is_writable = options["writable"] or configured.writable
    if is_writable:
        _require_writable(call.config)
    require_server()
    with call.open_existing() as contexta, listen(host, port) as listening:
        settings = ServerSettings(
            host,
            listening.getsockname()[1],
            new_token() if options["expose"] or is_writable else None,
            (*(options["names"] or ()), *([socket.gethostname()] if options["expose"] else [])),
            is_exposed=bool(options["expose"]),
            open_to_change=call.open_existing if is_writable else None,
        )

        def started() -> None:
            _announce(call, settings)
            if opens_browser:
                open_browser(settings.url)

        serve_workspace(contexta, listening, settings, started, call.resolved.origins)


def _require_writable(config: UnifiedConfig) -> None:
    """Refuse to promise changes that the workspace cannot take.

    Raises:
        ReadOnlyStoreError: Its configuration opens it for reading only.
    """
    from contexta.errors import ReadOnlyStoreError

    if config.metadata.read_only:
        raise ReadOnlyStoreError(
            "nothing can be changed through a dashboard of this workspace: metadata.read_only is true; "
            "serve it without --writable, or set that to false"
        )


def open_browser(url: str) -> None:
    """Open a browser; one in a terminal runs until it is closed, so nobody waits for it.

    Args:
        url: What it is to show.
    """
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(url,), name="contexta-browser", daemon=True).start()


def _announce(call: CommandCall, settings: ServerSettings) -> None:
    import sys

    def show(writer: TextWriter) -> None:
        writer.line(f"Serving at {settings.url}", "title")
        if settings.is_writable:
            writer.line("Whoever opens this address, with its token, can change and delete runs.", "warning")
        if not call.quiet:
            writer.line("Ctrl-C ends it.", "faint")

    told = {
        "url": settings.url,
        "host": settings.host,
        "port": settings.port,
        "writable": settings.is_writable,
    }
    call.answer(told, show)
    # Whoever waits for the address in a pipe gets it now.
    sys.stdout.flush()
