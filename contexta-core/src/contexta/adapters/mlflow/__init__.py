"""MLflow: the sink ``MLflowSink``."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta_sink_mlflow.sink import MLflowSink as MLflowSink

_from_table, __dir__, __all__ = attach_lazy(__name__, {"MLflowSink": "contexta_sink_mlflow.sink"})


def __getattr__(name: str) -> object:
    try:
        return _from_table(name)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "contexta_sink_mlflow":
            raise
        from contexta.errors import MissingPluginError
        from contexta.plugins.install_hints import INSTALL_HINTS

        raise MissingPluginError(
            f"{name} is a class of the package 'contexta_sink_mlflow', which is not installed; "
            f'install: pip install "{INSTALL_HINTS["sink", "mlflow"]}"',
            details={"name": name, "package": "contexta_sink_mlflow"},
        ) from error
