"""What may be run: one SELECT that names tables, and no function that reads anything but them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

__all__ = ["Statement", "checked_statement"]

#: Functions that may stand in the place of a table.  All others read files, memory addresses or the engine itself,
#: or run a text as SQL; what they can reach is closed to them besides.
_TABLE_FUNCTIONS = frozenset(
    [
        "duckdb_columns",
        "duckdb_functions",
        "duckdb_keywords",
        "duckdb_tables",
        "duckdb_types",
        "generate_series",
        "json_each",
        "json_tree",
        "range",
        "unnest",
    ]
)
_LONGEST_TEXT = 1_000_000


class Statement:
    """One SELECT that was looked at.

    Args:
        text: The statement without what ends it.
        tables: Names of the tables that it may mean, lower case; those of its own CTEs are among them.
    """

    __slots__ = ("tables", "text")

    def __init__(self, text: str, tables: frozenset[str]) -> None:
        self.text = text
        self.tables = tables


def checked_statement(connection: duckdb.DuckDBPyConnection, text: str) -> Statement:
    """Return a statement that may be run.

    Args:
        connection: Only its parser is used.
        text: What the user wrote.

    Raises:
        ValidationError: It cannot be parsed (``sql_invalid``), or it is no single SELECT (``sql_not_a_select``).
    """
    import duckdb

    if not isinstance(text, str) or len(text) > _LONGEST_TEXT:
        raise ValidationError(
            f"SQL is text of at most {_LONGEST_TEXT:,} characters; found {type(text).__name__}",
            code="sql_invalid",
        )
    try:
        statements = connection.extract_statements(text)
    except duckdb.Error as error:
        raise ValidationError(
            f"this is no SQL that DuckDB understands: {error}", code="sql_invalid", cause=error
        ) from error
    kinds = [_kind(statement) for statement in statements]
    if kinds != ["SELECT"]:
        raise _refused(f"{' and '.join(kinds)}" if kinds else "nothing")
    query = statements[0].query
    tree = _tree(connection, query)
    tables = set()
    for kind, name in _sources(tree):
        if kind == "BASE_TABLE":
            tables.add(name.lower())
        elif name.lower() not in _TABLE_FUNCTIONS:
            raise _refused(f"the table function {name!r}")
    return Statement(_without_end(connection, query, tree), frozenset(tables))


def _kind(statement: duckdb.Statement) -> str:
    """Return what a statement is; DuckDB has kinds, such as UPDATE EXTENSIONS, that its own list lacks."""
    try:
        return statement.type.name
    except ValueError:
        return "something else"


def _tree(connection: duckdb.DuckDBPyConnection, query: str) -> Any:
    """Return the parsed statement as data."""
    import duckdb

    try:
        ((serialized,),) = connection.execute("SELECT json_serialize_sql(?)", [query]).fetchall()
        tree = json.loads(serialized)
    except (duckdb.Error, ValueError, RecursionError) as error:
        raise ValidationError(
            f"this statement cannot be looked into: {error}", code="sql_invalid", cause=error
        ) from error
    if tree.get("error") is not False:
        raise _refused(str(tree.get("error_message") or "a statement that cannot be looked into"))
    return tree


def _sources(tree: Any) -> Iterator[tuple[str, str]]:
    """Yield what stands in the place of tables: its kind and its name."""
    # No recursion: how deep it goes is up to whoever wrote the statement.
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            kind = node.get("type")
            if kind == "BASE_TABLE":
                yield "BASE_TABLE", str(node.get("table_name"))
            elif kind == "TABLE_FUNCTION":
                yield "TABLE_FUNCTION", str((node.get("function") or {}).get("function_name"))
            waiting.extend(node.values())


def _without_end(connection: duckdb.DuckDBPyConnection, query: str, tree: Any) -> str:
    """Return the statement so that it can stand in brackets."""
    import duckdb

    kept = query.rstrip("; \t\r\n")
    try:
        if len(connection.extract_statements(f"SELECT * FROM (\n{kept}\n)")) == 1:  # noqa: S608 - only parsed
            return kept
    except duckdb.Error:
        pass
    # A comment stands behind its end: written anew from what was parsed it has none.
    ((text,),) = connection.execute("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)]).fetchall()
    return str(text)


def _refused(found: str) -> ValidationError:
    return ValidationError(
        f"only one SELECT over the tables of the workspace can be run; found {found}", code="sql_not_a_select"
    )
