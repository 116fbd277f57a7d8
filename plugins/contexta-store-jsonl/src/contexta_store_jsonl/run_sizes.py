"""How many bytes the records of runs take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_store_jsonl.encoding import encode_value
from contexta_store_jsonl.places import WHOLE, read_lines
from contexta_store_jsonl.rows import decode_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.log import LogReader

__all__ = ["run_sizes"]


def run_sizes(reader: LogReader, runs: Sequence[str]) -> dict[str, int]:
    """Add up the lines of runs, in one pass over the segments.

    Args:
        reader: The log.
        runs: References of runs.

    Returns:
        The bytes by reference, one entry for each run.

    Raises:
        StoreAccessError: A segment cannot be read.
    """
    sizes = dict.fromkeys(runs, 0)
    # With one run most segments need no more than a search of their raw bytes.
    needles = [b'"run":%b' % encode_value(run) for run in sizes] if len(sizes) == 1 else []
    with reader.hold():
        for segment in reader.segments() if sizes else ():
            for lines in read_lines(reader, segment, WHOLE, needles):
                rows, found = decode_rows(lines)
                for row, line in zip(rows, found, strict=True):
                    if row.run in sizes:
                        sizes[row.run] += len(line[2]) + 1
    return sizes
