"""Precedence: for each pair of neighbouring layers the higher one wins, and every value knows its layer."""

from __future__ import annotations

import json

import pytest

from contexta.config import (
    CaptureConfig,
    UnifiedConfig,
    WorkspaceConfig,
    load_config,
    load_profile,
    make_local_config,
    make_test_config,
)
from contexta.config.resolution import resolve
from contexta.config.schema import leaf_fields
from contexta.errors import ConfigurationError


def _file(folder, **values):
    path = folder / "settings.json"
    path.write_text(json.dumps(values), encoding="utf-8")
    return path


def test_the_profile_beats_the_defaults():
    """The profile `test` flushes where the default syncs."""
    assert "fsync" == load_config(env={}).records.durability_mode
    assert "flush" == load_config(profile="test", env={}).records.durability_mode


def test_overlays_beat_the_profile():
    """An overlay sets what the profile has set otherwise."""
    config = load_config(profile="test", overlays=["readonly", "forensic"], env={})
    assert config.records.read_only
    assert "forensic" == config.surfaces.cli.verbosity


def test_the_file_beats_overlays(tmp_path):
    """What a file says holds against an overlay."""
    file = _file(tmp_path, surfaces={"cli": {"verbosity": "quiet"}})
    assert "quiet" == load_config(overlays=["debug"], config_file=file, env={}).surfaces.cli.verbosity


def test_the_environment_beats_the_file(tmp_path):
    """A variable holds against the file."""
    file = _file(tmp_path, project_name="from-file")
    env = {"CONTEXTA_PROJECT_NAME": "from-env"}
    assert "from-env" == load_config(config_file=file, env=env).project_name


def test_the_mapping_beats_the_environment():
    """The mapping given in code holds against a variable."""
    env = {"CONTEXTA_PROJECT_NAME": "from-env"}
    assert "from-code" == load_config(env=env, config={"project_name": "from-code"}).project_name


def test_the_project_name_argument_beats_the_mapping():
    """project_name= holds against the mapping."""
    assert (
        "argument" == load_config(env={}, config={"project_name": "a"}, project_name="argument").project_name
    )


def test_the_workspace_argument_beats_the_mapping(tmp_path):
    """workspace= holds against the mapping, and the paths follow it."""
    config = load_config(env={}, config={"workspace": {"root_path": "x"}}, workspace=tmp_path)
    assert tmp_path == config.workspace.root_path
    assert tmp_path / "records" == config.records.root_path


def test_the_mapping_beats_a_fallback_workspace(tmp_path):
    """A fallback workspace gives way to the mapping's, and holds against environment and profile."""
    env = {"CONTEXTA_WORKSPACE_ROOT_PATH": str(tmp_path / "env")}
    patch = {"workspace": {"root_path": str(tmp_path / "mapping")}}
    fallback = tmp_path / "fallback"
    assert (
        tmp_path / "mapping"
        == resolve(config=patch, env=env, fallback_workspace=fallback).config.workspace.root_path
    )
    assert fallback == resolve(config={}, env=env, fallback_workspace=fallback).config.workspace.root_path


@pytest.mark.parametrize(
    ("lower", "higher"),
    [
        ({}, {"config_file": {"profile": "test"}}),
        ({"config_file": {"profile": "test"}}, {"env": {"CONTEXTA_PROFILE": "local"}}),
        ({"env": {"CONTEXTA_PROFILE": "test"}}, {"profile": "local"}),
        ({"profile": "test"}, {"config": {"profile": "local"}}),
    ],
    ids=["default-file", "file-environment", "environment-argument", "argument-mapping"],
)
def test_the_higher_source_chooses_the_profile(tmp_path, lower, higher):
    """Of default, file, environment, argument and mapping the highest that names a profile chooses it."""
    given = {"env": {}, **lower, **higher}
    if "config_file" in given:
        given["config_file"] = _file(tmp_path, **given["config_file"])
    expected = "test" if not lower else "local"
    config = load_config(**given)
    assert expected == config.profile_name
    assert {"test": "flush", "local": "fsync"}[expected] == config.records.durability_mode


