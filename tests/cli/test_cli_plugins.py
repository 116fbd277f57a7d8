"""`contexta plugins list | show | doctor`: what is installed, all about one of it, and what is wrong."""

from __future__ import annotations

import json
import re
import sys

import pytest

from contexta.plugins import Check, Diagnosis, PluginDescription, PluginHost, PluginReport, command
from contexta_cli.commands import plugins_doctor, plugins_show
from contexta_cli.output.printer import PlainPrinter


@pytest.fixture
def kernel_command(capsys):
    """Run the same command of the kernel's own, which needs no command line, and return its code and output."""

    def run(*arguments):
        code = command.main(arguments)
        return code, capsys.readouterr().out

    return run


def test_every_plugin_is_listed(cli):
    """Kind, name, distribution, version and status of each component, in the order of kind and name."""
    lines = [line.split() for line in cli("plugins", "list").out.splitlines()]
    assert ["KIND", "NAME", "DISTRIBUTION", "VERSION", "STATUS"] == lines[0]
    assert lines[1:] == sorted(lines[1:])
    found = {(kind, name): status for kind, name, _, _, status in lines[1:]}
    for stock in (
        ("metadata_store", "duckdb"),
        ("record_store", "jsonl_segments"),
        ("artifact_store", "files"),
        ("interpreter", "query"),
        ("surface", "cli"),
    ):
        assert "available" == found[stock]


def test_a_blocked_plugin_says_why(cli):
    """A plugin that the configuration disables is listed as blocked, with the reason."""
    text = cli("plugins", "list", "--set", 'plugins.disabled=["sink:stdout"]').out
    (line,) = [line for line in text.splitlines() if " stdout " in line]
    assert " blocked " in line
    assert line.endswith("disabled by the configuration")


def test_json_is_complete(cli):
    """JSON holds every field of every description."""
    plugins = cli("plugins", "list", "--format", "json").json["plugins"]
    assert all(set(PluginDescription._fields) == plugin.keys() for plugin in plugins)
    assert "contexta_cli.plugin" in {plugin["value"] for plugin in plugins}


@pytest.mark.parametrize(
    "arguments",
    [
        ("list",),
        ("list", "--kind", "sink", "--all", "--requirements"),
        ("list", "--verify", "--no-plugins"),
        ("show", "stdout"),
        ("show", "stdout", "--kind", "sink"),
        ("doctor",),
        ("doctor", "--no-plugins"),
        ("doctor", "--config", "none.toml"),
    ],
)
def test_the_kernel_answers_the_same(arguments, cli, kernel_command):
    """What `python -m contexta plugins` answers without a command line is the same, but for the times of imports."""

    def timeless(text):
        data = json.loads(text) if text else None
        for plugin in (data or {}).get("plugins", ()):
            plugin.pop("import_seconds", None)
            plugin.pop("imported", None)
        return data

    outcome = cli("plugins", *arguments, "--format", "json")
    code, written = kernel_command(*arguments, "--format", "json")
    assert code == outcome.code
    assert timeless(written) == timeless(outcome.out)


def test_one_kind_can_be_listed(cli):
    """With --kind only that kind is listed."""
    plugins = cli("plugins", "list", "--kind", "sink", "--format", "json").json["plugins"]
    assert {"sink"} == {plugin["kind"] for plugin in plugins}
    assert {"memory", "mlflow", "otel", "stdout"} <= {plugin["name"] for plugin in plugins}


def test_nothing_of_ours_is_missing_from_the_bundle(cli):
    """With --all there is also what is known and not installed: where everything of ours is, nothing."""
    lines = cli("plugins", "list", "--kind", "metadata_store", "--all").out.splitlines()
    assert ["duckdb", "sqlite"] == [line.split()[1] for line in lines if line.startswith("metadata_store")]
    assert not [line for line in lines if " missing" in line]


def test_where_distributions_come_from_is_told_when_asked(cli):
    """With --requirements each distribution is told once: where it lies, and what it requires."""
    text = cli("plugins", "list", "--requirements").out
    origins = text.partition("\n\n")[2].split("\n\n")
    assert len(origins) == len({origin.splitlines()[0] for origin in origins})
    assert all("\n  location" in origin for origin in origins)
    assert any("attrs>=" in origin for origin in origins)


def test_nothing_of_a_kind(cli, monkeypatch):
    """Where nothing is installed of a kind, the answer is a sentence."""
    monkeypatch.setattr(PluginHost, "describe", lambda host: [])
    assert "No plugins are installed.\n" == cli("plugins", "list", "--kind", "hooks").out


def test_a_component_is_shown(cli):
    """Status, origin, interface, factory and options of a component."""
    outcome = cli("plugins", "show", "stdout")
    lines = [line.split() for line in outcome.out.splitlines()]
    assert 0 == outcome.code
    assert ["sink", "stdout"] == lines[0]
    assert ["status", "active"] in lines
    assert ["factory", "contexta.capture.sinks.plugin:open_stdout"] in lines
    assert ["OPTION", "TYPE", "DEFAULT"] in lines
    assert ["stream", "str", "'stdout'"] in lines


