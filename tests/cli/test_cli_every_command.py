"""What holds for every command, ours and those to come: each is tried with the examples of its own help."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
import subprocess
import sys

import click
import pytest

from contexta import Contexta
from contexta_cli.root import root_group

HOSTILE = "=1+2 \x1b[31m\u202e<script>\x07"
#: Commands that make something where there is nothing, which is what they are for.
MAKING = frozenset({"demo", "plugins new"})
#: What may be loaded for the help of any command, of what does not come with Python.
ALLOWED = frozenset(
    [
        "contexta",
        "contexta._lazy",
        "contexta.config",
        "contexta.config.names",
        "contexta.contract",
        "contexta.contract.text",
        "contexta.contract.timestamps",
        "contexta.contract.vocabularies",
        "contexta.errors",
        "contexta.plugins",
        "contexta.plugins.kinds",
    ]
)
#: Of distributions that are not ours, what listing runs may load in a pipe; the last two come with others of them.
ALLOWED_FOR_RUNS = frozenset(
    [
        "click",
        "msgspec",
        "pluggy",
        "importlib_metadata",
        "lazy_importer",
        "typing_extensions",
    ]
)

PROGRAM = """
import contextlib, io, json, sys
before = set(sys.modules)
with contextlib.redirect_stdout(io.StringIO()):
    from contexta_cli.main import main
    code = main(sys.argv[1:])
print(json.dumps([code, sorted(set(sys.modules) - before)]))
"""


def leaves_below(group, words=()):
    """Yield the commands below a group, by the words that call them."""
    with click.Context(group) as ctx:
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            if isinstance(command, click.Group):
                yield from leaves_below(command, (*words, name))
            else:
                yield " ".join((*words, name)), command


#: Those of other plugins are tried beside them; what serves does so until it is told to end.
COMMANDS = {words: command for words, command in leaves_below(root_group()) if not words.startswith("serve")}
TRIED = sorted(set(COMMANDS) - MAKING)


def examples_of(words, runs):
    """Return the examples of a command as arguments, about these runs, writing nowhere."""
    names = iter(runs * 20)
    for example in COMMANDS[words].examples:
        arguments = shlex.split(re.sub(r"mlp-\d+-seed-\d+", lambda _: next(names), example))[1:]
        if "--output" in arguments:
            place = arguments.index("--output")
            del arguments[place : place + 2]
        yield arguments


def loaded_by(*arguments, cwd):
    """Return the modules that a call loads, but for those that come with Python."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True, cwd=cwd
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert 0 == code
    return {name for name in modules if name.partition(".")[0] not in sys.stdlib_module_names}


@pytest.mark.parametrize("words", sorted(COMMANDS))
def test_a_command_loads_itself_and_little_else(words, tmp_path):
    """Loading a command for its help loads the parser, the command, and what is on the list; no store, no rich."""
    loaded = loaded_by(*words.split(), "--help", cwd=tmp_path)
    foreign = {name for name in loaded if name.partition(".")[0] not in {"click", "contexta_cli"}}
    assert set() == foreign - ALLOWED
    own = COMMANDS[words].callback.__module__
    commands = {name for name in loaded if name.startswith("contexta_cli.commands.")}
    # A second spelling of a command is made of the first one.
    assert {name for name in commands - {own} - shared_by(own) if own not in shared_by(name)} == set()


def shared_by(module):
    """Return the modules that a module holds, and those that something in it comes from."""
    held = vars(sys.modules[module]).values()
    return {getattr(each, "__module__", None) or getattr(each, "__name__", "") for each in held}