def test_overlays_of_a_higher_source_replace_lower_ones(tmp_path):
    """Overlays do not add up over sources, and an explicit empty list clears them."""
    file = _file(tmp_path, overlays=["readonly"])
    assert load_config(config_file=file, env={}).records.read_only
    by_env = load_config(config_file=file, env={"CONTEXTA_PROFILE_OVERLAYS": "debug, ci"})
    assert not by_env.records.read_only
    assert not by_env.surfaces.cli.color
    assert not load_config(config_file=file, env={}, overlays=[]).records.read_only


def test_overlays_are_a_set():
    """The order of naming, blanks and duplicates do not matter; the order of application is fixed."""
    one = load_config(overlays=["forensic", "debug", "", "debug"], env={})
    other = load_config(overlays=["debug", "forensic"], env={})
    assert one == other
    assert "forensic" == one.surfaces.cli.verbosity


def test_the_local_profile_is_the_default():
    """The profile `local` changes nothing."""
    assert UnifiedConfig() == load_profile("local") == load_config(env={}) == make_local_config(env={})


def test_the_test_profile_sets_what_is_documented(tmp_path, monkeypatch):
    """The profile `test` differs from the defaults in exactly the documented fields."""
    monkeypatch.chdir(tmp_path)
    resolved = resolve(profile="test", env={})
    changed = {path for path, origin in resolved.origins.items() if origin == "profile:test"}
    assert {
        "project_name",
        "workspace.root_path",
        "capture.capture_environment_snapshot",
        "capture.capture_installed_packages",
        "capture.capture_code_revision",
        "records.durability_mode",
        "artifacts.verification_mode",
        "surfaces.html.enabled",
        "surfaces.notebook.enabled",
        "security.redaction_mode",
        "recovery.create_backup_before_restore",
    } == changed
    config = resolved.config
    assert ("test", tmp_path / ".contexta-test") == (config.project_name, config.workspace.root_path)
    assert ("flush", "strict", "strict") == (
        config.records.durability_mode,
        config.artifacts.verification_mode,
        config.security.redaction_mode,
    )


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        ("debug", {"surfaces.cli.verbosity": "debug", "retention.cache_ttl_days": None}),
        (
            "forensic",
            {
                "surfaces.cli.verbosity": "forensic",
                "retention.cache_ttl_days": None,
                "retention.export_ttl_days": None,
                "interpretation.reports.include_lineage_summary": True,
                "interpretation.reports.include_evidence_summary": True,
            },
        ),
        (
            "ci",
            {
                "surfaces.cli.default_output_format": "json",
                "surfaces.cli.color": False,
                "surfaces.http.enabled": False,
                "capture.retry_attempts": 0,
            },
        ),
        ("readonly", {"metadata.read_only": True, "records.read_only": True, "artifacts.read_only": True}),
    ],
)
def test_overlays_set_what_is_documented(overlay, expected):
    """Each overlay sets its documented fields, also against values of the layers below."""
    config = load_profile("local", overlays=[overlay])
    for path, value in expected.items():
        found = config
        for name in path.split("."):
            found = getattr(found, name)
        assert value == found


def test_the_test_config_ignores_the_environment(monkeypatch):
    """make_test_config looks at the environment only when asked to."""
    monkeypatch.setenv("CONTEXTA_PROJECT_NAME", "from-env")
    assert "test" == make_test_config().project_name
    assert "from-env" == make_test_config(use_env=True).project_name
    assert "from-env" == make_local_config().project_name


def test_load_profile_takes_profile_overlays_and_shorthands(tmp_path, monkeypatch):
    """load_profile knows its four arguments and nothing of the environment."""
    monkeypatch.setenv("CONTEXTA_PROJECT_NAME", "from-env")
    config = load_profile(" test ", overlays=["ci"], workspace=tmp_path, project_name="mine")
    assert ("test", "mine", tmp_path) == (
        config.profile_name,
        config.project_name,
        config.workspace.root_path,
    )
    assert "json" == config.surfaces.cli.default_output_format


