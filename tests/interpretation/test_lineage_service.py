"""The lineage service: what came from what, worked out by hand, and compared with networkx on random graphs."""

from __future__ import annotations

import random

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contexta.config import LineagePolicy
from contexta.errors import InterpretationError, LineageError
from contexta.interpretation import (
    BatchRecord,
    DeploymentRecord,
    LineageService,
    ProvenanceView,
    QueryService,
    RelationRecord,
)
from contexta.spi.metadata import EntityKind, Mutation
from contexta.spi.relation_flow import came_from


def relate(memory, source, kind, target, name=None):
    """Add a recorded relation."""
    name = name or f"relation-{len(memory.relations)}"
    memory.relations.append(
        RelationRecord(name, kind, source, target, "2026-01-01T00:00:00Z", "explicit", "high")
    )
    return name


def service_over(memory, **policy):
    """Build the service over a repository."""
    return LineageService(QueryService(memory), config=LineagePolicy(**policy))


def reached(traversal):
    """Return what was reached, without the subject."""
    return set(traversal.visited_refs) - {traversal.root_ref}


@pytest.fixture
def two_runs(memory):
    """Two runs: the first makes features of raw data, the second a model of the features, and evaluates it.

    raw <- prepare.features <- train.fit (stage) <- train.model <- train.scores
    """
    first = memory.add_run("prepare")
    features = memory.add_artifact(first, "features", kind="dataset")
    relate(memory, first, "used", "raw")
    second = memory.add_run("train")
    fit = memory.add_stage(second, "fit")
    evaluate = memory.add_stage(second, "evaluate")
    memory.add_artifact(second, "model", stage_id=fit)
    memory.add_artifact(second, "scores", stage_id=evaluate)
    relate(memory, fit, "used", features)
    relate(memory, evaluate, "used", "my-proj.train.model")
    relate(memory, evaluate, "evaluated_on", "testset")
    return memory


def test_the_service_is_built_by_hand(memory):
    """Over any object with the documented methods; without a policy nothing limits the depth."""
    service = LineageService(QueryService(memory))
    assert service.config == LineagePolicy()
    for number in range(50):
        relate(memory, f"a{number}", "derived_from", f"a{number + 1}")
    assert len(service.traverse_lineage("a0").edges) == 50


def test_upstream_and_downstream_are_what_the_words_say(two_runs):
    """Upstream of a model is what it was made of, downstream of raw data what was made of it."""
    service = service_over(two_runs)
    upstream = service.traverse_lineage("my-proj.train.model", direction="upstream")
    assert reached(upstream) == {
        "my-proj.train.fit", "my-proj.train", "my-proj.prepare.features", "my-proj.prepare", "raw",
    }  # fmt: skip
    downstream = service.traverse_lineage("raw", direction="downstream")
    assert reached(downstream) == {
        "my-proj.prepare", "my-proj.prepare.features", "my-proj.train.fit", "my-proj.train", "my-proj.train.model",
        "my-proj.train.evaluate", "my-proj.train.scores",
    }  # fmt: skip
    assert {edge.direction for edge in upstream.edges} == {"upstream"}
    assert {edge.direction for edge in downstream.edges} == {"downstream"}


def test_a_stage_does_not_come_from_what_another_stage_took_in(two_runs):
    """The test set is upstream of the scores, and not of the model that another stage made."""
    service = service_over(two_runs)
    assert "testset" in reached(service.traverse_lineage("my-proj.train.scores", direction="upstream"))
    assert "testset" not in reached(service.traverse_lineage("my-proj.train.model", direction="upstream"))
    assert "my-proj.train.model" not in reached(service.traverse_lineage("testset", direction="downstream"))


def test_a_run_comes_from_what_its_stages_took_in(two_runs):
    """Upstream of a run are the inputs of its stages, and neither its stages nor its own artifacts."""
    found = reached(service_over(two_runs).traverse_lineage("my-proj.train", direction="upstream"))
    assert found == {"my-proj.prepare.features", "my-proj.prepare", "raw", "testset"}


