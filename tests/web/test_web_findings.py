"""The screens of trends, alerts, reports, SQL and the system: right answers, restored by their address."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from urllib.parse import quote

import pytest

from contexta import Contexta
from contexta_web.screens.words import number

STEADY = "run:golden.steady-01"


def words(server, path, status=200):
    """Return the text of a page with blanks made one."""
    answer = server.get(path)
    assert status == answer.status
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.text)))


def test_a_trend_holds_its_values(server, asked):
    """Each run of the trend is listed with its value, and the mean is that of the baseline."""
    from contexta.spi.querying import RunListQuery

    query = RunListQuery(project_name="golden", limit=30)
    trend = asked.get_metric_trend("val_loss", query=query)
    baseline = asked.anomaly_service.compute_baseline("val_loss", query=query)
    page = words(server, "/ui/trends?metric=val_loss&project=golden&runs=30")
    assert f"Mean {number(baseline.mean)}" in page
    assert trend.points
    for point in trend.points:
        assert point.run_id.removeprefix("run:") in page
    unusual = [
        each.run_id
        for each in trend.points
        if asked.anomaly_service.detect_anomalies(each.run_id, baseline=baseline)
    ]
    assert len(unusual) == page.count("usual is")


def test_trends_begin_with_a_metric(server):
    """Without a metric in the address the one that tells most is shown; an unknown one has no runs."""
    assert "<svg" in server.get("/ui/trends").text
    assert "No run has that metric" in words(server, "/ui/trends?metric=nothing")
    words(server, "/ui/trends?runs=-1", 400)


def test_a_rule_is_tried(server, asked):
    """The rule of the address is evaluated on the newest runs, as the workspace does it."""
    from contexta.spi.alerts import AlertRule
    from contexta.spi.querying import RunListQuery

    rule = AlertRule("val_loss", "gt", 0.5, severity="error")
    report = asked.evaluate_alerts_fleet([rule], query=RunListQuery(limit=40))
    page = words(server, "/ui/alerts?metric=val_loss&operator=gt&threshold=0.5&severity=error&runs=40")
    assert f"{len(report.triggered)} fired" in page
    for each in report.triggered:
        assert each.run_id.removeprefix("run:") in page


@pytest.mark.parametrize(
    "query", ["metric=x", "metric=x&threshold=nan", "threshold=1", "metric=x&threshold=1&operator=is"]
)
def test_a_rule_that_is_none_is_told(server, query):
    """What is wrong with the rule is said beside the form, which keeps what was typed."""
    answer = server.get(f"/ui/alerts?{query}")
    assert 400 == answer.status
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    "query",
    [
        f"kind=run&run={STEADY}",
        f"kind=comparison&run={STEADY}&other=run:golden.diverged",
        f"kind=several&run={STEADY},run:golden.diverged",
        "kind=project&project=golden",
        "kind=trend&metric=val_loss",
        f"kind=alerts&run={STEADY}",
    ],
)
def test_every_kind_of_report_is_shown(server, query):
    """The report is on the page with its sections, and each format of it can be downloaded."""
    page = server.get(f"/ui/reports?{query}")
    assert 200 == page.status
    assert "Download: " in page.text
    links = re.findall(r'href="(/ui/reports/download[^"]+)"', page.text)
    assert {"csv", "html", "json", "markdown", "text"} <= {
        unescape(each).partition("format=")[2] for each in links
    }


def test_a_report_is_downloaded(server, asked):
    """What is downloaded is what the renderer writes, named after its title, as a file."""
    path = f"/ui/reports/download?kind=run&run={STEADY}&format="
    report = asked.build_snapshot_report(STEADY)
    answer = server.get(path + "json")
    assert report.to_dict()["title"] == json.loads(answer.body)["title"]
    assert re.fullmatch(r'attachment; filename="[\w.-]+\.json"', answer.headers["content-disposition"])
    assert server.get(path + "markdown").text.startswith(f"# {report.title}")
    assert 501 == server.get(path + "papyrus").status


@pytest.mark.parametrize("query", ["kind=none", "kind=run", "kind=comparison&run=a", "kind=several&run=a"])
def test_a_report_that_cannot_be_made_is_told(server, query):
    """What the address lacks is said, on the page and by the download."""
    assert 'role="alert"' in server.get(f"/ui/reports?{query}").text
    assert 400 == server.get(f"/ui/reports/download?{query}").status


def test_configured_rules_are_counted_each_for_itself(dashboard_of, tmp_path):
    """Of two rules one fires in one run of two, and the other lacks its metric in both."""
    rules = [
        {"metric_key": "loss", "operator": "gt", "threshold": 0.5, "name": "high"},
        {"metric_key": "f1", "operator": "lt", "threshold": 0.5, "name": "low"},
    ]
    config = {"interpretation": {"alert": {"rules": rules}}}
    with (
        Contexta(workspace=str(tmp_path / "ws"), config=config) as contexta,
        dashboard_of(contexta) as client,
    ):
        for loss in (0.4, 0.6):
            with contexta.run("training") as run:
                run.metric("loss", loss)
        page = words(client, "/ui/alerts")
        home = words(client, "/ui")
    assert re.search(r"high loss gt 0\.5 \w+ 1 1 0 ", page)
    assert re.search(r"low f1 lt 0\.5 \w+ 0 0 2 ", page)
    assert "1 fired" in page
    assert "high, the value is 0.6" in home


def test_a_rule_has_its_history(dashboard_of, tmp_path):
    """Of each rule the runs are shown in order, from the oldest, with which fired first and last, and how long it has fired."""
    rules = [
        {"metric_key": "loss", "operator": "gt", "threshold": 0.5, "name": name} for name in ("high", "<b>")
    ]
    config = {"project_name": "p", "interpretation": {"alert": {"rules": rules}}}
    with (
        Contexta(workspace=str(tmp_path / "ws"), config=config) as contexta,
        dashboard_of(contexta) as client,
    ):
        for number, loss in enumerate((0.1, 0.9, 0.1, None, 0.8, None, 0.7)):
            with contexta.run(f"n{number}", run_id=f"n{number}") as run:
                if loss is not None:
                    run.metric("loss", loss)
        page = client.get("/ui/alerts").text
        fewer = client.get("/ui/alerts?runs=4").text
    table = re.search(r'id="history".*?</table>', page, re.DOTALL)[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1], re.DOTALL)
    assert 2 == len(rows)
    assert "&lt;b&gt;" in rows[1]
    for row in rows:
        assert ["5", "18", "5", "1", "18", "1", "18"] == re.findall(r'" height="(\d+)"><title>', row)
        assert ["p.n1", "p.n6"] == re.findall(r">(p[.]n\d)</a>", row)
        assert 'aria-label="Fires in 3 of 7 runs"' in row
        assert row.endswith('<td class="right">2</td>')
    assert "p.n3: without the metric" in rows[0]
    assert 'aria-label="Fires in 2 of 4 runs"' in fewer
    assert "p.n4" in re.search(r'id="history".*?</table>', fewer, re.DOTALL)[0]


def test_sql_is_answered(server, asked):
    """The rows of the query are on the page, and in the file that is downloaded."""
    query = "SELECT run_id, status FROM runs WHERE status = 'failed' ORDER BY run_id"
    with asked.sql(query) as result:
        rows = [list(row) for row in result.rows]
    page = words(server, f"/ui/sql?query={quote(query)}")
    assert f"{len(rows)} rows" in page
    assert all(run_id in page for run_id, _ in rows)
    answer = server.get(f"/ui/sql/download?query={quote(query)}")
    assert [["run_id", "status"], *rows] == list(csv.reader(io.StringIO(answer.text)))


def test_two_columns_are_drawn(server):
    """The columns of the address are drawn, one over the other or over the rows."""
    query = quote("SELECT range AS a, range * range AS b FROM range(10)")
    assert 'aria-label="b by a"' in server.get(f"/ui/sql?query={query}&x=a&y=b").text
    assert 'aria-label="b by row"' in server.get(f"/ui/sql?query={query}&y=b").text
    assert "<svg" not in server.get(f"/ui/sql?query={query}&y=none").text


@pytest.mark.parametrize(
    "query",
    [
        "SELEC 1",
        "DROP TABLE runs",
        "SELECT * FROM read_csv('/etc/passwd')",
        "COPY (SELECT 1) TO 'x.csv'",
        "SELECT 1; SELECT 2",
        "ATTACH 'x.db'",
    ],
)
def test_sql_that_is_no_question_is_refused(server, query):
    """Nothing is changed or reached by it; the page says what is wrong and keeps the text."""
    answer = server.get(f"/ui/sql?query={quote(query)}")
    assert 400 == answer.status
    assert 'role="alert"' in answer.text
    assert "root:" not in answer.text
    assert 400 == server.get(f"/ui/sql/download?query={quote(query)}").status


def test_a_cell_of_any_length_is_cut(server):
    """Of a text, a list and bytes of megabytes the page holds the beginning, and says that there is more."""
    query = "SELECT repeat('ab', 2000000) AS text, range(500000) AS numbers, 'short' AS word"
    answer = server.get(f"/ui/sql?query={quote(query)}")
    assert 200 == answer.status
    size = len(answer.body)
    assert size < 50_000
    cut = answer.text.count("…</td>")
    assert 2 == cut
    assert re.search(r">(ab){1000}…</td>", answer.text)
    assert ">short</td>" in answer.text


def test_a_file_of_any_size_is_refused(server):
    """An answer of 180 MB is refused although its rows are few enough, with the reason."""
    query = "SELECT repeat('a', 2000) AS text FROM range(90000)"
    answer = server.get(f"/ui/sql/download?query={quote(query)}")
    assert 400 == answer.status
    told = re.sub(r"\s+", " ", answer.text)
    assert re.search("100000 rows or 67108864 characters", told)


def test_the_schema_is_shown(server, asked):
    """Every table with every column is on the page."""
    from contexta.spi.workspace_tables import workspace_tables

    page = words(server, "/ui/sql")
    for table in workspace_tables(asked.repository):
        assert f"{table.name} {table.summary}" in page
        assert all(f"{name} {kind}" in page for name, kind in table.columns.items())


def test_the_system_tells_of_plugins_and_settings(server, web_workspace):
    """Plugins are listed, and the settings that are no defaults with where they came from."""
    page = words(server, "/ui/system")
    assert "dashboard_extension screens" in page
    assert "surfaces.http.port 0 argument" in page
    assert "workspace.root_path" in page
    assert "records.durability_mode" not in page
    assert "records.durability_mode" in words(server, "/ui/system?settings=all")


def test_the_system_reads_every_byte(server, asked):
    """The check of the address is that of the workspace: damaged bodies are named."""
    from contexta.recovery import verify_workspace

    report = verify_workspace(asked.config)
    page = words(server, "/ui/system?verify=1")
    assert f"the workspace is {report.state}" in page
    for found in report.planes.values():
        for issue in found.issues:
            assert issue.code in page


def test_secrets_of_the_configuration_stay_masked(serve, tmp_path, golden):
    """An option that looks like a secret is not on the page."""
    golden.open_stock(tmp_path / "ws").close()
    with serve(tmp_path / "ws", settings=('security.encryption_options={"api_token": "hunter2"}',)) as server:
        page = words(server, "/ui/system?settings=all")
    assert "security.encryption_options" in page
    assert "hunter2" not in page


def test_changes_of_level_are_told_and_marked(dashboard_of, tmp_path):
    """A run from which on a metric has another level is listed with both levels, compared with the one before, and marked."""
    with Contexta(workspace=str(tmp_path / "ws"), config={"project_name": "p"}) as contexta:
        for number, value in enumerate((1.0, 1.5, 1.25, 1.5, 1.0, 7.0, 7.5, 7.25, 7.5)):
            with contexta.run(f"n{number}", run_id=f"n{number}") as run:
                run.metric("loss", value, step=1)
        with dashboard_of(contexta) as client:
            page = unescape(client.get("/ui/trends?metric=loss").text)
            steady = unescape(client.get("/ui/trends?metric=loss&runs=4").text)
    row = re.search(r'id="changes">1 change of level.*?<tbody>\s*<tr>(.*?)</tr>', page, re.DOTALL)[1]
    cells = [re.sub(r"\s+", " ", re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<td.*?</td>", row)]
    assert ["p.n5", "n5"] == cells[:2]
    assert ["1.25 of 5", "7.3125 of 4", "6.0625"] == cells[3:6]
    assert 'href="/ui/compare?run=run%3Ap.n4&run=run%3Ap.n5"' in row
    # Nine places from 52 to 410; the sixth begins the level.
    (mark,) = re.findall(r'class="mark" x1="([^"]+)"', page)
    assert 52 + 358 * 5 / 8 == pytest.approx(float(mark), abs=0.06)
    assert "0 changes of level" in steady
    assert 'class="mark"' not in steady
