"""The templates, and the one way in which content gets into them: escaped, and without control characters."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from contexta.contract.text import display_safe
from contexta_web.screens import words

if TYPE_CHECKING:
    from jinja2 import Environment

    from contexta_web.screens.question import Page

__all__ = ["render"]

_TONES = {
    "completed": "good",
    "passed": "good",
    "open": "info",
    "info": "info",
    "failed": "error",
    "error": "error",
    "triggered": "error",
    "interrupted": "warning",
    "cancelled": "warning",
    "warning": "warning",
}


def render(page: Page) -> bytes:
    """Return a page as HTML."""
    text = _environment().get_template(page.template).render(page.values)
    return text.encode("utf-8", "replace")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("contexta_web.screens"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": words.clock,
        "number": words.number,
        "size": words.size,
        "value": words.value_text,
        "short": words.short_name,
        "tone": lambda status: _TONES.get(status, "plain"),
        "segment": lambda text: quote(str(text), safe=""),
    }
    environment.globals["duration"] = words.duration
    return environment


def _harmless(value: Any) -> Any:
    """Make a value fit to be written; what is markup already came from a template of ours."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return display_safe(value, multiline=True)
