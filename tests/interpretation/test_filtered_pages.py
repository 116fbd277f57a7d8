"""Pages of an expression that needs every run looked at: full after a few runs, and the same as of all."""

from __future__ import annotations

import pytest

from contexta.interpretation import RunListQuery
from contexta_interpretation.query.expressions import searching

#: Of the sixty golden runs some have a seed, and fewer of these a low loss.
EXPRESSION = "params.seed > 2 and min(metrics.val_loss) < 0.52"


@pytest.mark.parametrize(("limit", "offset"), [(1, 0), (3, 2), (5, 11), (60, 0), (4, 50)])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_are_those_of_the_whole(golden_query, monkeypatch, limit, offset, descending):
    """However few runs are looked at first, a page holds what a list of all runs has in its place."""
    whole = golden_query.list_runs(query=RunListQuery(where=EXPRESSION, sort_desc=descending))
    assert len(whole) > 12
    for pages, least in ((1, 1), (4, 512)):
        monkeypatch.setattr(searching, "_PORTION_PAGES", pages)
        monkeypatch.setattr(searching, "_LEAST_PORTION", least)
        query = RunListQuery(where=EXPRESSION, sort_desc=descending, limit=limit, offset=offset)
        assert whole[offset : offset + limit] == golden_query.list_runs(query=query)
