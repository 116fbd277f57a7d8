"""Identifiers of traces and spans: Contexta's are text, OpenTelemetry's are numbers of 128 and 64 bits.

The same text gives the same number in every process, so that parents, children and links meet at the receiver
whichever process sent them.
"""

from __future__ import annotations

import hashlib
import re

__all__ = ["span_number", "trace_number", "trace_of_run"]

_HEXADECIMAL = re.compile(r"(?:(?:trace|span)-)?([0-9a-fA-F]+)\Z")

_TRACE_BYTES = 16
_SPAN_BYTES = 8


def trace_number(text: str) -> int:
    """Return the 128 bits of a trace.

    Hexadecimal digits, alone or behind ``trace-``, are taken as they are; of any other text it is a hash.

    Args:
        text: The trace's identifier.
    """
    return _number(text, _TRACE_BYTES)


def span_number(text: str) -> int:
    """Return the 64 bits of a span; by the rule of :func:`trace_number`.

    Args:
        text: The span's identifier.
    """
    return _number(text, _SPAN_BYTES)


def trace_of_run(run_ref: str) -> int:
    """Return the trace that all spans of a run belong to, for records that name no trace themselves.

    Args:
        run_ref: Reference of the run.
    """
    return trace_number(f"trace-{hashlib.blake2b(run_ref.encode(), digest_size=8).hexdigest()}")


def _number(text: str, size: int) -> int:
    found = _HEXADECIMAL.match(text)
    if found is not None and len(found[1]) <= size * 2:
        number = int(found[1], 16)
        # Zero says "no identifier" in OpenTelemetry.
        if number:
            return number
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=size).digest()) or 1
