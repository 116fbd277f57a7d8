"""OpenTelemetry: the sink ``OTelSink``."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta_sink_otel.sink import OTelSink as OTelSink

_from_table, __dir__, __all__ = attach_lazy(__name__, {"OTelSink": "contexta_sink_otel.sink"})


def __getattr__(name: str) -> object:
    try:
        return _from_table(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "contexta_sink_otel":
            raise
        from contexta.errors import MissingPluginError
        from contexta.plugins.install_hints import INSTALL_HINTS

        raise MissingPluginError(
            f"{name} is a class of the package 'contexta_sink_otel', which is not installed; "
            f'install: pip install "{INSTALL_HINTS["sink", "otel"]}"',
            details={"name": name, "package": "contexta_sink_otel"},
        ) from error
