"""How much the contract takes: every bound on depth, size and number, in one place.

A breach is always a typed error with a code and a path: a :class:`~contexta.errors.ValidationError` for what a model
would hold, a :class:`~contexta.errors.SerializationError` for what is read or written.  The bounds are part of the
contract: readers in other languages may rely on them.
"""

from __future__ import annotations

from typing import Final

from contexta.contract.patterns import MAX_EXTENSION_NAMESPACE_LENGTH, MAX_KEY_LENGTH

__all__ = [
    "MAX_EXTENSIONS",
    "MAX_EXTENSION_NAMESPACE_LENGTH",
    "MAX_INTEGER",
    "MAX_JSON_DEPTH",
    "MAX_JSON_KEYS",
    "MAX_JSON_KEY_LENGTH",
    "MAX_JSON_NODES",
    "MAX_JSON_TEXT_BYTES",
    "MAX_KEY_LENGTH",
    "MAX_NAME_LENGTH",
    "MAX_PAYLOAD_DEPTH",
    "MAX_REFS",
    "MAX_RUN_PARAMETERS",
    "MAX_STRING_KEYS",
    "MAX_TEXT_LENGTH",
    "MAX_VALIDATION_ISSUES",
    "MIN_INTEGER",
]

#: Deepest nesting of mappings and lists in what users attach.
MAX_JSON_DEPTH: Final = 64

#: Most keys of one mapping.
MAX_JSON_KEYS: Final = 1_000

#: Longest key, in characters.
MAX_JSON_KEY_LENGTH: Final = 1_024

#: Most values, at all depths together, of one attribute mapping.
MAX_JSON_NODES: Final = 100_000

#: Longest single text, in characters.
MAX_TEXT_LENGTH: Final = 1_048_576

#: Smallest integer: that of a signed 64-bit column.
MIN_INTEGER: Final = -(2**63)

#: Largest integer: that of an unsigned 64-bit column.
MAX_INTEGER: Final = 2**64 - 1

#: Longest name of a project, run or span, and longest key of a mapping from text to text, in characters.
MAX_NAME_LENGTH: Final = 1_024

#: Most keys of a mapping from text to text: tags, packages, environment variables.
MAX_STRING_KEYS: Final = 10_000

#: Most parameters of one run; flattened configurations are long.
MAX_RUN_PARAMETERS: Final = 10_000

#: Most refs in one field: links of a span, evidence of an edge.
MAX_REFS: Final = 10_000

#: Most extension sets of one model.
MAX_EXTENSIONS: Final = 1_000

#: Longest JSON text that is decoded, in bytes.
MAX_JSON_TEXT_BYTES: Final = 64 * 1024 * 1024

#: Deepest nesting that a written payload may have: attributes inside a record, with room for what is around them.
MAX_PAYLOAD_DEPTH: Final = 128

#: Most problems that one validation report lists.
MAX_VALIDATION_ISSUES: Final = 1_000
