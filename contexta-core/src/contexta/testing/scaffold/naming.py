"""The names of a project, from the one that was asked for; a name that would lead to trouble is refused at once."""

from __future__ import annotations

import keyword
import re
import sys
from importlib.util import find_spec
from typing import NamedTuple

from contexta.errors import ValidationError
from contexta.plugins.install_hints import OUR_NAMES
from contexta.plugins.naming import component_name, distribution_name

__all__ = ["ProjectNames", "project_names"]

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_NOT_NAME = re.compile(r"[^a-z0-9]+")
#: What the names of classes end with anyway.
_LAST_WORDS = frozenset({"Diagnostics", "Renderer", "Sink", "Store"})
#: Modules that stand beside the package in the project.
_TAKEN = frozenset({"conftest", "src", "test", "tests"})


class ProjectNames(NamedTuple):
    """What a project calls its parts.

    Args:
        name: The word in a configuration, which is the import package as well: ``acme_lines``.
        distribution: What is installed: ``acme-lines``.
        prefix: What its classes begin with: ``AcmeLines``.
    """

    name: str
    distribution: str
    prefix: str


def project_names(kind: str, asked: str) -> ProjectNames:
    """Return the names of a project's parts.

    Args:
        kind: The kind of plugin.
        asked: The name that was asked for.

    Raises:
        ValidationError: The name has another form (``plugin_project_invalid_name``), or belongs to Contexta, to
            Python, or to something that is installed (``plugin_project_taken_name``).
    """
    if not _NAME.fullmatch(asked):
        folded = _NOT_NAME.sub("_", asked.lower()).strip("_0123456789")
        suggestion = f" (did you mean {folded!r}?)" if folded else ""
        raise ValidationError(
            f"the name of a plugin was to be {asked!r}{suggestion}; use lower-case letters, digits and '_', and begin"
            " with a letter, as in 'acme_lines'",
            code="plugin_project_invalid_name",
            details={"name": asked},
        )
    name = component_name(asked)
    owner = _owner(kind, name)
    if owner is not None:
        raise ValidationError(
            f"the name of a plugin was to be {asked!r}, which {owner}; begin it with a name of your own, as in"
            f" 'acme_{name}'",
            code="plugin_project_taken_name",
            details={"name": asked},
        )
    return ProjectNames(name, distribution_name(name), _prefix(name))


def _prefix(name: str) -> str:
    """Return what classes begin with: ``acme_sink`` makes an ``AcmeSink``, and not an ``AcmeSinkSink``."""
    words = [word.capitalize() for word in name.split("_")]
    while len(words) > 1 and words[-1] in _LAST_WORDS:
        words.pop()
    return "".join(words)


def _owner(kind: str, name: str) -> str | None:
    """Say to whom a name belongs, if it is anybody's."""
    if name in OUR_NAMES.get(kind, ()) or name.partition("_")[0] == "contexta":
        return "is one of Contexta's own"
    if keyword.iskeyword(name) or name in sys.stdlib_module_names:
        return "is a word of Python's"
    if name in _TAKEN:
        return "stands for something else in every project"
    spec = find_spec(name)
    # A directory that happens to lie on the path is nobody's package.
    if spec is not None and spec.origin is not None:
        return f"is that of an installed package, {spec.origin}"
    return None
