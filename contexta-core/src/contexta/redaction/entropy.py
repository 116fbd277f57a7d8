"""The entropy rule of the mode ``strict``: long random texts without a known shape."""

from __future__ import annotations

import math
import re
from collections import Counter

__all__ = ["RANDOM_RUN", "is_random"]

#: A run of characters that keys are written with.
RANDOM_RUN = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{20,512}={0,2}(?![A-Za-z0-9+/_=-])")

_HEXADECIMAL = re.compile(r"[0-9A-Fa-f-]+\Z")
_MINIMUM_BITS = 3.9


def is_random(run: str) -> bool:
    """Return whether a run looks drawn at random.

    Digests and UUIDs are exempt: a workspace is full of them, and they are made to be shown.
    """
    if _HEXADECIMAL.match(run) or run.count("/") > 2 or run.count("-") + run.count("_") > len(run) // 8:
        return False
    if run.islower() or run.isupper() or not any(map(str.isdigit, run)):
        return False
    length = len(run)
    bits = -sum(count / length * math.log2(count / length) for count in Counter(run).values())
    return bits >= _MINIMUM_BITS
