"""One finding of the doctor."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["Check", "CheckStatus"]

#: ``problem`` is what makes the doctor fail; ``warning`` may become one; ``note`` and ``ok`` only inform.
CheckStatus = Literal["ok", "note", "warning", "problem"]


class Check(NamedTuple):
    """One finding of ``contexta plugins doctor``.

    Args:
        subject: What was looked at: a distribution, a component, a setting.
        status: ``"ok"``, ``"note"``, ``"warning"`` or ``"problem"``.
        finding: What was found, in one sentence.
        remedy: What to do about it; empty where nothing is to be done.
    """

    subject: str
    status: CheckStatus
    finding: str
    remedy: str = ""
