"""The run of a program that opens none: what it tells OpenTelemetry must belong to something."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from contexta_sink_otel.incoming.run_history import HISTORY, Place, RunWindow

if TYPE_CHECKING:
    from contexta import Contexta

__all__ = ["ServiceRun"]


class ServiceRun:
    """A run named after the service, or that of the parent process where one is announced.

    It is there only where no run was ever open in the process.

    Args:
        context: The workspace of the configuration.
        service_name: The resource attribute ``service.name``.
    """

    def __init__(self, context: Contexta, service_name: str) -> None:
        run: Any = context.current_run()
        self._pid = os.getpid()
        self._run = None
        if run is None:
            run = self._run = context.run(service_name, metadata={"opened_by": "opentelemetry"})
        self._window = RunWindow(Place(context.config, {"run": str(run.ref)}), time.time_ns(), self._run)
        HISTORY.remember(self._window)

    @property
    def place(self) -> Place:
        """The run."""
        return self._window.place

    def close(self) -> None:
        """Close the run, if this process opened it; as failed where an uncaught exception ends the program."""
        HISTORY.forget(self._window)
        if self._run is None or self._run.is_closed or self._pid != os.getpid():
            return
        # The interpreter leaves the exception there when it ends because of it; at a prompt the program goes on.
        has_failed = getattr(sys, "last_value", None) is not None and not hasattr(sys, "ps1")
        self._run.close(status="failed" if has_failed else "completed")
