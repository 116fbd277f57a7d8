"""What surrounds a run: gathered once for a process, whatever is missing, hanging or large."""

from __future__ import annotations

import json
import os
import platform
import stat
import subprocess
import sys
import time

import pytest

from contexta.runtime.surroundings.code import LARGEST_DIFF, describe_code
from contexta.runtime.surroundings.environment import describe_environment
from contexta.runtime.surroundings.packages import installed_packages
from contexta.spi.metadata import EntityKind, EntityQuery

PROGRAM = """
import json, sys
from contexta import Contexta
from contexta.spi.metadata import EntityKind, EntityQuery
config = {"records": {"durability_mode": "flush"}, **json.loads(sys.argv[2])}
with Contexta(workspace=sys.argv[1], config=config) as ctx:
    for number in range(int(sys.argv[3])):
        with ctx.run("r"):
            pass
    found = ctx.metadata_store.find(EntityQuery(EntityKind.ENVIRONMENT))
    print(json.dumps([dict(each.document) for each in found]))
"""


@pytest.fixture
def environments(ctx):
    """Return the documents of the environments in the workspace."""
    return lambda: [each.document for each in ctx.metadata_store.find(EntityQuery(EntityKind.ENVIRONMENT))]


@pytest.fixture
def repository(tmp_path):
    """Make a git repository with one commit, and a way to run git in it."""
    place = tmp_path / "code"
    place.mkdir()
    base = [
        "git",
        "-C",
        str(place),
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@t",
        "-c",
        "init.defaultBranch=trunk",
    ]

    def git(*arguments):
        done = subprocess.run([*base, *arguments], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    (place / "a.py").write_text("a = 1\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "c")
    return place, git


def run_program(place, workspace, *, runs=1, env=None, config="{}"):
    """Run the program from a folder and return the environments that it wrote."""
    import json

    script = place / "main.py"
    script.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, str(script), str(workspace), config, str(runs)],
        check=True,
        capture_output=True,
        text=True,
        cwd=place,
        env={**os.environ, **(env or {})},
        timeout=60,
    )
    return json.loads(done.stdout)


def fake_tool(folder, name, script):
    """Write an executable."""
    folder.mkdir(exist_ok=True)
    tool = folder / name
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_python_platform_packages_and_configuration(ctx, environments):
    """When the run is closed its surroundings are there: what runs, on what, with which packages and settings."""
    with ctx.run("r", config_snapshot={"lr": 0.1}) as run:
        pass
    (found,) = environments()
    assert found["run_ref"] == run.ref
    assert (found["python_version"], found["machine"]) == (platform.python_version(), platform.machine())
    assert found["hardware"]["cpu_count"] == os.cpu_count()
    assert found["packages"]["msgspec"].count(".") >= 1
    assert found["config_snapshot"] == {"lr": 0.1}
    assert found["environment_variables"] == {}


