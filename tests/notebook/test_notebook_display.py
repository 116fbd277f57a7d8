"""What results show in a notebook, and what the documented functions return."""

from __future__ import annotations

import pytest

from contexta import notebook as surface
from contexta.errors import ContextaError, RenderingError
from contexta.interpretation import ReportDocument


def results(ctx):
    """Return one result of each kind, with a text that it shows."""
    return [
        (ctx.list_runs()[0], "tags.kind"),
        (ctx.get_run_snapshot("first"), "<h2>Stages</h2>"),
        (ctx.compare_runs("first", "second"), "<td>rate</td>"),
        (ctx.compare_multiple_runs(["first", "second"]), '<th scope="col" class="right">second</th>'),
        (ctx.get_metric_trend("loss"), '<svg class="chart"'),
        (ctx.get_step_series("first", "loss"), '<svg class="chart"'),
        (ctx.build_snapshot_report("first"), "<h2>Run Summary</h2>"),
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


def test_results_become_frames(trained):
    """The documented columns, in pandas, polars and Arrow, and as an Arrow stream that others take."""
    pa, pl = pytest.importorskip("pyarrow"), pytest.importorskip("polars")
    trend = trained.get_metric_trend("loss")
    columns = ["run_id", "run_name", "stage_name", "value", "captured_at"]
    assert columns == list(surface.to_pandas(trend).columns) == surface.to_polars(trend).columns
    frame = surface.frame_of(trend)
    assert columns == pa.table(frame).column_names == frame.to_arrow().column_names
    assert 2 == len(frame) == len(pl.DataFrame(frame))
    assert ["second", "first"] == surface.to_pandas(trained.list_runs())["name"].tolist()
    report = surface.to_pandas(ReportDocument("x", []))
    assert ["section_title", "body", "evidence_link_count"] == list(report.columns)
    for value, _ in results(trained):
        assert len(surface.frame_of(value)) > 0


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
