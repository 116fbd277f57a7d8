"""Contexta's metrics, events and artifacts to MLflow."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta_sink_mlflow.options import MLflowOptions as MLflowOptions
    from contexta_sink_mlflow.sink import MLflowSink as MLflowSink

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "MLflowOptions": "contexta_sink_mlflow.options",
        "MLflowSink": "contexta_sink_mlflow.sink",
    },
)
