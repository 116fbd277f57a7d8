"""The status of a run, folded from who took part in it."""

from __future__ import annotations

import pytest

from contexta.log.liveness import Liveness
from contexta.spi.participation import fold_participations, participation_writer

ALIVE, DEAD, UNKNOWN = Liveness.ALIVE, Liveness.DEAD, Liveness.UNKNOWN
CLOSED = ("completed", "cancelled", "failed")


def folded(*entries, liveness=DEAD):
    """Fold participations given as (status, attempt)."""
    participants = {
        f"w{number}.0": {
            "status": status,
            "attempt": attempt,
            "started_at": f"2024-01-0{number + 1}T00:00:00Z",
            **({} if status == "open" else {"ended_at": f"2024-02-0{number + 1}T00:00:00Z"}),
        }
        for number, (status, attempt) in enumerate(entries)
    }
    return fold_participations({"name": "n", "participants": participants}, lambda _: liveness)


@pytest.mark.parametrize(
    ("statuses", "liveness", "expected"),
    [
        (["completed"], DEAD, "completed"),
        (["failed"], DEAD, "failed"),
        (["cancelled"], DEAD, "cancelled"),
        (["open"], ALIVE, "open"),
        (["open"], UNKNOWN, "open"),
        (["open"], DEAD, "interrupted"),
        (["completed", "failed"], DEAD, "failed"),
        (["completed", "cancelled"], DEAD, "cancelled"),
        (["cancelled", "failed"], DEAD, "failed"),
        (["open", "completed"], DEAD, "interrupted"),
        (["open", "cancelled"], DEAD, "interrupted"),
        (["open", "failed"], DEAD, "failed"),
        (["open", "failed"], ALIVE, "open"),
        (["open", "completed"], UNKNOWN, "open"),
        (["completed", "melted"], DEAD, "melted"),
        (["open", "melted"], ALIVE, "open"),
    ],
)
def test_the_worst_of_one_attempt_names_the_status(statuses, liveness, expected):
    """While one lives the run is open; then the worst counts, and a word of a newer version is shown."""
    assert folded(*((status, 1) for status in statuses), liveness=liveness)["status"] == expected


@pytest.mark.parametrize("first", [*CLOSED, "open"])
@pytest.mark.parametrize("second", CLOSED)
def test_only_the_last_attempt_counts(first, second):
    """A resumed run has the status of its last attempt, however the earlier one ended."""
    assert folded((first, 1), (second, 2))["status"] == second


def test_times_span_the_attempts():
    """A run starts with its first attempt and ends with the latest end of the last."""
    document = folded(("failed", 1), ("completed", 2), ("completed", 2))
    assert document["started_at"] == "2024-01-01T00:00:00Z"
    assert document["ended_at"] == "2024-02-03T00:00:00Z"


def test_an_open_run_has_no_end():
    """While the run is open there is no end, although one of two has ended and an old end is in the document."""
    participants = {
        "a.0": {"status": "open", "started_at": "2024-01-01T00:00:00Z"},
        "b.0": {
            "status": "completed",
            "started_at": "2024-01-01T00:00:00Z",
            "ended_at": "2024-01-02T00:00:00Z",
        },
    }
    document = fold_participations({"participants": participants, "ended_at": "old"}, lambda _: ALIVE)
    assert "ended_at" not in document


def test_times_are_compared_as_instants():
    """A whole second sorts before its fractions, which their texts do not."""
    participants = {
        "a.0": {
            "status": "completed",
            "started_at": "2024-01-01T00:00:00.5Z",
            "ended_at": "2024-01-01T00:00:09Z",
        },
        "b.0": {
            "status": "completed",
            "started_at": "2024-01-01T00:00:00Z",
            "ended_at": "2024-01-01T00:00:09.5Z",
        },
    }
    document = fold_participations({"participants": participants}, lambda _: DEAD)
    assert (document["started_at"], document["ended_at"]) == (
        "2024-01-01T00:00:00Z",
        "2024-01-01T00:00:09.5Z",
    )


def test_liveness_is_asked_only_of_who_is_open():
    """The writers of closed participations are not asked whether they live."""
    asked = []
    participants = {
        "a.0": {"status": "completed", "started_at": "2024-01-01T00:00:00Z"},
        "b.3": {"status": "open", "started_at": "2024-01-01T00:00:00Z"},
    }
    fold_participations({"participants": participants}, lambda writer: asked.append(writer) or ALIVE)
    assert asked == ["b"]


@pytest.mark.parametrize("participants", [None, {}, "text", {"a.0": "text"}, {"a.0": None}])
def test_what_is_no_participation_is_passed_over(participants):
    """A foreign value in their place leaves the document as it is, instead of hiding every run."""
    document = {"name": "n", "status": "completed", "participants": participants}
    assert fold_participations(document, lambda _: DEAD) == document


def test_an_entry_without_times_does_not_hide_the_others():
    """A participation that lacks its start still counts, and the start is the others'."""
    participants = {
        "a.0": {"status": "failed"},
        "b.0": {"status": "completed", "started_at": "2024-01-01T00:00:00Z"},
    }
    document = fold_participations({"participants": participants}, lambda _: DEAD)
    assert (document["status"], document["started_at"]) == ("failed", "2024-01-01T00:00:00Z")


def test_the_writer_is_the_first_part_of_a_name():
    """Participations are named after the writer, then numbered."""
    assert participation_writer("abc123.17") == "abc123"
