"""Real notebooks, run by real kernels: results show themselves, and the magic answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

JUPYTER_DIRECTORIES = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")

CELLS = (
    "from contexta import Contexta\nctx = Contexta()\nctx.get_run_snapshot('first')",
    "ctx.get_metric_trend('loss')",
    "%load_ext contexta",
    "%contexta report first",
    "%contexta runs",
    "%contexta nonsense",
)


#: Runs the cells in a kernel of this Python; in a process of its own, whose sockets end with it.
PROGRAM = """
import json, sys
import nbclient, nbformat
from jupyter_client.manager import AsyncKernelManager

cells = [nbformat.v4.new_code_cell(cell) for cell in json.loads(sys.argv[1])]
notebook = nbformat.v4.new_notebook(cells=cells)
manager = AsyncKernelManager()
manager.kernel_spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
nbclient.NotebookClient(
    notebook, km=manager, timeout=90, allow_errors=True, resources={"metadata": {"path": sys.argv[2]}}
).execute()
print(json.dumps([cell.outputs for cell in notebook.cells]))
"""


@pytest.fixture
def executed(trained, tmp_path):
    """Run the cells beside the workspace, and return their outputs."""
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    jupyter = {name: str(tmp_path / "jupyter") for name in JUPYTER_DIRECTORIES}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(CELLS), str(tmp_path)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=os.environ | jupyter,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_results_show_themselves_in_a_kernel(executed):
    """Snapshot, trend and report arrive as HTML and text, runs as a frame, and a typing error is explained."""
    snapshot, trend, loaded, report, runs, nonsense = executed
    assert [] == loaded
    for outputs, expected in (
        (snapshot, "<h2>Stages</h2>"),
        (trend, "<svg"),
        (report, "<h2>Diagnostics</h2>"),
    ):
        (output,) = outputs
        assert "execute_result" == output["output_type"], output
        assert expected in "".join(output["data"]["text/html"])
        assert output["data"]["text/plain"]
    assert "second" in "".join(runs[0]["data"]["text/html"])
    assert "compare LEFT RIGHT" in str(nonsense)


#: A notebook of marimo: each cell shows its last expression.
MARIMO = """
import marimo
app = marimo.App()

@app.cell
def _():
    from contexta import Contexta
    ctx = Contexta()
    ctx.get_run_snapshot("first")
    return (ctx,)

@app.cell
def _(ctx):
    ctx.get_metric_trend("loss")
    return
"""


def test_results_show_themselves_in_marimo(trained, tmp_path):
    """marimo, which knows no bundles of media types, shows the same HTML; it is too large for the group of tests."""
    pytest.importorskip(
        "marimo", reason="marimo is not installed; with its 250 MB it is no part of the tests"
    )
    (tmp_path / "notebook.py").write_text(MARIMO, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "marimo", "-y", "export", "html", "notebook.py", "-o", "page.html"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Stages" in page
    assert "chart" in page
