"""The templates, and the one way in which content gets into them: escaped, and without control characters."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from contexta.contract.text import display_safe
from contexta_web.screens import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment
    from markupsafe import Markup

    from contexta.spi.dashboard import Download, Page

__all__ = ["is_whole", "markup_of", "rendered"]

_TONES = {
    "completed": "good",
    "ok": "good",
    "passed": "good",
    "open": "info",
    "info": "info",
    "failed": "error",
    "error": "error",
    "critical": "error",
    "triggered": "error",
    "interrupted": "warning",
    "cancelled": "warning",
    "warning": "warning",
}
#: How every page begins that stands by itself.
_DOCTYPE = "<!doctype html>"


def rendered(template: str, values: Mapping[str, Any]) -> Markup:
    """Return a template with its values.

    Args:
        template: Its name, after ``package:`` one of that package's directory ``templates``.
        values: What it is given.
    """
    from markupsafe import Markup

    # What a template of ours made of escaped values is markup.
    return Markup(_environment().get_template(template).render(values))  # noqa: S704


def markup_of(shown: Page | Download | str, values: Mapping[str, Any]) -> Markup:
    """Return what a function of an extension showed as markup: a text is escaped, a page rendered.

    Args:
        shown: A page, a text, or markup that the extension answers for.
        values: What templates are given beside a page's own values.
    """
    from markupsafe import Markup, escape

    from contexta.errors import PluginError
    from contexta.spi.dashboard import Page

    if isinstance(shown, Page):
        return rendered(shown.template, {**shown.values, **values})
    if isinstance(shown, Markup):
        return shown
    if isinstance(shown, str):
        return escape(display_safe(shown, multiline=True))
    raise PluginError(
        f"what shows it returned a {type(shown).__name__}; it must be a Page, a text or markup",
        code="plugin_invalid",
    )


def is_whole(markup: Markup) -> bool:
    """Return whether this is a page that stands by itself, and no part to be framed."""
    return markup.startswith(_DOCTYPE)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    ours = PackageLoader("contexta_web.screens")
    environment = Environment(
        loader=_loader(ours),
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
        "text": words.long_text,
        "short": words.short_name,
        "tone": lambda status: _TONES.get(status, "plain"),
        "segment": lambda text: quote(str(text), safe=""),
    }
    environment.globals["duration"] = words.duration
    return environment


def _loader(ours: Any) -> Any:
    """Return what finds templates: those without a package among our own."""
    from jinja2 import BaseLoader, PackageLoader

    class ExtensionLoader(BaseLoader):
        """Finds ``package:name`` in the package, and every other name among the dashboard's."""

        def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Any]:
            package, _, name = template.rpartition(":")
            loader = PackageLoader(package) if package else ours
            found: tuple[str, str | None, Any] = loader.get_source(environment, name)
            return found

    return ExtensionLoader()


def _harmless(value: Any) -> Any:
    """Make a value fit to be written; what is markup already came from a template of ours."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return display_safe(value, multiline=True)
