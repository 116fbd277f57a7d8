"""Configurations as mappings: saved, loaded, merged."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.config import (
    CaptureConfig,
    MetadataStoreConfig,
    SinkConfig,
    UnifiedConfig,
    build_schema_defaults,
    build_unified_config,
    config_to_mapping,
    load_config,
    load_profile,
    merge_config_patch,
    replace_unified_config,
)
from contexta.errors import ConfigurationError

PATCHES = st.recursive(
    st.integers() | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
MAPPINGS = st.dictionaries(st.sampled_from("abc"), PATCHES, max_size=3)


def _leaves(mapping, path=()):
    """List every value that is no mapping, and every empty mapping, by its path."""
    found = {}
    for key, value in mapping.items():
        if isinstance(value, dict) and value:
            found.update(_leaves(value, (*path, key)))
        else:
            found[(*path, key)] = value
    return found


@pytest.mark.parametrize(
    "config",
    [
        UnifiedConfig(),
        load_profile("test", overlays=["forensic", "readonly"]),
        UnifiedConfig(
            capture=CaptureConfig(sinks=[SinkConfig("otel", options={"a": [1, {"b": None}]})]),
            metadata=MetadataStoreConfig(storage_adapter="sqlite", options={"journal_mode": "wal"}),
        ),
    ],
    ids=["default", "test", "plugins"],
)
@pytest.mark.parametrize("include_derived", [True, False])
def test_a_configuration_survives_json(config, include_derived):
    """Written as JSON and loaded again, a configuration is equal to what it was."""
    text = json.dumps(config_to_mapping(config, include_derived=include_derived), allow_nan=False)
    assert config == load_config(config=json.loads(text), use_env=False)


def test_a_mapping_has_the_fields_in_order():
    """The mapping lists the sections and fields as the models do, paths as text."""
    mapping = config_to_mapping(UnifiedConfig())
    assert ["config_version", "profile_name", "project_name", "workspace"] == list(mapping)[:4]
    assert "plugins" == list(mapping)[-1]
    assert str(UnifiedConfig().workspace.root_path) == mapping["workspace"]["root_path"]


def test_each_mapping_is_new():
    """Changing a mapping changes no other and no configuration."""
    config = UnifiedConfig()
    config_to_mapping(config)["security"]["secret_key_patterns"].append("x")
    assert "x" not in config_to_mapping(config)["security"]["secret_key_patterns"]


@given(MAPPINGS, MAPPINGS)
def test_merging_lays_the_patch_on_top(base, patch):
    """Every leaf of the patch is in the result, and every leaf of the base that the patch does not touch."""
    merged = _leaves(merge_config_patch(base, patch))
    upper = _leaves(patch)
    lower = _leaves(base)
    for path, value in upper.items():
        covers = any(known[: len(path)] == path and known != path for known in lower)
        if value != {} or not covers:
            assert value == merged[path]
    for path, value in lower.items():
        touched = any(path[: len(known)] == known or known[: len(path)] == path for known in upper)
        assert touched or value == merged[path]


@given(MAPPINGS, MAPPINGS)
def test_merging_shares_nothing(base, patch):
    """Neither input changes, and emptying the result at every depth reaches neither."""
    before = copy.deepcopy((base, patch))

    def empty(value):
        for item in value.values() if isinstance(value, dict) else ():
            empty(item)
        if isinstance(value, (dict, list)):
            value.clear()

    empty(merge_config_patch(base, patch))
    assert before == (base, patch)


@pytest.mark.parametrize("pair", [(None, {}), ({}, [1])])
def test_only_mappings_merge(pair):
    """Anything else is a typed error."""
    with pytest.raises(ConfigurationError):
        merge_config_patch(*pair)


def test_a_mapping_is_made_of_a_configuration_only():
    """Anything else is a typed error."""
    with pytest.raises(ConfigurationError):
        config_to_mapping({})


def test_builders_without_a_patch_give_the_defaults(monkeypatch):
    """The builders look at no environment."""
    monkeypatch.setenv("CONTEXTA_PROJECT_NAME", "from-env")
    assert UnifiedConfig() == build_schema_defaults() == build_unified_config()
    assert "x" == build_unified_config({"project_name": "x"}).project_name


def test_replacing_changes_only_what_the_patch_names():
    """A patch on a configuration keeps everything else, derived or given."""
    config = load_profile("test")
    changed = replace_unified_config(config, {"surfaces": {"http": {"port": "81"}}})
    assert 81 == changed.surfaces.http.port
    assert config == replace_unified_config(changed, {"surfaces": {"http": {"port": 8765}}})
    assert config is replace_unified_config(config)


@pytest.mark.parametrize("patch", [{"profile": "test"}, {"profile_name": "test"}, {"overlays": []}])
def test_replacing_cannot_relabel(patch):
    """A finished configuration keeps its profile; naming the one it has is no change."""
    with pytest.raises(ConfigurationError):
        replace_unified_config(UnifiedConfig(), patch)
    assert UnifiedConfig() == replace_unified_config(UnifiedConfig(), {"profile_name": "local"})


def test_keys_may_be_dotted():
    """A dotted key is the path of its field."""
    config = load_config(config={"surfaces.http": {"port": 1}, "records.read_only": True}, env={})
    assert (1, True) == (config.surfaces.http.port, config.records.read_only)


@pytest.mark.parametrize(
    ("patch", "suggestion"),
    [
        ({"recrods": {}}, "records"),
        ({"durability_mode": "flush"}, "records.durability_mode"),
        ({"surfaces": {"htp": {}}}, "surfaces.http"),
        ({"surfaces": {"http": {"prt": 1}}}, "surfaces.http.port"),
        ({"http": {}}, "surfaces.http"),
        ({"qqqq": 1}, None),
        ({1: 2}, None),
        ({("a",): 2}, None),
    ],
)
def test_unknown_keys_bring_a_suggestion(patch, suggestion):
    """A key that is unknown is refused; a near one, or the same in another section, is suggested."""
    with pytest.raises(ConfigurationError) as caught:
        load_config(config=patch, env={})
    assert ("unknown_config_field", suggestion) == (caught.value.code, caught.value.details["suggestion"])


@pytest.mark.parametrize("value", [None, 3, "x", [1], MetadataStoreConfig()])
def test_a_section_is_a_mapping_or_its_model(value):
    """Anything else in a section's place is a typed error with the section's path."""
    with pytest.raises(ConfigurationError, match=r"^records: expected a mapping"):
        load_config(config={"records": value}, env={})
