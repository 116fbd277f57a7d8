"""Commands that other plugins add: listed, imported when called, and spoiling nothing but themselves."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys

import pytest

from contexta_cli.main import main

GOOD = """
import click

wrong = len

@click.command("push", help="Push runs to Acme.")
@click.argument("target")
@click.option("--output", help="Its own.")
@click.pass_obj
def push(call, target, output):
    with call.open_existing() as contexta:
        runs = contexta.list_runs()
    call.answer(
        {"target": target, "output": output, "runs": [run.run_id for run in runs]},
        lambda writer: writer.line(f"{target}: {len(runs)} runs {call.config.project_name}", "good"),
    )

@click.group()
def tools():
    pass

@tools.command()
@click.pass_obj
def ping(call):
    call.answer({"pong": call.quiet}, lambda writer: writer.heading("pong"))
"""

PLUGIN = """
from contexta.plugins import Provider, hookimpl

@hookimpl
def contexta_cli_commands():
    return [
        Provider("acme_push", "acme_commands:push", summary="Push runs."),
        Provider("acme_tools", "acme_commands:tools"),
        Provider("acme_wrong", "acme_commands:wrong"),
        Provider("acme_lost", "acme_gone:push"),
    ]
"""

ENTRY_POINTS = """[console_scripts]
acme = acme_commands:push
[contexta.cli_command]
# A comment is no name.
acme_push = acme_plugin
acme_tools = acme_plugin
acme_wrong = acme_plugin
acme_lost = acme_plugin
acme_broken = acme_broken_plugin
runs = acme_plugin
"""


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """Install a distribution with commands, some of them broken."""
    site = tmp_path / "site"
    folder = site / "acme_tools-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: acme-tools\nVersion: 1.0\n", encoding="utf-8"
    )
    (folder / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    (site / "acme_plugin.py").write_text(PLUGIN, encoding="utf-8")
    (site / "acme_commands.py").write_text(GOOD, encoding="utf-8")
    (site / "acme_broken_plugin.py").write_text("import acme_is_missing\n", encoding="utf-8")
    monkeypatch.syspath_prepend(site)
    importlib.invalidate_caches()
    yield site
    for name in ("acme_plugin", "acme_commands", "acme_broken_plugin"):
        sys.modules.pop(name, None)


def test_commands_of_plugins_are_listed_without_importing_them(acme, cli):
    """The help names them and where they come from; nothing of the plugin is imported."""
    listed = cli("--help").out.partition("Commands of plugins:\n")[2].partition("\n\n")[0].splitlines()
    assert ["acme-broken", "acme-lost", "acme-push", "acme-tools", "acme-wrong", "serve"] == [
        line.split()[0] for line in listed
    ]
    assert listed[2].endswith("A command of acme-tools.")
    assert not {"acme_plugin", "acme_commands", "acme_broken_plugin"} & set(sys.modules)


@pytest.mark.parametrize("typed", ["acme-push", "acme_push"])
def test_a_command_of_a_plugin_is_called(typed, acme, cli, small):
    """It gets the call: the workspace, the format and the configuration, from options before and after its name."""
    outcome = cli("--workspace", small, typed, "there", "--format", "json", "--output", "x")
    if typed == "acme_push":
        assert 2 == outcome.code
        assert "did you mean 'acme-push'?" in outcome.err
        return
    assert "run:alpha.first" in outcome.json["runs"]
    assert ("there", "x") == (outcome.json["target"], outcome.json["output"])
    text = cli(typed, "there", "--workspace", small, "--set", "project_name=acme")
    assert "there: 5 runs acme\n" == text.out


def test_a_group_of_a_plugin_shares_the_options_too(acme, cli):
    """The commands below a plugin's group take the global options."""
    assert {"pong": True} == cli("acme-tools", "ping", "--quiet", "--format", "json").json


@pytest.mark.parametrize(
    ("typed", "code", "text"),
    [
        ("acme-broken", "plugin_load_failed", "acme_is_missing"),
        ("acme-lost", "plugin_load_failed", "acme_gone"),
        ("acme-wrong", "plugin_invalid", "not a click.Command"),
    ],
)
def test_a_broken_command_spoils_only_itself(typed, code, text, acme, cli, small):
    """It is an error with exit code 1 and its cause; every other command goes on."""
    outcome = cli(typed, "--format", "json")
    assert 1 == outcome.code
    assert text in outcome.error["message"]
    assert code == outcome.error["code"]
    assert 0 == cli("runs", "--workspace", small).code


def test_our_commands_cannot_be_replaced(acme, cli, small):
    """A plugin's command `runs` is not listed, and ours answers."""
    assert "\n  runs " not in cli("--help").out.partition("Commands of plugins:")[2]
    assert cli("runs", "--workspace", small).out.startswith("RUN")


def test_a_command_that_is_disabled_is_refused(acme, cli):
    """What the configuration disables is not imported for a command either."""
    outcome = cli("--set", 'plugins.disabled=["acme-tools"]', "acme-push", "x")
    assert 1 == outcome.code
    assert "disabled" in outcome.err
    assert "acme_plugin" not in sys.modules


def test_the_shell_completes_commands_of_plugins(acme, tmp_path):
    """Their names are completed with ours, and nothing of them is imported."""
    program = "import sys; from contexta_cli.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "PYTHONPATH": str(acme),
            "_CONTEXTA_COMPLETE": "bash_complete",
            "COMP_WORDS": "contexta acme-p",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert "plain,acme-push\n" == done.stdout


def test_the_main_function_answers_as_the_program(acme, capsys, tmp_path, monkeypatch):
    """A command of a plugin works through the surface as well."""
    monkeypatch.chdir(tmp_path)
    assert 0 == main(["acme-tools", "ping", "--format", "json"])
    assert {"pong": False} == json.loads(capsys.readouterr().out)
