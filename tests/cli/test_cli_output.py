"""The parts that answers are made of: widths, tables, numbers, times, sparklines, JSON."""

from __future__ import annotations

import enum
import json
import time
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta_cli.output.cells import cell_width, cut, pad
from contexta_cli.output.json_text import json_text, to_jsonable
from contexta_cli.output.notes import comparison_notes, run_notes
from contexta_cli.output.quantities import (
    duration,
    local_time,
    number,
    seconds_between,
    short_run_id,
    signed,
    size,
    value_text,
)
from contexta_cli.output.sparkline import sparkline
from contexta_cli.output.table import GAP, Cell, Column, Table

TEXTS = st.text(alphabet="ab é训练한かЖ\u0301🙂", max_size=20)


@given(TEXTS)
def test_widths_are_those_of_the_terminal_library(text):
    """The width of a text is what rich takes it for, so both kinds of output are in line."""
    from rich.cells import cell_len

    base = text.lstrip("\u0301")  # an accent on nothing is nobody's width
    assert cell_len(base) == cell_width(base)


@given(TEXTS, st.integers(0, 24))
def test_a_cut_text_fits(text, width):
    """A cut text takes at most the width, begins like the whole, and is the whole where that fits."""
    short = cut(text, width)
    assert cell_width(short) <= width
    assert text.startswith(short.removesuffix("…"))
    assert (short == text) == (cell_width(text) <= width)


def test_padding_is_on_the_other_side():
    """Text stands on the left and numbers on the right of their cells."""
    assert ("训  ", "  训", "long") == (pad("训", 4), pad("训", 4, right=True), pad("long", 2))


@given(
    st.lists(st.lists(TEXTS, min_size=4, max_size=4), max_size=5),
    st.integers(10, 90),
)
def test_a_fitted_table_fits(rows, width):
    """A table is cut to any width that its columns which always stay allow; those stay in any case."""
    columns = [
        Column("KEEP", shrinks=True),
        Column("FIRST", priority=2, shrinks=True),
        Column("SECOND", priority=1, right=True),
        Column("NEVER"),
    ]
    table = Table(columns, [[Cell(text) for text in row] for row in rows])
    fitted = table.fitted(width)
    titles = [column.title for column in fitted.columns]
    assert {"KEEP", "NEVER"} <= set(titles)
    least = 8 + GAP + max([len("NEVER"), *(cell_width(row[3].text) for row in table.rows)])
    if width >= least:
        assert sum(fitted.widths()) + GAP * (len(titles) - 1) <= width
    assert len(rows) == len(fitted.rows)


def test_the_least_important_column_goes_first():
    """Of the columns that may be left out, the one with the greatest number goes first."""
    columns = [Column("AAAA"), Column("BBBB", priority=2), Column("CCCC", priority=1)]
    table = Table(columns, [[Cell("1"), Cell("2"), Cell("3")]])
    assert ["AAAA", "CCCC"] == [column.title for column in table.fitted(15).columns]
    assert ["AAAA"] == [column.title for column in table.fitted(5).columns]


def test_what_is_always_shown_is_cut_last():
    """Columns that may be left out go before an identifying text is cut; without any, the text is cut."""
    columns = [Column("RUN", shrinks=True), Column("LOSS", priority=1), Column("STATUS")]
    rows = [[Cell(f"forest-128-seed-{seed}"), Cell("0.25"), Cell("completed")] for seed in range(2)]
    fitted = Table(columns, rows).fitted(30)
    assert ["RUN", "STATUS"] == [column.title for column in fitted.columns]
    assert ["forest-128-seed-0", "forest-128-seed-1"] == [row[0].text for row in fitted.rows]
    assert "forest-128-…" == Table(columns, rows).fitted(23).rows[0][0].text


def test_a_cell_is_harmless():
    """Whatever text a cell gets, it holds no control character."""
    assert "a\\x1b[2Jb\\n" == Cell("a\x1b[2Jb\n").text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0, "0"),
        (0.0, "0"),
        (3.0, "3"),
        (1797, "1797"),
        (0.123456789, "0.12346"),
        (123456.789, "1.2346e+05"),
        (-2.5, "-2.5"),
        (1e-9, "1e-09"),
        (float("inf"), "inf"),
    ],
)
def test_numbers(value, text):
    """Numbers have five significant digits, whole ones no fraction."""
    assert text == number(value)