def test_a_finished_configuration_is_used_as_it_is(tmp_path):
    """A UnifiedConfig comes back as the same object; everything beside it is ignored."""
    config = UnifiedConfig(workspace=WorkspaceConfig(tmp_path))
    given = {"workspace": "other", "overlays": ["ci"], "env": {"CONTEXTA_PROJECT_NAME": "x"}}
    assert config is load_config(config=config, profile="test", project_name="y", **given)


def test_a_section_may_be_given_as_its_model():
    """A model in a mapping stands for all of its fields, so no lower layer shows through."""
    env = {"CONTEXTA_CAPTURE_RETRY_ATTEMPTS": "5", "CONTEXTA_CAPTURE_PRODUCER_REF": "from.env"}
    config = load_config(env=env, config={"capture": CaptureConfig(producer_ref="from.code")})
    assert CaptureConfig(producer_ref="from.code") == config.capture


def test_mappings_merge_over_layers(tmp_path):
    """Options of one plugin come together from all layers, the higher one winning for a name."""
    file = _file(tmp_path, metadata={"options": {"a": 1, "deep": {"x": 1, "y": 1}}})
    env = {"CONTEXTA_METADATA_OPTIONS": '{"b": 2, "deep": {"y": 2}}'}
    options = load_config(config_file=file, env=env).metadata.options
    assert {"a": 1, "b": 2, "deep": {"x": 1, "y": 2}} == options.to_dict()


def test_lists_replace_over_layers(tmp_path):
    """A list of a higher layer replaces the lower one as a whole."""
    file = _file(tmp_path, security={"secret_key_patterns": ["a", "b"]})
    env = {"CONTEXTA_SECURITY_SECRET_KEY_PATTERNS": "c"}
    assert ("c",) == load_config(config_file=file, env=env).security.secret_key_patterns


def test_every_value_knows_its_origin(tmp_path):
    """For each layer, the fields that it decided name it; all others say that they are defaults."""
    file = _file(tmp_path, overlays="ci", capture={"producer_ref": "from.file"})
    resolved = resolve(
        profile="test",
        config_file=file,
        env={"CONTEXTA_SURFACES_HTTP_PORT": "81"},
        config={"retention": {"cache_ttl_days": 1}},
        workspace=tmp_path,
    )
    origins = resolved.origins
    assert "default" == origins["surfaces.http.host"]
    assert "profile:test" == origins["records.durability_mode"]
    assert "overlay:ci" == origins["surfaces.cli.color"]
    assert "file:settings.json" == origins["capture.producer_ref"]
    assert "environment:CONTEXTA_SURFACES_HTTP_PORT" == origins["surfaces.http.port"]
    assert "argument" == origins["retention.cache_ttl_days"] == origins["workspace.root_path"]
    assert "argument" == origins["profile_name"]
    assert list(leaf_fields()) == list(origins)


def test_the_record_stores_two_names_are_one_setting(tmp_path):
    """The highest layer that uses either name of the record store's plugin has the say."""
    file = _file(tmp_path, records={"storage_adapter": "from-file"})
    resolved = resolve(config_file=file, env={"CONTEXTA_RECORDS_LAYOUT_MODE": "from-env"})
    assert "from-env" == resolved.config.records.storage_adapter
    assert "environment:CONTEXTA_RECORDS_LAYOUT_MODE" == resolved.origins["records.storage_adapter"]


def test_a_contradiction_names_its_layer():
    """Values that only together are wrong are reported with path and origin too."""
    patch = {"capture": {"sinks": [{"use": "otel"}, {"use": "otel"}]}}
    with pytest.raises(ConfigurationError, match=r"^capture\.sinks\[1\]\.id: .*\(from argument\)$"):
        load_config(env={}, config=patch)
