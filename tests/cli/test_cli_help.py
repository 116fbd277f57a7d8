"""Help and version: complete, with examples, and paid for by nothing but the parser."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys

import click
import pytest

import contexta
from contexta.__main__ import main as run_module
from contexta.plugins import PluginHost, PluginIndex
from contexta_cli.root import root_group


def commands_below(group, words=()):
    """Yield the words of every command and group of ours below a group."""
    with click.Context(group) as ctx:
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            yield " ".join((*words, name))
            if isinstance(command, click.Group):
                yield from commands_below(command, (*words, name))


#: Those of other plugins are tried beside them; what serves does so until it is told to end.
COMMANDS = sorted(words for words in commands_below(root_group()) if not words.startswith("serve"))

#: All that the help may load of what does not come with Python.
ALLOWED = frozenset(
    [
        "contexta",
        "contexta._lazy",
        "contexta.config",
        "contexta.config.names",
        "contexta.plugins",
        "contexta.plugins.glance",
        "contexta_cli",
        "contexta_cli.global_options",
        "contexta_cli.invocation",
        "contexta_cli.lazy_group",
        "contexta_cli.main",
        "contexta_cli.plugin_commands",
        "contexta_cli.root",
    ]
)

GLOBAL_OPTIONS = [
    "--workspace",
    "--profile",
    "--config",
    "--set",
    "--format",
    "--output",
    "--quiet",
    "--no-color",
    "--no-pager",
    "--version",
]


class NothingInstalled(PluginIndex):
    def entries(self, kind=None):
        return ()

    @property
    def failures(self):
        return ()


PROGRAM = """
import contextlib, io, json, sys
before = set(sys.modules)
with contextlib.redirect_stdout(io.StringIO()):
    from contexta_cli.main import main
    code = main({arguments!r})
print(json.dumps([code, sorted(set(sys.modules) - before)]))
"""


def loaded_by(*arguments):
    """Return the modules that a command loads, but for those that come with Python."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    code, modules = json.loads(done.stdout)
    assert 0 == code
    return {name for name in modules if name.partition(".")[0] not in sys.stdlib_module_names}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], [], ["run", "--help"], ["plugins", "--help"]]
)
def test_help_loads_the_parser_only(arguments):
    """Help and version load click and the tree of commands: no command, no rich, no facade."""
    loaded = loaded_by(*arguments)
    assert set() == {name for name in loaded if name.partition(".")[0] != "click"} - ALLOWED


def test_help_of_a_command_loads_that_command_only():
    """The help of one command loads its own module, and neither rich, nor a store, nor another command."""
    loaded = loaded_by("runs", "--help")
    assert {"contexta_cli.commands", "contexta_cli.commands.runs"} == {
        name for name in loaded if name.startswith("contexta_cli.commands")
    }
    assert {"rich", "duckdb", "attr", "contexta._facade"}.isdisjoint(loaded)


def test_listing_plugins_imports_none():
    """`plugins list` imports neither a plugin nor what plugins need."""
    loaded = loaded_by("plugins", "list")
    assert {"contexta_cli"} == {name.partition(".")[0] for name in loaded if name.startswith("contexta_")}
    assert {"duckdb", "rich", "contexta._facade"}.isdisjoint(loaded)


def test_the_version_is_told(cli):
    """`--version` tells name and version of the program, also after a command."""
    assert f"contexta {contexta.__version__}\n" == cli("--version").out
    assert f"contexta {contexta.__version__}\n" == cli("runs", "--version").out


def test_without_a_command_the_help_is_shown(cli):
    """`contexta` alone shows the help and succeeds."""
    alone, asked = cli(), cli("--help")
    assert (0, 0) == (alone.code, asked.code)
    assert asked.out == alone.out
    for command in ("demo", "runs", "run", "compare", "plugins"):
        assert f"\n  {command} " in alone.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command, cli):
    """The help of each command says what it does, lists the global options, and gives examples to type."""
    outcome = cli(*command.split(), "--help")
    assert 0 == outcome.code
    examples = outcome.out.partition("Examples:\n")[2].splitlines()
    assert examples
    assert all(example.startswith("  contexta ") for example in examples)
    assert [] == [option for option in GLOBAL_OPTIONS if option not in outcome.out]
    assert outcome.out == cli(*command.split(), "-h").out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_answers_in_the_same_formats(command, cli):
    """Text, JSON, CSV and NDJSON are taken everywhere; what writes files for other tools takes no text."""
    (choices,) = re.findall(
        r"How to answer: ([^.]*)\.", " ".join(cli(*command.split(), "--help").out.split())
    )
    formats = set(re.split(r", | or ", choices))
    if command == "export html":
        assert {"html"} == formats
    elif command.startswith("export csv "):
        assert {"csv"} == formats
    else:
        assert {"json", "csv", "ndjson"} <= formats
        assert command.startswith("export ") or "text" in formats


@pytest.fixture
def files_of_examples(tmp_path):
    """Have in the test's directory what examples name as being there."""
    for name, adapter in {"sqlite": "sqlite", "new": "duckdb"}.items():
        (tmp_path / f"{name}.toml").write_text(
            f'[workspace]\nroot_path = "{name}"\n[metadata]\nstorage_adapter = "{adapter}"\n',
            encoding="utf-8",
        )
    (tmp_path / "old" / ".contexta").mkdir(parents=True)
    (tmp_path / "monday.json").write_text('{"title": "Monday", "sections": []}', encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.usefixtures("files_of_examples")
def test_the_examples_can_be_parsed(command, cli, small):
    """No example holds a typing error: each is understood, whatever it then finds."""
    if command == "demo":
        pytest.skip("its examples train models; their options are those of every command")
    help_text = cli(*command.split(), "--help").out
    for example in help_text.partition("Examples:\n")[2].splitlines():
        arguments = shlex.split(example)[1:]
        assert cli(*arguments, "--workspace", small).code in {0, 1}, example


def test_the_module_runs_the_command_line(program, tmp_path):
    """`python -m contexta` is the installed command line."""
    outcome = program.run("--version", cwd=tmp_path)
    assert (0, f"contexta {contexta.__version__}\n", "") == (outcome.code, outcome.out, outcome.err)


def test_the_module_without_a_command_line_says_so(monkeypatch, capsys):
    """Where no command line is installed, `python -m contexta` says what to install, with exit code 1."""
    nothing_installed = PluginHost(index=NothingInstalled())
    monkeypatch.setattr("contexta.__main__.default_host", lambda: nothing_installed)
    code = run_module(["runs"])
    written = capsys.readouterr()
    assert (1, "") == (code, written.out)
    assert written.err.startswith("contexta: error: no surface named 'cli' is installed")
    assert 'pip install "contexta[all]>=2"' in written.err
    assert written.err.endswith(" [plugin_missing]\n")


def test_completion_of_a_shell_is_offered(program, tmp_path):
    """A shell that asks for completions gets the names of the commands."""
    outcome = program.run(
        cwd=tmp_path,
        python=("-c", "import sys; from contexta_cli.main import main; sys.exit(main())"),
        _CONTEXTA_COMPLETE="bash_complete",
        COMP_WORDS="contexta ru",
        COMP_CWORD="1",
    )
    assert {"plain,runs", "plain,run"} == set(outcome.out.split())
