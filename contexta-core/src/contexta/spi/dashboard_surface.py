"""What the surface ``http`` implements: the dashboard, opened in this process and asked without a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager

__all__ = ["DashboardAnswer", "DashboardSurface", "OpenDashboard"]


@dataclass(frozen=True, slots=True)
class DashboardAnswer:
    """What a browser would be sent.

    Args:
        status: The HTTP status.
        headers: Names, in lower case, and values.
        body: The content.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The content as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def is_page(self) -> bool:
        """Whether a browser would show it as a page."""
        return self.headers.get("content-type", "").startswith("text/html")


class OpenDashboard(Protocol):
    """A dashboard over a workspace; any thread may ask it."""

    @property
    def problems(self) -> Sequence[tuple[str, str]]:
        """The extensions that are left out, wholly or in part: the name of each, and why."""

    def get(self, address: str) -> DashboardAnswer:
        """Ask once, as a browser on this machine does.

        Args:
            address: Path and query, such as ``/ui/runs?limit=5``.
        """


@runtime_checkable
class DashboardSurface(Protocol):
    """What a plugin's surface of the name ``http`` can do beside what every surface can.

    ``contexta.testing.DashboardExtensionContract`` asks it.
    """

    def __call__(self, arguments: Sequence[str], /) -> int:
        """Say how it is used; ``contexta serve`` is what serves."""

    def open_dashboard(self, workspace: Any, /) -> AbstractContextManager[OpenDashboard]:
        """Open the dashboard, with the extensions of the workspace's plugin host, until the block ends.

        Args:
            workspace: The workspace, a ``contexta.Contexta``; to be closed by whoever opened it.
        """
