"""The outbox: what a sink could not take, kept until it is replayed.

It is a segment log of its own.  A delivery that failed is a line; what becomes of it later are further lines, by the same
reference: ``failed``, ``dead``, ``delivered``, ``requeued``.  Nothing is ever rewritten in place, so a crash between two
lines leaves the older state, and live capture, replays and readers need no lock between them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from contexta.capture.sinks.base import payload_ref
from contexta.contract.timestamps import utc_now_text
from contexta.log import Durability, HybridClock, LogWriter
from contexta.results import plain

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.spi.sinks import Delivery

__all__ = ["STATE_KEY", "Outbox"]

#: The member that tells a line about an entry from the line of an entry, and holds the entry's state.
STATE_KEY = "state"


class Outbox:
    """Keeps failed deliveries in a segment log, acknowledged like any record.

    Args:
        root: Directory of the outbox; made when the first delivery is kept.
        durability: What must hold when :meth:`keep` returns.
    """

    def __init__(self, root: Path, durability: str) -> None:
        self._writer = LogWriter(root, durability=Durability(durability))

    def keep(self, delivery: Delivery, payload: Any, identifier: str) -> str:
        """Keep one failed delivery.

        Args:
            delivery: The delivery that failed.
            payload: What was to be delivered.
            identifier: Identifier of the payload, unique in the workspace.

        Returns:
            The replay reference: the same payload and sink always get the same.
        """
        replay_ref = f"replay:{identifier}.{delivery.sink_name}"
        self._append(
            {
                "replay_ref": replay_ref,
                "sink_name": delivery.sink_name,
                "family": str(delivery.family),
                "failed_at": utc_now_text(),
                "payload_type": type(payload).__name__,
                "payload_ref": payload_ref(payload),
                "error": delivery.detail,
                "error_code": (delivery.metadata or {}).get("error_code"),
                "attempts": (delivery.metadata or {}).get("attempts", 1),
                "payload": plain(payload),
            }
        )
        return replay_ref

    def mark(
        self,
        replay_ref: str,
        state: str,
        clock: HybridClock,
        *,
        failures: int = 0,
        error: str = "",
        error_code: str | None = None,
    ) -> None:
        """Say what became of an entry; durable like the entry itself.

        Args:
            replay_ref: The entry.
            state: ``"failed"``, ``"dead"``, ``"delivered"`` or ``"requeued"``.
            clock: A clock that has seen the entry's earlier states: the latest of them holds.
            failures: How many replays have failed since the last that did not.
            error: What the sink said.
            error_code: Its stable identifier.
        """
        line: dict[str, Any] = {
            STATE_KEY: state,
            "replay_ref": replay_ref,
            "h": clock.tick(),
            "at": utc_now_text(),
            "failures": failures,
        }
        if error:
            line |= {"error": error, "error_code": error_code}
        self._append(line)

    def _append(self, line: dict[str, Any]) -> None:
        self._writer.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()[1:-1])

    def close(self) -> None:
        """Let go of the log; what is kept stays."""
        self._writer.close()