def test_an_artifact_of_the_run_comes_from_what_its_stages_took_in(two_runs):
    """What was registered outside of every stage may come from anything that a stage took in."""
    two_runs.add_artifact("my-proj.train", "report", kind="report")
    service = service_over(two_runs)
    assert "testset" in reached(service.traverse_lineage("my-proj.train.report", direction="upstream"))
    assert "my-proj.train.report" in reached(service.traverse_lineage("testset", direction="downstream"))


def test_relations_of_a_runs_artifact_count_for_the_run(memory):
    """A run whose artifact was derived from something came from it, and another artifact of it did not."""
    run = memory.add_run("train")
    model, log = memory.add_artifact(run, "model"), memory.add_artifact(run, "log", kind="log")
    relate(memory, model, "derived_from", "base")
    service = service_over(memory)
    assert reached(service.traverse_lineage(run, direction="upstream")) == {"base"}
    assert reached(service.traverse_lineage("base", direction="downstream")) == {model, run}
    assert reached(service.traverse_lineage(log, direction="upstream")) == {run}


def test_both_is_ancestors_and_descendants_and_nothing_beside(memory):
    """Both directions are the two answers together; what else was made of the same data is not among them."""
    relate(memory, "model", "derived_from", "data")
    relate(memory, "other", "derived_from", "data")
    relate(memory, "app", "packaged_from", "model")
    service = service_over(memory)
    assert reached(service.traverse_lineage("model")) == {"data", "app"}
    assert reached(service.traverse_lineage("model", direction="both")) == {"data", "app"}


@pytest.mark.parametrize(("old", "new"), [("inbound", "upstream"), ("outbound", "downstream")])
def test_the_older_words_are_understood(two_runs, old, new):
    """Inbound is what flowed in, outbound what flowed out."""
    service = service_over(two_runs)
    asked = "my-proj.prepare.features"
    assert service.traverse_lineage(asked, direction=old) == service.traverse_lineage(asked, direction=new)


@pytest.mark.parametrize(
    ("kind", "later"),
    [
        ("generated_from", "a"), ("produced_by", "a"), ("packaged_from", "a"), ("evaluated_on", "a"),
        ("deployed_from", "a"), ("used", "a"), ("derived_from", "a"), ("observed_in", "a"), ("consumed_by", "b"),
        ("reported_by", "b"),
    ],
)  # fmt: skip
def test_every_relation_has_its_direction(memory, kind, later):
    """For each word of the contract one end came from the other: `a used b`, but `a consumed_by b`."""
    relate(memory, "a", kind, "b")
    earlier = {"a": "b", "b": "a"}[later]
    service = service_over(memory)
    assert reached(service.traverse_lineage(later, direction="upstream")) == {earlier}
    assert reached(service.traverse_lineage(later, direction="downstream")) == set()
    assert reached(service.traverse_lineage(earlier, direction="downstream")) == {later}


def test_edges_tell_where_they_come_from(memory):
    """Recorded edges keep their ends and type; derived ones say so; the depth counts edges from the subject."""
    run = memory.add_run("train", dataset_ref="data:v1")
    model = memory.add_artifact(run, "model")
    name = relate(memory, "app", "packaged_from", model)
    edges = service_over(memory).traverse_lineage("app").edges
    assert [
        (each.relation_type, each.source_ref, each.target_ref, each.depth, each.origin) for each in edges
    ] == [
        ("packaged_from", "app", model, 1, "recorded"),
        ("produced_by", model, run, 2, "derived"),
        ("used", run, "data:v1", 3, "derived"),
    ]
    assert [(link.kind, link.ref) for link in edges[0].evidence_links] == [
        ("relation", name),
        ("ref", "app"),
        ("ref", model),
    ]


def test_a_recorded_use_of_the_dataset_is_not_told_twice(memory):
    """Where a relation says that the run used its dataset, no derived edge says it once more."""
    run = memory.add_run("train", dataset_ref="data:v1")
    relate(memory, run, "used", "data:v1")
    assert [each.origin for each in service_over(memory).traverse_lineage(run).edges] == ["recorded"]
    assert len(service_over(memory).traverse_lineage("data:v1").edges) == 1


