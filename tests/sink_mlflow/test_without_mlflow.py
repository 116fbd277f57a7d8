"""What is said where MLflow is not installed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from contexta import Contexta
from contexta.errors import ContextaError, DependencyError

BLOCKED = """
import importlib.util, sys
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "mlflow" else find_spec(name, *rest)
sys.modules["mlflow"] = None
"""


@pytest.fixture
def missing(monkeypatch):
    """Hide MLflow, where it is installed."""
    monkeypatch.setattr("contexta_sink_mlflow.libraries.find_spec", lambda name: None)


def test_the_documented_path_is_there():
    """`contexta.adapters.mlflow` has the class, and imports neither MLflow nor the class by itself."""
    program = (
        "import sys, contexta.adapters.mlflow as home; print(home.__all__, 'mlflow' in sys.modules,"
        " 'contexta_sink_mlflow' in sys.modules, home.MLflowSink.__name__, 'mlflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "['MLflowSink'] False False MLflowSink False" == done.stdout.strip()


def test_a_program_is_told_what_to_install(missing):
    """Making the sink without the library is an error with the command that helps."""
    from contexta.adapters.mlflow import MLflowSink

    with pytest.raises(DependencyError, match=r"pip install 'contexta\[mlflow\]>=2'") as caught:
        MLflowSink()
    assert "mlflow_not_ready" == caught.value.code


def test_a_configuration_is_told_as_well(missing, tmp_path):
    """A required sink whose library is missing stops the session, and says what to install."""
    config = {"capture": {"sinks": [{"use": "mlflow", "required": True}]}}
    with pytest.raises(ContextaError, match="mlflow"):
        Contexta(workspace=str(tmp_path / "workspace"), config=config)


@pytest.mark.parametrize("option", ["tracking_uri", "experiment", "run_id"])
def test_a_blank_option_is_refused(option):
    """An option that says nothing is an error that names it."""
    from contexta_sink_mlflow.options import MLflowOptions

    with pytest.raises(ContextaError, match=option):
        MLflowOptions(**{option: " "})
