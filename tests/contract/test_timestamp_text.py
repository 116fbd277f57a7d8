"""Times: canonical text, instants, and the way back."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.contract.timestamps import (
    instant,
    normalize_timestamp,
    parse_timestamp,
    text_from_ns,
    utc_now_text,
)
from contexta.errors import ValidationError

MINIMUM = -62_135_596_800 * 10**9
MAXIMUM = 253_402_300_799 * 10**9 + 999_999_999
INSTANTS = st.integers(MINIMUM, MAXIMUM)


@pytest.mark.parametrize(
    ("given_time", "expected"),
    [
        ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00.000000Z", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00.1Z", "2024-01-01T00:00:00.100000Z"),
        ("2024-01-01T00:00:00,25Z", "2024-01-01T00:00:00.250000Z"),
        ("2024-01-01T00:00:00.123456789Z", "2024-01-01T00:00:00.123456789Z"),
        ("2024-01-01T00:00:00.1234567891Z", "2024-01-01T00:00:00.123456789Z"),
        ("2024-01-01T00:00:00.123456000Z", "2024-01-01T00:00:00.123456Z"),
        ("  2024-01-01T00:00:00Z\n", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00z", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00", "2024-01-01T00:00:00Z"),
        ("2024-01-01 00:00:00Z", "2024-01-01T00:00:00Z"),
        ("2024-01-01", "2024-01-01T00:00:00Z"),
        ("2024-01-01Z", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00Z", "2024-01-01T00:00:00Z"),
        ("20240101T000000Z", "2024-01-01T00:00:00Z"),
        ("2024-W01-1T00:00:00Z", "2024-01-01T00:00:00Z"),
        ("2024-01-01T02:00:00+02:00", "2024-01-01T00:00:00Z"),
        ("2023-12-31T18:30:00.5-05:30", "2024-01-01T00:00:00.500000Z"),
        (datetime.fromisoformat("2024-01-01"), "2024-01-01T00:00:00Z"),
        (datetime.fromisoformat("2024-01-01T00:00:00.000007"), "2024-01-01T00:00:00.000007Z"),
        (datetime(2024, 1, 1, 9, tzinfo=timezone(timedelta(hours=9))), "2024-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999999Z"),
    ],
)
def test_every_accepted_form_has_one_canonical_text(given_time, expected):
    """Forms of one instant become one text."""
    assert normalize_timestamp(given_time) == expected


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        " ",
        "Z",
        "soon",
        "2024-13-01T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01 24:00:00Z",
        "2024-01-01T23:59:60Z",
        "2024-01-01T00:00:00+02:00Z",
        "2024-01-01T00:00:00.Z",
        "٢٠٢٤-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2" * 10_000,
        None,
        0,
        1.5,
        b"2024-01-01T00:00:00Z",
        date(2024, 1, 1),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
    ],
)
@pytest.mark.parametrize("function", [normalize_timestamp, parse_timestamp, instant])
def test_garbage_is_a_typed_error(function, garbage):
    """Whatever is no time is refused with one code, never with a raw exception."""
    with pytest.raises(ValidationError) as caught:
        function(garbage)
    assert caught.value.code == "context_invalid_timestamp"


@given(INSTANTS)
def test_an_instant_survives_its_text(ns):
    """Text made of an instant tells exactly that instant and is canonical."""
    text = text_from_ns(ns)
    assert instant(text) == ns
    assert normalize_timestamp(text) == text


@given(st.datetimes())
def test_text_of_a_datetime_agrees_with_the_standard_library(moment):
    """An independent formatter gives the same text."""
    expected = moment.isoformat() + "Z"
    assert normalize_timestamp(moment) == expected
    assert parse_timestamp(expected) == moment.replace(tzinfo=UTC)


@given(INSTANTS, INSTANTS)
def test_order_is_that_of_instants(left, right):
    """Comparing instants of texts is comparing the times."""
    assert (instant(text_from_ns(left)) < instant(text_from_ns(right))) == (left < right)


@given(st.datetimes(), st.integers(-23 * 60, 23 * 60))
def test_offsets_are_subtracted(moment, minutes):
    """An aware datetime means the same instant as the standard library says."""
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    delta = (moment - datetime.fromisoformat("1970-01-01")) - timedelta(minutes=minutes)
    expected = (delta.days * 86_400 + delta.seconds) * 10**9 + delta.microseconds * 1000
    if MINIMUM <= expected <= MAXIMUM:
        assert instant(aware) == expected
    else:
        with pytest.raises(ValidationError):
            instant(aware)


def test_a_fraction_comes_after_the_whole_second():
    """As text, '…00.5Z' sorts before '…00Z'; as instants it does not."""
    assert instant("2024-01-01T00:00:00.5Z") - instant("2024-01-01T00:00:00Z") == 500_000_000


@pytest.mark.parametrize("ns", [MINIMUM - 1, MAXIMUM + 1, 10**40, "1", None, float("nan")])
def test_text_from_ns_refuses_what_is_outside_the_calendar(ns):
    """Integers beyond the years 1 to 9999, and other types, are typed errors."""
    with pytest.raises(ValidationError) as caught:
        text_from_ns(ns)
    assert caught.value.code == "context_invalid_timestamp"


def test_now_is_now():
    """The current time lies between two readings of the clock, to the microsecond."""
    before = time.time_ns() // 1000 * 1000
    now = instant(utc_now_text())
    assert before <= now <= time.time_ns()
    assert now % 1000 == 0


def test_the_formatted_second_is_safe_between_threads():
    """Threads that format different seconds never see each other's prefix."""
    failures = []

    def work(offset):
        for step in range(3_000):
            ns = (offset * 86_400 + step) * 10**9 + offset
            if instant(text_from_ns(ns)) != ns:
                failures.append(ns)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
