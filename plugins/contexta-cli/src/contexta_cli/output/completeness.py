"""What is missing in an answer, as lines for people: the words in the answers are made for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta_cli.output.quantities import short_run_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta.interpretation import CompletenessNote
    from contexta_cli.output.printer import Printer

__all__ = ["show_notes"]

#: So many runs are named behind a note.
_NAMED = 5


def show_notes(printer: Printer, notes: Iterable[CompletenessNote]) -> None:
    """Write notes below a heading, each word once, with the runs that it is about; nothing where there are none.

    Args:
        printer: Where to.
        notes: The notes.
    """
    runs: dict[str, list[str]] = {}
    for note in notes:
        found = runs.setdefault(note.summary, [])
        run_id = (note.details or {}).get("run_id")
        if run_id is not None:
            found.append(short_run_id(str(run_id), with_project=False))
    if not runs:
        return
    printer.heading("Notes")
    for summary, names in runs.items():
        printer.line(f"  {_words(summary)}{_behind(names)}", "warning")


def _words(summary: str) -> str:
    word, separator, subject = summary.partition(":")
    return f"{word.replace('_', ' ')}{': ' if separator else ''}{subject}"


def _behind(names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f" ({', '.join(names[:_NAMED])}{more})"
