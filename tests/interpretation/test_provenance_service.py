"""The provenance service: points, differences and origins, worked out by hand."""

from __future__ import annotations

import pytest

from contexta import Contexta
from contexta.errors import RunNotFoundError
from contexta.interpretation import (
    EnvironmentView,
    ProvenanceService,
    ProvenanceView,
    QueryService,
    RelationRecord,
)
from contexta_interpretation.provenance.version_change import version_change


@pytest.fixture
def known(memory):
    """A repository in memory that also knows environments: ``memory.environments`` by run."""
    memory.environments = {}

    class Knowing(type(memory)):
        def get_environment(self, run_id):
            return self.environments.get(run_id)

    memory.__class__ = Knowing
    return memory


def view(run_id, **fields):
    """Return what surrounded a run."""
    return EnvironmentView(f"env-of-{run_id}", run_id, "2026-01-01T00:00:00Z", **fields)


def service_over(memory):
    """Build the service over a repository."""
    return ProvenanceService(QueryService(memory))


WHOLE = {
    "python_version": "3.12.1",
    "platform": "Linux-6",
    "packages": {"numpy": "2.1.0"},
    "environment_variables": {"PYTHONHASHSEED": "0"},
    "code": {"revision": "abc", "dirty": False},
    "config_snapshot": {"lr": 0.1},
}


def complete_run(known):
    """Add a run of which everything is recorded."""
    run = known.add_run("best", parameters={"seed": 1}, dataset_ref="data:v1")
    known.add_artifact(run, "model", digest="sha256:1")
    known.environments[run] = view(run, **WHOLE)
    known.provenance[run] = ProvenanceView(
        run, "prov", "rel", "explicit", "2026-01-01T00:00:00Z", evidence_bundle_ref="bundle"
    )
    return run


def test_the_service_is_built_by_hand(memory):
    """Over any object with the documented methods, also one that knows no environments: notes tell what is missing."""
    run = memory.add_run("bare")
    audit = service_over(memory).audit_reproducibility(run)
    assert (audit.score, audit.reproducibility_status, audit.environment_ref) == (0, "missing", None)
    assert [note.summary for note in audit.completeness_notes] == [
        "provenance_missing",
        "environment_source_missing",
        "environment_snapshot_missing",
    ]


def test_a_run_with_everything_has_every_point(known):
    """All criteria together are a hundred points, and a run of which all is recorded has them."""
    audit = service_over(known).audit_reproducibility(complete_run(known))
    assert (audit.score, audit.max_score, audit.reproducibility_status) == (100, 100, "complete")
    assert audit.missing == ()
    assert sum(each.max_points for each in audit.criteria) == 100
    assert (audit.python_version, audit.platform) == ("3.12.1", "Linux-6")
    assert (audit.package_count, audit.environment_variable_count) == (1, 1)
    assert audit.completeness_notes == ()
    assert [(link.kind, link.ref) for link in audit.evidence_links] == [
        ("run", "my-proj.best"),
        ("provenance", "prov"),
        ("environment", "env-of-my-proj.best"),
    ]


@pytest.mark.parametrize(
    ("changed", "criterion", "points"),
    [
        ({"code": {}}, {"code_revision", "code_state"}, 70),
        ({"code": {"revision": "abc", "dirty": True, "diff": "+x"}}, {"code_state"}, 98),
        (
            {"code": {"revision": "abc", "dirty": True, "diff": "+x", "diff_truncated": True}},
            {"code_state"},
            93,
        ),
        ({"code": {"revision": "abc", "dirty": True, "diff": ""}}, {"code_state"}, 93),
        ({"python_version": None}, {"python_version"}, 90),
        ({"platform": None}, {"platform"}, 95),
        ({"packages": {}}, {"packages"}, 85),
        ({"environment_variables": {}}, {"environment_variables"}, 95),
    ],
)
def test_what_the_environment_lacks_costs_its_points(known, changed, criterion, points):
    """Each part of the environment that is missing costs what it is worth, and nothing else."""
    run = complete_run(known)
    known.environments[run] = view(run, **{**WHOLE, **changed})
    audit = service_over(known).audit_reproducibility(run)
    assert ({each.name for each in audit.missing}, audit.score) == (criterion, points)
    assert audit.reproducibility_status == "partial"


def test_every_missing_point_is_explained(known):
    """A run of which nothing is recorded has no point; each criterion says what is missing and how to gain it."""
    run = known.add_run("bare")
    known.add_artifact(run, "model")
    audit = service_over(known).audit_reproducibility(run)
    assert audit.score == 0
    assert len(audit.missing) == len(audit.criteria) == 11
    for each in audit.missing:
        assert each.explanation, each.name
        assert each.remedy, each.name
    gained = service_over(known).audit_reproducibility(complete_run(known))
    assert not any(each.remedy for each in gained.criteria)


def test_the_greatest_gain_is_told_first(known):
    """The missing criteria come with the most points first."""
    run = known.add_run("bare")
    missing = service_over(known).audit_reproducibility(run).missing
    assert [each.name for each in missing[:2]] == ["code_revision", "packages"]
    points = [each.missing_points for each in missing]
    assert points == sorted(points, reverse=True)


