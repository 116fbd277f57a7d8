"""One entity as a row, and back; a row that is not what was written is told apart by its checksum."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import msgspec

from contexta.errors import SerializationError
from contexta.log.liveness import Liveness
from contexta.spi.merge import document_of
from contexta.spi.participation import fold_participations

if TYPE_CHECKING:
    from contexta.spi.merge import DocumentState
    from contexta.spi.metadata import Mutation

__all__ = ["COLUMNS", "EntityRow", "checked_fields", "decode_row", "encode_row", "folded"]

#: The columns that :func:`decode_row` takes, in its order.
COLUMNS = "kind, ref, state, document, checksum"

_encoder = msgspec.json.Encoder()
_state_decoder = msgspec.json.Decoder(dict[str, list[Any]])
_FINITE = frozenset({str, int, bool, type(None)})


class EntityRow(NamedTuple):
    """What a row holds.

    Args:
        kind: Kind of the entity, as text.
        ref: Its reference.
        state: Its merged state.
    """

    kind: str
    ref: str
    state: DocumentState


def checked_fields(mutation: Mutation) -> dict[str, Any]:
    """Return the fields of a mutation as plain data that JSON holds.

    Raises:
        SerializationError: A value is no JSON value, or a float that is not finite (``metadata_not_json``).
    """
    try:
        plain = msgspec.to_builtins(dict(mutation.fields), enc_hook=_plain, str_keys=True)
        _refuse_non_finite(plain)
        # Integers beyond 64 bits and lone surrogates are refused here and not when the state is written.
        _encoder.encode(plain).decode()
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise SerializationError(
            f"The fields of {mutation.ref} cannot be kept as JSON: {error}. Use text, finite numbers, booleans, None, "
            "lists and mappings with text keys.",
            code="metadata_not_json",
            details={"ref": str(mutation.ref)},
            cause=error,
        ) from error
    fields: dict[str, Any] = plain
    return fields


def encode_row(kind: str, ref: str, state: DocumentState) -> tuple[str, str, str | None, int]:
    """Return state, document, run and checksum of an entity as they are stored."""
    document = folded(document_of(state))
    run_ref = document.get("run_ref")
    state_text = _encoder.encode(state).decode()
    document_text = _encoder.encode(document).decode()
    return (
        state_text,
        document_text,
        run_ref if isinstance(run_ref, str) else None,
        _checksum(kind, ref, state_text, document_text),
    )


def decode_row(row: tuple[Any, ...]) -> EntityRow | None:
    """Return what a row holds, or None for one that is damaged.

    Args:
        row: The values of ``COLUMNS``.
    """
    kind, ref, state, document, checksum = row
    if not all(isinstance(text, str) for text in (kind, ref, state, document)):
        return None
    if _checksum(kind, ref, state, document) != checksum:
        return None
    return EntityRow(kind, ref, _state_decoder.decode(state))


def folded(document: dict[str, Any]) -> dict[str, Any]:
    """Fold participations as if every writer lived; what cannot be read of them hides nothing."""
    try:
        return fold_participations(document, lambda _: Liveness.UNKNOWN)
    except (AttributeError, KeyError, TypeError, ValueError):
        return document


def _checksum(*texts: str) -> int:
    checksum = 0
    for text in texts:
        checksum = crc32(text.encode("utf-8", "surrogatepass"), crc32(b"\0", checksum))
    return checksum


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _refuse_non_finite(value: object) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value!r} is not finite")
    if isinstance(value, dict):
        for item in value.values():
            if type(item) not in _FINITE:
                _refuse_non_finite(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            if type(item) not in _FINITE:
                _refuse_non_finite(item)
