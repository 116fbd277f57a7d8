"""The questions of the HTTP API: right answers, and refusals that say what is wrong."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

import pytest

from contexta_web.api.table import ENDPOINTS
from contexta_web.json_text import plain_data

SOUND = "run:golden.fit-00"


@pytest.fixture(scope="module")
def runs(asked):
    """Return the runs of the workspace, the newest first."""
    return asked.list_runs()


def test_projects(server):
    """The projects are named."""
    assert ["golden", "other"] == server.get("/projects").json["projects"]


def test_all_runs_are_listed_with_everything(server, runs):
    """A list of runs holds each field of each run, the newest first."""
    assert plain_data(runs) == server.get("/runs").json["runs"]


def test_pages_make_up_the_whole(server, runs):
    """Following `next_offset` gives every run once, in order, and then ends."""
    seen, offset = [], 0
    while offset is not None:
        page = server.get(f"/runs?limit=7&offset={offset}").json
        seen += [run["run_id"] for run in page["runs"]]
        offset = page["next_offset"]
    assert [run.run_id for run in runs] == seen


def test_the_filter_language_chooses(server, asked):
    """`where` means what it means to the query service."""
    expression = "status = 'failed' or metrics.val_loss < 0.3"
    expected = [run.run_id for run in asked.list_runs(where=expression)]
    assert 0 < len(expected) < 60
    found = server.get(f"/runs?where={quote(expression)}").json["runs"]
    assert expected == [run["run_id"] for run in found]


def test_sorting(server, asked):
    """`sort` and `desc` order by name, the least first."""
    expected = [run.run_id for run in asked.list_runs(sort_by="name", sort_desc=False)]
    assert expected == [run["run_id"] for run in server.get("/runs?sort=name&desc=false").json["runs"]]


def test_one_run(server, runs):
    """A run is told with its stages and counts; its identifier may be percent-encoded."""
    run = runs[5]
    told = server.get(f"/runs/{quote(run.run_id, safe='')}").json
    assert (run.run_id, run.name, run.status) == (told["run_id"], told["name"], told["status"])
    assert told == server.get(f"/runs/{run.run_id}/").json


@pytest.mark.parametrize(
    ("path", "ask"),
    [
        ("/runs/{0}/diagnostics", lambda ctx, left, right: ctx.diagnose_run(left)),
        ("/runs/{0}/lineage", lambda ctx, left, right: ctx.traverse_lineage(left, max_depth=3)),
        ("/runs/{0}/lineage?depth=1", lambda ctx, left, right: ctx.traverse_lineage(left, max_depth=1)),
        ("/compare?left={0}&right={1}", lambda ctx, left, right: ctx.compare_runs(left, right)),
        ("/compare/multi?run_ids={0},{1}", lambda ctx, left, right: ctx.compare_multiple_runs([left, right])),
        ("/metrics/trend?metric=val_loss", lambda ctx, left, right: ctx.get_metric_trend("val_loss")),
        ("/metrics/aggregate?metric=val_loss", lambda ctx, left, right: ctx.aggregate_metric("val_loss")),
        ("/runs/{0}/report", lambda ctx, left, right: ctx.build_snapshot_report(left).to_json()),
    ],
)
def test_answers_are_the_services_own(server, asked, runs, path, ask):
    """What is told over HTTP is what the service answers, field by field."""
    left, right = runs[10].run_id, runs[20].run_id
    assert plain_data(ask(asked, left, right)) == server.get(path.format(left, right)).json


def test_environments(server, asked, runs):
    """The difference of environments has its documented shape, and names what the service found."""
    left, right = runs[10].run_id, runs[20].run_id
    told = server.get(f"/runs/{left}/environment-diff/{quote(right, safe='')}").json
    diff = asked.compare_environments(left, right)
    assert plain_data(diff.changed_packages) == told["package_changes"]["changed"]
    assert bool(diff.differences) == told["has_differences"]


def test_reproducibility(server, asked, runs):
    """The score is the audit's, as a share of 1."""
    told = server.get(f"/runs/{runs[10].run_id}/reproducibility").json
    assert asked.audit_reproducibility(runs[10].run_id).score / 100 == told["reproducibility_score"]


def test_an_alert(server, asked, runs):
    """A rule in the query is evaluated."""
    path = f"/alerts/evaluate/{runs[10].run_id}?metric=val_loss&operator=gt&threshold=-1"
    (told,) = server.get(path).json["results"]
    assert ("val_loss", -1.0, "gt") == (told["metric_key"], told["threshold"], told["operator"])


def test_search(server, asked):
    """Runs and artifacts are searched for a text."""
    expected = [run.run_id for run in asked.search_runs("golden", limit=20)]
    assert expected == [run["run_id"] for run in server.get("/search/runs?q=golden").json["runs"]]
    expected = [each.artifact_ref for each in asked.search_artifacts("golden", limit=1000)]
    found = server.get("/search/artifacts?q=golden").json["artifacts"]
    assert expected == [each["artifact_ref"] for each in found]


