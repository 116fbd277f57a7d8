"""Which of the installed plugins may be imported at all: configuration and environment switches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.plugins.naming import component_name, distribution_name
from contexta.plugins.ownership import is_first_party

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contexta.plugins.index import EntryRef

__all__ = ["DISABLED_VARIABLE", "PLUGINS_VARIABLE", "ActivationPolicy"]

#: ``off``, ``core``, ``all``, or the plugins that are allowed, separated by commas.
PLUGINS_VARIABLE = "CONTEXTA_PLUGINS"
#: The plugins that are not allowed, separated by commas.
DISABLED_VARIABLE = "CONTEXTA_PLUGINS_DISABLED"


class ActivationPolicy:
    """Answers whether an installed plugin may be used.

    A plugin is named by its distribution (``acme-sinks``), by kind and name (``sink:acme``), by a pin
    (``acme-sinks:acme``) or by its name alone (``acme``).  What the kernel itself ships (its built-in sinks) is
    exempt from everything but ``disabled``.

    Args:
        disabled: Plugins that may not be used.
        allow: The only plugins that may be used; None allows all.
        autoload: False allows none.
        environ: Environment variables that narrow this further.
    """

    def __init__(
        self,
        *,
        disabled: Iterable[str] = (),
        allow: Iterable[str] | None = None,
        autoload: bool = True,
        environ: Mapping[str, str],
    ) -> None:
        self._disabled = {_folded(word): "the configuration" for word in disabled}
        for word in _words(environ.get(DISABLED_VARIABLE, "")):
            self._disabled.setdefault(_folded(word), f"the environment variable {DISABLED_VARIABLE}")
        self._allow = None if allow is None else {_folded(word) for word in allow}
        self._autoload = autoload
        self._switch = environ.get(PLUGINS_VARIABLE, "").strip()

    def blocked_by(self, ref: EntryRef) -> str | None:
        """Say what forbids an entry point, or return None when nothing does."""
        identities = _identities(ref)
        for identity in identities & self._disabled.keys():
            return f"disabled by {self._disabled[identity]}"
        if ref.value.startswith("contexta."):
            return None
        if not self._autoload:
            return "the configuration turns plugins off"
        if self._allow is not None and not identities & self._allow:
            return "not among the plugins that the configuration allows"
        return self._blocked_by_switch(ref, identities)

    def words_without(self, refs: Iterable[EntryRef]) -> list[str]:
        """List the configured words that name none of some entry points: typing errors, or plugins that are gone."""
        known = set().union(*map(_identities, refs))
        return sorted((self._disabled.keys() | (self._allow or set())) - known)

    def _blocked_by_switch(self, ref: EntryRef, identities: set[str]) -> str | None:
        switch = self._switch
        match switch.lower():
            case "" | "all":
                allowed = True
            case "off":
                allowed = False
            case "core":
                allowed = is_first_party(ref)
            case _:
                allowed = not identities.isdisjoint(map(_folded, _words(switch)))
        return None if allowed else f"not allowed by the environment variable {PLUGINS_VARIABLE}={switch}"


def _words(text: str) -> list[str]:
    return [word for word in (part.strip() for part in text.split(",")) if word]


def _folded(word: str) -> str:
    """Fold a word so that distribution and component names compare alike."""
    return component_name(distribution_name(word))


def _identities(ref: EntryRef) -> set[str]:
    name, distributions = _folded(ref.name), {_folded(found) for found in (ref.distribution, *ref.also_in)}
    pins = {f"{distribution}:{name}" for distribution in distributions}
    return {name, f"{_folded(ref.kind)}:{name}", *distributions, *pins}
