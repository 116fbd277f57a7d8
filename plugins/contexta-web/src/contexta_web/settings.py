"""How the server is reached, what it endures, and whether anything can be changed through it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta import Contexta

__all__ = ["Limits", "ServerSettings", "is_loopback", "new_token"]

_TOKEN_BYTES = 24


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server endures of its clients.

    Args:
        header_bytes: Greatest size of a request's line and headers together.
        connections: So many connections at once; further ones are closed at once.
        workers: So many questions are answered at once; further ones wait.
        answer_seconds: So long may a question take.
        idle_seconds: So long may a client take to send a request, or to take an answer.
        event_streams: So many streams of events at once.
        body_bytes: Greatest size of a form.
        change_seconds: So long is a change waited for; it goes on afterwards.
    """

    header_bytes: int = 32 * 1024
    connections: int = 768
    workers: int = 32
    answer_seconds: float = 30.0
    idle_seconds: float = 8.0
    event_streams: int = 32
    body_bytes: int = 64 * 1024
    change_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the server is reached, and whether anything can be changed through it.

    Args:
        host: Address that it listens on.
        port: Port that it listens on.
        token: What a client has to show to change anything, and of an exposed server for everything; None where whoever
            reaches the address may ask, and nobody change anything.
        names: Further host names under which it is reached.
        limits: What it endures.
        is_exposed: Whether other machines may ask too, so that questions need the token as well.
        open_to_change: Opens the workspace anew, for one change, as a command of the command line does; None where
            nothing can be changed.
    """

    host: str
    port: int
    token: str | None = None
    names: tuple[str, ...] = ()
    limits: Limits = Limits()
    is_exposed: bool = False
    open_to_change: Callable[[], Contexta] | None = None

    @property
    def is_writable(self) -> bool:
        """Whether anything can be changed through the server."""
        return self.open_to_change is not None

    @property
    def authorities(self) -> frozenset[str]:
        """The values of ``Host`` that mean this server."""
        hosts = {"127.0.0.1", "localhost", "[::1]", *(name.lower() for name in self.names)}
        if self.host not in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared with, not listened on
            hosts.add(bracketed(self.host.lower()))
        return frozenset(f"{host}:{self.port}" for host in hosts) | (
            hosts if self.port == 80 else frozenset()
        )

    @property
    def url(self) -> str:
        """The address to open in a browser; with the token, where one is needed."""
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - replaced, not listened on
        host = bracketed(everywhere.get(self.host, self.host))
        return f"http://{host}:{self.port}/" + (f"?token={self.token}" if self.token else "")


def bracketed(host: str) -> str:
    """Return a host as it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def new_token() -> str:
    """Return a token that nobody had before and nobody can guess."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def is_loopback(host: str) -> bool:
    """Return whether nobody on another machine reaches an address.

    Args:
        host: An address, or a name; of the names only ``localhost`` is trusted.
    """
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