def test_listing_runs_loads_what_it_needs(small, tmp_path):
    """`contexta runs` in a pipe loads the stores and the query service, and of other people's packages only a few."""
    loaded = loaded_by("runs", "--workspace", str(small), cwd=tmp_path)
    foreign = {name.partition(".")[0] for name in loaded}
    assert set() == {name for name in foreign if not name.startswith("contexta")} - ALLOWED_FOR_RUNS
    services = {name for name in loaded if name.startswith("contexta_interpretation.")}
    # The second is what the services share.
    assert {"query", "damage"} == {name.split(".")[1] for name in services}


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("run list", "runs"),
        ("run compare", "compare"),
        ("run compare-many", "compare-multi"),
        ("run diagnose", "diagnostics"),
        ("artifact put", "artifact register"),
    ],
)
def test_the_other_names_of_a_command_are_the_same_command(alias, name):
    """What had two names before version 2 has them still, with the same options."""
    assert COMMANDS[name].callback is COMMANDS[alias].callback
    assert COMMANDS[name].params == COMMANDS[alias].params


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    """Give a workspace in which everything that takes text has a hostile one."""
    workspace = tmp_path_factory.mktemp("hostile") / ".contexta"
    settings = {"project_name": "hostile", "records": {"durability_mode": "flush"}}
    with Contexta(workspace=str(workspace), config=settings) as ctx:
        file = workspace.parent / "note.txt"
        file.write_text("x", encoding="utf-8")
        for run_id, value in (("first", 1.0), ("second", 2.0)):
            with ctx.run(HOSTILE, run_id=run_id, tags={"note": HOSTILE}, metadata={HOSTILE: HOSTILE}) as run:
                run.params({"text": HOSTILE})
                with run.stage(HOSTILE) as stage:
                    stage.metric("loss", value, unit=HOSTILE, tags={"note": HOSTILE})
                    stage.event("said", message=HOSTILE, attributes={HOSTILE: HOSTILE}, level="warning")
                run.register_artifact("note", str(file), attributes={"note": HOSTILE})
            ctx.annotate_run(run_id, HOSTILE, author=HOSTILE)
    return workspace


@pytest.mark.parametrize("words", TRIED)
def test_no_command_lets_control_characters_through(words, hostile, cli, tmp_path):
    """Whatever the format, what reaches the terminal holds no control or direction character, and CSV no formula."""
    for number, arguments in enumerate(examples_of(words, ["first", "second"])):
        for output_format in ("text", "json", "csv", "ndjson"):
            workspace = tmp_path / f"{number}-{output_format}" / ".contexta"
            shutil.copytree(hostile, workspace, symlinks=True)
            outcome = cli(*arguments, "--workspace", workspace, "--format", output_format)
            assert outcome.code in {0, 1, 2}
            assert not set("\x1b\u202e\x07") & set(outcome.out + outcome.err), (arguments, output_format)
            if output_format == "csv":
                cells = [cell for row in csv.reader(io.StringIO(outcome.out, newline="")) for cell in row]
                assert [] == [cell for cell in cells if cell.startswith(("=", "@"))]


@pytest.mark.parametrize("words", TRIED)
def test_no_question_makes_a_workspace(words, cli, tmp_path):
    """Where there is no workspace, a command leaves the directory, and the one that is named, as they were."""
    for arguments in examples_of(words, ["first", "second"]):
        for more in ((), ("--workspace", tmp_path / "gone")):
            outcome = cli(*arguments, *more)
            assert outcome.code in {0, 1, 2}
            assert "internal_error" not in outcome.err
            assert [] == list(tmp_path.iterdir()), arguments


@pytest.mark.parametrize("words", TRIED)
def test_every_command_answers_in_every_format(words, small, cli, tmp_path):
    """JSON is one document, NDJSON one on each line, CSV a table; an error with JSON is an envelope on stderr."""
    arguments = next(examples_of(words, ["first", "second"]))
    for output_format in ("json", "ndjson", "csv"):
        workspace = tmp_path / output_format / ".contexta"
        shutil.copytree(small, workspace, symlinks=True)
        outcome = cli(*arguments, "--workspace", workspace, "--format", output_format)
        assert "internal_error" not in outcome.err, outcome.err
        if output_format != "csv" and outcome.code and not outcome.out:
            assert {"code", "details", "message"} == set(
                json.loads(outcome.err.splitlines()[-1] if output_format == "ndjson" else outcome.err)[
                    "error"
                ]
            )
        elif output_format == "csv":
            assert 1 >= len({len(row) for row in csv.reader(io.StringIO(outcome.out, newline="")) if row})
        else:
            documents = [outcome.out] if output_format == "json" else outcome.out.splitlines()
            assert [] == [document for document in documents if json.loads(document) is None]
