"""Records line by line, as ``contexta tail`` shows them."""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from typing import IO, TYPE_CHECKING, Any

from contexta_cli.output.cells import pad
from contexta_cli.output.csv_text import csv_cell
from contexta_cli.output.json_text import json_line, json_text
from contexta_cli.output.quantities import local_time, number, run_duration, value_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.interpretation import ObservationRecord, RunRecord
    from contexta_cli.invocation import Invocation
    from contexta_cli.output.printer import Printer

__all__ = ["RecordWriter", "record_writer"]

#: The columns of the CSV; they are the same for every record, so that each can be written as it comes.
_COLUMNS = ("observed_at", "record_type", "stage_id", "key", "step", "value", "unit", "message", "record_id")
_KEY_WIDTH = 18
_STAGE_WIDTH = 10
_STYLES = {"error": "bad", "critical": "bad", "warning": "warning", "degraded": "warning", "debug": "faint"}


class RecordWriter(ABC):
    """Writes records as they come."""

    @abstractmethod
    def write(self, records: Sequence[ObservationRecord]) -> None:
        """Write some records."""

    def end(self, run: RunRecord | None) -> None:
        """Write what stands at the end, where anything does.

        Args:
            run: The run as it is now; None when it was deleted meanwhile.
        """
        del run


def record_writer(invocation: Invocation, stream: IO[str]) -> RecordWriter:
    """Return the writer for the format that was asked for.

    Args:
        invocation: The call.
        stream: Where to write.
    """
    output_format = invocation.output_format
    if output_format == "json":
        return _Document(stream)
    if output_format == "ndjson":
        return _Lines(stream)
    return (
        _Table(stream) if output_format == "csv" else _Text(invocation.printer_for(stream), invocation.quiet)
    )


class _Document(RecordWriter):
    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._records: list[ObservationRecord] = []

    def write(self, records: Sequence[ObservationRecord]) -> None:
        self._records.extend(records)

    def end(self, run: RunRecord | None) -> None:
        self._stream.write(f"{json_text({'records': self._records, 'run': run})}\n")


class _Lines(RecordWriter):
    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, records: Sequence[ObservationRecord]) -> None:
        self._stream.writelines(f"{json_line(record)}\n" for record in records)


class _Table(RecordWriter):
    def __init__(self, stream: IO[str]) -> None:
        self._writer = csv.writer(stream, lineterminator="\n")
        self._writer.writerow(_COLUMNS)

    def write(self, records: Sequence[ObservationRecord]) -> None:
        for record in records:
            fields = {**_fields(record), "step": record.payload.get("step")}
            self._writer.writerow([csv_cell(fields[name]) for name in _COLUMNS])


class _Text(RecordWriter):
    def __init__(self, printer: Printer, quiet: bool) -> None:
        self._printer = printer
        self._quiet = quiet

    def write(self, records: Sequence[ObservationRecord]) -> None:
        for record in records:
            level = record.payload.get("level", record.record_type)
            self._printer.line(_line(record), _STYLES.get(level, ""))

    def end(self, run: RunRecord | None) -> None:
        if self._quiet:
            return
        said = "the run was deleted" if run is None else f"{run.run_id}: {run.status}, {run_duration(run)}"
        self._printer.line(said, "faint")


def _fields(record: ObservationRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _COLUMNS if name != "step"}


def _line(record: ObservationRecord) -> str:
    """Return a record on one line: when, in which stage, what, and its value or text."""
    stage = "" if record.stage_id is None else record.stage_id.rpartition(".")[2]
    parts = [local_time(record.observed_at)[11:], pad(stage, _STAGE_WIDTH), pad(record.key, _KEY_WIDTH)]
    step = record.payload.get("step")
    if record.record_type == "metric":
        unit = f" {record.unit}" if record.unit else ""
        parts.append(f"{number(record.value)}{unit}" + ("" if step is None else f"  step {step}"))
    elif record.record_type == "span":
        parts.append(f"{record.payload.get('status')}, {number(record.value)} ms")
    else:
        attributes = record.payload.get("attributes") or {}
        shown = " ".join(f"{name}={value_text(value)}" for name, value in attributes.items())
        parts.append("  ".join(text for text in (record.message or "", shown) if text))
    return "  ".join(parts).rstrip()