def test_deployments_come_from_what_they_deploy(memory):
    """Downstream of an artifact and of its run is the deployment."""
    run = memory.add_run("train")
    model = memory.add_artifact(run, "model")
    memory.deployments.append(
        DeploymentRecord("prod", "my-proj", "prod", "completed", run_id=run, artifact_ref=model)
    )
    service = service_over(memory)
    assert reached(service.traverse_lineage(run, direction="downstream")) == {model, "prod"}
    assert reached(service.traverse_lineage("prod", direction="upstream")) == {model, run}


def test_depth_limits_the_edges(memory):
    """A depth of two ends two edges from the subject and says that there is more; none at all is no edge."""
    for number in range(4):
        relate(memory, f"a{number}", "derived_from", f"a{number + 1}", f"r{number}")
    service = service_over(memory)
    found = service.traverse_lineage("a0", max_depth=2)
    assert [each.relation_ref for each in found.edges] == ["r0", "r1"]
    assert found.visited_refs == ("a0", "a1", "a2")
    (note,) = found.completeness_notes
    assert (note.summary, note.details["max_depth"]) == ("lineage_depth_limit_reached", 2)
    assert service.traverse_lineage("a0", max_depth=4).completeness_notes == ()
    assert service.traverse_lineage("a0", max_depth=0).edges == ()


def test_cycles_are_followed_once(memory):
    """A circle of relations ends where it began; each relation is told once."""
    for later, earlier in ("ab", "bc", "ca"):
        relate(memory, later, "derived_from", earlier)
    found = service_over(memory).traverse_lineage("a", direction="upstream")
    assert len(found.edges) == 3
    assert found.visited_refs == ("a", "b", "c")


def test_a_relation_is_a_subject_too(memory):
    """A relation is followed from the end that the direction leads to."""
    relate(memory, "a", "derived_from", "b", "first")
    relate(memory, "b", "derived_from", "c", "second")
    service = service_over(memory)
    assert service.traverse_lineage("first", direction="upstream").visited_refs == ("first", "b", "c")
    assert service.traverse_lineage("second", direction="downstream").visited_refs == ("second", "b", "a")


def test_batches_belong_to_their_stage(memory):
    """What a batch took in counts for its stage and run; batches are downstream of both."""
    run = memory.add_run("train")
    stage = memory.add_stage(run, "fit")
    memory.batches.append(BatchRecord(f"{stage}.b", run, stage, "b", "completed"))
    relate(memory, f"{stage}.b", "used", "shard")
    service = service_over(memory)
    assert reached(service.traverse_lineage(stage, direction="upstream")) == {"shard", run}
    assert reached(service.traverse_lineage(run, direction="upstream")) == {"shard"}
    assert reached(service.traverse_lineage(run, direction="downstream")) == {stage, f"{stage}.b"}


def test_a_subject_without_relations_is_told(memory):
    """Nothing recorded is no error: the subject alone, and a note."""
    found = service_over(memory).traverse_lineage("nothing")
    assert (found.visited_refs, found.edges) == (("nothing",), ())
    assert [note.summary for note in found.completeness_notes] == ["lineage_root_has_no_relations"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"direction": "sideways"}, "lineage_invalid_direction"),
        ({"direction": 1}, "lineage_invalid_direction"),
        ({"max_depth": -1}, "lineage_invalid_max_depth"),
        ({"max_depth": True}, "lineage_invalid_max_depth"),
        ({"max_depth": "2"}, "lineage_invalid_max_depth"),
    ],
)
def test_wrong_arguments_are_told(memory, arguments, code):
    """An unknown direction and a depth that is no count are refused with what is allowed."""
    with pytest.raises(LineageError) as caught:
        service_over(memory).traverse_lineage("a", **arguments)
    assert caught.value.code == code
    assert isinstance(caught.value, InterpretationError)


