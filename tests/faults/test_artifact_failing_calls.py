"""An artifact store whose storage calls fail one by one: killed at each, and each refused with EIO and ENOSPC.

strace counts and fails the calls, so that they fail in the system and not in a stand-in of ours.  Three programs are
tried: one that puts, one that imports packages, and one that lets go and collects the garbage.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import NamedTuple

import pytest

from contexta.config import ArtifactStoreConfig
from contexta.contract import ArtifactManifest
from contexta.store.artifacts import ArtifactStore

CALLS = (
    "openat,mkdir,pwrite64,write,fsync,fdatasync,ftruncate,rename,renameat,renameat2,unlink,unlinkat,link,linkat,"
    "chmod,fchmod,fchmodat,rmdir,copy_file_range"
)
COUNT = 5
#: Kinds of calls outside of campaigns, and most calls of one kind within.
SOME = ("pwrite64", "fdatasync", "rename", "unlink")
MOST = 20

BEGIN = """
import os, sys
from pathlib import Path
from contexta.config import ArtifactStoreConfig
from contexta.contract import ArtifactManifest
from contexta.errors import ContextaError
from contexta.store.artifacts import ArtifactStore
root, sources = Path(sys.argv[1]), Path(sys.argv[2])
def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())
def manifest(name):
    return ArtifactManifest(artifact_ref=f"artifact:p.r.{name}", artifact_kind="model", created_at="2024-01-01T00:00:00Z",
        producer_ref="sdk.python.local", run_ref="run:p.r", location_ref="path:x")
def attempt(name, act):
    try:
        act()
    except ContextaError as error:
        say("refused", name, type(error).__name__, error.code)
    else:
        say("ok", name)
store = ArtifactStore(ArtifactStoreConfig(root_path=root))
"""
END = """
attempt("close", store.close)
say("end")
"""
PROGRAMS = {
    "put": """
for name, mode in (("small", "copy"), ("large", "copy"), ("tree", "copy"), ("moved", "move"), ("adopted", "adopt")):
    attempt(name, lambda: store.put_artifact(manifest(name), sources / name, mode=mode))
""",
    "import": """
for name in ("small", "large", "tree", "moved", "adopted"):
    attempt(name, lambda: store.import_export_package(sources / f"{name}.zip"))
""",
    "gc": """
for name in ("small", "large", "tree", "moved", "adopted"):
    attempt(f"put-{name}", lambda: store.put_artifact(manifest(name), sources / name))
    attempt(f"unbind-{name}", lambda: store.backend.unbind([f"artifact:p.r.{name}"]))
    attempt(f"gc-{name}", store.collect_garbage)
""",
}
NAMES = ("small", "large", "tree", "moved", "adopted")

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or shutil.which("strace") is None, reason="strace is not installed"
    ),
    # Some hundred programs under strace, one after the other.
    pytest.mark.timeout(900),
]


class Call(NamedTuple):
    """One call of a program on its store."""

    name: str
    number: int


def content_of(name):
    """Return the bytes of a source."""
    return (name.encode() * 1_000) if name == "small" else name.encode() * 400_000


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Make what is put, and packages of the same."""
    place = tmp_path_factory.mktemp("sources")
    for name in NAMES:
        if name == "tree":
            (place / name / "deep").mkdir(parents=True)
            (place / name / "deep" / "large").write_bytes(content_of("tree"))
            (place / name / "small").write_bytes(b"inside")
        else:
            (place / name).write_bytes(content_of(name))
    with ArtifactStore(ArtifactStoreConfig(root_path=place / "origin")) as store:
        for name in NAMES:
            ref = f"artifact:p.r.{name}"
            manifest = ArtifactManifest(
                artifact_ref=ref,
                artifact_kind="model",
                created_at="2024-01-01T00:00:00Z",
                producer_ref="sdk.python.local",
                run_ref="run:p.r",
                location_ref="path:x",
            )
            store.put_artifact(manifest, place / name)
            store.export_artifact(ref, export_root=place, archive="zip").package_path.rename(
                place / f"{name}.zip"
            )
    shutil.rmtree(place / "origin", onerror=lambda *_: None)
    return place


