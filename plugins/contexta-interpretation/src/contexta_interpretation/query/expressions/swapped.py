"""Comparisons with the value before the field, such as ``0.1 < metrics.loss < 0.5``: what is meant."""

from __future__ import annotations

import re

from contexta_interpretation.query.expressions.faults import Fault, Span

__all__ = ["swapped_fault"]

_LITERAL = r"""[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"""
_SIGN = r"==|=|!=|<=|>=|<|>"
#: A value where a condition begins.
_VALUE_BEFORE = re.compile(rf"(?:^|\(|\b(?:and|or|not)\s)\s*(?P<value>{_LITERAL})\s*$", re.IGNORECASE)
_FIELD_BEHIND = re.compile(
    rf"(?P<sign>{_SIGN})\s*(?P<field>[A-Za-z_][\w./@%-]*(?:\([^()]*\))?)"
    rf"(?:\s*(?P<next>{_SIGN})\s*(?P<end>{_LITERAL}))?"
)
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def swapped_fault(expression: str, place: int) -> Fault | None:
    """Return the fault of a value that stands before its field, or None where none does.

    Args:
        expression: The whole expression.
        place: Where the parser stopped: at the sign behind the value.
    """
    before = _VALUE_BEFORE.search(expression[:place])
    behind = _FIELD_BEHIND.match(expression, place)
    if before is None or behind is None:
        return None
    field, sign = behind["field"], behind["sign"]
    meant = f"{field} {_TURNED.get(sign, sign)} {before['value']}"
    if behind["end"] is not None:
        meant += f" and {field} {behind['next']} {behind['end']}"
    return Fault(
        "the field stands first in a comparison, and its value behind it",
        Span(before.start("value"), behind.end()),
        suggestion=meant,
    )