def test_a_workspace_is_followed_through_the_facade(ctx, tmp_path):
    """References, records and short names of a workspace do as subjects; recorded relations carry their provenance."""
    body = tmp_path / "model.bin"
    body.write_bytes(b"weights")
    with (
        ctx.run("train", run_id="r1", dataset_ref="artifact:default.r0.data") as run,
        run.stage("fit") as stage,
    ):
        stage.register_artifact("model", str(body), artifact_ref="artifact:default.r1.model")
    fields = {"relation_type": "packaged_from", "source_ref": "artifact:default.r2.app"}
    fields |= {"target_ref": "artifact:default.r1.model", "recorded_at": "2026-01-01T00:00:00Z"}
    fields |= {"origin_marker": "explicit", "confidence_marker": "high"}
    asserted = {"relation_ref": "relation:one", "assertion_mode": "explicit"}
    ctx._stores.metadata.apply(
        [
            Mutation(EntityKind.RELATION, "relation:one", fields),
            Mutation(
                EntityKind.PROVENANCE, "provenance:old", {**asserted, "asserted_at": "2026-01-01T00:00:00.5Z"}
            ),
            Mutation(
                EntityKind.PROVENANCE, "provenance:new", {**asserted, "asserted_at": "2026-01-01T00:00:01Z"}
            ),
        ]
    )
    found = ctx.traverse_lineage("artifact:default.r2.app", direction="upstream")
    assert reached(found) == {
        "artifact:default.r1.model", "stage:default.r1.fit", "run:default.r1", "artifact:default.r0.data",
        "run:default.r0", "run:default.r2",
    }  # fmt: skip
    first = next(edge for edge in found.edges if edge.relation_ref == "relation:one")
    assert isinstance(first.provenance, ProvenanceView)
    assert first.provenance.provenance_ref == "provenance:new"
    expected = ctx.traverse_lineage("run:default.r1")
    assert ctx.traverse_lineage("r1") == ctx.traverse_lineage(ctx.list_runs()[0]) == expected
    (artifact,) = ctx.get_run_snapshot("r1").artifacts
    assert ctx.traverse_lineage(artifact).root_ref == ctx.traverse_lineage("model").root_ref
    with pytest.raises(LineageError) as caught:
        ctx.traverse_lineage("nobody")
    assert caught.value.code == "lineage_subject_not_found"


# -- against networkx ------------------------------------------------------------------------------------------------

KINDS = ("derived_from", "used", "produced_by", "consumed_by", "reported_by")


@st.composite
def worlds(draw, make):
    """Draw a repository of runs, stages and artifacts with relations among all of them."""
    memory = make()
    for run in range(draw(st.integers(1, 3))):
        run_id = memory.add_run(f"r{run}", dataset_ref=draw(st.sampled_from([None, "x0", "my-proj.r0.a0"])))
        stages = [memory.add_stage(run_id, f"s{number}") for number in range(draw(st.integers(0, 2)))]
        for number in range(draw(st.integers(0, 2))):
            memory.add_artifact(run_id, f"a{number}", stage_id=draw(st.sampled_from([None, *stages])))
    things = ["x0", "x1", *(each.run_id for each in memory.runs)]
    things += [each.stage_id for each in memory.stages] + [each.artifact_ref for each in memory.artifacts]
    ends = st.sampled_from(things)
    for source, kind, target in draw(st.lists(st.tuples(ends, st.sampled_from(KINDS), ends), max_size=8)):
        relate(memory, source, kind, target)
    return memory, things