def test_parameters_count_as_configuration_and_revision_as_given(known):
    """What the caller gave counts where nothing was captured: revision, parameters, seed."""
    run = known.add_run("given", code_revision="v1.2", parameters={"random_seed": 0, "lr": 0.1})
    points = {each.name: each.points for each in service_over(known).audit_reproducibility(run).criteria}
    assert (points["code_revision"], points["configuration"], points["seed"]) == (20, 10, 5)


def test_an_assertion_without_evidence_counts_in_part(known):
    """A recorded assertion is worth three of five points without the evidence behind it."""
    run = complete_run(known)
    known.provenance[run] = ProvenanceView(run, "prov", "rel", "explicit", "2026-01-01T00:00:00Z")
    audit = service_over(known).audit_reproducibility(run)
    assert audit.score == 98
    assert [note.summary for note in audit.completeness_notes] == ["provenance_evidence_bundle_missing"]


def test_what_relations_name_is_data(known):
    """The data of a run is its primary dataset, what a relation says that it used, and datasets that it registered."""
    run = known.add_run("train", dataset_ref="data:v1")
    known.add_artifact(run, "split", kind="dataset_snapshot")
    known.relations += [
        RelationRecord("one", "used", run, "tokenizer", "", "explicit", "high"),
        RelationRecord("two", "consumed_by", "labels", run, "", "explicit", "high"),
        RelationRecord("three", "produced_by", "elsewhere", run, "", "explicit", "high"),
    ]
    found = service_over(known).get_provenance(run)
    assert found.origin.data_refs == ("data:v1", "tokenizer", "labels", "my-proj.train.split")


def test_provenance_is_what_was_asserted_and_captured(known):
    """A recorded assertion is shown with the origin; without one the captured origin alone; without both None."""
    run = complete_run(known)
    asserted = service_over(known).get_provenance(run)
    assert (asserted.provenance_ref, asserted.assertion_mode) == ("prov", "explicit")
    assert (asserted.origin.code_revision, asserted.origin.code_dirty) == ("abc", False)
    assert asserted.origin.config_snapshot == {"lr": 0.1}
    known.provenance.clear()
    captured = service_over(known).get_provenance(run)
    assert (captured.provenance_ref, captured.assertion_mode) == (f"env-of-{run}", "captured")
    assert captured.origin == asserted.origin
    assert service_over(known).get_provenance(known.add_run("bare")) is None


def compare(known, left, right):
    """Compare two environments of two runs."""
    for name, fields in (("left", left), ("right", right)):
        run = known.add_run(name)
        if fields is not None:
            known.environments[run] = view(run, **fields)
    return service_over(known).compare_environments("my-proj.left", "my-proj.right")


def test_differences_are_ranked(known):
    """Code, Python and major changes of packages come first; patches of packages last."""
    right = {
        "python_version": "3.13.0",
        "platform": "Linux-7",
        "packages": {"numpy": "2.1.1", "torch": "3.0", "scipy": "1.15.0", "new": "1.0"},
        "environment_variables": {"PYTHONHASHSEED": "1"},
        "code": {"revision": "def", "dirty": True, "diff": "+x"},
        "config_snapshot": {"lr": 0.2},
        "details": {"hardware": {"gpus": ["B"]}},
    }
    left = {**WHOLE, "packages": {"numpy": "2.1.0", "torch": "2.9", "scipy": "1.14.0"}}
    left["details"] = {"hardware": {"gpus": ["A"]}}
    diff = compare(known, left, right)
    assert [(each.rank, each.importance, each.area, each.key, each.change) for each in diff.differences] == [
        (1, "high", "code", "revision", "changed"),
        (2, "high", "python", "version", "minor"),
        (3, "high", "package", "new", "added"),
        (4, "high", "package", "torch", "major"),
        (5, "high", "code", "dirty", "changed"),
        (6, "medium", "configuration", "lr", "changed"),
        (7, "medium", "package", "scipy", "minor"),
        (8, "medium", "hardware", "hardware.gpus", "changed"),
        (9, "low", "variable", "PYTHONHASHSEED", "changed"),
        (10, "low", "platform", "platform", "changed"),
        (11, "low", "package", "numpy", "patch"),
    ]
    assert (diff.python_version_changed, diff.platform_changed) == (True, True)
    assert [(each.key, each.left_value, each.right_value) for each in diff.changed_packages] == [
        ("numpy", "2.1.0", "2.1.1"),
        ("scipy", "1.14.0", "1.15.0"),
        ("torch", "2.9", "3.0"),
    ]
    assert [(each.key, each.right_value) for each in diff.added_packages] == [("new", "1.0")]
    assert [each.key for each in diff.changed_variables] == ["PYTHONHASHSEED"]


def test_a_patch_of_python_ranks_low(known):
    """Another patch of Python comes behind the configuration, and does not claim the first places."""
    diff = compare(known, WHOLE, {**WHOLE, "python_version": "3.12.2", "config_snapshot": {"lr": 1}})
    assert [(each.area, each.change) for each in diff.differences] == [
        ("configuration", "changed"),
        ("python", "patch"),
    ]


