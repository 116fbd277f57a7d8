"""Lineages written down: PROV-JSON by the submission of the W3C, Mermaid by its syntax, both by hand."""

from __future__ import annotations

import json
import re

import pytest

from contexta.export import lineage_mermaid, lineage_prov_json
from contexta.spi.lineage import LineageEdge, LineageTraversal

#: What PROV-DM lets each relation join: the later end, then the earlier one.
ENDS = {
    "used": ("prov:activity", "prov:entity"),
    "wasGeneratedBy": ("prov:entity", "prov:activity"),
    "wasDerivedFrom": ("prov:generatedEntity", "prov:usedEntity"),
    "wasInformedBy": ("prov:informed", "prov:informant"),
    "wasInfluencedBy": ("prov:influencee", "prov:influencer"),
}


def lineage_of(source, relation, target, **more):
    """Return the lineage that is one relation."""
    edge = LineageEdge("relation:x", source, target, relation, "", "upstream", 1, **more)
    return LineageTraversal(source, (edge,), (source, target))


def written(traversal):
    """Return a lineage as PROV-JSON, read."""
    return json.loads(lineage_prov_json(traversal))


@pytest.mark.parametrize(
    ("source", "relation", "target", "expected"),
    [
        ("run:p.r", "used", "dataset:raw", ("used", "run:p.r", "dataset:raw")),
        ("dataset:raw", "consumed_by", "run:p.r", ("used", "run:p.r", "dataset:raw")),
        ("run:p.r", "evaluated_on", "dataset:raw", ("used", "run:p.r", "dataset:raw")),
        ("artifact:p.r.m", "produced_by", "stage:p.r.s", ("wasGeneratedBy", "artifact:p.r.m", "stage:p.r.s")),
        (
            "artifact:p.r.m",
            "derived_from",
            "dataset:raw",
            ("wasDerivedFrom", "artifact:p.r.m", "dataset:raw"),
        ),
        (
            "artifact:p.r.a",
            "reported_by",
            "artifact:p.r.b",
            ("wasDerivedFrom", "artifact:p.r.b", "artifact:p.r.a"),
        ),
        (
            "artifact:p.r.m",
            "evaluated_on",
            "dataset:raw",
            ("wasInfluencedBy", "artifact:p.r.m", "dataset:raw"),
        ),
        ("run:p.b", "generated_from", "run:p.a", ("wasInformedBy", "run:p.b", "run:p.a")),
        ("stage:p.r.s", "part_of", "run:p.r", ("wasInfluencedBy", "stage:p.r.s", "run:p.r")),
        ("deployment:p.d", "deployed_from", "artifact:p.r.m", ("used", "deployment:p.d", "artifact:p.r.m")),
    ],
)
def test_relations_become_those_of_prov(source, relation, target, expected):
    """Each relation becomes the narrowest one of PROV that joins such ends, the later thing first."""
    document = written(lineage_of(source, relation, target))
    name, later, earlier = expected
    described = document[name]["_:r1"]
    assert (later, earlier) == tuple(described[end] for end in ENDS[name])
    assert relation == described["contexta:relation"]
    assert [] == [each for each in ENDS if each != name and each in document]


def test_things_are_activities_or_entities():
    """What happens is an activity and what is there an entity, each once, with its reference."""
    document = written(lineage_of("artifact:p.r.m", "produced_by", "run:p.r", origin="derived"))
    assert {"artifact:p.r.m": {"contexta:ref": "artifact:p.r.m"}} == document["entity"]
    assert {"run:p.r": {"contexta:ref": "run:p.r"}} == document["activity"]
    assert {
        "contexta": "urn:contexta:",
        "artifact": "urn:contexta:artifact:",
        "run": "urn:contexta:run:",
    } == document["prefix"]
    assert "derived" == document["wasGeneratedBy"]["_:r1"]["contexta:origin"]


def test_the_time_of_recording_is_kept():
    """A relation that was recorded tells when."""
    edge = LineageEdge(
        "relation:x", "artifact:a", "artifact:b", "derived_from", "2026-01-01T00:00:00Z", "upstream", 1
    )
    document = written(LineageTraversal("artifact:a", (edge,), ("artifact:a", "artifact:b")))
    assert "2026-01-01T00:00:00Z" == document["wasDerivedFrom"]["_:r1"]["contexta:recordedAt"]


@pytest.mark.parametrize(
    ("ref", "name"),
    [
        ("dataset:s3://bucket/a b=1", "dataset:s3%3A%2F%2Fbucket%2Fa%20b%3D1"),
        ("dataset:-x.", "dataset:%2Dx%2E"),
        ("plain", "thing:plain"),
        ("prov:entity", "thing:prov%3Aentity"),
        ("contexta:ref", "thing:contexta%3Aref"),
        ("<a b>:c", "thing:%3Ca%20b%3E%3Ac"),
        ("dataset:\u00e9", "dataset:%C3%A9"),
    ],
)
def test_names_are_qualified_names(ref, name):
    """Any reference becomes a name of PROV, and none takes a prefix that means something else."""
    document = written(LineageTraversal(ref))
    assert {name: {"contexta:ref": ref}} == document["entity"]
    assert f"urn:contexta:{name.partition(':')[0]}:" == document["prefix"][name.partition(":")[0]]


def test_a_flowchart_by_hand():
    """The flowchart leads from what was first to what came of it; what only follows is dotted, the subject bold."""
    edges = (
        LineageEdge(
            "relation:x", "artifact:p.r.m", "run:p.r", "produced_by", "", "upstream", 1, origin="derived"
        ),
        LineageEdge("relation:y", "dataset:raw", "run:p.r", "consumed_by", "", "upstream", 2),
    )
    traversal = LineageTraversal("artifact:p.r.m", edges, ("artifact:p.r.m", "run:p.r", "dataset:raw"))
    assert lineage_mermaid(traversal) == (
        "flowchart LR\n"
        '    n0["artifact:p.r.m"]\n'
        '    n1["run:p.r"]\n'
        '    n2["dataset:raw"]\n'
        '    n1 -.->|"produced_by"| n0\n'
        '    n2 -->|"consumed_by"| n1\n'
        "    style n0 stroke-width:3px\n"
    )


def test_names_are_labels_in_a_flowchart():
    """No name ends its label, begins a line or becomes markup."""
    text = lineage_mermaid(lineage_of('x"]\n click n0 "javascript:1"', 'a"|b', "<script>`&#;"))
    lines = text.splitlines()
    assert 5 == len(lines)
    assert 'n0["x#34;#93;#10; click n0 #34;javascript:1#34;"]' == lines[1].strip()
    assert not re.search(r"[<>`&|]", lines[1] + lines[2])
    assert 'n1 -->|"a#34;#124;b"| n0' == lines[3].strip()


def test_a_thing_alone():
    """What is related to nothing is one thing in each format."""
    alone = LineageTraversal("run:p.r")
    assert ["prefix", "activity"] == list(written(alone))
    assert 3 == len(lineage_mermaid(alone).splitlines())
