"""Lineage and provenance of the golden runs, written out by hand: the same from every kind of store."""

from __future__ import annotations

import pytest

from contexta.interpretation import LineageService, ProvenanceService

RUN, STAGE, ARTIFACT = "run:golden.", "stage:golden.", "artifact:golden."
PREPARE = [
    "artifact:golden.prepare.features",
    "dataset:raw",
    "run:golden.prepare",
    "stage:golden.prepare.features",
]


@pytest.fixture(scope="module")
def lineage(golden_query):
    """Build the lineage service with its default policy."""
    return LineageService(golden_query)


@pytest.fixture(scope="module")
def provenance(golden_query):
    """Build the provenance service."""
    return ProvenanceService(golden_query)


def reached(traversal):
    """Return what was reached, sorted, without the subject."""
    return sorted(set(traversal.visited_refs) - {traversal.root_ref})


def test_upstream_of_what_is_deployed(lineage):
    """The service came from model, stage, run, features and the raw data; nothing else was taken in."""
    found = lineage.traverse_lineage("deployment:golden.service", direction="upstream")
    model, train, run = ARTIFACT + "prepared.model", STAGE + "prepared.train", RUN + "prepared"
    assert sorted([*PREPARE, model, train, run]) == reached(found)
    edges = {(edge.depth, edge.relation_type, edge.target_ref) for edge in found.edges}
    expected = {
        (1, "deployed_from", model),
        (1, "deployed_from", run),
        (2, "produced_by", train),
        (2, "consumed_by", run),
        (3, "part_of", run),
        (3, "produced_by", STAGE + "prepare.features"),
        (4, "part_of", RUN + "prepare"),
        (5, "used", "dataset:raw"),
    }
    assert (expected, 8) == (edges, len(found.edges))


def test_downstream_of_the_raw_data(lineage):
    """From the raw data came run, stage and features of the first run, and all of the second."""
    found = reached(lineage.traverse_lineage("dataset:raw", direction="downstream"))
    second = [STAGE + f"prepared.{name}" for name in ("train", "evaluate", "package")]
    second += [RUN + "prepared", ARTIFACT + "prepared.model", "deployment:golden.service"]
    assert sorted([*PREPARE, *second]) == sorted([*found, "dataset:raw"])


def test_one_is_upstream_where_the_other_is_downstream(lineage):
    """For every pair among the related things: the two directions answer one question."""
    subjects = [*PREPARE, RUN + "prepared", STAGE + "prepared.train", ARTIFACT + "prepared.model"]
    subjects += ["deployment:golden.service", RUN + "loop", ARTIFACT + "loop.a", ARTIFACT + "loop.b"]
    up = {each: set(reached(lineage.traverse_lineage(each, direction="upstream"))) for each in subjects}
    down = {each: set(reached(lineage.traverse_lineage(each, direction="downstream"))) for each in subjects}
    for later in subjects:
        for earlier in subjects:
            if later != earlier:
                assert (earlier in up[later]) == (later in down[earlier]), (later, earlier)


def test_a_circle_is_followed_once(lineage):
    """A came from b, b from c, c from a: each relation is one edge, in both directions together."""
    found = lineage.traverse_lineage(ARTIFACT + "loop.a", direction="upstream")
    assert [ARTIFACT + "loop.b", ARTIFACT + "loop.c", RUN + "loop"] == reached(found)
    recorded = [(edge.relation_ref, edge.depth) for edge in found.edges if edge.origin == "recorded"]
    assert [("relation:loop-a", 1), ("relation:loop-b", 2), ("relation:loop-c", 3)] == recorded
    both = lineage.traverse_lineage(ARTIFACT + "loop.a")
    refs = [edge.relation_ref for edge in both.edges]
    assert len(refs) == len(set(refs))


def test_a_depth_cuts_exactly(lineage):
    """Two edges upstream of the model are its stage and that stage's run; that more follows is said."""
    found = lineage.traverse_lineage(ARTIFACT + "prepared.model", direction="upstream", max_depth=2)
    assert [RUN + "prepared", STAGE + "prepared.train"] == reached(found)
    assert {1, 2} == {edge.depth for edge in found.edges}
    assert ["lineage_depth_limit_reached"] == [note.summary for note in found.completeness_notes]
    nothing = lineage.traverse_lineage(ARTIFACT + "prepared.model", direction="upstream", max_depth=0)
    assert ((), [], 1) == (nothing.edges, reached(nothing), len(nothing.completeness_notes))


