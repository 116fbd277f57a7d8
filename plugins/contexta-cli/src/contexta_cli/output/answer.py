"""Answers for programs: JSON, NDJSON and CSV."""

from __future__ import annotations

from typing import IO, Any

__all__ = ["write_data"]


def write_data(stream: IO[str], output_format: str, data: Any, rows: Any) -> None:
    """Write an answer in one of the formats for programs.

    Args:
        stream: Where to write.
        output_format: ``"json"``, ``"ndjson"`` or ``"csv"``.
        data: The answer, whole: what JSON holds.
        rows: What the two others hold, see :mod:`contexta_cli.output.rows`.
    """
    if output_format == "json":
        from contexta_cli.output.json_text import json_text

        stream.write(f"{json_text(data)}\n")
    elif output_format == "ndjson":
        from contexta_cli.output.json_text import json_line
        from contexta_cli.output.rows import objects_of

        for each in objects_of(rows):
            stream.write(f"{json_line(each)}\n")
    else:
        from contexta_cli.output.csv_text import write_csv
        from contexta_cli.output.rows import rows_of

        write_csv(stream, *rows_of(rows))
