"""Who looks at a page: whether they may change something, and what came of what they changed last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

if TYPE_CHECKING:
    from starlette.requests import Request

    from contexta_web.screens.outcomes import Outcome, Outcomes

__all__ = ["OUTCOME", "Visit", "safe_address", "visit_of", "with_outcome"]

#: The name in an address under which the outcome of a change is told.
OUTCOME = "told"
_RUNS = "/ui/runs"
_SAFE = "/:%@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at a page.

    Args:
        address: Path and query of the page, without what only this look at it told.
        is_writable: Whether anything can be changed through this server.
        may_change: Whether whoever looks came in through the address that the server printed.
        outcome: What came of the change that led here.
    """

    address: str = "/ui"
    is_writable: bool = False
    may_change: bool = False
    outcome: Outcome | None = None


def visit_of(request: Request, outcomes: Outcomes, *, is_writable: bool) -> Visit:
    """Return who looks.

    Args:
        request: The request.
        outcomes: What came of changes.
        is_writable: Whether anything can be changed through this server.
    """
    pairs = [pair for pair in request.query_params.multi_items() if pair[0] != OUTCOME]
    may_change = request.state.change_token is not None
    return Visit(
        quote(request.url.path, safe=_SAFE) + (f"?{urlencode(pairs)}" if pairs else ""),
        is_writable,
        may_change,
        outcomes.find(request.query_params.get(OUTCOME)) if may_change else None,
    )


def safe_address(text: str) -> str:
    """Return an address of the dashboard as it stands in a link; the list of runs for whatever is none.

    Args:
        text: What was sent as an address.
    """
    try:
        parts = urlsplit(text)
    except ValueError:
        return _RUNS
    is_ours = parts.path == "/ui" or parts.path.startswith("/ui/")
    if parts.scheme or parts.netloc or not is_ours or not text.isprintable() or "\\" in text:
        return _RUNS
    query = urlencode(parse_qsl(parts.query))
    return quote(parts.path, safe=_SAFE) + (f"?{query}" if query else "")


def with_outcome(address: str, key: str) -> str:
    """Return an address at which an outcome is told.

    Args:
        address: The address, as :func:`safe_address` returns it.
        key: The key of the outcome.
    """
    return f"{address}{'&' if '?' in address else '?'}{OUTCOME}={key}"
