"""The faults of version 1's configuration, one after the other, and that they are mended."""

from __future__ import annotations

import dataclasses
import json
import warnings

import pytest

from contexta.config import (
    CaptureConfig,
    ConfigurationWarning,
    UnifiedConfig,
    WorkspaceConfig,
    config_to_mapping,
    load_config,
    load_profile,
    make_local_config,
    make_test_config,
    merge_config_patch,
)
from contexta.errors import ConfigurationError, ContextaError


def test_the_test_profile_has_a_workspace_of_its_own():
    """Without an explicit workspace the profile's counts, so tests do not write into the real one."""
    assert ".contexta-test" == load_config(profile="test", workspace=None, env={}).workspace.root_path.name


def test_a_mappings_and_a_variables_workspace_count(tmp_path):
    """Without an explicit workspace those of mapping and environment count."""
    by_mapping = load_config(config={"workspace": {"root_path": tmp_path / "mine"}}, env={})
    by_variable = load_config(env={"CONTEXTA_WORKSPACE_ROOT_PATH": str(tmp_path / "mine")})
    assert tmp_path / "mine" == by_mapping.workspace.root_path == by_variable.workspace.root_path


def test_a_strangers_variable_does_not_stop_the_program():
    """An unknown variable with our prefix is warned about and has no effect."""
    with pytest.warns(ConfigurationWarning, match="CONTEXTA_LICENSE is no setting"):
        assert UnifiedConfig() == load_config(env={"CONTEXTA_LICENSE": "1"})


@pytest.mark.parametrize(
    "given",
    [
        {"env": {"CONTEXTA_SURFACES_HTTP_PORT": "abc"}},
        {"profile": "prod"},
        {"profile": 3},
        {"profile": ["test"]},
        {"overlays": "debgu"},
        {"overlays": 3},
        {"overlays": {"debug": 1}},
        {"overlays": [["debug"]]},
        {"config": [1]},
        {"config": {"config_version": 1}},
        {"config": {1: 2}},
        {"workspace": 3},
        {"project_name": 3},
        {"config_file": "."},
        {"env": 3},
    ],
    ids=str,
)
def test_no_builtin_error_escapes(given):
    """Whatever is wrong with an argument, the error is typed, has a code, and names what was meant."""
    with pytest.raises(ContextaError) as caught:
        load_config(**{"env": {}, **given})
    assert isinstance(caught.value, ConfigurationError)
    assert caught.value.code != ConfigurationError.default_code


def test_one_overlay_may_be_given_as_text():
    """A text is one name, or several separated by commas; it is not taken for a list of letters."""
    assert "debug" == load_config(overlays="debug", env={}).surfaces.cli.verbosity
    assert load_config(overlays="debug,readonly", env={}).records.read_only


def test_a_bad_profile_is_told_with_its_source(tmp_path):
    """A profile that does not exist is refused from each source, with the profiles that do."""
    file = tmp_path / "c.toml"
    file.write_text('profile = "tset"', encoding="utf-8")
    for given in ({"profile": "tset"}, {"env": {"CONTEXTA_PROFILE": "tset"}}, {"config_file": file}):
        with pytest.raises(ConfigurationError, match="did you mean 'test'") as caught:
            load_config(**{"env": {}, **given})
        assert "invalid_profile_selector" == caught.value.code
        assert ("local", "test") == caught.value.details["allowed"]
    with pytest.raises(ConfigurationError):
        load_profile("prod")


def test_errors_say_which_field():
    """The text begins with the field's path and ends with the layer."""
    with pytest.raises(ConfigurationError) as caught:
        load_config(config={"surfaces": {"http": {"port": [1]}}}, use_env=False)
    assert str(caught.value).startswith("surfaces.http.port: expected a whole number")
    assert str(caught.value).endswith("got [1] (from argument)")
    assert ("surfaces.http.port", "argument") == (
        caught.value.details["path"],
        caught.value.details["origin"],
    )


@pytest.mark.parametrize(
    "values", [{"dispatch_failure_mode": "bogus"}, {"retry_attempts": "x"}, {"retry_attempts": -1}]
)
def test_constructors_check_ranges_and_choices(values):
    """A value that would make every capture fail is refused when the configuration is made."""
    with pytest.raises(ConfigurationError):
        CaptureConfig(**values)
    with pytest.raises(ConfigurationError):
        load_config(config={"capture": values}, env={})


