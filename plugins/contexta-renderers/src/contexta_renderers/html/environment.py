"""The templates, and the one way in which content gets into them: escaped, and without control characters."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from contexta.contract.text import display_safe

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["environment"]

# No attribute of ours takes an address from content; with the sign as an entity the text is not even found as one.
_SCRIPT_ADDRESS = re.compile(r"(?i)(script):")


@cache
def environment() -> Environment:
    """Return the templates; every value that they write is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("contexta_renderers.html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _harmless(value: Any) -> Any:
    """Make a value fit to be written; what is markup already came from a template of ours."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    from markupsafe import Markup, escape

    escaped = str(escape(display_safe(value, multiline=True)))
    return Markup(_SCRIPT_ADDRESS.sub(r"\1&#58;", escaped))  # noqa: S704 - escaped on the line before