def test_equal_environments_do_not_differ(known):
    """Nothing is reported of two environments that are the same."""
    diff = compare(known, WHOLE, WHOLE)
    assert (diff.differences, diff.python_version_changed, diff.completeness_notes) == ((), False, ())


@pytest.mark.parametrize(("left", "right", "side"), [(None, WHOLE, "left"), (WHOLE, None, "right")])
def test_a_missing_environment_has_not_changed(known, left, right, side):
    """Where one environment was not captured nothing is said to differ, and a note says whose is missing."""
    diff = compare(known, left, right)
    assert (diff.python_version_changed, diff.platform_changed, diff.differences) == (False, False, ())
    assert (diff.added_packages, diff.removed_packages) == ((), ())
    (note,) = diff.completeness_notes
    assert (note.summary, note.details["run_id"]) == (
        f"{side}_environment_snapshot_missing",
        f"my-proj.{side}",
    )


def test_packages_that_were_not_captured_are_not_removed(known):
    """An environment without packages was captured without them; a note says so."""
    diff = compare(known, WHOLE, {**WHOLE, "packages": {}})
    assert (diff.removed_packages, diff.differences) == ((), ())
    assert [note.summary for note in diff.completeness_notes] == ["right_environment_packages_empty"]


def test_variables_that_were_not_captured_are_not_removed(known):
    """A run of which only the configuration was captured says nothing of variables; one without packages does."""
    diff = compare(known, WHOLE, {"config_snapshot": WHOLE["config_snapshot"]})
    assert (diff.removed_variables, diff.differences) == ((), ())
    unset = compare(known, WHOLE, {**WHOLE, "packages": {}, "environment_variables": {}})
    assert [each.key for each in unset.removed_variables] == ["PYTHONHASHSEED"]


def test_a_changed_diff_is_told_by_its_digest(known):
    """Two runs on the same revision with different changes beside it differ in the diff, which is not printed."""
    codes = [{"code": {"revision": "abc", "dirty": True, "diff": text}} for text in ("+x", "+y")]
    (only,) = compare(known, {**WHOLE, **codes[0]}, {**WHOLE, **codes[1]}).differences
    assert (only.area, only.key) == ("code", "diff")
    assert only.left_value.startswith("sha256:")
    assert only.left_value != only.right_value


@pytest.mark.parametrize(
    ("left", "right", "change"),
    [
        ("1.2.3", "2.0.0", "major"),
        ("1.2.3", "1.3.0", "minor"),
        ("1.2.3", "1.2.4", "patch"),
        ("1.2.3", "1.2.3.post1", "patch"),
        ("0.2.3", "0.3.0", "major"),
        ("1!1.0", "1.0", "major"),
        ("nightly", "1.0", "major"),
        ("2.0", "1.0", "major"),
    ],
)
def test_the_size_of_a_version_step(left, right, change):
    """The first number that differs decides; before 1.0 the second counts as the first."""
    assert version_change(left, right) == change


@pytest.mark.parametrize("name", ["audit_reproducibility", "get_provenance"])
def test_an_unknown_run_is_told(memory, name):
    """A run that does not exist is an error, with what is nearest."""
    with pytest.raises(RunNotFoundError):
        getattr(service_over(memory), name)("nobody")


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """Open a workspace that captures everything, one variable among it."""
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    config = {"security": {"environment_variable_allowlist": ["OMP_NUM_THREADS"]}}
    with Contexta(workspace=str(tmp_path / "ws"), config=config) as opened:
        yield opened


def test_a_workspace_is_audited_through_the_facade(workspace):
    """What a run captures by itself counts: Python, packages, platform, variables; so does what the program gave."""
    with workspace.run("train", dataset_ref="data:v1", code_revision="v1") as run:
        run.params(seed=1)
    audit = workspace.audit_reproducibility("train")
    points = {each.name: each.points for each in audit.criteria}
    wanted = {"code_revision": 20, "python_version": 10, "packages": 15, "platform": 5, "seed": 5, "data": 10}
    assert wanted.items() <= points.items()
    assert (points["environment_variables"], points["artifacts"], points["provenance"]) == (5, 0, 0)
    assert points["configuration"] == 10
    assert workspace.get_provenance("train").origin.data_refs == ("data:v1",)


def test_environments_are_compared_through_the_facade(workspace, monkeypatch):
    """A variable with another value is the one difference of two runs of one process."""
    with workspace.run("left"):
        pass
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    with workspace.run("right"):
        pass
    # That of Contexta itself is captured, and is no configuration of the training.
    points = {each.name: each.points for each in workspace.audit_reproducibility("left").criteria}
    assert points["configuration"] == 0
    diff = workspace.compare_environments("left", "right")
    assert [(each.area, each.key, each.left_value, each.right_value) for each in diff.differences] == [
        ("variable", "OMP_NUM_THREADS", "2", "8")
    ]


def test_only_what_is_answered_is_read(memory):
    """Neither an audit nor the provenance of a run reads its records."""
    run = memory.add_run("train")
    service = service_over(memory)
    service.audit_reproducibility(run)
    service.get_provenance(run)
    assert "list_records" not in memory.calls
