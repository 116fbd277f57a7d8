"""Names and values inside running text: ``password=…``, ``"api_key": "…"``, ``export TOKEN=…``.

Prose, configuration text and code spell them differently, and in code most right-hand sides are expressions:
``token = tokens[0]`` holds no secret.
"""

from __future__ import annotations

import re
from functools import cache

__all__ = ["code_assignment", "is_opaque", "is_placeholder", "is_plain_value", "text_assignment"]

_NAME = r"(?<![A-Za-z0-9_.-])-{0,3}(?P<name>[A-Za-z_][A-Za-z0-9_.-]{1,127})"
_QUOTED = r"(?:[rbuf]{0,2}\"(?P<double>[^\"\n]{1,4096})\"|[rbuf]{0,2}'(?P<single>[^'\n]{1,4096})')"


@cache
def text_assignment() -> re.Pattern[str]:
    """Return the expression for prose, log lines and exceptions; compiled when it is needed for the first time."""
    return re.compile(
        rf"{_NAME}(?:\\?[\"'])?(?P<sign>[ ]{{0,2}}(?:=|:)[ ]{{0,2}})(?:{_QUOTED}|(?P<bare>[^\s\"',;&)}}\]]{{1,4096}}))"
    )


@cache
def code_assignment() -> re.Pattern[str]:
    """Return the expression for code: a quoted string behind ``=`` or ``:``, or a bare value as in dotenv and YAML."""
    return re.compile(
        rf"{_NAME}(?:\\?[\"']\]?)?(?:[ \t]{{0,8}}:[ \t]{{0,4}}[A-Za-z_][A-Za-z0-9_. |\[\]]{{0,64}}(?==))?"
        rf"(?P<sign>[ \t]{{0,32}}(?::=|=|:)[ \t]{{0,32}})(?:{_QUOTED}|(?P<bare>[^\s\"'#,;]{{1,4096}}))"
    )


_PLACEHOLDER = re.compile(
    r"\$\{?[A-Za-z_]\w{0,127}\}?\Z|\{\{?[^{}]{0,128}\}\}?\Z|[*•.xX]{2,64}\Z|<[A-Za-z_|/ -]{1,64}>\Z|"
    r"\[[A-Za-z_]{1,32}\]\Z|%\(?[A-Za-z_]{1,64}[)%]?s?\Z|(?i:none|null|true|false|undefined|nil|str|string)\Z"
)
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_+/=@!$%^&*~?-]{1,4096}\Z")


def is_placeholder(value: str) -> bool:
    """Return whether a value stands for a secret without being one, such as ``${TOKEN}`` or ``<pad>``."""
    return _PLACEHOLDER.match(value) is not None


def is_opaque(value: str) -> bool:
    """Return whether a value looks made by a machine: long enough, letters and digits mixed, in one piece."""
    return (
        len(value) >= 8
        and any(map(str.isdigit, value))
        and any(map(str.isalpha, value))
        and not any(map(str.isspace, value))
    )


def is_plain_value(value: str) -> bool:
    """Return whether a bare right-hand side can be a literal: no call, index or attribute."""
    return _PLAIN_VALUE.match(value) is not None
