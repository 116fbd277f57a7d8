"""Checking a file: all problems at once, with path, line and suggestion; and listing settings with their origins."""

from __future__ import annotations

import json

import pytest

from contexta.config import check_config_file, list_settings, load_config, resolve
from contexta.config.positions import setting_lines
from contexta.config.schema import leaf_fields
from contexta.errors import ConfigurationError

TOML = """\
# settings of the lab
project_nam = "x"
profile = "tset"

[records]
durability_mode = "fsnc"
storage_adapter = "jsonl_segment"
max_segment_bytes = -1

[[capture.sinks]]
use = "stdot"
[capture.sinks.options]
text = '''
[records]
layout_mode = "x"
'''
[[capture.sinks]]
id = "second"
use = "memory"

[surfaces]
http = {port = 99999}
[security]
secret_key_patterns = [
  "a", # ] "
  3,
]
[interpretation.services]
compare = "compar"
trend = "off"
"""
YAML = """\
# settings of the lab
project_nam: x
profile: tset

records:
  durability_mode: fsnc
  storage_adapter: jsonl_segment
  max_segment_bytes: -1

capture:
  sinks:
    - use: stdot
      options: {text: 'a: b'}
    - {id: second, use: memory}

surfaces: {http: {port: 99999}}
security:
  secret_key_patterns:
    - a
    - 3
interpretation:
  services:
    compare: compar
    trend: 'off'
"""
INSTALLED = {
    "record_store": ["jsonl_segments"],
    "sink": ["memory", "stdout"],
    "interpreter": ["compare", "query"],
}
SUGGESTED = {
    "project_nam": "project_name",
    "profile": "test",
    "records.durability_mode": "fsync",
    "records.storage_adapter": "jsonl_segments",
    "records.max_segment_bytes": None,
    "capture.sinks[0].use": "stdout",
    "surfaces.http.port": None,
    "security.secret_key_patterns[1]": None,
    "interpretation.services.compare": "compare",
}


def _check(folder, name, text, **arguments):
    (folder / name).write_text(text, encoding="utf-8")
    return check_config_file(folder / name, **arguments)


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("c.toml", TOML, [2, 3, 6, 7, 8, 11, 22, 24, 29]),
        ("c.yaml", YAML, [2, 3, 6, 7, 8, 12, 16, 20, 23]),
    ],
)
def test_all_problems_are_found_with_their_lines(tmp_path, name, text, lines):
    """Misspelt keys, words and plugins, bad values and bad items are told at once, each with line and suggestion."""
    report = _check(tmp_path, name, text, plugin_names=INSTALLED.__getitem__)
    assert not report.ok
    assert SUGGESTED == {problem.path: problem.suggestion for problem in report.problems}
    assert dict(zip(SUGGESTED, lines, strict=True)) == {each.path: each.line for each in report.problems}


def test_a_report_is_plain_data(tmp_path):
    """The report as a dictionary is what the command prints as JSON."""
    data = _check(tmp_path, "c.toml", "[records]\nread_onl = true\n").to_dict()
    assert data == json.loads(json.dumps(data))
    assert {
        "file": str(tmp_path / "c.toml"),
        "ok": False,
        "problems": [
            {
                "path": "records.read_onl",
                "line": 2,
                "code": "unknown_config_field",
                "message": "there is no such setting; did you mean 'records.read_only'?",
                "suggestion": "records.read_only",
            }
        ],
    } == data


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.toml", 'profile = "test"\noverlays = ["ci"]\n[records]\nread_only = true\n'),
        ("c.yaml", "profile: test\noverlays: ci\nrecords: {read_only: true}\n"),
        ("c.json", '{"profile": "test", "records": {"read_only": true}}'),
        ("pyproject.toml", '[project]\nname = "x"\n[tool.contexta.records]\nread_only = true\n'),
        ("c.toml", ""),
    ],
)
def test_a_good_file_has_no_problems(tmp_path, name, text):
    """What load_config takes is ok, and only that."""
    report = _check(tmp_path, name, text, plugin_names=lambda kind: [])
    assert report.ok
    assert () == report.problems
    load_config(config_file=tmp_path / name, env={})


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("c.toml", 'project_name = "a"\n[records\n', 2),
        ("c.toml", 'project_name = "a"\nx = [1,\n\n', 2),
        ("c.yaml", "project_name: a\nrecords: [\n\n", 4),
        ("c.yaml", "project_name: a\n\tx: 1\n", 2),
        ("c.json", '{\n"project_name": \n}', 3),
    ],
)
def test_a_file_that_is_not_well_formed_is_told_with_its_line(tmp_path, name, text, line):
    """The parser's own line is told where the text breaks off."""
    (problem,) = _check(tmp_path, name, text).problems
    assert ("", line, "invalid_config_file") == (problem.path, problem.line, problem.code)
    assert "not well-formed" in problem.message


def test_lines_in_a_pyproject_are_those_of_the_file(tmp_path):
    """The table [tool.contexta] may stand anywhere, in any of TOML's ways."""
    text = '[project]\nname = "x"\n\n[tool.contexta]\nproject_nam = "y"\nrecords.read_only = 3\n'
    problems = _check(tmp_path, "pyproject.toml", text).problems
    assert [("project_nam", 5), ("records.read_only", 6)] == [(each.path, each.line) for each in problems]


def test_contradictions_between_settings_are_found(tmp_path):
    """Values that are fine alone and contradict each other are told."""
    text = '[records]\nlayout_mode = "acme"\nstorage_adapter = "other"\n'
    (problem,) = _check(tmp_path, "c.toml", text).problems
    assert ("records.layout_mode", 2) == (problem.path, problem.line)


