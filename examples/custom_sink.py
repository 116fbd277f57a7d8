"""Delivers what is captured to a place of your own: any object with these four members is a sink.

The workspace always receives a capture first; a sink is added to it.  A sink that raises spoils its own delivery and
nothing else.

It prints::

    sent loss = 0.5
    sent loss = 0.25
    SUCCESS at the workspace
    SUCCESS at print-metrics
    kept all the same: 1 result is DEGRADED because of sink_failed:broken
"""

from __future__ import annotations

from typing import Any

from contexta import Contexta
from contexta.capture import PayloadFamily, SinkCaptureReceipt


class PrintMetrics:
    """Prints each metric; a real one would send it somewhere."""

    name = "print-metrics"
    supported_families: tuple[PayloadFamily, ...] = (PayloadFamily.RECORD,)

    def supports(self, family: PayloadFamily) -> bool:
        """Tell which families the sink takes."""
        return family in self.supported_families

    def capture(self, *, family: PayloadFamily, payload: Any) -> SinkCaptureReceipt:
        """Take one payload: a canonical record, with an envelope and a payload of its own."""
        del family
        if payload.envelope.record_type == "metric":
            print(f"sent {payload.payload.metric_key} = {payload.payload.value}")
        return SinkCaptureReceipt.success()


class Broken(PrintMetrics):
    """A sink whose other end is down."""

    name = "broken"

    def capture(self, *, family: PayloadFamily, payload: Any) -> SinkCaptureReceipt:
        """Fail."""
        del family, payload
        raise ConnectionError("nobody listens")


def main() -> None:
    """Capture through both sinks."""
    with Contexta(sinks=[PrintMetrics()]) as ctx, ctx.run("with-sink") as run:
        run.metric("loss", 0.5)
        result = run.metric("loss", 0.25)
        for delivery in result.deliveries:
            place = "the workspace" if delivery.sink_name == "workspace" else delivery.sink_name
            print(delivery.status, "at", place)

    with Contexta(sinks=[Broken()]) as ctx, ctx.run("with-broken-sink") as run:
        result = run.metric("loss", 0.125)
        print(f"kept all the same: 1 result is {result.status} because of {result.degradation_reasons[0]}")


if __name__ == "__main__":
    main()
