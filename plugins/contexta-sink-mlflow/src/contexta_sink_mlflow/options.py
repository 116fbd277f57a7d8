"""The options of the sink."""

from __future__ import annotations

from dataclasses import dataclass

from contexta.errors import ValidationError

__all__ = ["MLflowOptions"]


@dataclass(frozen=True, slots=True)
class MLflowOptions:
    """``[capture.sinks.options]`` for ``use = "mlflow"``.

    What is None here is taken from MLflow's own environment variables, such as ``MLFLOW_TRACKING_URI``.

    Args:
        tracking_uri: Where MLflow keeps its runs: ``http://localhost:5000``, or a directory.
        experiment: Name of the experiment; that of the environment, else the project, when None.
        run_id: An MLflow run that takes everything; one for each run when None.
        events: Whether events become tags.
        artifacts: Whether artifacts are uploaded.

    Raises:
        ValidationError: A text is blank.
    """

    tracking_uri: str | None = None
    experiment: str | None = None
    run_id: str | None = None
    events: bool = True
    artifacts: bool = True

    def __post_init__(self) -> None:
        for name in ("tracking_uri", "experiment", "run_id"):
            value = getattr(self, name)
            if value is not None and not value.strip():
                raise ValidationError(
                    f"the option {name} of the sink 'mlflow' is {value!r}; leave it out, or give text that is not blank",
                    code="mlflow_invalid_option",
                    details={"option": name, "found": value},
                )
