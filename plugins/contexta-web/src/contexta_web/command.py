"""``contexta serve``: a workspace over HTTP."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, TypeVar

import click

from contexta_web.settings import ServerSettings, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.spi.commands import CommandCall, TextWriter

__all__ = ["open_browser", "serve"]

Function = TypeVar("Function", bound="Callable[..., Any]")

_TOKEN_BYTES = 24
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

    Nobody but this machine reaches it, nothing can be changed through it, and pages of other sites cannot ask it.
    """
    if ctx.invoked_subcommand is None:
        _serve(ctx.obj, options)
    else:
        ctx.meta[_KEY] = options


_KEY = "contexta_web.options"


@serve.command("http")
@_server_options
@click.pass_context
def http(ctx: click.Context, /, **options: Any) -> None:
    """Serve the workspace over HTTP, until Ctrl-C; the same as `contexta serve`."""
    above = ctx.meta.get(_KEY, {})
    _serve(ctx.obj, {name: value or above.get(name) for name, value in options.items()})


def _serve(call: CommandCall, options: dict[str, Any]) -> None:
    import secrets

    from contexta_web.server import listen, require_server, serve_workspace

    configured = call.config.surfaces.http
    host = options["host"] or configured.host
    port = configured.port if options["port"] is None else options["port"]
    opens_browser = configured.open_browser if options["open_browser"] is None else options["open_browser"]
    if not is_loopback(host) and not options["expose"]:
        raise click.UsageError(
            f"{host} is reached by other machines; add --expose if that is meant, and a token will be needed"
        )
    require_server()
    with call.open_existing() as contexta, listen(host, port) as listening:
        settings = ServerSettings(
            host,
            listening.getsockname()[1],
            secrets.token_urlsafe(_TOKEN_BYTES) if options["expose"] else None,
            (*(options["names"] or ()), *([socket.gethostname()] if options["expose"] else [])),
        )

        def started() -> None:
            _announce(call, settings)
            if opens_browser:
                open_browser(settings.url)

        serve_workspace(contexta, listening, settings, started, call.resolved.origins)


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
        if not call.quiet:
            writer.line("Ctrl-C ends it.", "faint")

    call.answer({"url": settings.url, "host": settings.host, "port": settings.port}, show)
    # Whoever waits for the address in a pipe gets it now.
    sys.stdout.flush()
