"""What every test gets: a clean place to stand, and a check that it left nothing behind."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import sys
import tempfile
import threading
import types
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

REPOSITORY = Path(__file__).resolve().parent.parent

# Set by tox: the suite must then see the installed wheel and not the source tree. Not named after the product, whose
# configuration reads the variables that are.
WHEEL_ONLY = "TEST_THE_WHEEL_ONLY"

# The kit guards its contracts here as in a plugin's own suite.
pytest_plugins = ["contexta.testing.plugin"]

settings.register_profile(
    "house",
    # A shared two-core machine makes single examples slow at random; pytest-timeout bounds the whole.
    deadline=None,
    # Nothing may be written beside the tests; a failure prints what reproduces it instead.
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("house")


def package_directory() -> Path:
    """Return the directory that `import contexta` would be served from, without importing it."""
    spec = find_spec("contexta")
    if spec is None or spec.origin is None:
        pytest.exit(
            "contexta is not installed: run the suite through tox, or pip install it first", returncode=3
        )
    return Path(spec.origin).resolve().parent


def pytest_configure(config: pytest.Config) -> None:
    """Keep hypothesis' files out of the checkout, from before the first test module is imported."""
    directory = tempfile.mkdtemp(prefix="contexta-hypothesis-")
    set_hypothesis_home_dir(directory)
    config.add_cleanup(lambda: shutil.rmtree(directory, ignore_errors=True))
    # A suite in the background of a shell was started with Ctrl-C ignored, and the programs that it starts would be.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> list[str]:
    """Say which code is under test."""
    try:
        version = metadata.version("contexta")
    except metadata.PackageNotFoundError:
        version = "no distribution"
    return [f"contexta under test: {package_directory()} ({version})"]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse to test the source tree where the wheel was promised."""
    if os.environ.get(WHEEL_ONLY) and package_directory().is_relative_to(REPOSITORY / "contexta-core"):
        pytest.exit(
            f"contexta comes from the source tree, not from a wheel: {package_directory()}", returncode=3
        )


@pytest.fixture(scope="session", autouse=True)
def empty_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the whole session one empty directory to stand in, outside the checkout."""
    return tmp_path_factory.mktemp("cwd")


@pytest.fixture(scope="session")
def golden():
    """Return the module `golden.workspace`: sixty runs with every kind of defect, in any store and in none."""
    package = types.ModuleType("golden")
    package.__path__ = [str(Path(__file__).parent / "golden")]
    sys.modules.setdefault("golden", package)
    return importlib.import_module("golden.workspace")


@pytest.fixture(autouse=True)
def no_files_left(empty_directory: Path):
    """Run every test in an empty directory, and fail the one that leaves a file there."""
    before = Path.cwd()
    os.chdir(empty_directory)
    yield
    os.chdir(before)
    left = sorted(entry.name for entry in empty_directory.iterdir())
    if left:
        _remove(empty_directory)
        pytest.fail(f"the test left files in its working directory: {left}")


@pytest.fixture(autouse=True)
def no_variables_left(no_env_leak):
    """Hold every test to the fixture of the kit: who changes the environment puts it back."""


@pytest.fixture(autouse=True)
def no_processes_left():
    """Fail a test that leaves a child process running or unreaped."""
    before = _children()
    yield
    left = _children() - before
    if left:
        described = sorted(f"{pid}: {_command_line(pid)}" for pid in left)
        for pid in left:
            _end(pid)
        pytest.fail(f"the test left child processes: {described}")


def _remove(directory: Path) -> None:
    for entry in directory.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _children() -> frozenset[int]:
    """List this process's children, living or unreaped, where the platform tells (Linux)."""
    found: set[int] = set()
    for thread in threading.enumerate():
        listing = Path(f"/proc/self/task/{thread.native_id}/children")
        try:
            found.update(int(pid) for pid in listing.read_text(encoding="ascii").split())
        except OSError:
            # Not Linux, or the thread ended meanwhile.
            continue
    return frozenset(pid for pid in found if not _is_helper(pid))


def _is_helper(pid: int) -> bool:
    """Tell whether a child is a service process of multiprocessing, which lives as long as the interpreter."""
    command = _command_line(pid)
    return "multiprocessing.resource_tracker" in command or "multiprocessing.forkserver" in command


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "?"


def _end(pid: int) -> None:
    import signal

    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError) as error:
        print(f"process {pid} ended by itself: {error}", file=sys.stderr)
