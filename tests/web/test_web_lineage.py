"""The drawing of a lineage: layers by hand, every relation drawn, bounded, and the same as a list."""

from __future__ import annotations

import re
from html import unescape

from contexta.export import lineage_mermaid, lineage_prov_json
from contexta.spi.lineage import LineageEdge, LineageTraversal
from contexta_web.screens.lineage_layout import draw_lineage


def edge(source, target, direction, depth):
    """Make an edge."""
    return LineageEdge(f"{source}{target}", source, target, "derived_from", "", direction, depth)


def test_layers_by_hand():
    """What the subject came from stands before it, what came from it behind it, two steps away in the second layer."""
    traversal = LineageTraversal(
        "artifact:b",
        (
            edge("artifact:b", "artifact:a", "upstream", 1),
            edge("artifact:c", "artifact:b", "downstream", 1),
            edge("artifact:d", "artifact:c", "downstream", 2),
        ),
    )
    drawing = draw_lineage(traversal, 10)
    assert [(-1, ["artifact:a"]), (0, ["artifact:b"]), (1, ["artifact:c"]), (2, ["artifact:d"])] == [
        (layer, [node.ref for node in nodes]) for layer, nodes in drawing.layers
    ]
    assert [8, 258, 508, 758] == [node.x for node in drawing.nodes]
    assert (956, 56) == (drawing.width, drawing.height)
    assert "M258 28 C228 28 228 28 198 28" == drawing.arrows[0].path


def test_a_circle_and_a_relation_within_a_layer():
    """Each thing stands once, however it is reached, and boxes of one layer are joined beside them."""
    traversal = LineageTraversal(
        "a:a",
        (
            edge("a:a", "a:b", "upstream", 1),
            edge("a:a", "a:c", "upstream", 1),
            edge("a:b", "a:c", "upstream", 2),
            edge("a:c", "a:a", "upstream", 2),
        ),
    )
    drawing = draw_lineage(traversal, 10)
    assert ["a:b", "a:c", "a:a"] == [node.ref for node in drawing.nodes]
    assert 4 == len(drawing.arrows)


def test_what_is_too_much_is_counted():
    """The nearest are drawn, and how many are not is told."""
    edges = [edge("r:0", f"a:{number}", "downstream", 1) for number in range(30)]
    drawing = draw_lineage(LineageTraversal("r:0", tuple(edges)), 10)
    assert (10, 9, 21) == (len(drawing.nodes), len(drawing.arrows), drawing.left_out)


def test_a_subject_alone():
    """What is related to nothing is one box."""
    drawing = draw_lineage(LineageTraversal("run:p.r"), 10)
    assert (1, 0, 206, 56) == (len(drawing.nodes), len(drawing.arrows), drawing.width, drawing.height)


def test_the_page_holds_what_the_traversal_reaches(server, asked):
    """Every thing that is reached is in the graph and in the list; the depth of the address bounds it."""
    ref = asked.repository.list_relations()[0].source_ref
    for depth in (1, 4):
        traversal = asked.traverse_lineage(ref, direction="both", max_depth=depth)
        page = unescape(server.get(f"/ui/lineage?ref={ref}&depth={depth}").text)
        assert set(traversal.visited_refs) == set(re.findall(r"<g><title>([^<]+)</title>", page))
        listed = page[page.index('id="list"') :]
        assert all(f">{each}<" in listed or f">{each}</a>" in listed for each in traversal.visited_refs)
        assert len(traversal.edges) == page.count('class="arrow ')


def test_a_reference_of_nothing_is_told(server):
    """A short name of nothing is refused, and without a reference there is a choice."""
    assert server.get("/ui/lineage?ref=nothing").status in {400, 404}
    assert "Where to begin" in server.get("/ui/lineage").text


def test_the_graph_is_handed_over(server, asked):
    """Each link of the page hands the whole traversal over, in its format, as a file."""
    ref = asked.repository.list_relations()[0].source_ref
    traversal = asked.traverse_lineage(ref, direction="both", max_depth=2)
    page = unescape(server.get(f"/ui/lineage?ref={ref}&depth=2&direction=both").text)
    links = re.findall(r'href="(/ui/lineage/download[^"]+)"', page)
    plain, prov, mermaid = (server.get(link) for link in links)
    assert [edge.relation_ref for edge in traversal.edges] == [
        each["relation_ref"] for each in plain.json["edges"]
    ]
    assert lineage_prov_json(traversal) == prov.text
    assert lineage_mermaid(traversal) == mermaid.text
    kinds = ["application/json", "application/json", "text/plain; charset=utf-8"]
    assert kinds == [each.headers["content-type"] for each in (plain, prov, mermaid)]
    assert all(
        each.headers["content-disposition"].startswith("attachment; ") for each in (plain, prov, mermaid)
    )


def test_only_known_formats_are_handed_over(server):
    """An address without a thing, or with an unknown format, is refused."""
    assert 400 == server.get("/ui/lineage/download?format=json").status
    assert 400 == server.get("/ui/lineage/download?ref=run:golden.loop&format=%3Cscript%3E").status
