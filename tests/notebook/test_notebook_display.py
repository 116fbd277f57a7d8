"""What results show in a notebook, and what the documented functions return."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from contexta import notebook as surface
from contexta.errors import ContextaError, RenderingError, ValidationError
from contexta.interpretation import ReportDocument, RunRecord
from contexta.spi.frames import Frame


def results(ctx):
    """Return one result of each kind, with a text that it shows."""
    return [
        (ctx.list_runs()[0], "tags.kind"),
        (ctx.list_runs(), '<span class="badge tone-good">completed</span>'),
        (ctx.search_runs("first")[:1], "1 run<"),
        (ctx.get_run_snapshot("first"), "<h2>Stages</h2>"),
        (ctx.compare_runs("first", "second"), "<td>rate</td>"),
        (ctx.compare_multiple_runs(["first", "second"]), '<th scope="col" class="right">second</th>'),
        (ctx.get_metric_trend("loss"), '<svg class="chart"'),
        (ctx.get_step_series("first", "loss"), '<svg class="chart"'),
        (ctx.get_stage_duration_trend("train"), '<svg class="chart"'),
        (ctx.get_artifact_size_trend("model"), "No series points."),
        (ctx.build_snapshot_report("first"), "<h2>Run Summary</h2>"),
        (
            ctx.compare_report_documents(
                ctx.build_snapshot_report("first"), ctx.build_snapshot_report("second")
            ),
            "<h2>Sections</h2>",
        ),
    ]


def test_the_surface_has_its_documented_names():
    """The names are those of 1.0.0, in their order, and each is there."""
    assert surface.__all__ == [
        "NotebookFragment", "NotebookSurface", "display_metric_trend", "display_run_comparison",
        "display_run_snapshot", "render_html_fragment", "to_pandas", "to_polars",
    ]  # fmt: skip
    assert all(getattr(surface, name) for name in surface.__all__)


def test_every_result_shows_itself(trained):
    """A run, a snapshot, comparisons, a trend, a series and a report have HTML and text; the HTML is no page."""
    for value, expected in results(trained):
        bundle = value._repr_mimebundle_()
        assert {"text/html", "text/plain"} == set(bundle), type(value)
        assert expected in bundle["text/html"], type(value)
        assert "<html" not in bundle["text/html"]
        assert value._repr_html_() == bundle["text/html"]
        assert {"text/plain"} == set(value._repr_mimebundle_(include=["text/plain"]))
        assert {"text/html"} == set(value._repr_mimebundle_(exclude=["text/plain"]))


class _Risky(HTMLParser):
    """Notes every element and attribute that runs something, or fetches something from elsewhere."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag in {"script", "iframe", "object", "embed", "link", "meta", "base", "form", "img"}:
            self.found.append(tag)
        self.found += [
            name
            for name, value in attrs
            if name.startswith("on") or (name in {"href", "src", "action"} and not value.startswith("#"))
        ]


def test_what_is_shown_needs_no_trust(trained):
    """Nothing in it runs or is fetched, so VS Code and others that strip such things show it as it is."""
    for value, _ in results(trained):
        html = value._repr_html_()
        risky = _Risky()
        risky.feed(html)
        assert [] == risky.found, type(value)
        assert "url(" not in html
        assert "@import" not in html


def test_hostile_names_do_no_harm(trained):
    """What a run is called becomes no markup in a notebook."""
    with trained.run("<script>alert(1)</script>", run_id="bad", tags={"x": "\x1b[2J\u202e"}):
        trained.metric("loss", 1.0)
    for value in (trained.list_runs()[0], trained.get_run_snapshot("bad"), trained.get_metric_trend("loss")):
        html = value._repr_html_()
        assert "<script" not in html
        assert not {"\x1b", "\u202e"} & set(html)


def test_fragments_show_results_and_workspaces(trained):
    """Each function takes a result, or a workspace and the names of what is meant."""
    by_result = surface.display_run_snapshot(trained.get_run_snapshot("first"))
    assert by_result == surface.display_run_snapshot(trained, "first")
    assert isinstance(by_result, surface.NotebookFragment)
    assert by_result._repr_html_() == by_result.html
    assert str(by_result).startswith("first\n")
    assert "rate" in surface.display_run_comparison(trained, "first", "second").html
    assert "<svg" in surface.display_metric_trend(trained, "loss").html
    assert surface.render_html_fragment(trained.get_run_snapshot("first")) == by_result.html
    own = surface.NotebookSurface(trained)
    assert own.show_run("first", display=False) == by_result
    assert own.to_pandas(trained.get_metric_trend("loss"))["run_name"].tolist() == ["first", "second"]


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (surface.display_run_snapshot, "notebook_snapshot_run_id_required"),
        (lambda ctx: surface.display_run_snapshot(3), "notebook_snapshot_input_unsupported"),
        (lambda ctx: surface.display_run_comparison(ctx, "first"), "notebook_comparison_run_ids_required"),
        (lambda ctx: surface.display_run_comparison(3), "notebook_comparison_input_unsupported"),
        (surface.display_metric_trend, "notebook_trend_metric_key_required"),
        (lambda ctx: surface.display_metric_trend(3), "notebook_trend_input_unsupported"),
        (lambda ctx: surface.render_html_fragment(3), "notebook_render_target_unsupported"),
        (lambda ctx: surface.to_pandas(3), "notebook_table_conversion_unsupported"),
    ],
    ids=range(8),
)
def test_what_cannot_be_shown_is_refused(trained, call, code):
    """The codes are those of 1.0.0."""
    with pytest.raises(RenderingError) as caught:
        call(trained)
    assert caught.value.code == code