def test_outside_of_a_repository_no_program_is_started(monkeypatch, tmp_path):
    """Looking around starts no process: until it runs its program, that would hold the locks of one that is killed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    script = (
        "import sys\n"
        "sys.addaudithook(lambda event, _: print(event) if event in FORKS else None)\n"
        "FORKS = {'subprocess.Popen', 'os.fork', 'os.posix_spawn', 'os.system'}\n"
        "from contexta.runtime.surroundings.environment import describe_environment\n"
        "print(describe_environment()['platform'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True, timeout=60
    )
    (found,) = done.stdout.split()
    assert platform.machine() in found.split("-")


def test_without_a_configuration_of_its_own_a_run_keeps_the_workspaces(ctx, environments):
    """The resolved configuration is the snapshot where the caller gives none."""
    with ctx.run("r"):
        pass
    (found,) = environments()
    assert found["config_snapshot"]["records"]["durability_mode"] == "flush"


def test_words_that_tell_of_secrets_are_no_secrets(ctx, workspace, environments):
    """The setting with the words is kept as it is; for want of a secret the workspace has no salt of redactions."""
    with ctx.run("r"):
        pass
    (found,) = environments()
    assert found["config_snapshot"]["security"]["secret_key_patterns"] == list(
        ctx.config.security.secret_key_patterns
    )
    assert not list(workspace.glob("redaction*"))


def test_secrets_in_the_configuration_are_replaced_in_every_run(opened, environments):
    """What is redacted once for a session is redacted in each of its runs."""
    ctx = opened(security={"secret_key_patterns": ["producer"]}, capture={"producer_ref": "my.lab"})
    for _ in range(2):
        with ctx.run("r"):
            pass
    kept = [found["config_snapshot"]["capture"]["producer_ref"] for found in environments()]
    assert len(kept) == 2
    assert all(text.startswith("[redacted:") for text in kept)


def test_only_allowed_variables_are_kept(opened, monkeypatch):
    """Variables that the configuration names are kept, also with bytes that are no UTF-8; others are not."""
    monkeypatch.setenv("SEEN", "yes")
    monkeypatch.setenv("ODD", os.fsdecode(b"a\xffb"))
    monkeypatch.setenv("UNSEEN", "no")
    ctx = opened(security={"environment_variable_allowlist": ["SEEN", "ODD", "MISSING"]})
    with ctx.run("r"):
        pass
    (found,) = ctx.metadata_store.find(EntityQuery(EntityKind.ENVIRONMENT))
    assert found.document["environment_variables"] == {"SEEN": "yes", "ODD": "aU+DCFFb"}


@pytest.mark.parametrize(
    ("switch", "absent"),
    [
        ("capture_environment_snapshot", {"python_version", "packages", "environment_variables", "hardware"}),
        ("capture_installed_packages", {"packages"}),
        ("capture_code_revision", {"code"}),
        ("capture_config_snapshot", {"config_snapshot"}),
    ],
)
def test_each_part_can_be_switched_off(opened, switch, absent):
    """What the configuration switches off is not in the workspace; the rest is."""
    ctx = opened(capture={switch: False})
    with ctx.run("r"):
        pass
    (found,) = ctx.metadata_store.find(EntityQuery(EntityKind.ENVIRONMENT))
    assert not absent & set(found.document)
    assert {"python_version", "packages", "config_snapshot"} - absent <= set(found.document)


def test_all_can_be_switched_off(opened):
    """With everything off nothing is written."""
    names = ("environment_snapshot", "code_revision", "config_snapshot")
    ctx = opened(capture={f"capture_{name}": False for name in names})
    with ctx.run("r"):
        pass
    assert ctx.metadata_store.find(EntityQuery(EntityKind.ENVIRONMENT)) in ([], ())


def test_packages_are_those_that_are_installed():
    """Names and versions agree with what the standard library reads from the metadata itself."""
    from importlib import metadata

    found = installed_packages()
    for name in ("attrs", "msgspec", "pluggy", "pytest"):
        assert found[name] == metadata.version(name)


class TestCode:
    """The state of the repository around the program."""

    def test_a_clean_repository(self, repository):
        """Revision and branch, and no diff."""
        place, git = repository
        assert describe_code(place) == {
            "revision": git("rev-parse", "HEAD"),
            "branch": "trunk",
            "dirty": False,
        }

    def test_a_changed_repository(self, repository):
        """The diff of what is tracked, from a folder inside; the index is left alone."""
        place, _ = repository
        (place / "a.py").write_text("a = 2\n")
        (place / "deep").mkdir()
        before = (place / ".git" / "index").read_bytes()
        code = describe_code(place / "deep")
        assert (code["dirty"], code["diff_truncated"]) == (True, False)
        assert "-a = 1\n+a = 2\n" in code["diff"]
        assert (place / ".git" / "index").read_bytes() == before

    def test_an_untracked_file_makes_it_dirty(self, repository):
        """A file that nobody has added is a change; its content is not taken."""
        place, _ = repository
        (place / "notes.txt").write_text("private")
        code = describe_code(place)
        assert (code["dirty"], code["diff"]) == (True, "")

    def test_a_large_diff_is_cut_between_lines(self, repository):
        """A diff beyond the limit is cut, at the end of a line, and says so."""
        place, _ = repository
        (place / "a.py").write_text("".join(f"line_{number} = {number}\n" for number in range(20_000)))
        code = describe_code(place)
        assert code["diff_truncated"]
        assert LARGEST_DIFF - 100 < len(code["diff"]) <= LARGEST_DIFF
        assert code["diff"].rpartition("\n")[2].startswith("+line_")
        assert (
            code["diff"].count("\n+line_")
            == code["diff"].rpartition(" = ")[2].isdigit() * int(code["diff"].rpartition(" = ")[2]) + 1
        )

    def test_no_repository(self, tmp_path):
        """Outside of a repository there is nothing to tell, and in one without a commit neither."""
        assert describe_code(tmp_path) is None
        subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
        assert describe_code(tmp_path) is None

    def test_a_worktree(self, repository, tmp_path):
        """A worktree has a file in the place of the directory, and is a repository all the same."""
        _, git = repository
        tree = tmp_path / "tree"
        git("worktree", "add", "-q", str(tree), "-b", "other")
        (tree / "deep").mkdir()
        assert describe_code(tree / "deep")["branch"] == "other"

    def test_another_file_of_that_name_ends_the_search(self, repository):
        """As for git, what lies below such a file is in no repository; git is not even started."""
        place, _ = repository
        (place / "data").mkdir()
        (place / "data" / ".git").write_text("")
        assert describe_code(place / "data") is None
        (place / "data" / ".git").unlink()
        assert describe_code(place / "data") is not None

    def test_a_detached_head_and_odd_bytes(self, repository):
        """A commit without a branch, and a diff with bytes that are no UTF-8."""
        place, git = repository
        git("checkout", "-q", "--detach")
        (place / "a.py").write_bytes(b"a = '\xff'\n")
        code = describe_code(place)
        assert (code["branch"], code["dirty"]) == ("HEAD", True)
        assert "a = '\ufffd'" in code["diff"]

    def test_a_program_in_a_repository(self, repository, tmp_path):
        """A program's own repository is in its run's environment."""
        place, git = repository
        (found,) = run_program(place, tmp_path / "ws")
        assert found["code"]["revision"] == git("rev-parse", "HEAD")
        assert found["code"]["dirty"]


def test_all_is_gathered_once_for_a_process(repository, tmp_path):
    """Many runs of one process ask git as often as one run does."""
    place, _ = repository
    calls = tmp_path / "calls"
    env = fake_tool(tmp_path / "bin", "git", f'echo x >> {calls}\nPATH="{os.environ["PATH"]}" exec git "$@"')
    found = run_program(place, tmp_path / "ws", runs=5, env=env)
    assert len({each["run_ref"] for each in found}) == 5
    assert len({each["code"]["revision"] for each in found}) == 1
    assert len(calls.read_text().splitlines()) <= 4


@pytest.mark.parametrize(
    "script", ["exec sleep 60", "exit 1", "echo nonsense >&2; kill -9 $$"], ids=["hangs", "fails", "dies"]
)
def test_git_that_does_not_work_costs_only_the_code(repository, tmp_path, script):
    """A git that hangs or fails neither stops the program nor takes the rest of the environment with it."""
    place, _ = repository
    started = time.monotonic()
    (found,) = run_program(place, tmp_path / "ws", env=fake_tool(tmp_path / "bin", "git", script))
    assert time.monotonic() - started < 20
    assert "code" not in found
    assert found["python_version"] == platform.python_version()


def test_no_git_at_all(repository, tmp_path):
    """Where git is not installed the rest is there."""
    place, _ = repository
    (tmp_path / "empty").mkdir()
    (found,) = run_program(place, tmp_path / "ws", env={"PATH": str(tmp_path / "empty")})
    assert "code" not in found
    assert found["packages"]


def test_no_graphics_processor(monkeypatch, tmp_path):
    """Without a driver and its tool the list of graphics processors is empty."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert describe_environment()["hardware"]["gpus"] == []


