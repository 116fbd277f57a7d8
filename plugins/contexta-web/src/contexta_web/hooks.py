"""The dashboard beside a capture, as a plugin: light, for every session looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from contexta.plugins import hookimpl

if TYPE_CHECKING:
    from contexta_web.companion import Companion

__all__ = ["contexta_session_closed", "contexta_session_opened"]

_companions: WeakKeyDictionary[Any, Companion] = WeakKeyDictionary()


@hookimpl
def contexta_session_opened(session: Any) -> None:
    """Serve the dashboard where ``surfaces.http.enabled`` says so."""
    wanted = session.config.surfaces.http
    if not wanted.enabled:
        return
    from contexta_web.companion import Companion

    companion = Companion(session.config)
    url = companion.start()
    if url is None:
        return
    _companions[session] = companion
    if wanted.open_browser:
        from contexta_web.command import open_browser

        open_browser(url)


@hookimpl
def contexta_session_closed(session: Any) -> None:
    """Stop serving."""
    companion = _companions.pop(session, None)
    if companion is not None:
        companion.stop()
