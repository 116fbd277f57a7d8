"""Notes on what is missing, as sentences: the words in the answers are made for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["comparison_notes", "run_notes"]

#: Words for something that a run simply has none of, and what that is.
_ABSENT = {
    "stage_list_empty": "stages",
    "deployment_list_empty": "deployments",
    "batch_list_empty": "batches",
    "sample_list_empty": "samples",
    "artifact_list_empty": "artifacts",
    "relation_scope_empty": "relations",
    "record_scope_empty": "records",
    "provenance_missing": "provenance",
}
_SIDES = ("left", "right")


def run_notes(notes: Iterable[str]) -> list[str]:
    """Return the notes on one run: what it has none of in one line, everything else in its own."""
    words = list(notes)
    absent = [_ABSENT[word] for word in words if word in _ABSENT]
    lines = [f"Nothing was recorded of: {', '.join(absent)}."] if absent else []
    return lines + [_sentence(word) for word in words if word not in _ABSENT]


def comparison_notes(notes: Iterable[str]) -> list[str]:
    """Return the notes on two runs; what both have none of says nothing about their difference."""
    words = list(notes)
    absent = {side: [_absent(word, side) for word in words if _absent(word, side)] for side in _SIDES}
    both = set(absent["left"]) & set(absent["right"])
    lines = []
    for side in _SIDES:
        own = [thing for thing in absent[side] if thing not in both]
        if own:
            lines.append(f"The {side} run has none of these: {', '.join(own)}.")
    return lines + [_sentence(word) for word in words if not any(_absent(word, side) for side in _SIDES)]


def _absent(word: str, side: str) -> str:
    """Return what a side has none of, if that is what the word says."""
    before, _, own = word.partition(":")
    return _ABSENT.get(own, "") if before == side else ""


def _sentence(word: str) -> str:
    return ": ".join(
        part.replace("_", " ") if index == 0 else part for index, part in enumerate(word.split(":"))
    )