def flow_of(memory):
    """Build the graph of what flows into what, with runs and stages split in begin, whole and name."""
    graph = nx.DiGraph()
    containers = {each.run_id: None for each in memory.runs}
    containers |= {each.stage_id: each.run_id for each in memory.stages}
    above = {each.artifact_ref: each.stage_id or each.run_id for each in memory.artifacts}
    above |= {stage: run for stage, run in containers.items() if run}

    def begin(ref):
        return (ref, "begin") if ref in containers else (ref, "")

    def whole(ref):
        return (ref, "whole") if ref in containers else (ref, "")

    def around(ref):
        found = []
        while ref in above:
            ref = above[ref]
            found.append(ref)
        return found

    for ref, owner in containers.items():
        graph.add_edge((ref, "begin"), (ref, "whole"), weight=0)
        graph.add_edge((ref, "whole"), (ref, "name"), weight=0)
        if owner:
            graph.add_edge((owner, "begin"), (ref, "begin"), weight=1)
    for each in memory.artifacts:
        graph.add_edge((each.stage_id or each.run_id, "whole"), (each.artifact_ref, ""), weight=1)
    taken = [
        came_from(each.relation_type, each.source_ref, each.target_ref)
        for each in memory.relations
        if each.source_ref != each.target_ref
    ]
    lifted = len(taken)
    taken += [(each.run_id, each.dataset_ref) for each in memory.runs if each.dataset_ref]
    for number, (later, earlier) in enumerate(taken):
        graph.add_edge(whole(earlier), begin(later), weight=1)
        if number < lifted:
            for outer in around(later):
                if outer not in {earlier, *around(earlier)}:
                    side = "whole" if later in containers else "name"
                    graph.add_edge(whole(earlier), (outer, side), weight=1)
    return graph, begin, containers


def distances(graph, start):
    """Return the least number of steps to everything that can be reached, whatever side of it."""
    least: dict[str, int] = {}
    if start in graph:
        for (ref, _), steps in nx.single_source_dijkstra_path_length(graph, start).items():
            least[ref] = min(steps, least.get(ref, steps))
    least.pop(start[0], None)
    return least


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_reachability_and_depth_are_those_of_networkx(make_memory, data):
    """Upstream and downstream of anything in a random world, to any depth, are the shortest paths of the flow."""
    memory, things = data.draw(worlds(make_memory))
    root, depth = data.draw(st.sampled_from(things)), data.draw(st.sampled_from([None, 1, 2, 3]))
    graph, begin, containers = flow_of(memory)
    service = service_over(memory)
    ends = {
        "downstream": (graph, begin(root)),
        "upstream": (graph.reverse(), (root, "name") if root in containers else (root, "")),
    }
    for direction, (flow, start) in ends.items():
        expected = {ref for ref, steps in distances(flow, start).items() if depth is None or steps <= depth}
        found = service.traverse_lineage(root, direction=direction, max_depth=depth)
        assert reached(found) == expected, direction


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_upstream_and_downstream_are_two_ends_of_one_thing(make_memory, data):
    """One thing is upstream of another exactly where that other is downstream of it."""
    memory, things = data.draw(worlds(make_memory))
    one, other = data.draw(st.sampled_from(things)), data.draw(st.sampled_from(things))
    service = service_over(memory)
    if one != other:
        is_upstream = one in reached(service.traverse_lineage(other, direction="upstream"))
        assert is_upstream == (other in reached(service.traverse_lineage(one, direction="downstream")))


def test_a_hundred_thousand_relations_are_followed_exactly(memory):
    """In a random graph of 10^5 relations ancestors, descendants, edges and depths are those of networkx."""
    chance = random.Random(7)
    edges = [(chance.randrange(60_000), chance.randrange(60_000)) for _ in range(100_000)]
    graph = nx.DiGraph(edges)
    for earlier, later in edges:
        relate(memory, f"a{later}", "derived_from", f"a{earlier}", f"{later}-{earlier}")
    service = service_over(memory)
    root = next(iter(graph))
    for direction, expected in (("upstream", nx.ancestors), ("downstream", nx.descendants)):
        found = service.traverse_lineage(f"a{root}", direction=direction)
        assert reached(found) == {f"a{each}" for each in expected(graph, root)}
        ways = nx.single_source_shortest_path_length(
            graph.reverse() if direction == "upstream" else graph, root
        )
        # An edge is one further away than where it is stepped on from.
        near = [later if direction == "upstream" else earlier for earlier, later in set(edges)]
        assert sorted(edge.depth for edge in found.edges) == sorted(
            ways[each] + 1
            for each, (earlier, later) in zip(near, set(edges), strict=True)
            if each in ways and earlier != later
        )