def test_graphics_processors_of_the_vendors_tool(monkeypatch, tmp_path):
    """What the tool prints is the list; a tool that fails is no processor."""
    env = fake_tool(tmp_path / "bin", "nvidia-smi", "echo 'Model A'; echo 'Model B'")
    monkeypatch.setenv("PATH", env["PATH"])
    assert describe_environment()["hardware"]["gpus"] == ["Model A", "Model B"]
    fake_tool(tmp_path / "bin", "nvidia-smi", "echo 'Model A'; exit 9")
    assert describe_environment()["hardware"]["gpus"] == []


def test_a_resumed_run_keeps_both_surroundings(ctx, environments):
    """The second attempt's surroundings stand beside the first's."""
    for _ in range(2):
        with ctx.run("r", run_id="r"):
            pass
    refs = [each["run_ref"] for each in environments()]
    assert refs == ["run:default.r"] * 2
    assert ctx.metadata_store.get(EntityKind.RUN, "run:default.r").document["status"] == "completed"


def test_a_run_at_the_end_of_the_interpreter_has_its_surroundings(tmp_path):
    """Where no thread can be started any more, as in functions of atexit, they are gathered all the same."""
    program = f"""
import atexit, sys
sys.argv[1:] = [{str(tmp_path / "ws")!r}, "{{}}", "1"]
atexit.register(exec, {PROGRAM!r}, {{}})
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.stderr == ""
    [found] = json.loads(done.stdout)
    assert found["python_version"] == platform.python_version()
