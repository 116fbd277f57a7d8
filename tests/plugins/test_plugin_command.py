from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest

from contexta.__main__ import main as run_module
from contexta.plugins import Check, Diagnosis, PluginDescription, PluginIndex, command

HEADER = "from contexta.plugins import PluginInfo, Provider, hookimpl\n"


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run `plugins` with arguments in an empty directory; return exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = command.main(arguments)
        written = capsys.readouterr()
        return code, written.out, written.err

    return call


@pytest.fixture
def kernel_only(monkeypatch):
    """Let only the kernel's own components count as installed."""
    everything = PluginIndex().entries()
    monkeypatch.setattr(
        PluginIndex,
        "entries",
        lambda _, kind=None: tuple(
            ref for ref in everything if ref.value.startswith("contexta.") and kind in {None, ref.kind}
        ),
    )


def test_list_shows_every_component(site, run):
    """Kind, name, distribution, version, status and reason, one line for each; nothing is imported."""
    site.sink("zz-a", "zz_one", "zz_module")
    site.sink("zz-b", "zz_old", "zz_module_old", requires=["contexta<2"])
    code, out, err = run("list", "--kind", "sink")
    lines = [line.split(maxsplit=5) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert lines[0] == ["KIND", "NAME", "DISTRIBUTION", "VERSION", "STATUS", "REASON"]
    assert ["sink", "zz_one", "zz-a", "1.0", "available"] in lines
    [old] = [line for line in lines if line[1] == "zz_old"]
    assert old[4:] == ["incompatible", "it requires 'contexta<2', and this is contexta 2.0.0"]
    assert "zz_module" not in sys.modules


def test_list_verifies_when_asked(site, run):
    """With --verify everything is imported, so that what fails is listed as failed; JSON holds every field."""
    site.module("zz_broken", "raise ValueError('boom')")
    site.distribution("zz-a", {"sink": {"zz_one": "zz_broken"}})
    code, out, _ = run("list", "--verify", "--format", "json")
    [plugin] = [plugin for plugin in json.loads(out)["plugins"] if plugin["name"] == "zz_one"]
    assert code == 0
    assert plugin["status"] == "failed"
    assert set(PluginDescription._fields) == plugin.keys()


def test_list_leaves_out_what_has_no_name(site, run):
    """A distribution that cannot be read has a line with dashes and its reason."""
    (site.distribution("zz-torn", {}) / "entry_points.txt").write_bytes(b"[contexta.sink]\n\xff\n")
    _, out, _ = run("list")
    [line] = [line for line in out.splitlines() if "zz_torn" in line]
    assert line.split()[:2] == ["-", "-"]


SHOWN = """
from dataclasses import dataclass

@dataclass
class Options:
    url: str
    size: int = 3

@hookimpl
def contexta_plugin_info():
    return PluginInfo("Acme", "Sends things.", "https://example.org/acme")

@hookimpl
def contexta_sinks():
    return [Provider("zz_one", print, options=Options, capabilities={"a", "b"}), Provider("zz_two", print)]
"""


def test_show_tells_everything(site, run):
    """One block for each component: what it is, where it comes from, its options, its import."""
    site.module("zz_module", "import warnings\nwarnings.warn('old')\n" + HEADER + SHOWN)
    site.distribution(
        "zz-a", {"sink": {"zz_one": "zz_module", "zz_two": "zz_module"}}, requires=["contexta>=2"]
    )
    code, out, _ = run("show", "zz-a")
    assert code == 0
    first, second = out.split("\n\n")
    lines = dict(line.strip().split("  ", 1) for line in first.splitlines()[1:] if "  " in line.strip())
    found = {label: text.strip() for label, text in lines.items()}
    assert first.splitlines()[0] == "sink zz_one"
    assert found["status"] == "active"
    assert found["requires"] == "contexta>=2"
    assert found["can"] == "a, b"
    assert found["docs"] == "https://example.org/acme"
    assert "  option url: str, required\n  option size: int, default 3\n" in first
    assert "zz_module.py:2: UserWarning: old" in first
    assert second.startswith("sink zz_two\n")


def test_show_in_json(site, run):
    """JSON has every field of the report, options as objects."""
    site.module("zz_module", HEADER + SHOWN)
    site.distribution("zz-a", {"sink": {"zz_one": "zz_module"}})
    _, out, _ = run("show", "zz_one", "--format", "json")
    [plugin] = json.loads(out)["plugins"]
    assert plugin["description"]["name"] == "zz_one"
    assert plugin["options"][1] == {"name": "size", "type": "int", "default": "3", "required": False}


def test_show_tells_why_a_plugin_fails(site, run):
    """A plugin that fails is shown with its reason and the traceback; in JSON its options are not known."""
    site.module("zz_broken", "raise ValueError('boom')")
    site.distribution("zz-a", {"sink": {"zz_one": "zz_broken"}})
    _, out, _ = run("show", "zz_one")
    assert "  status        failed: the sink 'zz_one'" in out
    assert "  ValueError: boom" in out
    _, out, _ = run("show", "zz_one", "--format", "json")
    assert json.loads(out)["plugins"][0]["options"] is None


def test_show_of_a_missing_name(run):
    """A name that nothing has is exit code 1, with an error that ends in its code."""
    code, out, err = run("show", "qqqq")
    assert (code, out) == (1, "")
    assert (
        err
        == "contexta: error: no plugin named 'qqqq' is installed; `plugins list` shows what is [plugin_missing]\n"
    )


@pytest.mark.parametrize("arguments", [[], ["shwo"], ["show"], ["list", "--kind", "flavour"]])
def test_typing_errors(run, arguments):
    """A wrong command, a missing name and an unknown word are exit code 2."""
    assert run(*arguments)[0] == 2


def test_help(run):
    """Help is no error."""
    code, out, _ = run("--help")
    assert code == 0
    assert out.startswith("usage: python -m contexta plugins")


def test_doctor_with_the_kernel_alone(kernel_only, run):
    """With no store installed the doctor exits 1, with what to install."""
    code, out, _ = run("doctor")
    assert code == 1
    assert (
        "problem  metadata.storage_adapter = 'duckdb': no metadata store named 'duckdb' is installed" in out
    )
    assert 'pip install "contexta[all]>=2"' in out
    assert out.splitlines()[-1].endswith("problems")


def test_doctor_without_plugins(site, run):
    """With --no-plugins nothing that is installed is imported."""
    site.module("zz_broken", "raise ValueError('boom')")
    site.distribution("zz-a", {"sink": {"zz_one": "zz_broken"}}, requires=["contexta"])
    _, out, _ = run("doctor", "--no-plugins")
    assert "note     sink:zz_one: the configuration turns plugins off" in out
    assert "zz_broken" not in sys.modules


def test_doctor_in_json(kernel_only, run):
    """JSON has versions, every check with its four fields, and the exit code."""
    code, out, _ = run("doctor", "--format", "json")
    found = json.loads(out)
    assert found["exit_code"] == code == 1
    assert all({"subject", "status", "finding", "remedy"} == check.keys() for check in found["checks"])
    assert found["contexta"] == "2.0.0"


def test_doctor_with_a_broken_configuration(run, tmp_path):
    """A configuration that cannot be read is a finding, not the end; a listing goes on with a warning."""
    (tmp_path / "contexta.toml").write_text("[metadata]\nstorage_adaptor = 'x'\n")
    code, out, _ = run("doctor")
    assert code == 1
    assert "problem  configuration: " in out
    assert "storage_adaptor" in out
    code, _, err = run("list")
    assert code == 0
    assert err.startswith("contexta: warning: ")


def test_doctor_reads_the_configuration_above(run, tmp_path, monkeypatch):
    """The nearest contexta.toml counts, found by walking up: the sink that it names is looked for."""
    (tmp_path / "contexta.toml").write_text("[[capture.sinks]]\nuse = 'zz_nowhere'\n")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    code, out, _ = run("doctor")
    assert code == 1
    assert "problem  capture.sinks[0].use = 'zz_nowhere': no sink named 'zz_nowhere' is installed" in out


def test_a_healthy_environment_says_so():
    """Without problems and warnings the last line says that; counts are in words."""
    assert Diagnosis((Check("a", "ok", ""),)).verdict == "no problems"
    checks = (Check("a", "problem", ""), Check("a", "warning", ""), Check("a", "warning", ""))
    assert Diagnosis(checks).verdict == "1 problem, 2 warnings"


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
def test_a_reader_that_has_seen_enough(tmp_path):
    """A pipe that is closed early is no error."""
    program = f"{sys.executable} -m contexta plugins show stdout --format json | head -n 1"
    done = subprocess.run(["sh", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("{\n", "")


def test_an_output_that_closes_early(monkeypatch):
    """An output that nobody reads any more ends the command quietly."""

    class Closed(io.StringIO):
        def write(self, _):
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    assert command.main(["show", "stdout"]) == 0
    sys.stdout.close()


def test_the_module_has_its_own_repair_tools(kernel_only, capsys, monkeypatch, tmp_path):
    """`python -m contexta plugins doctor|show|list` needs no command line; everything else does."""
    monkeypatch.chdir(tmp_path)
    from contexta.plugins import PluginHost

    monkeypatch.setattr("contexta.__main__.default_host", PluginHost)
    assert run_module(["plugins", "doctor"]) == 1
    assert "storage_adapter" in capsys.readouterr().out
    assert run_module(["plugins", "list"]) == 0
    assert "stdout" in capsys.readouterr().out
    assert run_module(["plugins", "show", "stdout"]) == 0
    assert capsys.readouterr().out.startswith("sink stdout")
    assert run_module(["runs"]) == 1
