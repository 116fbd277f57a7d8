"""`CONTEXTA_*` variables: one for every field, lenient text, and warnings for what is none."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from contexta.config import (
    ConfigurationWarning,
    UnifiedConfig,
    apply_env_overrides,
    config_to_mapping,
    environment,
    load_config,
)
from contexta.config.schema import environment_fields, leaf_fields
from contexta.errors import ConfigurationError


def _at(config, path):
    for name in path.split("."):
        config = getattr(config, name)
    return config


def test_every_field_has_a_variable_of_its_own():
    """The variables' names follow from the fields' paths, and no two fields share one."""
    assert len(leaf_fields()) == len(environment_fields())
    names = environment_fields()
    assert (
        "interpretation.anomaly.z_score_threshold"
        == names["CONTEXTA_INTERPRETATION_ANOMALY_Z_SCORE_THRESHOLD"].path
    )
    assert "surfaces.http.port" == names["CONTEXTA_SURFACES_HTTP_PORT"].path
    assert "plugins.disabled" == names["CONTEXTA_PLUGINS_DISABLED"].path


# One text for each field, different from the default, and the value it stands for.
BY_TEXT = {
    "config_version": ("1", "1"),
    "profile_name": ("test", "test"),
    "contract.schema_version": ("1.0.0", "1.0.0"),
    "capture.retry_backoff_seconds": ("0.25", 0.25),
    "capture.sinks": ("otel, stdout", None),
    "interpretation.comparison.metric_directions": ("fid=lower", None),
    "metadata.options": ('{"a": [1]}', None),
    "interpretation.services": ("compare=acme,trend=off", None),
    "interpretation.anomaly.z_score_threshold": ("3", 3.0),
    "interpretation.alert.rules": ('[{"metric_key": "loss", "operator": "gt", "threshold": -1}]', None),
    "surfaces.export.csv_delimiter": (";", ";"),
    "records.layout_mode": ("acme", "acme"),
    "capture.producer_ref": ("my.lab", "my.lab"),
}


@pytest.mark.parametrize("path", leaf_fields())
def test_every_field_can_be_set_by_its_variable(path, tmp_path):
    """A variable changes its own field, for each of them."""
    default = _at(UnifiedConfig(), path)
    rule = leaf_fields()[path].rule
    if path in BY_TEXT:
        text, expected = BY_TEXT[path]
    elif isinstance(default, bool):
        text, expected = ("off", False) if default else ("YES", True)
    elif isinstance(default, float):
        text, expected = "0.75", 0.75
    elif hasattr(rule, "choices"):
        text = expected = next(choice for choice in rule.choices if choice != default)
    elif isinstance(default, int) or path.endswith(("_days", "_depth")):
        text, expected = "12", 12
    elif isinstance(default, tuple):
        text, expected = "x, y,", ("x", "y")
    elif "path" in path or "root" in path:
        text, expected = str(tmp_path), tmp_path
    elif path.endswith("options"):
        text, expected = '{"a": [1]}', None
    else:
        text, expected = "something", "something"
    name = "CONTEXTA_" + path.upper().replace(".", "_")
    found = _at(load_config(env={name: f" {text} "}), path)
    assert expected in {found, None}
    assert found != default or path in {"config_version", "contract.schema_version"}


def test_sinks_by_names_and_by_json():
    """Sinks are a list of plugin names, or a JSON array with all they take."""
    by_names = load_config(env={"CONTEXTA_CAPTURE_SINKS": "otel, stdout"}).capture.sinks
    assert ["otel", "stdout"] == [sink.use for sink in by_names]
    text = '[{"use": "otel", "id": "prod", "required": true, "options": {"a": 1}}]'
    (sink,) = load_config(env={"CONTEXTA_CAPTURE_SINKS": text}).capture.sinks
    assert ("otel", "prod", True, {"a": 1}) == (sink.use, sink.id, sink.required, sink.options)


def test_services_by_pairs():
    """Services are replaced and turned off by pairs."""
    config = load_config(env={"CONTEXTA_INTERPRETATION_SERVICES": "compare=acme, trend=off"})
    assert {"compare": "acme", "trend": "off"} == config.interpretation.services


@pytest.mark.parametrize(
    ("text", "expected"), [("a, b,,", ("a", "b")), ("[]", ()), ('["a,b"]', ("a,b",)), ("one", ("one",))]
)
def test_lists_by_text(text, expected):
    """Lists are separated by commas, or written as JSON; `[]` is none."""
    env = {"CONTEXTA_INTERPRETATION_ANOMALY_MONITORED_METRICS": text}
    assert expected == load_config(env=env).interpretation.anomaly.monitored_metrics


@pytest.mark.parametrize("text", ["true", "1", "YES", "On"])
def test_true_by_text(text):
    """The usual words for true are understood in any case."""
    assert load_config(env={"CONTEXTA_METADATA_READ_ONLY": text}).metadata.read_only


@pytest.mark.parametrize("text", ["", "   "])
def test_blank_variables_are_not_set(text):
    """A blank variable says nothing."""
    assert "default" == load_config(env={"CONTEXTA_PROJECT_NAME": text}).project_name


@pytest.mark.parametrize("text", ["null", "None"])
def test_nothing_clears_an_optional_field(text):
    """`null` and `none` stand for no value where a field may have none."""
    assert load_config(env={"CONTEXTA_RETENTION_CACHE_TTL_DAYS": text}).retention.cache_ttl_days is None


def test_none_is_a_word_where_the_field_knows_it():
    """`none` is one of the verification modes, and is not taken for no value."""
    config = load_config(env={"CONTEXTA_ARTIFACTS_VERIFICATION_MODE": "none"})
    assert "none" == config.artifacts.verification_mode


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        ("CONTEXTA_SURFACES_HTTP_PORT", "abc", "surfaces.http.port"),
        ("CONTEXTA_SURFACES_HTTP_PORT", "1" * 5000, "surfaces.http.port"),
        ("CONTEXTA_SURFACES_HTTP_PORT", "1.5", "surfaces.http.port"),
        ("CONTEXTA_RETENTION_CACHE_TTL_DAYS", "soon", "retention.cache_ttl_days"),
        ("CONTEXTA_RECORDS_READ_ONLY", "maybe", "records.read_only"),
        ("CONTEXTA_RECORDS_DURABILITY_MODE", "FSYNC", "records.durability_mode"),
        ("CONTEXTA_METADATA_OPTIONS", "{", "metadata.options"),
        ("CONTEXTA_METADATA_OPTIONS", "[" * 100_000, "metadata.options"),
        ("CONTEXTA_METADATA_OPTIONS", '{"a": NaN}', "metadata.options.a"),
        ("CONTEXTA_INTERPRETATION_SERVICES", "compare", "interpretation.services"),
        ("CONTEXTA_CAPTURE_SINKS", '[{"id": "x"}]', "capture.sinks[0].use"),
        ("CONTEXTA_WORKSPACE_ROOT_PATH", "~nobody-of-this-name/x", "workspace.root_path"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_bad_variables_are_refused_with_path_and_origin(name, text, path):
    """A value that its field does not accept names the field and the variable, and no builtin error leaks."""
    with pytest.raises(ConfigurationError) as caught:
        load_config(env={name: text})
    assert (path, f"environment:{name}") == (caught.value.details["path"], caught.value.details["origin"])
    assert str(caught.value).startswith(f"{path}: ")
    assert f"(from environment:{name})" in str(caught.value)


def test_options_are_not_repeated_in_errors():
    """Options may hold secrets, so a broken text of them is not shown."""
    with pytest.raises(ConfigurationError) as caught:
        load_config(env={"CONTEXTA_METADATA_OPTIONS": '{"password": "hunter2"'})
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(caught.value.details)


def test_an_unknown_variable_is_warned_about_with_the_likely_one():
    """A misspelt variable has no effect and says so, with the right name."""
    with pytest.warns(ConfigurationWarning, match="did you mean CONTEXTA_RECORDS_DURABILITY_MODE"):
        config = load_config(env={"CONTEXTA_RECORDS_DURABILTY_MODE": "flush"})
    assert UnifiedConfig() == config


def test_the_warning_points_at_the_program():
    """The warning is shown for the line that loads the configuration, not for one of ours."""
    with pytest.warns(ConfigurationWarning) as caught:
        load_config(env={"CONTEXTA_LICENSE": "1"})
    assert __file__ == caught[0].filename
    assert "did you mean" not in str(caught[0].message)


@pytest.mark.parametrize(
    "name",
    [
        "CONTEXTA_RUN",
        "CONTEXTA_RUN_REF",
        "CONTEXTA_PLUGINS",
        "CONTEXTA_PLUGIN_ERRORS",
        "CONTEXTA_TRACE_PLUGINS",
        "CONTEXTA_DEBUG",
        "OTHER_TOOL",
        "contexta_project_name",
    ],
)
def test_names_with_another_meaning_are_left_alone(name):
    """Variables of other parts, of other programs, and in other case neither set anything nor warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert UnifiedConfig() == load_config(env={name: "1"})


