"""``contexta sql``: its answers as text, JSON and CSV, and what it reads."""

from __future__ import annotations

import csv
import io

QUERY = "select 'a\x1b[31m' as name, 1.5 as number, null as nothing, [1, 2] as list, timestamp '2026-01-31 12:00:00' as t"


def test_text_is_a_table(cli, small):
    """Columns are aligned with numbers on the right, null is nothing, and no control character gets through."""
    outcome = cli("sql", QUERY, "--workspace", small)
    assert (0, "") == (outcome.code, outcome.err)
    heading, row = outcome.out.splitlines()
    assert heading.split() == ["name", "number", "nothing", "list", "t"]
    assert "\x1b" not in outcome.out
    assert row.split()[1:] == ["1.5", "[1,", "2]", "2026-01-31T12:00:00"]


def test_json_has_columns_types_and_rows(cli, small):
    """JSON keeps null, numbers and lists as they are, and says the types."""
    outcome = cli("sql", QUERY, "--workspace", small, "--format", "json")
    assert outcome.json == {
        "columns": ["name", "number", "nothing", "list", "t"],
        "types": ["VARCHAR", "DECIMAL(2,1)", '"NULL"', "INTEGER[]", "TIMESTAMP"],
        "rows": [["a\x1b[31m", "1.5", None, [1, 2], "2026-01-31T12:00:00"]],
    }


def test_csv_is_read_back_and_runs_no_formula(cli, small):
    """What is written as CSV is read back; a text that a spreadsheet would run gets an apostrophe before it."""
    query = "select 'a,\"b' as \"=x\", '=1+1' as formula, -1 as minus, null as nothing"
    outcome = cli("sql", query, "--workspace", small, "--format", "csv")
    rows = list(csv.reader(io.StringIO(outcome.out)))
    assert rows == [["'=x", "formula", "minus", "nothing"], ['a,"b', "'=1+1", "-1", ""]]


def test_the_query_comes_from_stdin(program, small, tmp_path):
    """A dash reads the query from stdin."""
    source = (
        "-c",
        (
            "import io, sys; sys.stdin = io.StringIO('select count(*) as n from runs')\n"
            "from contexta_cli.main import main; sys.exit(main())"
        ),
    )
    outcome = program.run(
        "sql", "-", "--workspace", str(small), "--format", "csv", cwd=tmp_path, python=source
    )
    assert outcome.out.splitlines()[0] == "n"
    assert int(outcome.out.splitlines()[1]) > 0
