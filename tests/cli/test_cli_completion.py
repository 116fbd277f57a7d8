"""Completion: the scripts for the shells, and what is offered."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("contexta")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell, cli):
    """The script asks the program with the variable of that shell; JSON holds it too."""
    script = cli("completion", shell).out
    assert f"_CONTEXTA_COMPLETE={shell}_complete" in script
    assert script.strip() == cli("completion", shell, "--format", "json").json["script"].strip()


def test_an_unknown_shell_is_refused(cli):
    """What is no such shell is a typing error that names them."""
    outcome = cli("completion", "powershell")
    assert 2 == outcome.code
    assert "'bash', 'zsh', 'fish'" in outcome.err


CASES = pytest.mark.parametrize(
    ("typed", "offered"),
    [
        (["ru"], {"runs", "run"}),
        (["run", "sh"], {"show"}),
        (["runs", "--sta"], {"--status"}),
        (["runs", "--status", "co"], {"completed"}),
        (["run", "show", "alpha.f"], {"alpha.first"}),
        (["compare", "alpha.first", "alpha.se"], {"alpha.second"}),
    ],
)

#: Types a line in an interactive zsh on a terminal of its own, presses Tab, and prints what then stands on the screen.
ZSH = """
zmodload zsh/zpty
zpty -b shell zsh -f -i
zpty -w shell 'autoload -Uz compinit; compinit -D; bindkey "^I" complete-word; source "$SCRIPT"; print rea""dy'
zpty -r shell screen '*ready*'
zpty -n -w shell "$TYPED"$'\\t'
zpty -r shell screen "*$WANTED*"
print -r -- "$screen"
zpty -d shell
"""


def shell_named(name):
    """Return where a shell is; a test that needs one that is not installed is skipped."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def completed_by(*command, small, tmp_path, **variables):
    """Run a shell beside the workspace, with the program on its path and a home of its own."""
    own = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    path = f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        cwd=small.parent,
        timeout=60,
        env=os.environ | own | {"PATH": path, "TERM": "xterm"} | variables,
    )
    assert "" == done.stderr
    return done.stdout


@CASES
def test_bash_completes(typed, offered, small, tmp_path):
    """In a real bash, the script offers commands, options, their values, and runs of the nearest workspace."""
    words = " ".join(f"'{word}'" for word in ["contexta", *typed])
    program = f"""
        eval "$({COMMAND} completion bash)"
        contexta() {{ :; }}
        COMP_WORDS=({words}); COMP_CWORD={len(typed)}
        compopt() {{ :; }}
        _contexta_completion {COMMAND}
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    told = completed_by(shell_named("bash"), "--norc", "-c", program, small=small, tmp_path=tmp_path)
    assert offered == set(told.split())


@CASES
def test_fish_completes(typed, offered, small, tmp_path, cli):
    """In a real fish, the script offers the same."""
    script = tmp_path / "contexta.fish"
    script.write_text(cli("completion", "fish").out, encoding="utf-8")
    program = f"source {script}; complete --do-complete '{' '.join(['contexta', *typed])}'"
    told = completed_by(shell_named("fish"), "--no-config", "-c", program, small=small, tmp_path=tmp_path)
    assert offered == {line.partition("\t")[0] for line in told.splitlines()}


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("contexta run sh", "show"), ("contexta runs --sta", "status"), ("contexta run show alpha.f", "first")],
)
def test_zsh_completes(typed, wanted, small, tmp_path, cli):
    """In a real zsh on a terminal, Tab completes what was typed."""
    script = tmp_path / "_contexta"
    script.write_text(cli("completion", "zsh").out, encoding="utf-8")
    words = {"SCRIPT": str(script), "TYPED": typed, "WANTED": wanted}
    told = completed_by(shell_named("zsh"), "-f", "-c", ZSH, small=small, tmp_path=tmp_path, **words)
    assert wanted in told


def test_nothing_is_offered_where_there_is_no_workspace(program, tmp_path):
    """Completing a run's name where there is none offers nothing, says nothing and makes nothing."""
    outcome = program.run(
        cwd=tmp_path,
        python=("-c", "import sys; from contexta_cli.main import main; sys.exit(main())"),
        _CONTEXTA_COMPLETE="bash_complete",
        COMP_WORDS="contexta run show x",
        COMP_CWORD="3",
    )
    assert ("", "") == (outcome.out.strip(), outcome.err)
    assert [] == list(tmp_path.iterdir())
