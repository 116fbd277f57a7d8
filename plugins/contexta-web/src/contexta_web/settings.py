"""How the server is reached, and what it endures."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

__all__ = ["Limits", "ServerSettings", "is_loopback"]


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
    """

    header_bytes: int = 32 * 1024
    connections: int = 768
    workers: int = 32
    answer_seconds: float = 30.0
    idle_seconds: float = 8.0
    event_streams: int = 32


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the server is reached.

    Args:
        host: Address that it listens on.
        port: Port that it listens on.
        token: What a client has to show; None where whoever reaches the address may ask.
        names: Further host names under which it is reached.
        limits: What it endures.
    """

    host: str
    port: int
    token: str | None = None
    names: tuple[str, ...] = ()
    limits: Limits = Limits()

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
