"""The dashboard's SPI: what an extension of the dashboard adds to it, and what its functions are asked and answer.

An extension is a sequence of screens, tabs of a run, and panels of the first screen.  The dashboard's own are
extensions like any other::

    def owners(workspace, question):
        count = Counter(run.tags.get("owner", "nobody") for run in workspace.list_runs())
        return Page("acme_owners:owners.html", {"owners": count.most_common()})

    def open_owners(context, options):
        return [Screen("owners", "Owners", "/ui/owners", owners)]

Every function may be called from any thread, by several at once.  It only asks the workspace; a page must not change
anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from attrs import Attribute, frozen
from attrs import field as attribute

from contexta.errors import PluginError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from contexta.config.models import UnifiedConfig

    Show = Callable[[Any, "Question"], "Page | Download | str"]

__all__ = ["DashboardContext", "Download", "Page", "Panel", "Question", "RunTab", "Screen"]

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_PATH = re.compile(r"/ui(?:/[a-z0-9_-]+(?:/(?:[a-z0-9_-]+|\{[a-z_]+\}))*)?")
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class DashboardContext:
    """What the factory of an extension is given.

    Args:
        config: The configuration of the workspace that is shown.
        origins: Where each of its values came from, by dotted path; empty where nobody knows.
    """

    config: UnifiedConfig
    origins: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Question:
    """One look at a screen, a tab or a panel: the address behind it.

    Args:
        path: Texts of the path, by name; those of a tab hold ``run_id``.
        query: Texts of the query, by name, in the order of the address.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def first(self, name: str) -> str | None:
        """Return the first value of a name that is not blank, or None."""
        return next((value for value in self.query.get(name, ()) if value.strip()), None)

    def every(self, name: str) -> tuple[str, ...]:
        """Return the values of a name that are not blank, each once."""
        return tuple(dict.fromkeys(value for value in self.query.get(name, ()) if value.strip()))

    def count(self, name: str, default: int, greatest: int) -> int:
        """Return a whole number.

        Args:
            name: Its name in the query.
            default: What it is where the address does not say.
            greatest: The greatest that is allowed.

        Raises:
            ValidationError: It is none, or too great.
        """
        text = self.first(name)
        if text is None:
            return default
        is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
        if not is_number or int(text) > greatest:
            raise ValidationError(
                f"{name} is {text!r}; it must be a whole number, 0 to {greatest}",
                code="http_invalid_parameter",
                details={"parameter": name},
            )
        return int(text)


@dataclass(frozen=True, slots=True)
class Page:
    """What is shown: a Jinja template with its values, which are escaped.

    The template of a screen may extend ``page.html``, and that of a tab ``run.html``; then it fills the blocks
    ``title`` and ``content``, and it stands within the frame by itself.  Any other is a part that the dashboard
    frames.  Instead of a page a function may return a text, which is escaped, or markup (``markupsafe.Markup``) that
    the extension answers for.

    Args:
        template: Its name, after ``package:`` the one in the directory ``templates`` of that package; without a
            package one of the dashboard's own.
        values: What the template is given.
        status: The HTTP status.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Download:
    """What is handed over as a file, instead of a page.

    Args:
        name: The name that the browser proposes.
        content: What is in it.
        media_type: What it is.
    """

    name: str
    content: bytes
    media_type: str = "application/octet-stream"


def _check_name(instance: Any, _: Attribute[str], value: object) -> None:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise _invalid(instance, f"its name must match {_NAME.pattern}, got {value!r}")


def _check_title(instance: Any, _: Attribute[str], value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise _invalid(instance, f"its title must be a text, got {value!r}")


def _check_path(instance: Any, _: Attribute[str], value: object) -> None:
    if not isinstance(value, str) or not _PATH.fullmatch(value):
        raise _invalid(instance, f"its path must match {_PATH.pattern}, got {value!r}")


def _check_show(instance: Any, _: Attribute[Any], value: object) -> None:
    if not callable(value):
        raise _invalid(instance, f"what shows it must be a function, got {value!r}")


def _invalid(instance: object, problem: str) -> PluginError:
    return PluginError(f"invalid {type(instance).__name__}: {problem}", code="plugin_invalid")


@frozen
class Screen:
    """A screen: a page with an address of its own, and a link beside those of the others.

    Args:
        name: Stable identifier: lower-case letters, digits, ``_`` and ``-``.
        title: What it is called.
        path: Its address, which begins with ``/ui``; behind its first word ``{name}`` stands
            for one part, which is given in ``question.path``.
        show: ``(workspace, question) -> Page``, a :class:`Download`, a text or markup; the workspace is a ``contexta.Contexta``.
        order: Screens are linked in this order, then by title; those of the dashboard have 100, 200 and so on.
        listed: Whether it is linked to; False for one that others lead to.  One with ``{name}`` never is.

    Raises:
        PluginError: A field is not of the stated form.
    """

    name: str = attribute(validator=_check_name)
    title: str = attribute(validator=_check_title)
    path: str = attribute(validator=_check_path)
    show: Show = attribute(validator=_check_show)
    order: int = attribute(default=5_000, kw_only=True)
    listed: bool = attribute(default=True, kw_only=True)


@frozen
class RunTab:
    """A tab of the screen of one run, with the address ``/ui/runs/{run_id}/`` and its name.

    Args:
        name: See :class:`Screen`.
        title: What it is called.
        show: As of a :class:`Screen`; ``question.path["run_id"]`` is the reference of a run that exists.
        order: As of a :class:`Screen`.

    Raises:
        PluginError: A field is not of the stated form.
    """

    name: str = attribute(validator=_check_name)
    title: str = attribute(validator=_check_title)
    show: Show = attribute(validator=_check_show)
    order: int = attribute(default=5_000, kw_only=True)


@frozen
class Panel:
    """A panel of the first screen.

    One that fails, or takes too long, is told in its place, and harms no other.

    Args:
        name: See :class:`Screen`.
        title: What it is called.
        show: As of a :class:`Screen`; it shows a part, never a whole page.
        order: As of a :class:`Screen`.

    Raises:
        PluginError: A field is not of the stated form.
    """

    name: str = attribute(validator=_check_name)
    title: str = attribute(validator=_check_title)
    show: Show = attribute(validator=_check_show)
    order: int = attribute(default=5_000, kw_only=True)
