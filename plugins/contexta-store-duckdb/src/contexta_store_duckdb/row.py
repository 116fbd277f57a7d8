"""One entity in memory: its state, what is still to be merged into it, and what was derived from it so far."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from contexta.contract.timestamps import instant
from contexta.errors import ContextaError
from contexta.spi.merge import DELETION_FIELD, DocumentState, document_of, merge_patch
from contexta.spi.participation import fold_participations
from contexta_store_duckdb.entries import decode_fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.log.liveness import Liveness
    from contexta_store_duckdb.entries import JournalEntry

__all__ = ["Row", "Summary", "fold", "readable_instant"]

_state_decoder = msgspec.json.Decoder(dict[str, list[Any]])
_state_encoder = msgspec.json.Encoder()
_PARTICIPANTS = "participants"


class Summary(NamedTuple):
    """What a generation tells of an entity without its state being decoded.

    Args:
        name: Its name, if it is text.
        status: Its folded status.
        started_at: Nanoseconds since 1970; None for unknown.
        ended_at: Nanoseconds since 1970; None for unknown.
    """

    name: str | None
    status: str | None
    started_at: int | None
    ended_at: int | None


class Row:
    """One entity.

    Patches are kept as they were read, and a state from a generation as its JSON text, until somebody asks for what
    is in them: a question about a hundred runs should not pay for a million samples.

    Args:
        ref: The entity's reference.
        state: Its merged state, or the JSON text of it.
        summary: What is known without decoding the state; None for nothing.
    """

    __slots__ = ("_document", "_folded", "_instants", "_patches", "_state", "_summary", "links", "ref")

    def __init__(self, ref: str, state: DocumentState | str, summary: Summary | None = None) -> None:
        self.ref = ref
        self.links: tuple[str | None, ...] = ()
        self._state = state
        self._summary = summary
        # One empty tuple for all rows that nobody patches.
        self._patches: list[JournalEntry] | tuple[()] = ()
        self._document: dict[str, Any] | None = None
        self._folded: dict[str, Any] | None = None
        self._instants: dict[str, int | None] | None = None

    @property
    def state(self) -> DocumentState:
        """The merged state.

        Raises:
            msgspec.MsgspecError: The text from a generation is damaged.
        """
        if isinstance(self._state, str):
            self._state = _state_decoder.decode(self._state)
        if self._patches:
            for patch in self._patches:
                # Not JSON although its checksum is right: an integrity check tells, a question goes on without it.
                with suppress(msgspec.MsgspecError):
                    merge_patch(self._state, patch.clock, decode_fields(patch))
            self._patches = ()
        return self._state

    @property
    def document(self) -> dict[str, Any]:
        """The merged fields, not folded."""
        if self._document is None:
            # A state that was read from a generation stays text: decoded it is many small lists, and who asks for
            # what the entity is seldom changes it.
            if isinstance(self._state, str) and not self._patches:
                self._document = document_of(_state_decoder.decode(self._state))
            else:
                self._document = document_of(self.state)
        return self._document

    @property
    def is_deleted(self) -> bool:
        """Whether the entity was deleted, and is kept only so that nothing brings it back."""
        if self._summary is not None:
            return self._summary.status == "deleted"
        return self.has(DELETION_FIELD)

    def has(self, field: str) -> bool:
        """Tell whether the document has a field; most rows are not decoded for it."""
        if self._document is None and not self._mentions(field):
            return False
        return field in self.document

    def _mentions(self, field: str) -> bool:
        mentioned = f'"{field}'
        if self._state and (not isinstance(self._state, str) or mentioned in self._state):
            return True
        encoded = mentioned.encode()
        return any(encoded in bytes(patch.fields) for patch in self._patches)

    def merge(self, patch: JournalEntry) -> None:
        """Take a patch in; it is merged when somebody asks."""
        if not isinstance(self._patches, list):
            self._patches = []
        self._patches.append(patch)
        self._summary = None
        self._document = None
        self._folded = None

    def pack(self) -> str:
        """Return the state as JSON text, and keep it as such where nobody has asked for the entity yet."""
        text = _state_encoder.encode(self.state).decode()
        if self._document is None:
            self._state = text
        return text

    def folded(self, liveness: Callable[[str], Liveness]) -> dict[str, Any]:
        """Return the document with the status folded from its participations; not to be changed."""
        if self._folded is not None:
            return self._folded
        self._instants = None
        if _PARTICIPANTS not in self.document:
            self._folded = self.document
            return self._folded
        document = fold(self.document, liveness)
        # What is open may read otherwise the next time, when its writer has died; everything else is settled.
        if not document.get(_PARTICIPANTS) or document.get("status") != "open":
            self._folded = document
        return document

    def status(self, liveness: Callable[[str], Liveness]) -> Any:
        """Return the folded status."""
        summary = self._summary
        return self.folded(liveness).get("status") if summary is None else summary.status

    def name(self) -> str | None:
        """Return the name, or None where it is missing or no text."""
        if self._summary is not None:
            return self._summary.name
        name = self.document.get("name")
        return name if isinstance(name, str) else None

    def instant_of(self, field: str, liveness: Callable[[str], Liveness]) -> int | None:
        """Return ``started_at`` or ``ended_at`` in nanoseconds, or None without a readable one."""
        if self._summary is not None:
            known: int | None = getattr(self._summary, field)
            if known is not None:
                return known
        document = self.folded(liveness)
        instants = self._instants
        if instants is None:
            instants = self._instants = {}
        elif field in instants:
            return instants[field]
        found = instants[field] = readable_instant(document.get(field))
        return found


def fold(document: dict[str, Any], liveness: Callable[[str], Liveness]) -> dict[str, Any]:
    """Fold the participations, as far as they can be read."""
    try:
        return fold_participations(document, liveness)
    except (AttributeError, KeyError, TypeError, ValueError):
        # Participations of a shape that this version does not know must not hide every other entity.
        return dict(document)


def readable_instant(text: object) -> int | None:
    """Return a time in nanoseconds since 1970, or None for what is no time."""
    try:
        return instant(text) if isinstance(text, str) else None
    except ContextaError:
        return None
