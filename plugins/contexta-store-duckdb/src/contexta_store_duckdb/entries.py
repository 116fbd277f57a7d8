"""One mutation as one line of the journal, and back.

A line reads ``{"n":7,"h":"<clock>-<writer>","kind":"run","ref":"run:demo.r1","set":{"name":"r1"},"c":"…"}``; sequence
number and checksum belong to the segment log, everything between them stands here.  Of the mutations of one call all
but the last carry ``"more":true``: a reader holds them back until the last has come, so that a call that was cut off
by a kill or a full disk leaves nothing behind.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from contexta.errors import SerializationError

if TYPE_CHECKING:
    from contexta.spi.metadata import Mutation

__all__ = ["JournalEntry", "decode_entry", "decode_fields", "encode_entry"]


class JournalEntry(msgspec.Struct, frozen=True, gc=False):
    """What a line of the journal says.

    Args:
        clock: Hybrid clock and writer; unique, and sorts by time.
        kind: What the entity is; text, because a newer version may know more kinds.
        ref: Its stable reference.
        fields: The fields that the mutation sets, as JSON: most lines are read long before anybody asks for what
            they are about, if anybody does.
        more: Whether the call that wrote this line wrote another line behind it.
    """

    clock: str = msgspec.field(name="h")
    kind: str
    ref: str
    fields: msgspec.Raw = msgspec.field(name="set")
    more: bool = False


class _NewEntry(msgspec.Struct, omit_defaults=True, gc=False):
    """The same before it is written."""

    clock: str = msgspec.field(name="h")
    kind: str
    ref: str
    fields: dict[str, Any] = msgspec.field(name="set")
    more: bool = False


def _plain(value: object) -> object:
    """Give the encoder the mappings that are no dict and the texts that are more than text, references foremost."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


_encoder = msgspec.json.Encoder(enc_hook=_plain)
_decoder = msgspec.json.Decoder(JournalEntry)
_fields_decoder = msgspec.json.Decoder(dict[str, Any])
_OPENING_BRACE = ord("{")
_ALWAYS_FINITE = frozenset({str, int, bool, type(None)})


def encode_entry(clock: str, mutation: Mutation, *, more: bool = False) -> bytes:
    """Encode a mutation as the members of a JSON object, without its braces.

    Raises:
        SerializationError: A value is no JSON value, or a float that is not finite (``metadata_not_json``).
    """
    try:
        entry = _NewEntry(clock, str(mutation.kind), mutation.ref, dict(mutation.fields), more)
        encoded = _encoder.encode(entry)
        # The encoder writes NaN as null, and null removes a field: only then is a walk over the values worth it.
        if b"null" in encoded:
            _refuse_non_finite(entry.fields, mutation.ref)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        if isinstance(error, SerializationError):
            raise
        raise SerializationError(
            f"The fields of {mutation.ref} cannot be kept as JSON: {error}. Use text, finite numbers, booleans, None, "
            "lists and mappings with text keys.",
            code="metadata_not_json",
            details={"ref": mutation.ref},
            cause=error,
        ) from error
    return encoded[1:-1]


def decode_entry(line: bytes) -> JournalEntry:
    """Decode a whole line, but for the fields.

    Raises:
        msgspec.MsgspecError: Not a mutation.
    """
    entry = _decoder.decode(line)
    if memoryview(entry.fields)[0] != _OPENING_BRACE:
        raise msgspec.ValidationError("Expected `object` - at `$.set`")
    return entry


def decode_fields(entry: JournalEntry) -> dict[str, Any]:
    """Decode the fields of a mutation.

    Raises:
        msgspec.MsgspecError: Not JSON after all: whoever wrote the line was no journal.
    """
    try:
        return _fields_decoder.decode(entry.fields)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error)) from error


def _refuse_non_finite(value: object, path: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise SerializationError(
            f"{path} is {value!r}, which JSON cannot hold; leave it out or give it as text.",
            code="metadata_not_json",
            details={"path": path},
        )
    if isinstance(value, Mapping):
        for key, item in value.items():
            if type(item) not in _ALWAYS_FINITE:
                _refuse_non_finite(item, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            if type(item) not in _ALWAYS_FINITE:
                _refuse_non_finite(item, f"{path}[{index}]")