def test_what_has_no_relations_says_so(lineage):
    """A run without inputs has nothing upstream; an unknown reference has nothing at all, and no error."""
    for subject in (RUN + "steady-01", "dataset:unknown"):
        found = lineage.traverse_lineage(subject, direction="upstream")
        assert ((), ["lineage_root_has_no_relations"]) == (
            found.edges,
            [note.summary for note in found.completeness_notes],
        )


def _criteria(audit):
    return {each.name: each.points for each in audit.criteria}


def test_the_audit_of_a_run_with_everything(provenance):
    """Of 100 points ``prepared`` has all, where the repository can tell what surrounded runs at all."""
    audit = provenance.audit_reproducibility(RUN + "prepared")
    if not hasattr(provenance.query_service.repository, "get_environment"):
        # Revision 20, parameters 10, seed 5, data 10, artifact 5, assertion 5.
        assert (55, "partial") == (audit.score, audit.reproducibility_status)
        assert "environment_source_missing" in [note.summary for note in audit.completeness_notes]
        return
    assert (100, 100, "complete", ()) == (
        audit.score,
        audit.max_score,
        audit.reproducibility_status,
        audit.missing,
    )
    assert ("3.12.1", 3, 1) == (
        audit.python_version,
        audit.package_count,
        audit.environment_variable_count,
    )


def test_the_audit_of_a_run_with_little(provenance):
    """``steady-01`` has a seed and parameters, and nothing else; each missing point says how to gain it."""
    audit = provenance.audit_reproducibility(RUN + "steady-01")
    assert {"configuration": 10, "seed": 5} == {
        name: points for name, points in _criteria(audit).items() if points
    }
    assert (15, 100) == (audit.score, audit.max_score)
    assert 85 == sum(each.missing_points for each in audit.missing)
    assert all(each.explanation and each.remedy for each in audit.missing)
    assert all(each.explanation and not each.remedy for each in audit.criteria if not each.missing_points)
    assert "missing" == provenance.audit_reproducibility(RUN + "timeless").reproducibility_status


def test_the_environments_differ_as_written(provenance):
    """Revision, major NumPy, missing torch, changes beside the revision, rate, variable, patch of tqdm: in this order."""
    diff = provenance.compare_environments(RUN + "prepared", RUN + "upgraded")
    if not hasattr(provenance.query_service.repository, "get_environment"):
        notes = {note.summary for note in diff.completeness_notes}
        assert {"left_environment_snapshot_missing", "right_environment_snapshot_missing"} <= notes
        assert not diff.python_version_changed
        return
    assert [
        ("code", "revision", "changed"),
        ("package", "numpy", "major"),
        ("package", "torch", "removed"),
        ("code", "dirty", "changed"),
        ("configuration", "optimizer.lr", "changed"),
        ("variable", "PYTHONHASHSEED", "removed"),
        ("package", "tqdm", "patch"),
    ] == [(each.area, each.key, each.change) for each in diff.differences]
    assert ([("torch", "2.4.1")], [], ["numpy", "tqdm"]) == (
        [(each.key, each.left_value) for each in diff.removed_packages],
        list(diff.added_packages),
        [each.key for each in diff.changed_packages],
    )
    assert (False, False) == (diff.python_version_changed, diff.platform_changed)


def test_a_missing_side_has_changed_nothing(provenance):
    """Beside a run without an environment nothing is said to have changed; a note says whose is missing."""
    diff = provenance.compare_environments(RUN + "prepared", RUN + "steady-01")
    assert ((), (), (), False, False) == (
        diff.added_packages,
        diff.removed_packages,
        diff.changed_packages,
        diff.python_version_changed,
        diff.platform_changed,
    )
    assert "right_environment_snapshot_missing" in [note.summary for note in diff.completeness_notes]


def test_what_a_run_was_made_from(provenance):
    """Code, data and the newest assertion of ``prepared``."""
    view = provenance.get_provenance(RUN + "prepared")
    assert ("provenance:features-consumed", "explicit") == (view.provenance_ref, view.assertion_mode)
    assert ("aaaa", (ARTIFACT + "prepare.features",)) == (view.origin.code_revision, view.origin.data_refs)
    assert provenance.get_provenance(RUN + "no-metrics") is None
