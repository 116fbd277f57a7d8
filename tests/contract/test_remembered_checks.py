"""Outcomes of checks that are kept: they never change an answer, mix fields up, or grow without bound."""

from __future__ import annotations

import pytest

from contexta.contract import MetricPayload, RecordEnvelope, StructuredEventPayload
from contexta.contract import field_binding as binding
from contexta.errors import ValidationError

T = "2024-01-01T00:00:00Z"


def envelope(**changes):
    """Build an envelope of a metric."""
    fields = {
        "record_ref": "record:p.r.x",
        "record_type": "metric",
        "recorded_at": T,
        "observed_at": T,
        "producer_ref": "sdk.python",
        "run_ref": "run:p.r",
    }
    return RecordEnvelope(**{**fields, **changes})


def test_fields_of_one_rule_have_errors_of_their_own():
    """A time that was refused for one field is refused under the other's name."""
    for name in ("recorded_at", "observed_at"):
        for _ in range(2):
            with pytest.raises(ValidationError) as caught:
                envelope(**{name: "yesterday"})
            assert caught.value.details["field_name"] == name


def test_a_word_of_one_vocabulary_is_none_of_another():
    """What was accepted for one field is not therefore accepted for another of the same kind."""
    assert StructuredEventPayload("k", "info", "m").level == "info"
    with pytest.raises(ValidationError):
        envelope(completeness_marker="info")
    assert envelope(run_ref="run:p.r").run_ref == "run:p.r"
    with pytest.raises(ValidationError):
        envelope(record_ref="run:p.r")


def test_the_same_text_gives_the_same_value_again():
    """The first and the second time a text is stripped and parsed alike."""
    first, second = (MetricPayload(" loss ", 1, "int", unit=" s ") for _ in range(2))
    assert first == second
    assert (second.metric_key, second.unit) == ("loss", "s")
    assert type(envelope().run_ref) is type(envelope().run_ref)


def test_only_text_itself_is_looked_up():
    """A class derived from text that claims to equal a good one is checked by its content."""

    class Liar(str):
        __slots__ = ()

        def __eq__(self, other):
            return True

        def __hash__(self):
            return hash("metric")

    assert envelope().record_type == "metric"
    with pytest.raises(ValidationError):
        envelope(record_type=Liar("nonsense"))


def test_what_is_kept_is_bounded():
    """Thousands of different refs, and long texts, leave no more than the stated number and length behind."""
    for number in range(3_000):
        envelope(record_ref=f"record:p.r.x{number}")
    MetricPayload("loss", 1, "int", unit="s" * 10_000)
    kept = [outcomes for outcomes in binding._outcomes.values() if outcomes]
    assert kept
    assert max(map(len, kept)) <= binding._MOST_KEPT
    assert max(len(text) for outcomes in kept for text in outcomes) <= binding._LONGEST_KEPT
