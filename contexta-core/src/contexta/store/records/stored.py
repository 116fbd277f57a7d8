"""One stored record, seen from outside."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from contexta.errors import SchemaVersionError
from contexta.spi.flat import restore
from contexta.spi.records import record_ref_of

if TYPE_CHECKING:
    from contexta.spi.flat import CanonicalRecord
    from contexta.spi.records import FlatRecord, StoredFlatRecord

__all__ = ["StoredRecord"]


class StoredRecord:
    """One stored record; its canonical model is made when it is asked for.

    Args:
        stored: The flat record with its place.
        lenient: Whether a record of another major version is read as far as this version understands it.
    """

    def __init__(self, stored: StoredFlatRecord, *, lenient: bool = False) -> None:
        self._stored = stored
        self._lenient = lenient

    @property
    def flat(self) -> FlatRecord:
        """The flat record, as it is kept."""
        return self._stored.record

    @property
    def sequence(self) -> int:
        """Its number within the segment."""
        return self._stored.sequence

    @property
    def segment_id(self) -> str:
        """Name of the segment that holds it."""
        return self._stored.segment

    @property
    def offset(self) -> int:
        """Its place within the segment, in bytes."""
        return self._stored.offset

    @property
    def record_ref(self) -> str:
        """Its reference."""
        return record_ref_of(self.flat)

    @property
    def record_type(self) -> str:
        """``"event"``, ``"metric"``, ``"span"`` or ``"degraded"``."""
        return str(self.flat["type"])

    @property
    def run_ref(self) -> str:
        """Reference of its run."""
        return str(self.flat["run"])

    @property
    def stage_execution_ref(self) -> str | None:
        """Reference of its stage, or None."""
        return self.flat.get("stage")

    @property
    def batch_execution_ref(self) -> str | None:
        """Reference of its batch, or None."""
        return self.flat.get("batch")

    @property
    def sample_observation_ref(self) -> str | None:
        """Reference of its sample, or None."""
        return self.flat.get("sample")

    @cached_property
    def record(self) -> CanonicalRecord:
        """The canonical record.

        Raises:
            SchemaVersionError: It is of another major version; ``contract.compatibility_mode = "lenient"`` reads what
                this version knows of it.
        """
        try:
            return restore(self.flat)
        except SchemaVersionError:
            if not self._lenient:
                raise
            # The flat form without its version is one of this version; unknown fields have no effect in it.
            return restore({name: value for name, value in self.flat.items() if name != "schema"})
