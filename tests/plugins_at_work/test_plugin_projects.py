"""The projects that `contexta plugins new` writes pass their own tests as they are, whatever the kind."""

from __future__ import annotations

import os
import re
import subprocess
import venv
from importlib import metadata

import pytest

from contexta.testing.scaffold import PROJECT_KINDS, write_project

KINDS = sorted(PROJECT_KINDS)


class ProjectEnvironment:
    """An environment that sees what is installed where the suite runs, and one project besides.

    Args:
        directory: Where it is made.
    """

    def __init__(self, directory):
        venv.create(directory, symlinks=True)
        self.python = directory / "bin" / "python"
        [self.site] = directory.glob("lib/python*/site-packages")
        roots = sorted({str(metadata.distribution(name).locate_file("")) for name in ("contexta", "pytest")})
        lines = [f"import site; site.addsitedir({root!r})\n" for root in roots]
        (self.site / "suite.pth").write_text("".join(lines), encoding="utf-8")

    def run(self, *command, cwd):
        """Run Python in it, away from the settings of whoever runs the suite."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "PYTEST", "PYTHON", "CONTEXTA_", "COVERAGE"))
        }
        kept |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        return subprocess.run(
            [self.python, "-P", *command],
            cwd=cwd,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )

    def test(self, project):
        """Run a project's tests, as its author does."""
        return self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", cwd=project)


def install_metadata(environment, project):
    """Install a project as an editable install does: its metadata and the path to its source."""
    folder = environment.site / f"{project.name}-0.1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.4\nName: {project.distribution}\nVersion: 0.1.0\nLicense-Expression: Apache-2.0\n"
        "Requires-Dist: contexta>=2,<3\n",
        encoding="utf-8",
    )
    group = f"contexta.{project.kind}"
    (folder / "entry_points.txt").write_text(
        f"[{group}]\n{project.name} = {project.name}.plugin\n", encoding="utf-8"
    )
    (environment.site / f"{project.name}.pth").write_text(f"{project.directory / 'src'}\n", encoding="utf-8")


def passed(done):
    """Return how many tests passed; nothing may fail, and only undeclared capabilities are skipped."""
    assert done.returncode == 0, done.stdout + done.stderr
    [summary] = re.findall(r"^.*\d+ passed.*$", done.stdout, re.MULTILINE)
    assert "failed" not in summary
    assert "warning" not in summary
    return int(re.search(r"(\d+) passed", summary).group(1))


@pytest.mark.parametrize("kind", KINDS)
def test_the_tests_of_a_new_project_pass_at_once(kind, tmp_path):
    """The contract of its kind, that of packaging, and the plugin at work: all pass before a line is changed."""
    project = write_project(kind, "zz_new", tmp_path / "project")
    environment = ProjectEnvironment(tmp_path / "environment")
    install_metadata(environment, project)
    assert passed(environment.test(project.directory)) >= 12


def test_the_tests_of_a_project_can_fail(tmp_path):
    """A sink that loses every record does not pass: the contract and the test at work find it."""
    project = write_project("sink", "zz_new", tmp_path / "project")
    module = project.directory / "src" / "zz_new" / "sink.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace("stream.write(data) != len(data)", "not data"), encoding="utf-8")
    environment = ProjectEnvironment(tmp_path / "environment")
    install_metadata(environment, project)
    done = environment.test(project.directory)
    assert done.returncode == 1
    failed = set(re.findall(r"^FAILED \S+::(\w+)", done.stdout, re.MULTILINE))
    assert failed == {"test_what_it_took_arrives_in_order", "test_a_workspace_delivers_to_it"}


@pytest.mark.packaging
@pytest.mark.timeout(400)
@pytest.mark.skipif(os.name == "nt", reason="links")
@pytest.mark.parametrize("kind", KINDS)
def test_a_new_project_can_be_installed_and_tested(kind, tmp_path):
    """Without an index pip builds and installs the project; its tests pass, and Contexta lists the plugin."""
    project = write_project(kind, "zz_new", tmp_path / "project")
    environment = ProjectEnvironment(tmp_path / "environment")
    arguments = (
        "install",
        "--quiet",
        "--no-index",
        "--no-build-isolation",
        "--no-deps",
        str(project.directory),
    )
    done = environment.run("-m", "pip", *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert passed(environment.test(project.directory)) >= 12
    shown = environment.run("-m", "contexta", "plugins", "show", "zz_new", cwd=tmp_path)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert f"{project.kind} zz_new" in shown.stdout
    assert "zz-new 0.1.0" in shown.stdout
    [info] = environment.site.glob("zz_new-*.dist-info")
    assert (info / "licenses" / "LICENSE").is_file()
    assert (environment.site / "zz_new" / "py.typed").is_file()