def test_the_resolved_profiles_name_chooses_like_the_selector():
    """CONTEXTA_PROFILE_NAME applies the profile instead of only naming it; CONTEXTA_PROFILE beats it."""
    assert "flush" == load_config(env={"CONTEXTA_PROFILE_NAME": "test"}).records.durability_mode
    both = {"CONTEXTA_PROFILE_NAME": "test", "CONTEXTA_PROFILE": "local"}
    assert "fsync" == load_config(env=both).records.durability_mode


def test_the_environment_can_be_left_out(monkeypatch):
    """use_env=False looks at no variable; None means the process's own; a mapping replaces those."""
    monkeypatch.setenv("CONTEXTA_PROJECT_NAME", "from-process")
    assert "from-process" == load_config().project_name
    assert "default" == load_config(use_env=False).project_name
    assert "default" == load_config(env={}).project_name
    assert "default" == load_config(env={"CONTEXTA_PROJECT_NAME": "x"}, use_env=False).project_name


@pytest.mark.parametrize("env", [["CONTEXTA_X"], {"CONTEXTA_PROJECT_NAME": 1}])
def test_an_environment_of_another_kind_is_refused(env):
    """Whatever is no mapping of text to text is a typed error."""
    with pytest.raises(ConfigurationError) as caught:
        load_config(env=env)
    assert "invalid_config_input" == caught.value.code


