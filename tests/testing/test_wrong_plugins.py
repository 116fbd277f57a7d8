"""The kit catches every wrong plugin, by the test of the promise that it breaks."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from contexta.testing import MetadataStoreMachine

HERE = Path(__file__).parent


def _register():
    """Load the register of wrong plugins, with everything that registers."""
    spec = importlib.util.spec_from_file_location(
        "kit_against_wrong_ones", HERE / "kit_against_wrong_ones.py"
    )
    module = importlib.util.module_from_spec(spec)
    before = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = before
    return module.wrong.REGISTER


REGISTER = _register()


def _run(nodes, tmp_path):
    """Run tests in a pytest of their own; return the outcome of each node, the worst of its parameters."""
    variables = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "CONTEXTA_"))
    }
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-P",
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:randomly",
            "-p",
            "contexta.testing.plugin",
            "-c",
            tmp_path / "pytest.ini",
            "--rootdir",
            HERE,
            "--tb=no",
            "-q",
            "-rA",
            *nodes,
        ],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    outcomes = {}
    for outcome, place, test in re.findall(
        r"^(PASSED|FAILED|ERROR) \S+::(\S+)::(\w+)", done.stdout, re.MULTILINE
    ):
        if outcomes.get((place, test)) != "FAILED":
            outcomes[place, test] = outcome
    assert outcomes, done.stdout + done.stderr
    return outcomes


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Run the named test on each wrong plugin."""
    module = HERE / "kit_against_wrong_ones.py"
    nodes = [f"{module}::Test_{case.contract}_{case.name}::{case.test}" for case in REGISTER]
    return _run(nodes, tmp_path_factory.mktemp("kit"))


@pytest.mark.parametrize("case", REGISTER, ids=lambda case: f"{case.contract}-{case.name}")
def test_the_kit_catches_it(case, outcomes):
    """The test of the promise that the plugin breaks fails on it."""
    found = outcomes.get((f"Test_{case.contract}_{case.name}", case.test))
    assert "FAILED" == found, f"{case.name} breaks {case.promise!r}, and {case.test} says {found}"


#: Metadata stores that two writers, a reader and their questions tell from a right one.
SEEN_BY_THE_MACHINE = (
    "CachesForEver",
    "ClaimsWhatExists",
    "GivesDeletedClaimsAgain",
    "KeepsNulls",
    "LastCreationWins",
    "ReplacesMaps",
    "Resurrects",
    "SortsTimesAsText",
)


@pytest.mark.parametrize("name", SEEN_BY_THE_MACHINE)
def test_the_machine_catches_it(name):
    """A random history shows what is wrong with the store; the same histories each time."""
    [case] = [case for case in REGISTER if case.contract == "MetadataStoreContract" and case.name == name]

    class Machine(MetadataStoreMachine):
        capabilities = case.capabilities

        def open_store(self, context):
            return case.plugin(context)

    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=300,
                stateful_step_count=15,
                deadline=None,
                derandomize=True,
                database=None,
                report_multiple_bugs=False,
                phases=[Phase.generate],
            ),
        )


def test_there_are_wrong_plugins_of_every_kind():
    """At least forty wrong plugins, some of each kind, each with the promise that it breaks, none twice."""
    assert len(REGISTER) >= 40
    # Those of the dashboard are registered where there is one.
    assert {
        "ArtifactStoreContract",
        *(["DashboardExtensionContract"] if importlib.util.find_spec("contexta_web") else []),
        "DiagnosticsCheckContract",
        "InterpreterContract",
        "MetadataStoreContract",
        "RecordStoreContract",
        "ReportRendererContract",
        "SinkContract",
        "SurfaceContract",
    } <= {case.contract for case in REGISTER}
    assert all(case.promise for case in REGISTER)
    assert len(REGISTER) == len({(case.contract, case.name) for case in REGISTER})