def test_two_choices_of_a_profile_are_found(tmp_path):
    """`profile` and `profile_name` that differ are one problem, and the rest is checked all the same."""
    text = 'profile = "test"\nprofile_name = "local"\nproject_nam = "x"\n'
    assert ["invalid_profile_selector", "unknown_config_field"] == sorted(
        each.code for each in _check(tmp_path, "c.toml", text).problems
    )


def test_a_pin_names_a_plugin(tmp_path):
    """A plugin that is pinned to its distribution is found by its name."""
    text = '[metadata]\nstorage_adapter = "acme-store:sqlite"\n'
    assert _check(tmp_path, "c.toml", text, plugin_names=lambda kind: ["sqlite"]).ok
    assert not _check(tmp_path, "c.toml", text, plugin_names=lambda kind: ["duckdb"]).ok


@pytest.mark.parametrize(
    ("sink", "path"),
    [
        ("{use: stdot, familes: [record]}", "capture.sinks[0].use"),
        ("stdot", "capture.sinks[0]"),
        ('{use: "off"}', "capture.sinks[0].use"),
    ],
)
def test_a_sinks_plugin_is_looked_up_whatever_else_is_wrong(tmp_path, sink, path):
    """A mistaken key beside it, or the short form, does not hide that no such sink is installed."""
    text = f"capture:\n  sinks:\n    - {sink}\n"
    report = _check(tmp_path, "c.yaml", text, plugin_names=lambda kind: ["stdout"])
    assert (path, "plugin_missing", 3) in [(each.path, each.code, each.line) for each in report.problems]


def test_a_service_of_a_mistaken_name_is_found(tmp_path):
    """A name close to a service's is taken for a slip; one of its own is left to its plugin."""
    text = "interpretation:\n  services: {compar: 'off', trend: 'off', drift: acme}\n"
    report = _check(tmp_path, "c.yaml", text, plugin_names=lambda kind: ["compare", "trend", "acme"])
    (problem,) = report.problems
    assert (problem.path, problem.suggestion) == (
        "interpretation.services.compar",
        "interpretation.services.compare",
    )


def test_a_missing_file_is_an_error():
    """There is nothing to report about a file that is not there."""
    with pytest.raises(ConfigurationError, match="there is no configuration file"):
        check_config_file("none.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a]\nb.c = 1\n\n[a.d]\ne = 2", {"a": 1, "a.b": 2, "a.b.c": 2, "a.d": 4, "a.d.e": 5}),
        ("x = '''\n[y]\n'''\nz = 1", {"x": 1, "z": 4}),
        ("[[s]]\na = 1\n[[s]]\na = 2\n[s.t]\nb = 3", {"s[0]": 1, "s[0].a": 2, "s[1]": 3, "s[1].a": 4, "s[1].t": 5, "s[1].t.b": 6}),
        ('"a.b" = 1\r\nc = [\r\n {d = 1},\r\n {d = 2}]', {"a.b": 1, "c": 2, "c[0].d": 2, "c[1].d": 2}),
    ],
)  # fmt: skip
def test_lines_of_toml_statements(tmp_path, text, expected):
    """Headers, dotted keys, arrays of tables, and values over several lines have the line on which they begin."""
    assert expected == setting_lines(tmp_path / "c.toml", text)


def test_aliases_of_yaml_do_not_take_for_ever(tmp_path):
    """A small file whose unfolded form has no end is checked within the usual time."""
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))
    report = _check(tmp_path, "c.yaml", f"a0: &a0 [x]\n{levels}\nb: &b [*b]\n")
    assert 13 == len(report.problems)


def test_a_long_text_in_toml_does_not_take_for_ever(tmp_path):
    """Lines are looked for within bounds; the file is checked all the same."""
    text = "[metadata.options]\nx = '''\n" + "y\n" * 200_000 + "'''\nproject_nam = 1\n[nonsense]\n"
    (problem,) = _check(tmp_path, "c.toml", text).problems
    assert ("nonsense", None) == (problem.path, problem.line)


def test_every_setting_is_listed_with_its_origin(tmp_path):
    """Each field has one entry, in order, with the layer that gave it."""
    (tmp_path / "contexta.toml").write_text("[records]\nread_only = true\n", encoding="utf-8")
    resolved = resolve(
        profile="test",
        overlays=["ci"],
        config_file=tmp_path / "contexta.toml",
        env={"CONTEXTA_SURFACES_HTTP_PORT": "80"},
        config={"project_name": "mine"},
    )
    settings = {setting.path: setting for setting in list_settings(resolved)}
    assert list(leaf_fields()) == list(settings)
    expected = {
        "config_version": ("1", "default"),
        "records.durability_mode": ("flush", "profile:test"),
        "surfaces.cli.color": (False, "overlay:ci"),
        "records.read_only": (True, "file:contexta.toml"),
        "surfaces.http.port": (80, "environment:CONTEXTA_SURFACES_HTTP_PORT"),
        "project_name": ("mine", "argument"),
    }
    assert expected == {path: (settings[path].value, settings[path].origin) for path in expected}
    assert json.dumps([setting.value for setting in settings.values()])


def test_secrets_in_options_are_not_listed():
    """Text under an option that speaks of a secret is masked, at any depth."""
    options = {"token": "hunter2", "retries": 3, "auth": {"password": "hunter3", "user": "me"}}
    patch = {"metadata": {"options": options}, "capture": {"sinks": [{"use": "x", "options": options}]}}
    settings = {each.path: each.value for each in list_settings(resolve(config=patch, env={}))}
    masked = {"token": "***", "retries": 3, "auth": {"password": "***", "user": "me"}}
    assert masked == settings["metadata.options"]
    assert masked == settings["capture.sinks"][0]["options"]
