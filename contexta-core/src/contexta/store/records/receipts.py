"""What appending answers: a receipt for each record that is there, a rejection for each that is not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from contexta.store.records.stored import StoredRecord

if TYPE_CHECKING:
    from contexta.spi.records import StoredFlatRecord

__all__ = ["AppendReceipt", "AppendRejection", "AppendResult", "DurabilityStatus"]


class DurabilityStatus(StrEnum):
    """How safe a record is once it is acknowledged."""

    #: In the operating system: survives the death of the process, not a power loss.
    FLUSHED = "flushed"
    #: On stable storage.
    FSYNCED = "fsynced"


class AppendReceipt(StoredRecord):
    """The acknowledgement of one record, with its place.

    Args:
        stored: The flat record with its place.
        durability_status: How safe it is.
        repeated: Whether the store had the very same record already; then it was not appended again.
        lenient: As for :class:`StoredRecord`.
    """

    def __init__(
        self,
        stored: StoredFlatRecord,
        *,
        durability_status: DurabilityStatus,
        repeated: bool = False,
        lenient: bool = False,
    ) -> None:
        super().__init__(stored, lenient=lenient)
        self.durability_status = durability_status
        self.repeated = repeated

    def __repr__(self) -> str:
        kept = "there already" if self.repeated else self.durability_status
        return f"<AppendReceipt {self.record_ref}, {kept}>"


@dataclass(frozen=True, slots=True)
class AppendRejection:
    """Why one record of a batch was not appended.

    Args:
        index: Its place in the batch, from 0; of an imported file the number of its line.
        code: Code of the error, as it is raised for a single record.
        message: The error's text.
        record_ref: Its reference, when it has one.
        record_type: Its type, when it has one.
    """

    index: int
    code: str
    message: str
    record_ref: str | None = None
    record_type: str | None = None


@dataclass(frozen=True, slots=True)
class AppendResult:
    """What became of a batch.

    Args:
        accepted: Receipts, in the order of the batch.
        rejected: Rejections, in the order of the batch.
        durability_status: How safe the accepted records are.
    """

    accepted: tuple[AppendReceipt, ...]
    rejected: tuple[AppendRejection, ...]
    durability_status: DurabilityStatus

    @property
    def accepted_count(self) -> int:
        """Number of records that are in the store."""
        return len(self.accepted)

    @property
    def rejected_count(self) -> int:
        """Number of records that are not."""
        return len(self.rejected)

    @property
    def durable_count(self) -> int:
        """Number of records that survive a power loss."""
        return len(self.accepted) if self.durability_status is DurabilityStatus.FSYNCED else 0

    @property
    def success(self) -> bool:
        """Whether every record of the batch is in the store."""
        return not self.rejected
