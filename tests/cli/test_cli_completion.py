"""Completion: the scripts for the shells, and what is offered."""

from __future__ import annotations

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


@pytest.mark.parametrize(
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
def test_bash_completes(typed, offered, small):
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
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(
        [bash, "--norc", "-c", program], capture_output=True, text=True, check=True, cwd=small.parent
    )
    assert "" == done.stderr
    assert offered == set(done.stdout.split())


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
