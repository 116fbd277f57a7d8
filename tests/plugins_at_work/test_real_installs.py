"""Distributions that are built and installed with pip into environments of their own, as users do.

The environments get the third-party packages of the environment of the test run by links; what is ours is installed
from wheels, without an index.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

pytestmark = [
    pytest.mark.packaging,
    pytest.mark.timeout(400),
    pytest.mark.skipif(os.name == "nt", reason="links"),
]

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "plugins" / "writing-a-sink.md"
PLACES = {
    path.parent.name: path.parent
    for pattern in ("contexta-*/pyproject.toml", "plugins/*/pyproject.toml")
    for path in sorted(REPOSITORY.glob(pattern))
}
PARTS = list(PLACES)
PLUGINS = [name for name in PARTS if name != "contexta-core"]

PROGRAM = """
import json, logging, sys, warnings
logging.basicConfig(format="%(name)s %(message)s", stream=sys.stderr)
warnings.simplefilter("always")
from contexta import Contexta
with Contexta() as ctx:
    with ctx.run("train") as run:
        result = run.metric("loss", 0.5)
    status = ctx.get_run_snapshot("train").run.status
print(json.dumps({"delivery": result.deliveries[-1].to_dict(), "reasons": result.degradation_reasons, "run": status}))
"""


def run(*command, cwd, **variables):
    """Run a command away from the checkout and from the settings of whoever runs the tests."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHONPATH", "CONTEXTA_", "COVERAGE"))
    }
    kept |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **variables}
    return subprocess.run(
        list(map(str, command)), cwd=cwd, env=kept, capture_output=True, text=True, check=False, timeout=200
    )


def build(source, target):
    """Build a project's wheel with the backend that is installed here."""
    done = run(
        sys.executable,
        "-P",
        "-m",
        "build",
        "--no-isolation",
        "--wheel",
        "--outdir",
        target,
        source,
        cwd=target,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return next(iter(target.glob("*.whl")))


class Environment:
    """A virtual environment in which our wheels can be installed without an index."""

    def __init__(self, directory):
        self.directory = directory
        venv.create(directory, symlinks=True)
        self.python = directory / "bin" / "python"
        [self.site] = directory.glob("lib/python*/site-packages")
        self.place = directory / "place"
        self.place.mkdir()

    def lend(self, requirements):
        """Link third-party distributions and what they require from the environment of the test run."""
        wanted, lent = [Requirement(text) for text in requirements], set()
        while wanted:
            requirement = wanted.pop()
            name = canonicalize_name(requirement.name)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
                continue
            if name in lent or name.startswith("contexta"):
                continue
            lent.add(name)
            found = metadata.distribution(name)
            wanted += map(Requirement, found.requires or ())
            tops = {Path(file).parts[0] for file in found.files if Path(file).parts[0] != ".."}
            for top in tops - {"__pycache__"}:
                target = self.site / top
                if not target.exists():
                    target.symlink_to(found.locate_file(top))

    def pip(self, *arguments):
        """Run pip for this environment."""
        done = run(sys.executable, "-m", "pip", "--python", self.python, *arguments, cwd=self.place)
        assert done.returncode == 0, done.stdout + done.stderr

    def install(self, *wheels):
        """Install wheels by path; what they require has to be there."""
        self.pip("install", "--quiet", "--no-index", *wheels)

    def contexta(self, *arguments, **variables):
        """Run `python -m contexta`."""
        return run(self.python, "-P", "-m", "contexta", *arguments, cwd=self.place, **variables)

    def program(self, source, **variables):
        """Run a program in the environment's place."""
        return run(self.python, "-P", "-c", source, cwd=self.place, **variables)


def requirements_of(wheel):
    """List what a wheel requires."""
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        lines = archive.read(name).decode().partition("\n\n")[0].splitlines()
    return [line.partition(": ")[2] for line in lines if line.startswith("Requires-Dist: ")]


@pytest.fixture(scope="session")
def part_wheels(tmp_path_factory):
    """Build the wheel of every sub-project."""
    return {name: build(place, tmp_path_factory.mktemp(name)) for name, place in PLACES.items()}


@pytest.fixture(scope="session")
def bundle_wheel(tmp_path_factory):
    """Build the wheel that users install."""
    return build(REPOSITORY, tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="session")
def third_party(tmp_path_factory):
    """Build the sink of the page on writing one, with changes, in a project of its own."""

    def make(change=lambda source: source):
        text = PAGE.read_text(encoding="utf-8")
        [source] = re.findall(r"## The module\n.*?```python\n(.*?)```", text, re.DOTALL)
        [project] = re.findall(r"```toml\n# pyproject.toml\n(.*?)```", text, re.DOTALL)
        assert len([line for line in source.splitlines() if line.strip()]) <= 20
        place = tmp_path_factory.mktemp("acme")
        (place / "acme_lines.py").write_text(change(source), encoding="utf-8")
        (place / "pyproject.toml").write_text(project, encoding="utf-8")
        target = tmp_path_factory.mktemp("wheel")
        return build(place, target)

    return make


@pytest.fixture(scope="session")
def bundled(tmp_path_factory, bundle_wheel):
    """An environment with the bundle."""
    environment = Environment(tmp_path_factory.mktemp("bundled"))
    environment.lend(requirements_of(bundle_wheel))
    environment.install(bundle_wheel)
    return environment


@pytest.fixture
def with_sink(bundled, third_party, tmp_path):
    """Install the third party's sink, as changed, and name it in the contexta.toml of a project."""

    def install(change=lambda source: source, more=""):
        bundled.pip("install", "--quiet", "--no-index", "--force-reinstall", "--no-deps", third_party(change))
        bundled.place = tmp_path / "project" / "deep"
        bundled.place.mkdir(parents=True)
        text = f'[workspace]\nroot_path = ".contexta"\n[[capture.sinks]]\nuse = "acme_lines"\nfamilies = ["record"]\n{more}'
        (tmp_path / "project" / "contexta.toml").write_text(text, encoding="utf-8")
        return bundled

    yield install
    bundled.pip("uninstall", "--quiet", "--yes", "acme-lines")


def listed_reason(environment):
    """Return what `plugins list` says of the sink in this workspace."""
    done = environment.contexta("plugins", "show", "acme_lines", "--format", "json")
    assert done.returncode == 0, done.stderr
    [found] = json.loads(done.stdout)["plugins"]
    return found["description"]


def test_a_third_partys_sink_receives_what_is_captured(with_sink, tmp_path):
    """Twenty lines in a project of their own, installed with pip and named in contexta.toml above: it gets the record."""
    environment = with_sink()
    done = environment.program(PROGRAM)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["delivery"]["sink_name"], found["delivery"]["status"]) == ("acme_lines", "SUCCESS")
    assert (found["run"], found["reasons"], done.stderr) == ("completed", [], "")
    [file] = (tmp_path / "project").rglob("sinks/acme_lines/lines.txt")
    assert "MetricPayload(metric_key='loss', value=0.5" in file.read_text(encoding="utf-8")
    assert listed_reason(environment)["status"] == "active"


