"""The outbox: what a sink could not take, kept until it is replayed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from contexta.capture.sinks.base import payload_ref
from contexta.contract.timestamps import utc_now_text
from contexta.log import Durability, LogWriter
from contexta.results import plain

if TYPE_CHECKING:
    from pathlib import Path

    from contexta.spi.sinks import Delivery

__all__ = ["Outbox"]


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
        line = {
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
        self._writer.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()[1:-1])
        return replay_ref

    def close(self) -> None:
        """Let go of the log; what is kept stays."""
        self._writer.close()
