"""The descriptor by which a plugin offers one component."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.errors import ContextaError, PluginError, PluginLoadError
from contexta.plugins.references import load_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["API_VERSION", "Provider"]

#: Version of the plugin interface: plugins of another first number are refused, the second only adds.
API_VERSION = (1, 0)

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_REFERENCE = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*")


@dataclass(frozen=True, slots=True)
class Provider:
    """One component that a plugin offers: what it is called and how it is built.

    Building is left to the factory, so that listing plugins costs nothing::

        Provider("stdout_json", "acme_sinks.stdout:open_sink", options="acme_sinks.stdout:Options")

    Args:
        name: The word in the configuration: lower-case letters, digits and ``_``.
        factory: ``(context, options) -> component``, or its ``"package.module:attribute"``, imported when it is used.
        options: Dataclass or attrs class of the component's options, or its reference; None takes no option.
        capabilities: What the component can do beyond the minimum of its kind, in the words of the kind's SPI.
        summary: One line for listings.
        api: First number of the plugin interface it was written for.

    Raises:
        PluginError: A field is not of the stated form.
    """

    name: str
    factory: str | Callable[[Any, Any], Any]
    options: str | type | None = None
    capabilities: frozenset[str] = frozenset()
    summary: str = ""
    api: int = 1

    def __post_init__(self) -> None:
        # Plugins come untyped: what the annotations promise is looked at once, here.
        name: object = self.name
        capabilities: object = self.capabilities
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise _invalid(f"name must match {_NAME.pattern}, got {name!r}")
        if not callable(self.factory) and not _is_reference(self.factory):
            raise _invalid(
                f"factory of {self.name!r} must be callable or 'package.module:attribute', got {self.factory!r}"
            )
        if (
            self.options is not None
            and not isinstance(self.options, type)
            and not _is_reference(self.options)
        ):
            raise _invalid(
                f"options of {self.name!r} must be a class, 'package.module:Class' or None, got {self.options!r}"
            )
        if isinstance(capabilities, str):
            raise _invalid(f"capabilities of {self.name!r} must be a set of words, got one word")
        object.__setattr__(self, "capabilities", frozenset(self.capabilities))

    def load_factory(self) -> Callable[[Any, Any], Any]:
        """Import the factory if it was given as a reference.

        Raises:
            PluginLoadError: It cannot be imported or is not callable.
        """
        factory = self._load(self.factory, "factory") if isinstance(self.factory, str) else self.factory
        if not callable(factory):
            raise PluginLoadError(
                f"factory {self.factory!r} of {self.name!r} is a {type(factory).__name__}, not callable;"
                " the plugin's author has to point it at a function or class",
                code="plugin_invalid",
            )
        return factory

    def load_options(self) -> type | None:
        """Import the class of the options if it was given as a reference.

        Raises:
            PluginLoadError: It cannot be imported, or is neither a dataclass nor an attrs class.
        """
        if self.options is None:
            return None
        found = self._load(self.options, "options") if isinstance(self.options, str) else self.options
        is_structured = hasattr(found, "__dataclass_fields__") or hasattr(found, "__attrs_attrs__")
        if not isinstance(found, type) or not is_structured:
            raise PluginLoadError(
                f"options {self.options!r} of {self.name!r} are no dataclass and no attrs class;"
                " the plugin's author has to make them one",
                code="plugin_invalid",
            )
        return found

    def create(self, context: Any, options: Mapping[str, Any] | None = None, *, path: str = "options") -> Any:
        """Build the component.

        Args:
            context: The surroundings that the kind's SPI promises to its factories.
            options: The options as configured; None and empty mean none.
            path: Where the options stand in the configuration, for messages (``metadata.options``).

        Returns:
            What the factory returned.

        Raises:
            ConfigurationError: An option is unknown, missing or of the wrong type.
            PluginLoadError: The factory or the class of the options cannot be imported.
            PluginError: The factory raised something that is no error of ours.
        """
        from contexta.plugins.options import structure_options

        structured = structure_options(self.load_options(), options, component=self.name, path=path)
        factory = self.load_factory()
        try:
            return factory(context, structured)
        except ContextaError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"{self.name!r} could not be opened: {type(error).__name__}: {error}",
                code="plugin_factory_failed",
                details={"name": self.name},
            ) from error

    def _load(self, reference: str, role: str) -> Any:
        try:
            return load_reference(reference)
        except (Exception, SystemExit) as error:
            raise PluginLoadError(
                f"{role} {reference!r} of {self.name!r} cannot be imported: {type(error).__name__}: {error};"
                " reinstall the plugin with what it needs, or configure another one",
                details={"name": self.name, "reference": reference},
            ) from error


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def _invalid(problem: str) -> PluginError:
    return PluginError(f"invalid Provider: {problem}", code="plugin_invalid")