def test_a_replaced_workspace_takes_its_paths_along(tmp_path):
    """No configuration mixes two workspaces."""
    config = dataclasses.replace(UnifiedConfig(), workspace=WorkspaceConfig(tmp_path / "B"))
    assert tmp_path / "B/metadata/ledger.db" == config.metadata.database_path


def test_the_makers_take_a_finished_configuration():
    """make_local_config and make_test_config accept what they advertise."""
    config = UnifiedConfig()
    assert config is make_local_config(config=config)
    assert config is make_test_config(config=config)


@pytest.mark.parametrize("key", ["profile", "profile_name"])
def test_a_profile_in_a_mapping_or_file_is_applied(tmp_path, key):
    """Naming the profile in a mapping or a file applies it, under either key."""
    file = tmp_path / "c.json"
    file.write_text(json.dumps({key: "test"}), encoding="utf-8")
    for given in ({"config": {key: "test"}}, {"config_file": file}):
        config = load_config(env={}, **given)
        assert ("test", "flush", "strict") == (
            config.profile_name,
            config.records.durability_mode,
            config.security.redaction_mode,
        )


def test_two_profiles_in_one_mapping_are_refused():
    """`profile` and `profile_name` must not contradict; a key without a value says nothing."""
    with pytest.raises(ConfigurationError, match="give one"):
        load_config(config={"profile": "test", "profile_name": "local"}, env={})
    assert "test" == load_config(config={"profile": "test", "profile_name": "test"}, env={}).profile_name
    assert "local" == load_config(config={"profile": None}, env={}).profile_name


def test_a_files_paths_do_not_depend_on_the_current_directory(tmp_path, monkeypatch):
    """The same file means the same workspace from two directories."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/c.toml").write_text('[workspace]\nroot_path = "ws"\n', encoding="utf-8")
    found = set()
    for folder in (tmp_path, tmp_path / "etc"):
        monkeypatch.chdir(folder)
        found.add(load_config(config_file=tmp_path / "etc/c.toml", env={}).workspace.root_path)
    assert {tmp_path / "etc/ws"} == found


def test_yaml_is_read(tmp_path):
    """A YAML file is a configuration file."""
    (tmp_path / "c.yaml").write_text("project_name: x", encoding="utf-8")
    assert "x" == load_config(config_file=tmp_path / "c.yaml", env={}).project_name


def test_a_configuration_can_be_saved():
    """config_to_mapping gives what a JSON writer takes."""
    assert json.loads(json.dumps(config_to_mapping(UnifiedConfig())))


def test_merging_does_not_alias():
    """Editing the merged mapping leaves the input alone."""
    base = {"a": {"x": 1}}
    merge_config_patch(base, {"q": 1})["a"]["x"] = 2
    assert {"a": {"x": 1}} == base


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999"])
def test_thresholds_are_finite(text):
    """No text makes a threshold that no value can reach."""
    with pytest.raises(ConfigurationError, match="finite number above 0"):
        load_config(env={"CONTEXTA_INTERPRETATION_ANOMALY_Z_SCORE_THRESHOLD": text})


@pytest.mark.parametrize("value", [float("nan"), object(), {"a": b"x"}])
def test_saved_configurations_are_valid_json(value):
    """What JSON cannot hold is refused on the way in, so that nothing is turned into text or NaN on the way out."""
    with pytest.raises(ConfigurationError):
        load_config(config={"metadata": {"options": {"x": value}}}, env={})


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"capture": {"producer_ref": "Bad Ref"}}, "capture.producer_ref"),
        ({"project_name": "  "}, "project_name"),
        ({"project_name": "x" * 257}, "project_name"),
    ],
)
def test_names_are_checked_when_the_configuration_is_made(patch, path):
    """A name of which no reference can be made fails at load time, not at the first capture."""
    with pytest.raises(ConfigurationError) as caught:
        load_config(config=patch, env={})
    assert path == caught.value.details["path"]


def test_the_silent_case_is_silent():
    """A correct configuration warns about nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_config(profile="test", overlays=["ci"], env={"CONTEXTA_PROJECT_NAME": "x"})