FAULTS = {
    "raises": (
        lambda source: source.replace(
            "with self.file", "raise ConnectionError('refused')\n        with self.file"
        ),
        "ConnectionError",
        "refused",
    ),
    "cannot be imported": (
        lambda source: f"import not_there\n{source}",
        "PluginLoadError",
        "No module named 'not_there'",
    ),
    "later interface": (
        lambda source: source.replace("LinesSink)]", "LinesSink, api=2)]"),
        "PluginNotUsableError",
        "written for plugin interface 2, and this is 1.0",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_third_partys_fault_harms_no_run(with_sink, fault):
    """The run is whole; the result, the log and the listing afterwards say what is wrong with the sink."""
    change, kind, reason = FAULTS[fault]
    environment = with_sink(change)
    done = environment.program(PROGRAM)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["run"] == "completed"
    assert found["reasons"] == ["sink_failed:acme_lines"]
    assert found["delivery"]["metadata"]["error_type"] == kind
    assert reason in found["delivery"]["detail"]
    assert "contexta.plugins " in done.stderr
    assert reason in done.stderr
    assert reason in listed_reason(environment)["reason"]
    assert reason in environment.contexta("plugins", "doctor").stdout
    # The command line imports nothing for its listing, so it tells what happened in this workspace.
    listing = environment.contexta("plugins", "list", "--format", "json")
    assert [
        reason in plugin["reason"]
        for plugin in json.loads(listing.stdout)["plugins"]
        if plugin["name"] == "acme_lines"
    ] == [True]


def test_a_third_partys_sink_that_hangs_at_close_is_left_behind(with_sink):
    """The program ends after the deadline, says so, and the listing afterwards says so too."""
    environment = with_sink(
        lambda source: source.replace(
            "    def supports",
            "    def close(self):\n        import time; time.sleep(600)\n\n    def supports",
        ),
        more="close_timeout_seconds = 0.5\n",
    )
    done = environment.program(PROGRAM)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["run"] == "completed"
    assert (
        "RuntimeWarning: sink 'acme_lines' failed at closing: its close() did not return within 0.5 s"
        in done.stderr
    )
    assert "did not return within 0.5 s" in listed_reason(environment)["reason"]


def test_a_sink_for_a_later_contexta_is_refused_before_its_import(with_sink, third_party, tmp_path):
    """A distribution that requires a later Contexta is not imported: the requirement is read first."""
    environment = with_sink(lambda source: f"raise SystemExit('imported')\n{source}")
    [info] = environment.site.glob("acme_lines-*.dist-info")
    file = info / "METADATA"
    file.write_text(file.read_text().replace("contexta<3,>=2", "contexta>=3"))
    done = environment.program(PROGRAM)
    assert done.returncode == 0, done.stderr
    assert "it requires 'contexta>=3', and this is contexta 2.0.0" in done.stderr
    assert listed_reason(environment)["status"] == "incompatible"


@pytest.fixture
def kernel_alone(tmp_path, part_wheels):
    """An environment with the kernel and nothing else of ours."""
    environment = Environment(tmp_path / "kernel")
    environment.lend(requirements_of(part_wheels["contexta-core"]))
    environment.install(part_wheels["contexta-core"])
    return environment


def test_the_doctor_of_the_kernel_alone(kernel_alone):
    """With the kernel alone the doctor works, exits 1, and says for each missing plane what to install."""
    done = kernel_alone.contexta("plugins", "doctor", "--format", "json")
    assert done.returncode == 1, done.stderr
    checks = json.loads(done.stdout)["checks"]
    problems = [check for check in checks if check["status"] == "problem"]
    assert [check["subject"].partition(" ")[0] for check in problems] == [
        "metadata.storage_adapter",
        "records.storage_adapter",
        "artifacts.storage_adapter",
    ]
    assert all('pip install "contexta[all]>=2"' in check["finding"] for check in problems)
    assert [check["finding"] for check in checks[:2]] == [
        "contexta-core 2.0.0+mono is the only owner of the package",
        f"all {_kernel_files(kernel_alone)} files of the kernel are as they were installed",
    ]
    assert kernel_alone.contexta("plugins", "list").stdout.count("\n") == 3
    assert kernel_alone.contexta("plugins", "show", "stdout").returncode == 0
    assert kernel_alone.contexta("runs").returncode == 1


def _kernel_files(environment):
    package = environment.site / "contexta"
    return sum(path.is_file() and path.suffix != ".pyc" for path in package.rglob("*"))


def test_the_facade_of_the_kernel_alone_says_what_to_install(kernel_alone):
    """With the kernel alone each kind that is missing is an error that names the requirement."""
    for question in (
        "ctx.run('a')",
        "ctx.list_runs()",
        "ctx.record_store.scan()",
        "ctx.artifact_store.list_refs()",
    ):
        source = f"from contexta import Contexta\nwith Contexta() as ctx:\n    print(list({question}))\n"
        done = kernel_alone.program(source)
        assert done.returncode == 1
        assert "MissingPluginError: no " in done.stderr, done.stderr
        assert 'pip install "contexta[all]>=2"' in done.stderr


def test_a_damaged_kernel_and_strangers_are_found(kernel_alone, tmp_path):
    """A file that an upgrade deleted, one that was changed, and a stranger under our name: each is a problem."""
    (kernel_alone.site / "contexta" / "py.typed").unlink()
    with (kernel_alone.site / "contexta" / "results.py").open("a") as stream:
        stream.write("# changed\n")
    stranger = tmp_path / "contexta-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(stranger, "w") as archive:
        archive.writestr("contexta/strange.py", "")
        archive.writestr(
            "contexta-1.0.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: contexta\nVersion: 1.0.0\n"
        )
        archive.writestr(
            "contexta-1.0.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("contexta-1.0.0.dist-info/RECORD", "")
    kernel_alone.install(stranger)
    done = kernel_alone.contexta("plugins", "doctor")
    assert done.returncode == 1
    assert "files are missing: contexta/py.typed" in done.stdout
    assert "files are changed: contexta/results.py" in done.stdout
    assert "contexta 1.0.0 owns files of the package 'contexta'" in done.stdout
    assert "several distributions own the package" in done.stdout


ALONE = """
import json
from contexta import ContextaError
from contexta.plugins import default_host
host = default_host()
told = {}
for plugin in host.describe():
    if plugin.distribution != NAME:
        continue
    try:
        if plugin.kind == "hooks":
            # These observe: they are put into use together, and what fails is left out.
            assert plugin.name in host.activate_all("hooks"), host.failures()
        else:
            host.resolve(plugin.kind, plugin.name, required_by="the test").load_factory()
        told[f"{plugin.kind}:{plugin.name}"] = "loaded"
    except ContextaError as error:
        told[f"{plugin.kind}:{plugin.name}"] = str(error)
print(json.dumps(told))
"""
QUESTIONS = (
    "ctx.run('a').__enter__()",
    "ctx.list_runs()",
    "list(ctx.record_store.scan())",
    "ctx.artifact_store.list_refs()",
)


def _questions(environment):
    """Ask a workspace everything, each in a process of its own; return the errors."""
    errors = []
    for question in QUESTIONS:
        source = f"from contexta import Contexta\nwith Contexta() as ctx:\n    {question}\n"
        done = environment.program(source)
        if done.returncode:
            errors.append(done.stderr.splitlines()[-1])
    return errors


@pytest.mark.parametrize("name", PLUGINS, ids="alone-{}".format)
def test_each_plugin_alone_with_the_kernel(tmp_path, part_wheels, name):
    """With the kernel and one plugin: what it offers loads, and what is missing is named with what installs it."""
    require_here(part_wheels[name])
    environment = Environment(tmp_path / "alone")
    for part in ("contexta-core", name):
        environment.lend(requirements_of(part_wheels[part]))
    environment.install(part_wheels["contexta-core"], part_wheels[name])
    done = environment.program(f"NAME = {name!r}\n{ALONE}")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told
    assert {"loaded"} == set(told.values()), told
    errors = _questions(environment)
    assert errors
    for error in errors:
        assert "MissingPluginError: no " in error
        assert 'pip install "contexta[all]>=2"' in error


def require_here(wheel):
    """Skip the test of a part whose own requirements are not installed where the suite runs."""
    missing = missing_here(wheel)
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed here; its extra is not part of the extra all")


def missing_here(wheel):
    """List the distributions that a part requires and nobody can lend."""
    here = {canonicalize_name(found.name) for found in metadata.distributions()}
    names = [canonicalize_name(Requirement(text).name) for text in requirements_of(wheel) if ";" not in text]
    return [name for name in names if not name.startswith("contexta") and name not in here]


@pytest.fixture(scope="session")
def all_parts(tmp_path_factory, part_wheels):
    """An environment with every part installed as its own distribution, as far as its requirements are here."""
    environment = Environment(tmp_path_factory.mktemp("parts"))
    wheels = [wheel for wheel in part_wheels.values() if not missing_here(wheel)]
    for wheel in wheels:
        environment.lend(requirements_of(wheel))
    environment.install(*wheels)
    return environment


@pytest.mark.parametrize("removed", PLUGINS, ids="without-{}".format)
def test_removing_each_plugin_leaves_the_rest(all_parts, part_wheels, removed, tmp_path):
    """Without one plugin the others are importable and listed, and what it did is named with what installs it."""
    require_here(part_wheels[removed])
    environment = all_parts
    environment.place = tmp_path
    environment.pip("uninstall", "--quiet", "--yes", removed)
    try:
        others = [name for name in PLUGINS if name != removed and not missing_here(part_wheels[name])]
        modules = [name.replace("-", "_") for name in others]
        imported = ", ".join(f"{module}.plugin" for module in modules if _has_plugin(module))
        done = environment.program(f"import contexta, {imported}")
        assert done.returncode == 0, done.stderr
        listing = environment.contexta("plugins", "doctor", "--format", "json")
        assert "Traceback" not in listing.stderr
        statuses = {check["subject"]: check["status"] for check in json.loads(listing.stdout)["checks"]}
        assert "ok" == statuses["contexta-core"]
        assert not [subject for subject in statuses if subject.startswith("sink:")]
        # Whatever cannot be done any more says what to install; everything else is done.
        assert [] == [error for error in _questions(environment) if "; install: pip install" not in error]
    finally:
        environment.install(part_wheels[removed])


def _has_plugin(module):
    return (PLACES[module.replace("_", "-")] / "src" / module / "plugin.py").is_file()