def test_overrides_of_a_finished_configuration():
    """apply_env_overrides sets what variables give, and returns the same object where there are none."""
    config = UnifiedConfig(project_name="mine")
    assert config is apply_env_overrides(config, env={"PATH": "x", "CONTEXTA_RUN": "r"})
    changed = apply_env_overrides(config, env={"CONTEXTA_WORKSPACE_ROOT_PATH": "ws"})
    assert ("mine", "ws") == (changed.project_name, changed.workspace.root_path.name)
    assert "ws" == changed.records.root_path.parent.name


def test_every_variable_reproduces_the_default():
    """Each default, written as text, reads back as itself."""
    default = config_to_mapping(UnifiedConfig())
    env = {}
    for name, leaf in environment_fields().items():
        value = default
        for key in leaf.path.split("."):
            value = value[key]
        if isinstance(value, list):
            value = ",".join(value) or "[]"
        env[name] = "none" if value is None else "{}" if value == {} else str(value)
    assert UnifiedConfig() == load_config(env=env)


def test_what_other_parts_read_is_read():
    """A variable that is let through without being a setting is read by some module of the product."""
    command_line = pytest.importorskip("contexta_cli")
    root = Path(environment.__file__).parents[1]
    text = "".join(
        path.read_text(encoding="utf-8")
        for place in (root, Path(command_line.__file__).parent)
        for path in place.rglob("*.py")
        if path != Path(environment.__file__)
    )
    assert [] == [name for name in sorted(environment._OTHER_NAMES) if f'"{name}"' not in text]
