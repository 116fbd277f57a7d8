"""What the fields of the interpretation and plugins sections change: two values of each, two outcomes."""

from __future__ import annotations

import logging

import pytest

from contexta.errors import PluginError, PluginNotUsableError
from contexta.plugins import hookimpl


@pytest.fixture
def compared(opened):
    """Compare two runs under a policy; the second has no stage `eval`, and `same` does not change."""

    def compare(fields):
        ctx = opened(fields)
        ids = []
        for losses in ([0.9, 0.1, 0.5], [0.8, 0.3, 0.6]):
            with ctx.run("train") as run:
                for step, loss in enumerate(losses):
                    ctx.metric("loss", loss, step=step)
                ctx.metric("same", 1.0)
                if not ids:
                    with run.stage("eval"):
                        pass
            ids.append(run.run_id)
        return ctx.compare_runs(*ids)

    return compare


def _deltas(comparison):
    return [delta for row in comparison.stage_comparisons for delta in row.metric_deltas]


@pytest.mark.parametrize(
    ("selection", "values"),
    [("latest", (0.5, 0.6)), ("min", (0.1, 0.3)), ("max", (0.9, 0.8)), ("mean", (0.5, 1.7 / 3))],
)
def test_the_compared_value_is_the_configured_one(compared, selection, values):
    """comparison.metric_selection: of several values the configured one is compared."""
    found = compared({"interpretation.comparison.metric_selection": selection})
    (delta,) = [each for each in _deltas(found) if each.metric_key == "loss"]
    assert pytest.approx(values) == (delta.left_value, delta.right_value)


@pytest.mark.parametrize(("included", "keys"), [(False, {"loss"}), (True, {"loss", "same"})])
def test_unchanged_metrics_are_listed_or_not(compared, included, keys):
    """comparison.include_unchanged_metrics: a metric without a difference is listed on demand."""
    found = compared({"interpretation.comparison.include_unchanged_metrics": included})
    assert keys == {each.metric_key for each in _deltas(found)}


@pytest.mark.parametrize("severity", ["info", "error"])
def test_a_missing_stage_is_as_severe_as_configured(compared, severity):
    """comparison.missing_stage_severity: it is the severity of the note on a stage that one run lacks."""
    found = compared({"interpretation.comparison.missing_stage_severity": severity})
    assert severity in {note.severity for note in found.completeness_notes if "eval" in note.summary}


@pytest.mark.parametrize(("directions", "best"), [({}, 1), ({"zeal": "lower"}, 0)])
def test_the_best_run_follows_the_configured_direction(opened, directions, best):
    """comparison.metric_directions: of a metric whose name tells nothing, the configured direction decides."""
    ctx = opened({"interpretation.comparison.metric_directions": directions})
    run_ids = []
    for value in (1.0, 2.0):
        with ctx.run("train") as run:
            run.metric("zeal", value)
        run_ids.append(run.ref)
    assert run_ids[best] == ctx.select_best_run(run_ids, "zeal", higher_is_better=None)
    assert run_ids[best] == ctx.compare_multiple_runs(run_ids).metric_table[0].best_run_id


@pytest.fixture
def searched(opened):
    """Search the runs `Alpha` and `beta`, of which the first has a parameter `alpha`, under a policy."""

    def search(fields, text):
        ctx = opened({f"interpretation.search.{name}": value for name, value in fields.items()})
        with ctx.run("Alpha", tags={"team": "beta"}) as run:
            run.params({"optimizer": "Adam"})
        with ctx.run("beta"):
            pass
        return [run.name for run in ctx.search_runs(text)]

    return search


@pytest.mark.parametrize(("sensitive", "names"), [(False, ["Alpha"]), (True, [])])
def test_case_counts_in_searches_or_not(searched, sensitive, names):
    """search.case_sensitive: a text in another case is found, or not."""
    assert names == searched({"case_sensitive": sensitive}, "ALPHA")


