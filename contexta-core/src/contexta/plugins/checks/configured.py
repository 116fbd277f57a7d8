"""Whether what the configuration names is there and takes the options it is given, and which switches are set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.errors import ContextaError
from contexta.plugins.check import Check
from contexta.plugins.error_policy import PLUGIN_ERRORS_VARIABLE
from contexta.plugins.options import structure_options
from contexta.plugins.policy import DISABLED_VARIABLE, PLUGINS_VARIABLE
from contexta.plugins.tracing import TRACE_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contexta.config.models import UnifiedConfig
    from contexta.plugins.host import PluginHost

__all__ = ["named_components", "switches"]

#: The word by which a configuration switches an interpretation service off.
_OFF = "off"


class _Named(NamedTuple):
    """One component that a configuration names."""

    kind: str
    word: str
    setting: str
    options: Mapping[str, Any]
    path: str


def named_components(host: PluginHost, config: UnifiedConfig) -> Iterator[Check]:
    """Resolve everything that the configuration names, and structure its options; nothing is opened."""
    for named in _named_in(config):
        subject = f"{named.setting} = {named.word!r}"
        try:
            provider = host.resolve(named.kind, named.word, required_by=named.setting)
            structure_options(
                provider.load_options(), named.options, component=provider.name, path=named.path
            )
        except ContextaError as error:
            # The text says what to do.
            yield Check(subject, "problem", str(error))
        else:
            origin = host.distribution_of(named.kind, named.word)
            yield Check(subject, "ok", f"served by {origin}" if origin else "served by a registered plugin")


def _named_in(config: UnifiedConfig) -> Iterator[_Named]:
    for plane in ("metadata", "records", "artifacts"):
        section = getattr(config, plane)
        kind = f"{plane.removesuffix('s')}_store"
        yield _Named(
            kind, section.storage_adapter, f"{plane}.storage_adapter", section.options, f"{plane}.options"
        )
    for position, sink in enumerate(config.capture.sinks):
        setting = f"capture.sinks[{position}]"
        yield _Named("sink", sink.use, f"{setting}.use", sink.options, f"{setting}.options")
    for service, word in config.interpretation.services.items():
        if word != _OFF:
            yield _Named("interpreter", str(word), f"interpretation.services.{service}", {}, "options")


def switches(host: PluginHost, config: UnifiedConfig | None, environ: Mapping[str, str]) -> Iterator[Check]:
    """Say what narrows or changes the use of plugins, so that nobody looks for a fault where there is a switch."""
    for variable in (PLUGINS_VARIABLE, DISABLED_VARIABLE, PLUGIN_ERRORS_VARIABLE, TRACE_VARIABLE):
        value = environ.get(variable, "").strip()
        if value:
            yield Check(variable, "note", f"is set to {value!r}")
    if config is not None:
        if not config.plugins.autoload:
            yield Check("plugins.autoload", "note", "installed plugins are switched off")
        if config.plugins.allow:
            yield Check("plugins.allow", "note", f"only {', '.join(config.plugins.allow)} may serve")
        if config.plugins.disabled:
            yield Check("plugins.disabled", "note", f"{', '.join(config.plugins.disabled)} may not serve")
    for word in host.policy.words_without(host.index.entries()):
        text = f"{word!r} is disabled or allowed, but nothing that is installed has that name"
        yield Check("plugins", "warning", text, "correct the name, or leave it out")