def test_differences_have_a_sign():
    """A difference tells its direction; none has no sign."""
    assert ["+0.5", "-0.5", "0", "-"] == [signed(0.5), signed(-0.5), signed(0.0), signed(None)]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "-"),
        (0.0, "0 ms"),
        (0.0854, "85 ms"),
        (1.29, "1.2 s"),
        (59.99, "59.9 s"),
        (60, "1 m 00 s"),
        (185, "3 m 05 s"),
        (3599.9, "59 m 59 s"),
        (3600, "1 h 00 m"),
        (7800, "2 h 10 m"),
        (86_399, "23 h 59 m"),
        (86_400, "1 d 00 h"),
        (367_200, "4 d 06 h"),
        (8_640_000, "100 d 00 h"),
        (-1.0, "0 ms"),
    ],
)
def test_durations(seconds, text):
    """Durations are told in their two greatest units, rounded down."""
    assert text == duration(seconds)


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, "-"), (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (85_159, "85.2 kB"), (2_500_000, "2.5 MB")],
)
def test_sizes(count, text):
    """Sizes are told in the unit that suits them."""
    assert text == size(count)


def test_times_are_local(monkeypatch):
    """A time in UTC is shown in the zone of the machine."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "UTC-5")
        time.tzset()
        assert "2026-01-31 17:00:01" == local_time("2026-01-31T12:00:01.5Z")
    time.tzset()
    assert "-" == local_time(None)


def test_seconds_between_times():
    """The distance of two times is in seconds, None where one is missing."""
    assert 1.5 == seconds_between("2026-01-31T23:59:59Z", "2026-02-01T00:00:00.5Z")
    assert seconds_between("2026-01-31T23:59:59Z", None) is None


def test_values_stand_on_one_line():
    """A parameter of any shape is one line of bounded length."""
    assert ["adam", "-", "0.1", "true", '{"a": [1]}'] == [
        value_text(value) for value in ("adam", None, 0.1, True, {"a": (1,)})
    ]
    assert 80 == len(value_text("x" * 1000))


def test_short_run_ids():
    """A run is named by its own part, and with its project where there are several."""
    assert "r" == short_run_id("run:p.r", with_project=False)
    assert "p.r" == short_run_id("run:p.r", with_project=True)


def test_a_sparkline_has_a_bar_for_each_value():
    """Eight equal steps are the eight bars; a constant is flat; what is not finite is left out."""
    assert "▁▂▃▄▅▆▇█" == sparkline(range(8))
    assert "▁▁▁" == sparkline([2.0, 2.0, 2.0])
    assert "▁█" == sparkline([1.0, float("nan"), 2.0, float("inf")])
    assert "" == sparkline([1.0])


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=2), st.integers(2, 20))
def test_a_sparkline_is_bounded(values, width):
    """A series of any length has at most as many bars as there is room for."""
    assert min(len(values), width) == len(sparkline(values, width))


class Colour(enum.Enum):
    RED = "red"


class Pair(NamedTuple):
    left: int
    right: float


@dataclass(frozen=True)
class Model:
    name: str
    pair: Pair
    colours: tuple[Colour, ...]


def test_models_become_plain_data():
    """Dataclasses and named tuples become objects, enums their value, and what is not finite null."""
    model = Model("m", Pair(1, float("nan")), (Colour.RED,))
    expected = {"name": "m", "pair": {"left": 1, "right": None}, "colours": ["red"]}
    assert expected == to_jsonable(model)
    assert {"a": [1, 2]} == to_jsonable(MappingProxyType({"a": iter((1, 2))}))
    assert ["0aff", "path"] == to_jsonable([b"\x0a\xff", type("Path", (), {"__str__": lambda _: "path"})()])


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_json_keeps_plain_data(value):
    """What JSON can hold comes back as it was, and the text is ASCII."""
    text = json_text(value)
    assert value == json.loads(text)
    assert text.isascii()


def test_notes_on_a_run_are_sentences():
    """What a run has none of is one sentence; other notes stay, with their words apart."""
    notes = ["deployment_list_empty", "provenance_missing", "missing_stage_records:pre_pare"]
    assert [
        "Nothing was recorded of: deployments, provenance.",
        "missing stage records: pre_pare",
    ] == run_notes(notes)
    assert [] == run_notes([])


def test_notes_on_two_runs_leave_out_what_they_share():
    """What neither run has is left out; what one of them lacks is told."""
    notes = [
        "left:batch_list_empty",
        "right:batch_list_empty",
        "right:artifact_list_empty",
        "missing_stage:train",
    ]
    assert ["The right run has none of these: artifacts.", "missing stage: train"] == comparison_notes(notes)