@pytest.mark.parametrize(("limit", "names"), [(1, ["beta"]), (50, ["beta", "Alpha"])])
def test_a_search_gives_the_configured_number_of_runs(searched, limit, names):
    """search.default_limit: a search that names no limit gives so many, the newest first."""
    assert names == searched({"default_limit": limit}, "beta")


@pytest.mark.parametrize(("fields", "names"), [(("name", "tags"), []), (("params",), ["Alpha"])])
def test_a_search_looks_into_the_configured_fields(searched, fields, names):
    """search.text_match_fields: a text is found in these fields and in no other."""
    assert names == searched({"text_match_fields": fields}, "adam")


@pytest.mark.parametrize(("window", "number"), [(2, 2), (20, 3)])
def test_a_trend_covers_the_configured_number_of_runs(opened, window, number):
    """trend.default_window_runs: so many of the newest runs are covered."""
    ctx = opened({"interpretation.trend.default_window_runs": window})
    for loss in (3.0, 2.0, 1.0):
        with ctx.run("train"):
            ctx.metric("loss", loss)
    assert number == len(ctx.get_metric_trend("loss").points)


@pytest.mark.parametrize(("aggregation", "value"), [("latest", 0.5), ("min", 0.1), ("max", 0.9)])
def test_a_trends_value_is_the_configured_one(opened, aggregation, value):
    """trend.metric_aggregation: of several values in one run the configured one stands for it."""
    ctx = opened({"interpretation.trend.metric_aggregation": aggregation})
    with ctx.run("train"):
        for loss in (0.9, 0.1, 0.5):
            ctx.metric("loss", loss)
    assert [value] == [point.value for point in ctx.get_metric_trend("loss").points]


def test_a_service_can_be_switched_off(captured):
    """services: a service that is off says so, and the others answer."""
    assert captured().get_metric_trend("loss").points
    ctx = captured({"interpretation.services": {"trend": "off"}}, "other")
    assert 1 == len(ctx.list_runs())
    with pytest.raises(PluginNotUsableError, match=r"interpretation\.services\.trend"):
        ctx.get_metric_trend("loss")


@pytest.mark.parametrize(
    ("field", "value", "served"),
    [
        ("plugins.autoload", True, True),
        ("plugins.autoload", False, False),
        ("plugins.disabled", [], True),
        ("plugins.disabled", ["record_store:jsonl_segments"], False),
        ("plugins.allow", ["record_store:jsonl_segments"], True),
        ("plugins.allow", ["record_store:acme"], False),
    ],
)
def test_plugins_serve_as_configured(opened, field, value, served):
    """autoload, disabled, allow: the record store's plugin serves, or is refused with the setting's reason."""
    ctx = opened({field: value})
    if served:
        assert ctx.record_store is not None
        return
    with pytest.raises(PluginNotUsableError):
        assert ctx.record_store


class Broken:
    """A plugin that observes runs, and fails."""

    @hookimpl
    def contexta_run_started(self):
        raise ValueError("boom")


@pytest.mark.parametrize(("word", "logged"), [("warn", 1), ("ignore", 0), ("raise", 0)])
def test_a_failing_plugin_is_treated_as_configured(opened, caplog, monkeypatch, word, logged):
    """on_error: what fails in a plugin that nobody needs is logged, or only recorded, or raised."""
    monkeypatch.setattr("contexta.plugins.error_policy._told", set())
    monkeypatch.delenv("CONTEXTA_PLUGIN_ERRORS", raising=False)
    ctx = opened({"plugins.on_error": word}, plugins=[Broken()])
    with caplog.at_level(logging.WARNING, logger="contexta.plugins"):
        if word == "raise":
            with (
                pytest.raises(PluginError, match="contexta_run_started raised ValueError: boom"),
                ctx.run("train"),
            ):
                pass
        else:
            with ctx.run("train"):
                ctx.metric("loss", 0.5)
            assert 1 == len(ctx.list_runs())
    assert logged == len([record for record in caplog.records if "boom" in record.getMessage()])