def test_a_series(server, asked, runs):
    """A short series comes whole, and a narrow chart gets at most four points for each pixel."""
    run_id = next(
        each.run for each in asked.repository.metric_summaries([run.run_id for run in runs]) if each.count > 8
    )
    key = next(each.key for each in asked.repository.metric_summaries([run_id]) if each.count > 8)
    points = asked.get_step_series(run_id, key).points
    told = server.get(f"/runs/{run_id}/series?metric={key}").json
    assert [point.value for point in points] == told["values"]
    assert told["is_whole"]
    narrow = server.get(f"/runs/{run_id}/series?metric={key}&pixels=1").json
    assert len(points) == narrow["point_count"]
    assert len(narrow["values"]) <= 4
    assert {min(told["values"]), max(told["values"])} <= set(narrow["values"])
    part = server.get(f"/runs/{run_id}/series?metric={key}&start={points[2].step}&end={points[4].step}").json
    assert [point.value for point in points[2:5]] == part["values"]
    assert (points[0].step, points[-1].step) == (part["low"], part["high"])


def test_series_of_several_runs_over_time(server, asked):
    """The series of several runs come together, each with its times in milliseconds, and none is an empty one."""
    found = [each for each in asked.repository.metric_summaries() if each.count > 2 and each.stage is None]
    key = found[0].key
    run_ids = [found[0].run, *(run.run_id for run in asked.list_runs()[:2])]
    told = server.get(f"/metrics/series?metric={key}&axis=time&run_ids={','.join(run_ids)}").json
    assert list(dict.fromkeys(run_ids)) == [each["run_id"] for each in told["series"]]
    expected = [
        datetime.fromisoformat(point.time).timestamp() * 1000
        for point in asked.repository.metric_points(run_ids[0], key)
    ]
    assert sorted(expected) == pytest.approx(told["series"][0]["times"], abs=0.01)
    far = server.get(f"/metrics/series?metric={key}&run_ids={run_ids[0]}&axis=time&start=1e308").json
    assert ([], False) == (far["series"][0]["values"], bool(far["series"][0]["point_count"]))


def test_series_of_a_stage_of_several_runs(server, asked):
    """A stage that is named is that of each run."""
    run_ids = ["run:golden.steady-19", "run:golden.steady-20"]
    query = f"metric=train.loss&run_ids={','.join(run_ids)}"
    told = server.get(f"/metrics/series?{query}&stage=train").json["series"]
    expected = [
        [each.value for each in asked.get_step_series(run_id, "train.loss", stage_id="train").points]
        for run_id in run_ids
    ]
    assert all(expected)
    assert expected == [each["values"] for each in told]
    assert [[], []] == [
        each["values"] for each in server.get(f"/metrics/series?{query}&stage=no").json["series"]
    ]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing", 404, "http_path_not_found"),
        ("/metrics/series?metric=loss&run_ids=,", 400, "http_invalid_parameter"),
        (
            f"/metrics/series?metric=loss&pixels=10000&run_ids={','.join('abcdefghijk')}",
            400,
            "http_invalid_parameter",
        ),
        (f"/runs/{SOUND}/series?metric=loss&axis=sideways", 400, "http_invalid_parameter"),
        ("/runs/none", 404, "query_run_not_found"),
        ("/runs/none/lineage", 404, "query_run_not_found"),
        ("/runs/none/series?metric=loss", 404, "query_run_not_found"),
        ("/compare?left=none&right=none2", 404, "query_run_not_found"),
        ("/compare?left=none", 400, "http_invalid_parameter"),
        ("/compare/multi?run_ids=one", 400, "http_invalid_parameter"),
        ("/metrics/trend", 400, "http_invalid_parameter"),
        ("/runs?limit=0", 400, "http_invalid_parameter"),
        ("/runs?limit=1001", 400, "http_invalid_parameter"),
        ("/runs?limit=%D9%A1", 400, "http_invalid_parameter"),
        ("/runs?desc=perhaps", 400, "http_invalid_parameter"),
        ("/runs?status=lost", 400, "http_invalid_parameter"),
        ("/runs?sort=colour", 400, "query_invalid_run_list_query"),
        ("/runs?after=soon", 400, "query_invalid_time_range"),
        ("/runs?where=%28", 400, "query_where_syntax"),
    ],
)
def test_refusals(server, path, status, code):
    """What is asked wrongly is refused with its own status and code, in the envelope."""
    answer = server.get(path)
    assert (status, code) == (answer.status, answer.code)
    assert {"code", "message", "details"} == answer.json["error"].keys()


def test_blank_values_are_none_and_the_first_counts(server, runs):
    """A blank value is as good as none, of several the first counts, and what is unknown is ignored."""
    found = server.get("/runs?project=&status=&limit=2&limit=5&colour=red").json["runs"]
    assert plain_data(runs[:2]) == found


def test_head_is_get_without_the_body(server):
    """HEAD tells the length of the answer and sends none of it."""
    answer = server.get("/projects", method="HEAD")
    assert (200, b"") == (answer.status, answer.body)
    assert str(len(server.get("/projects").body)) == answer.headers["content-length"]


def test_every_question_is_described(server):
    """The OpenAPI document has each question of the table, with its parameters."""
    document = server.get("/openapi.json").json
    assert "3.1.0" == document["openapi"]
    assert {each.path for each in ENDPOINTS} == document["paths"].keys()
    for each in ENDPOINTS:
        told = document["paths"][each.path]["get"]["parameters"]
        assert [parameter.name for parameter in each.parameters] == [every["name"] for every in told]
