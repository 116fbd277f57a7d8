"""Following a run: its records so far, and then what comes, as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from contexta.spi.records import ScanFilter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from contexta.spi.records import RecordBackend, StoredFlatRecord

__all__ = ["SupportsFollowing", "follow_by_scans"]


@runtime_checkable
class SupportsFollowing(Protocol):
    """Reading on where the last read ended.

    A backend without it gets the same from :func:`follow_by_scans`, at the cost of a scan for each look.
    """

    def follow(self, run: str) -> Iterator[Sequence[StoredFlatRecord]]:
        """Yield everything that a run has, and then, each time the iterator is asked, what came since.

        The iterator never ends and never waits: where nothing came, it yields an empty sequence.  Each record is
        yielded once, those of one writer in the order of appending.

        Args:
            run: Reference of the run.
        """


def follow_by_scans(backend: RecordBackend, run: str) -> Iterator[Sequence[StoredFlatRecord]]:
    """Follow a run by scanning it again and again; see :meth:`SupportsFollowing.follow`.

    Args:
        backend: Any record store.
        run: Reference of the run.
    """
    seen: set[str] = set()
    while True:
        fresh = [each for each in backend.scan(ScanFilter(run_ref=run)) if each.record["id"] not in seen]
        seen.update(each.record["id"] for each in fresh)
        yield fresh
