"""``contexta plugins show``: everything about the components of one name."""

from __future__ import annotations

import inspect
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.errors import ContextaError, MissingPluginError
from contexta.plugins.kinds import KINDS, kind_named
from contexta.plugins.messages import missing_error
from contexta.plugins.naming import Pin, component_name
from contexta.plugins.origin import origin_of

if TYPE_CHECKING:
    from contexta.plugins.activation import ActivePlugin
    from contexta.plugins.description import PluginDescription
    from contexta.plugins.host import PluginHost
    from contexta.plugins.index import EntryRef
    from contexta.plugins.provider import Provider

__all__ = ["OptionField", "PluginReport", "report_on"]


class OptionField(NamedTuple):
    """One option that a component takes.

    Args:
        name: The key in the configuration.
        type: Its type, as the plugin wrote it.
        default: What holds where it is not given; empty for one that is required.
        required: Whether it must be given.
    """

    name: str
    type: str
    default: str
    required: bool


class PluginReport(NamedTuple):
    """Everything about one component.

    Args:
        description: Its line in the listing.
        location: Where its distribution lies.
        requires: What its distribution requires.
        title: The plugin's name for people.
        docs_url: Where its documentation is.
        api: The plugin interface that it was written for, as far as it says.
        factory: What builds it.
        capabilities: What it can do beyond the minimum of its kind.
        options: The options it takes; None where that cannot be told.
        hooks: The hooks that its plugin implements.
        import_seconds: How long the import of its plugin took.
        imported: How many modules that import loaded.
        warnings: What the import warned of, with file and line.
        traceback: The traceback of its failure.
    """

    description: PluginDescription
    location: str = ""
    requires: tuple[str, ...] = ()
    title: str = ""
    docs_url: str = ""
    api: str = ""
    factory: str = ""
    capabilities: tuple[str, ...] = ()
    options: tuple[OptionField, ...] | None = None
    hooks: tuple[str, ...] = ()
    import_seconds: float = 0.0
    imported: int = 0
    warnings: tuple[str, ...] = ()
    traceback: str = ""


def report_on(host: PluginHost, name: str, *, kind: str | None = None) -> list[PluginReport]:
    """Report on the components of a name; their plugins are imported if they may be.

    Args:
        host: Where plugins are resolved.
        name: A component's name, a pin, or a distribution.
        kind: Only this kind; all when None.

    Raises:
        PluginError: There is no such kind.
        MissingPluginError: Nothing installed has that name.
    """
    pin = Pin.parse(name)
    kinds = list(KINDS) if kind is None else [kind_named(kind).name]
    for each in kinds:
        host.load_matching(each, lambda ref: _is_meant(pin, name, ref))
    refs = {(ref.kind, ref.name, ref.distribution, ref.value): ref for ref in host.index.entries()}
    reports = []
    for description in host.describe():
        ref = refs.get((description.kind, description.name, description.distribution, description.value))
        is_registered = not description.distribution and component_name(description.name) == pin.name
        if description.kind in kinds and (is_registered if ref is None else _is_meant(pin, name, ref)):
            reports.append(_report(host, description, ref))
    if not reports:
        raise _missing(host, name, pin, kinds)
    return reports


def _is_meant(pin: Pin, name: str, ref: EntryRef) -> bool:
    distributions = (ref.distribution, *ref.also_in)
    return component_name(name) in map(component_name, distributions) or any(
        pin.matches(ref.name, distribution, ref.value) for distribution in distributions
    )


def _missing(host: PluginHost, name: str, pin: Pin, kinds: list[str]) -> MissingPluginError:
    if len(kinds) == 1:
        asked = kind_named(kinds[0])
        return missing_error(asked, name, pin, host.names(asked.name), host.index.failures, "plugins show")
    from contexta.plugins.naming import nearest

    known = {ref.name for ref in host.index.entries()}
    close = nearest(pin.name, known)
    suggestion = f" (did you mean {close!r}?)" if close else ""
    return MissingPluginError(
        f"no plugin named {name!r} is installed{suggestion}; `plugins list` shows what is",
        details={"name": name},
    )


def _report(host: PluginHost, description: PluginDescription, ref: EntryRef | None) -> PluginReport:
    if ref is None:
        return PluginReport(description)
    active = host.active(ref)
    origin = origin_of(ref.distribution)
    found = PluginReport(
        description,
        location=origin.location,
        requires=origin.requires,
        traceback=_traceback_of(host, ref),
    )
    return found if active is None else _with_plugin(found, host, active, ref)


def _with_plugin(found: PluginReport, host: PluginHost, active: ActivePlugin, ref: EntryRef) -> PluginReport:
    info = active.info
    provider = active.providers.get(ref.kind, {}).get(component_name(ref.name))
    api = ".".join(map(str, info.api)) if info else str(provider.api) if provider else ""
    found = found._replace(
        title=info.title if info else "",
        docs_url=info.docs_url if info else "",
        api=api,
        hooks=tuple(sorted(host.hooks_of(active))),
        import_seconds=round(active.import_seconds, 6),
        imported=len(active.imported),
        warnings=active.warnings,
    )
    if provider is None:
        return found
    factory = provider.factory
    return found._replace(
        factory=factory if isinstance(factory, str) else getattr(factory, "__qualname__", repr(factory)),
        capabilities=tuple(sorted(provider.capabilities)),
        options=_options_of(provider),
    )


def _traceback_of(host: PluginHost, ref: EntryRef) -> str:
    for failure in host.failures:
        if (failure.distribution, failure.kind, failure.name) == (ref.distribution, ref.kind, ref.name):
            return "".join(traceback.format_exception(failure.error)).rstrip()
    return ""


def _options_of(provider: Provider) -> tuple[OptionField, ...] | None:
    try:
        options_class = provider.load_options()
        parameters: dict[str, Any] = (
            {} if options_class is None else dict(inspect.signature(options_class).parameters)
        )
    except (ContextaError, TypeError, ValueError):
        return None
    return tuple(
        OptionField(
            name,
            "" if parameter.annotation is parameter.empty else _type_text(parameter.annotation),
            "" if parameter.default is parameter.empty else repr(parameter.default),
            parameter.default is parameter.empty,
        )
        for name, parameter in parameters.items()
    )


def _type_text(annotation: Any) -> str:
    if isinstance(annotation, str):
        return annotation
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)