def test_results_become_the_frames_of_1_0_0(trained):
    """``to_pandas`` and ``to_polars`` give the columns that were documented then."""
    trend = trained.get_metric_trend("loss")
    columns = ["run_id", "run_name", "stage_name", "value", "captured_at"]
    assert columns == list(surface.to_pandas(trend).columns) == surface.to_polars(trend).columns
    snapshot = surface.to_pandas(trained.get_run_snapshot("first"))
    assert ["stage_count", "artifact_count", "record_count"] == list(snapshot.columns)[4:]
    assert (1, [1]) == (len(snapshot), snapshot["stage_count"].tolist())
    compared = surface.to_pandas(trained.compare_runs("first", "second"))
    assert ["stage_name", "left_status", "right_status", "metric_delta_count"] == list(compared.columns)
    several = surface.to_polars(trained.compare_multiple_runs(["first", "second"]))
    assert ["metric_key", "stage_name", "best_run_id", "value_0", "value_1"] == several.columns
    report = surface.to_pandas(ReportDocument("x", []))
    assert ["section_title", "body", "evidence_link_count"] == list(report.columns)


def test_results_become_frames_themselves(trained):
    """Every result has pandas, polars and Arrow, and is an Arrow stream that others take; all with the same rows."""
    pa, pl = pytest.importorskip("pyarrow"), pytest.importorskip("polars")
    for value, _ in results(trained):
        table = value.to_arrow()
        assert table.column_names == list(value.to_pandas().columns) == value.to_polars().columns
        assert table.equals(pa.RecordBatchReader.from_stream(value).read_all())
        # Of a tuple both look at the elements before they ask for a stream.
        if not isinstance(value, tuple):
            assert table.equals(pa.table(value))
            assert pl.DataFrame(value).equals(value.to_polars())
        assert pl.DataFrame(table).equals(value.to_polars())
        assert len(value.to_pandas()) == len(table)
        assert not any(pa.types.is_null(kind) for kind in table.schema.types), type(value)


def test_a_frame_has_what_is_in_the_result(trained):
    """A snapshot has its metrics, a comparison its differences, and runs their tags and parameters."""
    with trained.run("third", run_id="third", tags={"only": "x"}) as third:
        third.params({"rate": 2})
        third.event("note", message="no metric")
    assert [] == trained.get_run_snapshot("third").to_polars().rows()
    snapshot = trained.get_run_snapshot("first").to_polars()
    assert [("train", "loss", 0, 1.5), ("train", "loss", 1, 1.0), ("train", "loss", 2, 1 / 3 + 0.5)] == (
        snapshot.select("stage_name", "metric_key", "step", "value").rows()
    )
    (difference,) = trained.compare_runs("first", "second").to_polars().rows(named=True)
    assert (1 / 3 + 0.5, 1 / 3 + 0.25, -0.25, True) == pytest.approx(
        tuple(difference[name] for name in ("left_value", "right_value", "delta", "improved"))
    )
    runs = trained.list_runs(sort_by="name", sort_desc=False).to_polars()
    assert [0.5, 0.25, 2.0] == runs["parameters.rate"].to_list()
    assert [None, None, "x"] == runs["tags.only"].to_list()


def test_a_column_has_the_narrowest_type_that_holds_every_value():
    """Whole numbers stay whole, mixed ones become numbers, and what agrees on nothing becomes text."""
    from contexta_notebook.cell_types import typed_column

    assert ("integer", [1, None]) == typed_column([1, None])
    assert ("number", [1, 0.5]) == typed_column([1, 0.5])
    assert ("boolean", [True]) == typed_column([True])
    assert ("text", ["true", "1", "a"]) == typed_column([True, 1, "a"])
    assert ("text", [str(2**63)]) == typed_column([2**63])
    assert ("text", ["[1]", None]) == typed_column([[1], None])
    assert ("text", [None]) == typed_column([None])


def test_text_that_no_utf_8_holds_stays_readable_in_a_frame():
    """A lone surrogate is written out; Arrow would refuse it."""
    frame = surface.frame_of([RunRecord("run:a.b", "a", "b\ud800", "open")])
    assert ["b\\ud800"] == frame.to_arrow()["name"].to_pylist() == frame.to_polars()["name"].to_list()


def test_an_unknown_type_of_a_column_is_refused():
    """A frame says which types there are."""
    with pytest.raises(ValidationError) as caught:
        Frame({"a": "date"}, ())
    assert ("frame_unknown_column_type", True) == (caught.value.code, "integer" in str(caught.value))


def test_a_list_of_runs_is_a_tuple(trained):
    """What lists runs is a tuple as documented, also where it is cut; a part of it shows itself as the whole does."""
    runs = trained.list_runs()
    assert isinstance(runs, tuple)
    assert runs == tuple(runs)
    assert (runs[0],) == runs[:1]
    assert "second" in runs[:1]._repr_html_()
    assert "first" not in runs[:1]._repr_html_()


def test_a_missing_library_is_named(trained, monkeypatch):
    """The error says what to install."""
    import sys

    for name in ("pandas", "polars", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, None)
    frame = surface.frame_of(trained.get_metric_trend("loss"))
    codes = []
    for convert in (frame.to_pandas, frame.to_polars, frame.to_arrow):
        with pytest.raises(ContextaError) as caught:
            convert()
        codes.append(caught.value.code)
    assert ["notebook_pandas_not_ready", "notebook_polars_not_ready", "notebook_arrow_not_ready"] == codes
    for convert, code in ((surface.to_pandas, codes[0]), (surface.to_polars, codes[1])):
        with pytest.raises(ContextaError) as caught:
            convert("nothing that becomes a frame")
        # What is missing is said first, as it was in 1.0.0.
        assert code == caught.value.code