def traced(which, root, given, log, *injection):
    """Run a program under strace on sources of its own; return the process and the lines that it printed whole."""
    own = root.parent / "sources"
    shutil.copytree(given, own)
    command = ["strace", "-f", "-y", "-qq", "-o", str(log), "-e", f"trace={CALLS}", *injection]
    done = subprocess.run(
        [*command, sys.executable, "-B", "-c", BEGIN + PROGRAMS[which] + END, str(root), str(own)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done, [line.split() for line in done.stdout.splitlines(keepends=True) if line.endswith("\n")]


@pytest.fixture(
    scope="module",
    params=["put", *(pytest.param(name, marks=pytest.mark.campaign) for name in ("import", "gc"))],
)
def program(request, sources, tmp_path_factory):
    """Give a program, and its calls below its root in order; the number counts all calls of that name."""
    place = tmp_path_factory.mktemp("calls")
    done, lines = traced(request.param, place / "store", sources, place / "log")
    if done.returncode:
        pytest.skip(f"strace cannot trace here: {done.stderr[-200:]}")
    assert {line[0] for line in lines} == {"ok", "end"}, lines
    counts: dict[str, int] = {}
    found = []
    for line in (place / "log").read_text(encoding="utf-8", errors="replace").splitlines():
        name = re.match(r"(?:\d+ +)?(\w+)\(", line)
        if name is None:
            continue
        counts[name[1]] = counts.get(name[1], 0) + 1
        if str(place / "store") in line:
            found.append(Call(name[1], counts[name[1]]))
    assert len(found) > 10 * COUNT
    return request.param, found


@pytest.fixture(params=["some", pytest.param("many", marks=pytest.mark.campaign)])
def chosen(request, program):
    """Give a program with one call of each of four kinds from its middle, or in a campaign 20 of every kind."""
    which, calls = program
    by_name: dict[str, list[Call]] = {}
    for call in calls:
        by_name.setdefault(call.name, []).append(call)
    if request.param == "some":
        return which, [by_name[name][len(by_name[name]) // 2] for name in SOME if name in by_name]
    return which, [call for found in by_name.values() for call in found[:: max(1, len(found) // MOST)][:MOST]]


def look(which, root, lines, call):
    """Hold a store against what was acknowledged, and go on with it."""
    done = {line[1] for line in lines if line[0] == "ok"}
    with ArtifactStore(ArtifactStoreConfig(root_path=root)) as store:
        report = store.check_integrity()
        assert {issue.severity for issue in report.issues} <= {"warning"}, (call, report.issues)
        refs = {ref.rpartition(".")[2] for ref in store.list_refs()}
        for name in NAMES:
            if which != "gc" and name in done:
                assert name in refs, (call, name)
            if which == "gc" and f"unbind-{name}" in done:
                assert name not in refs, (call, name)
            own = root.parent / "sources" / name
            # Handed over or not: the content is at its place, or bound, or set aside; never nowhere.
            if name in refs:
                assert store.verify_artifact(f"artifact:p.r.{name}").verified
                if name != "tree":
                    assert store.read_artifact_bytes(f"artifact:p.r.{name}") == content_of(name)
            elif which == "put" and not own.exists():
                assert any(path.read_bytes() == content_of(name) for path in (root / "blobs").glob("*/*")), (
                    call,
                    name,
                )
        store.collect_garbage()
        assert list((root / "blobs").glob(".tmp-*")) == [], call
        again = root.parent / "again"
        again.write_bytes(b"again")
        store.put_artifact(
            {
                "artifact_ref": "artifact:p.r.again",
                "artifact_kind": "model",
                "created_at": "2024-01-01T00:00:00Z",
                "producer_ref": "sdk.python.local",
                "run_ref": "run:p.r",
                "location_ref": "path:x",
            },
            again,
        )
        assert store.read_artifact_bytes("artifact:p.r.again") == b"again"
        leaving = {issue.code for issue in store.check_integrity().issues}
        assert leaving <= {"torn_tail"}, (call, leaving)
        aside = [path.read_bytes() for path in root.glob("quarantine/*/*")]
        for name in NAMES:
            if which == "put" and name not in refs and not (root.parent / "sources" / name).exists():
                assert content_of(name) in aside, (call, name)


def test_killed_at_every_call(chosen, sources, tmp_path):
    """Whatever call is the last one: what was acknowledged is whole, nothing is lost, garbage goes, and it goes on."""
    which, calls = chosen
    for position, call in enumerate(calls):
        root = tmp_path / str(position) / "store"
        root.parent.mkdir()
        done, lines = traced(
            which,
            root,
            sources,
            root.parent / "log",
            "-e",
            f"inject={call.name}:signal=KILL:when={call.number}",
        )
        assert done.returncode != 0, call
        look(which, root, lines, call)
        shutil.rmtree(root.parent)


@pytest.mark.parametrize("error", ["ENOSPC", pytest.param("EIO", marks=pytest.mark.campaign)])
def test_refused_at_every_call(chosen, sources, tmp_path, error):
    """Each refusal is a typed error of the call that failed, or no error at all; the same process goes on."""
    which, calls = chosen
    for position, call in enumerate(calls):
        root = tmp_path / str(position) / "store"
        root.parent.mkdir()
        done, lines = traced(
            which,
            root,
            sources,
            root.parent / "log",
            "-e",
            f"inject={call.name}:error={error}:when={call.number}",
        )
        assert done.returncode == 0, (call, done.stderr[-2_000:])
        assert lines[-1] == ["end"], (call, lines)
        refused = [line for line in lines if line[0] == "refused"]
        if error == "ENOSPC" and call.name in {"pwrite64", "fsync", "fdatasync", "copy_file_range"}:
            assert all(line[2] == "StorageFullError" for line in refused if line[1] != "close"), (call, lines)
        assert len(refused) <= 1, (call, lines)
        look(which, root, lines, call)
        shutil.rmtree(root.parent)
