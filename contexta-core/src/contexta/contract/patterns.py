r"""The grammars of keys and names, each as one compiled pattern and one predicate-free use: ``pattern.fullmatch``.

All patterns end in ``\Z`` rather than ``$``, because ``$`` also matches before a trailing newline.
"""

from __future__ import annotations

import re

__all__ = [
    "DOT_TOKEN_PATTERN",
    "EXTENSION_FIELD_KEY_PATTERN",
    "EXTENSION_NAMESPACE_PATTERN",
    "EXTENSION_NAMESPACE_SEGMENT_PATTERN",
    "HASH_VALUE_PATTERN",
    "KEY_PATTERN",
    "LOWER_SNAKE_PATTERN",
    "MAX_EXTENSION_NAMESPACE_LENGTH",
    "MAX_KEY_LENGTH",
    "OWNER_SLUG_PATTERN",
    "PRODUCER_REF_PATTERN",
    "REGISTRY_STATUS_PATTERN",
    "SCHEMA_VERSION_PATTERN",
    "STABLE_REF_COMPONENT_PATTERN",
    "STABLE_REF_KIND_PATTERN",
    "is_key",
    "schema_pattern",
]

#: Longest metric key, event key or other dotted token, in characters.
MAX_KEY_LENGTH = 128

#: Longest extension namespace, in characters.
MAX_EXTENSION_NAMESPACE_LENGTH = 128

#: Kind of a stable ref: ``run``, ``stage``, ``my_kind``.
STABLE_REF_KIND_PATTERN = re.compile(r"[a-z][a-z0-9_]*\Z")

#: One component of a stable ref's value: lower-case words joined by single hyphens.
STABLE_REF_COMPONENT_PATTERN = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")

# The characters of a key are the ones that common training code uses: val_loss, train/acc@5, top-1, mem%.
#: Metric and event keys: dot-separated tokens, such as ``train.loss``, ``val_loss``, ``train/acc@5``.
KEY_PATTERN = re.compile(r"[A-Za-z0-9_/@%-]+(?:\.[A-Za-z0-9_/@%-]+)*\Z")

#: Producers, policies, slices and issue keys: dot-separated lower-case tokens with hyphens or underscores.
DOT_TOKEN_PATTERN = re.compile(r"[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)*\Z")

#: The grammar of ``producer_ref``; the same as for every dotted token.
PRODUCER_REF_PATTERN = DOT_TOKEN_PATTERN

#: Value types, summary bases and artifact kinds: ``model_bundle``.
LOWER_SNAKE_PATTERN = re.compile(r"[a-z][a-z0-9_]*\Z")

#: Extension namespaces: at least two segments, ``acme.lab``.
EXTENSION_NAMESPACE_PATTERN = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+\Z")

#: One segment of an extension namespace.
EXTENSION_NAMESPACE_SEGMENT_PATTERN = re.compile(r"[a-z][a-z0-9-]*\Z")

#: One field of an extension.
EXTENSION_FIELD_KEY_PATTERN = re.compile(r"[a-z][a-z0-9_]*\Z")

#: Owner of a registered extension.
OWNER_SLUG_PATTERN = re.compile(r"[a-z][a-z0-9-]*\Z")

#: Status of a registered extension; the vocabulary is open.
REGISTRY_STATUS_PATTERN = re.compile(r"[a-z][a-z0-9_]*\Z")

#: A content hash: hexadecimal or base64 digits, with or without the algorithm before a colon.
HASH_VALUE_PATTERN = re.compile(r"(?:[a-z0-9][a-z0-9_-]{0,31}:)?[A-Za-z0-9+/=_-]{1,200}\Z")

#: A schema version: ``major.minor`` or ``major.minor.patch``.
SCHEMA_VERSION_PATTERN = re.compile(r"([0-9]{1,6})\.([0-9]{1,6})(?:\.([0-9]{1,6}))?\Z")


def is_key(text: str) -> bool:
    """Tell whether ``text`` may be a metric key or an event key."""
    return len(text) <= MAX_KEY_LENGTH and KEY_PATTERN.match(text) is not None


def schema_pattern(pattern: re.Pattern[str]) -> str:
    """Return a grammar in the dialect of JSON Schema, ECMA-262, where patterns are not anchored by themselves."""
    return f"^(?:{pattern.pattern.removesuffix(chr(92) + 'Z')})$"
