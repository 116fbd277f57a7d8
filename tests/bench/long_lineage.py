"""Row lineage: everything upstream of one of a hundred thousand relations, beside networkx and DuckDB on the same edges."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Any

from benchmark import alternate, open_workspace
from figures import Figure, middle, percentile, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmark import Benchmark

__all__ = ["follow_lineage"]

_BATCH = 5_000
_MOST = 3.0
_UPSTREAM = """
    WITH RECURSIVE reached(ref) AS (
        SELECT 'dataset:n0' UNION SELECT target FROM relations JOIN reached ON source = reached.ref
    )
    SELECT relations.* FROM relations JOIN reached ON source = reached.ref
"""


def follow_lineage(benchmark: Benchmark) -> Iterator[Figure]:
    """Row lineage: all of it, which has no end before four fifths of the edges, and the first step of it."""
    edges = benchmark.amount(100_000, 2_000)
    pairs = _pairs(edges)
    root = benchmark.directory() / "workspace"
    _write(root, pairs)
    with open_workspace(root) as ctx:
        yield from _all(benchmark, ctx, pairs)
        yield _near(benchmark, ctx, edges)


def _pairs(edges: int) -> list[tuple[int, int]]:
    """Return edges between half as many things, the same at every call."""
    chosen = random.Random(7)
    return [(chosen.randrange(edges // 2), chosen.randrange(edges // 2)) for _ in range(edges)]


def _write(root: Path, pairs: list[tuple[int, int]]) -> None:
    from contexta.spi.metadata import EntityKind, Mutation

    marks = {
        "relation_type": "derived_from",
        "recorded_at": "2026-01-01T00:00:00Z",
        "origin_marker": "explicit",
        "confidence_marker": "high",
    }
    mutations = [
        Mutation(
            EntityKind.RELATION,
            f"relation:e{number}",
            {**marks, "source_ref": f"dataset:n{later}", "target_ref": f"dataset:n{earlier}"},
        )
        for number, (later, earlier) in enumerate(pairs)
    ]
    with open_workspace(root, "flush") as ctx:
        for start in range(0, len(mutations), _BATCH):
            ctx._stores.metadata.apply(mutations[start : start + _BATCH])


def _all(benchmark: Benchmark, ctx: Any, pairs: list[tuple[int, int]]) -> Iterator[Figure]:
    import networkx as nx

    connection = _raw(pairs)
    found: list[Any] = [None]
    expected: list[Any] = [None]
    rows: list[Any] = []

    def product(_: int) -> None:
        found[0] = ctx.traverse_lineage("dataset:n0", direction="upstream")

    def graph(_: int) -> None:
        graph = nx.MultiDiGraph()
        graph.add_edges_from(pairs)
        expected[0] = nx.descendants(graph, 0) | {0}

    def query(_: int) -> None:
        rows[:] = connection.execute(_UPSTREAM).fetchall()

    taken, by_graph, by_query = alternate(benchmark.amount(5, 2), product, graph, query, warm_up=1)
    edges = found[0].edges
    if set(found[0].visited_refs) != {f"dataset:n{number}" for number in expected[0]}:
        raise RuntimeError("the lineage is not what networkx finds")
    if {edge.relation_ref for edge in edges} != {row[0] for row in rows if row[1] != row[2]}:
        raise RuntimeError("the edges are not those that DuckDB finds")
    floors = (("networkx", by_graph, "a graph of networkx"), ("DuckDB", by_query, "rows of DuckDB"))
    for name, floor, what in floors:
        ratio = middle(taken) / middle(floor)
        yield Figure(
            "lineage",
            f"{len(pairs):,} relations, all upstream of one thing: {len(edges):,} edges; floor: {what}",
            quantity(middle(taken), "s"),
            quantity(percentile(taken, 0.99), "s"),
            quantity(middle(floor), "s"),
            ratio,
            f"≤ x{_MOST:.0f} {name}",
            ratio <= _MOST,
        )


def _raw(pairs: list[tuple[int, int]]) -> Any:
    """Return a DuckDB database of the same relations."""
    import duckdb

    connection = duckdb.connect(config={"threads": os.cpu_count() or 1})
    connection.execute("SET enable_progress_bar = false")
    connection.execute(
        "CREATE TABLE relations AS SELECT 'relation:e' || (place - 1) AS ref, 'dataset:n' || ends[1] AS source,"
        " 'dataset:n' || ends[2] AS target, 'derived_from' AS kind, '2026-01-01T00:00:00Z' AS recorded_at"
        " FROM (SELECT unnest($pairs::BIGINT[][]) AS ends, generate_subscripts($pairs::BIGINT[][], 1) AS place)",
        {"pairs": pairs},
    )
    return connection


def _near(benchmark: Benchmark, ctx: Any, edges: int) -> Figure:
    def product(_: int) -> None:
        ctx.traverse_lineage("dataset:n0", direction="upstream", max_depth=1)

    def raw(_: int) -> None:
        ctx.repository.list_relations()

    taken, floor = alternate(benchmark.amount(5, 2), product, raw, warm_up=1)
    return Figure(
        "lineage",
        f"{edges:,} relations, one step from one thing; floor: listing them all",
        quantity(middle(taken), "s"),
        quantity(percentile(taken, 0.99), "s"),
        quantity(middle(floor), "s"),
        middle(taken) / middle(floor),
    )
