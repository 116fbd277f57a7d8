"""Global options: where they may stand, what wins, and which workspace is meant."""

from __future__ import annotations

import pytest

from contexta import Contexta
from contexta_cli.configuration import resolve_configuration, settings_patch
from contexta_cli.failures import UsageFault


@pytest.mark.parametrize(
    "command",
    [
        "--workspace {small} --format json run show first",
        "run --workspace {small} show first --format json",
        "run show first --workspace {small} --format json",
        "run show --format=json --workspace={small} first",
        "--workspace gone run show first --workspace {small} --format text --format json",
    ],
)
def test_global_options_stand_anywhere(command, cli, small):
    """Before the command, between group and command, or after it; the last one wins."""
    outcome = cli(*command.replace("{small}", str(small)).split())
    assert 0 == outcome.code, outcome.err
    assert "run:alpha.first" == outcome.json["run"]["run_id"]


def test_settings_add_up(cli, small):
    """--set before and after the command counts, and of two values for one key the later."""
    outcome = cli(
        "--set", "metadata.storage_adapter=one", "runs", "--workspace", small,
        "--set", "surfaces.cli.default_output_format=json", "--set", "metadata.storage_adapter=two",
    )  # fmt: skip
    assert 1 == outcome.code
    assert "'two'" in outcome.error["message"]


@pytest.mark.parametrize(
    ("texts", "patch"),
    [
        ((), {}),
        (("a=1",), {"a": "1"}),
        (("a.b=x", "a.c=y"), {"a": {"b": "x", "c": "y"}}),
        (("a=1", "a=2"), {"a": "2"}),
        (("a=b=c",), {"a": "b=c"}),
        (("project_name=007",), {"project_name": "007"}),
        (("a=",), {"a": ""}),
        (("a=null",), {"a": None}),
        (("a=None",), {"a": None}),
        (('a=["x", "y"]',), {"a": ["x", "y"]}),
        (('a={"b": 1}',), {"a": {"b": 1}}),
        (('a="1"',), {"a": "1"}),
        (("metadata.options.size=5",), {"metadata": {"options": {"size": 5}}}),
        (("metadata.options.fast=true",), {"metadata": {"options": {"fast": True}}}),
        (("metadata.options.mode=wal",), {"metadata": {"options": {"mode": "wal"}}}),
    ],
)
def test_settings_become_a_patch(texts, patch):
    """KEY=VALUE texts become the nested mapping that a configuration file would hold."""
    assert patch == settings_patch(texts)


@pytest.mark.parametrize("text", ["", "a", "=", "a.=1", ".a=1", 'a={"b"'])
def test_a_text_that_is_no_setting_is_refused(text):
    """What is no KEY=VALUE is a usage error."""
    with pytest.raises(UsageFault) as caught:
        settings_patch([text])
    assert "bad_setting" == caught.value.code


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Give a directory with a workspace, and stand two directories below it."""
    (tmp_path / ".contexta").mkdir()
    below = tmp_path / "one" / "two"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    return tmp_path


def root_of(**options):
    """Return the workspace that is meant."""
    return resolve_configuration(**options).workspace.root_path


def test_the_nearest_workspace_upwards_is_meant(project):
    """Without any choice it is the nearest .contexta from here upwards."""
    assert project / ".contexta" == root_of()
    (project / "one" / ".contexta").mkdir()
    assert project / "one" / ".contexta" == root_of()


def test_what_is_derived_follows_the_workspace(project):
    """The planes lie in the workspace that was found."""
    config = resolve_configuration()
    assert project / ".contexta" / "records" == config.records.root_path


def test_a_command_that_writes_stays_here(project):
    """What makes runs makes them here, not in a workspace further up."""
    assert project / "one" / "two" / ".contexta" == root_of(walk_up=False)


def test_without_any_the_default_is_meant(tmp_path, monkeypatch):
    """Where there is no workspace up to the root, it is .contexta here."""
    monkeypatch.chdir(tmp_path)
    assert tmp_path / ".contexta" == root_of()


def test_a_choice_wins_over_the_nearest(project, monkeypatch):
    """Option over --set over variable over configuration file over the nearest directory."""
    (project / "contexta.toml").write_text('[workspace]\nroot_path = "from-file"\n', encoding="utf-8")
    assert project / "from-file" == root_of()
    monkeypatch.setenv("CONTEXTA_WORKSPACE_ROOT_PATH", "from-variable")
    assert project / "one" / "two" / "from-variable" == root_of()
    assert "from-set" == root_of(settings=["workspace.root_path=from-set"]).name
    assert "named" == root_of(workspace="named", settings=["workspace.root_path=from-set"]).name


def test_the_profile_has_a_workspace_of_its_own(project):
    """With --profile test it is the nearest .contexta-test."""
    (project / ".contexta-test").mkdir()
    assert project / ".contexta-test" == root_of(profile="test")


def test_the_configuration_chooses_the_format(cli, small, tmp_path):
    """The configured format counts for answers and errors alike, and an option wins over it."""
    (tmp_path / "contexta.toml").write_text('overlays = ["ci"]\n', encoding="utf-8")
    assert 5 == len(cli("runs", "--workspace", small).json["runs"])
    assert "query_run_not_found" == cli("run", "show", "nosuch", "--workspace", small).error["code"]
    assert cli("runs", "--workspace", small, "--format", "text").out.startswith("RUN ")


def test_the_configuration_makes_quiet(cli, small):
    """The verbosity `quiet` leaves out hints as --quiet does."""
    outcome = cli("run", "show", "first", "--workspace", small, "--set", "surfaces.cli.verbosity=quiet")
    assert "Next:" not in outcome.out


def test_the_configuration_tells_more_of_an_error(cli, small):
    """The verbosity `debug` adds the details of an error as text, `forensic` its traceback as well."""

    def told(verbosity):
        asked = ("run", "show", "gone", "--workspace", small, "--set", f"surfaces.cli.verbosity={verbosity}")
        return cli(*asked).err

    normal, debug, forensic = map(told, ("normal", "debug", "forensic"))
    assert 1 == len(normal.splitlines())
    assert debug.startswith(normal)
    assert '"run_id": "gone"' in debug
    assert "Traceback" not in debug
    assert "Traceback (most recent call last)" in forensic
    assert forensic.endswith(debug)


def test_a_question_opens_no_sink(cli, small, tmp_path):
    """A sink of the configuration that cannot be had, and is required, spoils no question and says nothing to it."""
    (tmp_path / "contexta.toml").write_text(
        '[[capture.sinks]]\nuse = "acme_gone"\nrequired = true\n', encoding="utf-8"
    )
    outcome = cli("runs", "--workspace", small)
    assert (0, "") == (outcome.code, outcome.err)


def test_reading_waits_for_nobody(cli, tmp_path):
    """Runs are listed while another process' object holds the workspace open and writes."""
    with (
        Contexta(
            workspace=str(tmp_path / ".contexta"), config={"records": {"durability_mode": "flush"}}
        ) as ctx,
        ctx.run("writing"),
    ):
        ctx.metric("loss", 0.25)
        outcome = cli("runs", "--format", "json")
    assert ["open"] == [run["status"] for run in outcome.json["runs"]]