def test_several_components_are_shown_apart(cli):
    """A distribution is shown as its components, with an empty line between them."""
    distribution = cli("plugins", "show", "stdout", "--format", "json").json["plugins"][0]["description"]
    out = cli("plugins", "show", distribution["distribution"], "--kind", "sink").out
    assert ["sink memory", "sink mlflow", "sink otel", "sink stdout"] == [
        line for line in out.splitlines() if line.startswith("sink ")
    ]
    assert "\n\nsink stdout\n" in out


def test_warnings_and_tracebacks_are_shown(capsys):
    """What the import warned of, where it failed, and which options are required."""
    report = PluginReport(
        PluginDescription("sink", "a", "b", "1", "c", "failed", "it raised"),
        warnings=("c.py:1: old",),
        traceback="Traceback:\n  here",
    )
    plugins_show._show(PlainPrinter(), [report])
    assert (
        "sink a\n  status        failed: it raised\n  distribution  b 1\n  module        c\n"
        "  warning: c.py:1: old\n  Traceback:\n    here\n"
    ) == capsys.readouterr().out


def test_a_healthy_installation(cli):
    """Where nothing is wrong the doctor says so, in its last line and with the exit code 0."""
    outcome = cli("plugins", "doctor")
    lines = outcome.out.splitlines()
    assert (0, "") == (outcome.code, outcome.err), outcome.out
    assert lines[0].startswith("contexta 2.")
    assert f"Python {sys.version.split()[0]}" in lines[0]
    assert "ok       records.storage_adapter = 'jsonl_segments': served by " in outcome.out


def test_findings_have_their_remedies(capsys):
    """A finding has its status and subject, and what to do in the line below."""
    diagnosis = Diagnosis((Check("pluggy", "problem", "is old", "renew it"), Check("a", "note", "is odd")))
    plugins_doctor._show(PlainPrinter(), diagnosis)
    assert [
        "problem  pluggy: is old",
        "         -> renew it",
        "note     a: is odd",
        "1 problem",
    ] == capsys.readouterr().out.splitlines()[1:]


def test_an_examination_as_json(cli):
    """JSON has the versions, every finding with its four fields, and the exit code."""
    outcome = cli("plugins", "doctor", "--set", "metadata.storage_adapter=nosuch", "--format", "json")
    assert 1 == outcome.code == outcome.json["exit_code"]
    assert {"contexta", "python", "checks", "exit_code"} == outcome.json.keys()
    assert all(set(Check._fields) == check.keys() for check in outcome.json["checks"])
    assert ["metadata.storage_adapter = 'nosuch'"] == [
        check["subject"] for check in outcome.json["checks"] if check["status"] == "problem"
    ]


def test_a_broken_configuration_hides_no_plugin(cli, tmp_path):
    """A listing goes on with a warning where the configuration is broken; so does `show`."""
    (tmp_path / "contexta.toml").write_text("[metadata]\nstorage_adaptor = 'x'\n")
    for arguments in (["list"], ["show", "stdout"]):
        outcome = cli("plugins", *arguments)
        assert 0 == outcome.code
        assert " stdout" in outcome.out
        assert outcome.err.startswith("contexta: warning: metadata.storage_adaptor")


def test_an_unknown_word_in_the_environment_is_a_finding(cli, monkeypatch):
    """CONTEXTA_PLUGIN_ERRORS with an unknown word keeps no doctor from looking."""
    monkeypatch.setenv("CONTEXTA_PLUGIN_ERRORS", "shout")
    outcome = cli("plugins", "doctor")
    assert 1 == outcome.code
    assert (
        "problem  configuration: CONTEXTA_PLUGIN_ERRORS: expected one of warn, raise, ignore" in outcome.out
    )
    assert "components can be used" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "finding"),
    [
        ([], "problem  configuration: .*not well-formed"),
        (["--config", "no.toml"], "problem  configuration: .*no configuration file"),
        (
            ["--config", "right.toml", "--set", "metadata.storage_adapter=nosuch"],
            "problem  metadata.storage_adapter = 'nosuch': no metadata store named 'nosuch'",
        ),
        (
            ["--config", "right.toml", "--set", "metadata.options.speed=1"],
            "problem  metadata.storage_adapter = 'duckdb': .*speed",
        ),
    ],
)
def test_a_problem_is_an_answer(arguments, finding, cli, tmp_path):
    """What is wrong is told on stdout, with the exit code 1; stderr is for errors."""
    (tmp_path / "contexta.toml").write_text("a = [", encoding="utf-8")
    (tmp_path / "right.toml").write_text("project_name = 'demo'", encoding="utf-8")
    outcome = cli("plugins", "doctor", *arguments)
    assert (1, "") == (outcome.code, outcome.err)
    assert re.search(finding, outcome.out)
