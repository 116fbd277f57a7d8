"""Configuration files: three formats, relative paths, walking up, and what is wrong with them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from contexta.config import find_config_file, load_config
from contexta.errors import ConfigurationError, DependencyError

TOML = """
project_name = "vision"
profile = "test"
overlays = ["ci"]

[metadata]
storage_adapter = "sqlite"
[metadata.options]
journal_mode = "wal"

[[capture.sinks]]
use = "otel"
required = true
families = ["record"]
[capture.sinks.options]
service_name = "trainer"
"""
YAML = """
project_name: vision
profile: test
overlays: [ci]
metadata:
  storage_adapter: sqlite
  options: {journal_mode: wal}
capture:
  sinks:
    - use: otel
      required: true
      families: [record]
      options: {service_name: trainer}
"""
JSON = """{"project_name": "vision", "profile": "test", "overlays": "ci",
"metadata": {"storage_adapter": "sqlite", "options": {"journal_mode": "wal"}},
"capture": {"sinks": [{"use": "otel", "required": true, "families": ["record"],
"options": {"service_name": "trainer"}}]}}"""


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text"), [("c.toml", TOML), ("c.yaml", YAML), ("c.YML", YAML), ("c.json", JSON)]
)
def test_each_format_says_the_same(tmp_path, name, text):
    """TOML, YAML and JSON of the same settings give the same configuration."""
    config = load_config(config_file=_write(tmp_path / name, text), env={})
    assert ("vision", "test") == (config.project_name, config.profile_name)
    assert ("sqlite", {"journal_mode": "wal"}) == (config.metadata.storage_adapter, config.metadata.options)
    (sink,) = config.capture.sinks
    assert ("otel", "otel", True, ("record",)) == (sink.use, sink.id, sink.required, sink.families)
    assert {"service_name": "trainer"} == sink.options
    assert not config.surfaces.cli.color


def test_pyproject_holds_the_settings_in_its_tool_table(tmp_path):
    """Of a pyproject.toml only [tool.contexta] counts."""
    text = '[project]\nname = "x"\n[tool.contexta]\nproject_name = "vision"\n[tool.contexta.records]\nread_only = true\n'
    config = load_config(config_file=_write(tmp_path / "pyproject.toml", text), env={})
    assert "vision" == config.project_name
    assert config.records.read_only


@pytest.mark.parametrize(("name", "text"), [("c.toml", ""), ("c.yaml", "# nothing\n"), ("c.json", "{}")])
def test_an_empty_file_sets_nothing(tmp_path, name, text):
    """A file without settings is a file without settings."""
    assert load_config(env={}) == load_config(config_file=_write(tmp_path / name, text), env={})


def test_a_byte_order_mark_is_no_matter(tmp_path):
    """Files written by editors that begin with a mark are read."""
    (tmp_path / "c.toml").write_bytes(b'\xef\xbb\xbfproject_name = "x"')
    assert "x" == load_config(config_file=tmp_path / "c.toml", env={}).project_name


def test_relative_paths_are_relative_to_the_file(tmp_path, monkeypatch):
    """A path in a file means the same from every directory."""
    text = (
        '[workspace]\nroot_path = "ws"\n[recovery]\nbackup_root = "../backups"\noutbox_root = "/var/outbox"\n'
    )
    file = _write(tmp_path / "etc/c.toml", text)
    monkeypatch.chdir(tmp_path)
    config = load_config(config_file="etc/c.toml", env={})
    assert file.parent / "ws" == config.workspace.root_path
    assert tmp_path / "backups" == config.recovery.backup_root
    assert ("outbox", "var") == (config.recovery.outbox_root.name, config.recovery.outbox_root.parent.name)


def test_home_in_a_file_is_home(tmp_path, monkeypatch):
    """`~` in a file is not taken for a directory beside it."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    file = _write(tmp_path / "c.toml", '[workspace]\nroot_path = "~/ws"\n')
    assert tmp_path / "home/ws" == load_config(config_file=file, env={}).workspace.root_path


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("c.ini", "", "unsupported_config_file"),
        ("c", "", "unsupported_config_file"),
        ("c.toml", "a = [", "invalid_config_file"),
        ("c.toml", "a = " + "[" * 50_000, "invalid_config_file"),
        ("c.json", "{", "invalid_config_file"),
        ("c.json", "[" * 50_000, "invalid_config_file"),
        ("c.json", '{"surfaces": {"http": {"port": NaN}}}', "invalid_config_file"),
        ("c.json", '{"project_name": "a", "project_name": "b"}', "invalid_config_file"),
        ("c.json", "[1]", "invalid_config_file"),
        ("c.json", "1" * 5000, "invalid_config_file"),
        ("c.yaml", "a: [", "invalid_config_file"),
        ("c.yaml", "a: !!python/object:os.system x", "invalid_config_file"),
        ("c.yaml", "just text", "invalid_config_file"),
        ("pyproject.toml", "[project]\n", "invalid_config_file"),
        ("c.toml", "# " + "x" * 1_048_576, "invalid_config_file"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_bad_files_are_refused(tmp_path, name, text, code):
    """A file of another kind or with broken content is a typed error that names the file."""
    with pytest.raises(ConfigurationError) as caught:
        load_config(config_file=_write(tmp_path / name, text), env={})
    assert code == caught.value.code
    assert str(tmp_path / name) in str(caught.value)
    assert str(tmp_path / name) == caught.value.details["config_file"]


def test_a_missing_file_is_refused(tmp_path):
    """A file that is asked for by name has to exist."""
    with pytest.raises(ConfigurationError, match="there is no configuration file") as caught:
        load_config(config_file=tmp_path / "none.toml")
    assert "config_file_not_found" == caught.value.code


@pytest.mark.parametrize("given", ["", 3, b"x.toml"])
def test_a_file_of_another_type_is_refused(given):
    """What is no path is a typed error."""
    with pytest.raises(ConfigurationError):
        load_config(config_file=given)


def test_a_directory_is_refused(tmp_path):
    """A directory is no file, and no builtin error leaks."""
    (tmp_path / "c.toml").mkdir()
    with pytest.raises(ConfigurationError, match="is not a file") as caught:
        load_config(config_file=tmp_path / "c.toml")
    assert "invalid_config_file" == caught.value.code


def test_text_that_is_not_utf8_is_refused(tmp_path):
    """Another encoding is a typed error."""
    (tmp_path / "c.toml").write_bytes(b'project_name = "\xff"')
    with pytest.raises(ConfigurationError, match="cannot read"):
        load_config(config_file=tmp_path / "c.toml")


def test_yaml_aliases_do_not_fill_the_memory(tmp_path):
    """A small file that unfolds into billions of values is refused, wherever it stands."""
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12))
    bomb = f"a0: &a0 [x]\n{levels}\n"
    for place in (
        "metadata: {options: {x: *a11}}",
        "project_name: *a11",
        "security: {secret_key_patterns: *a11}",
    ):
        file = _write(tmp_path / "c.yaml", bomb + place)
        with pytest.raises(ConfigurationError):
            load_config(config_file=file, env={})
        own = _write(tmp_path / "d.yaml", place.replace("*a11", f"&z [{', '.join(['*z'] * 3)}]"))
        with pytest.raises(ConfigurationError):
            load_config(config_file=own, env={})


def test_an_unknown_setting_names_path_file_and_suggestion(tmp_path):
    """A misspelt key is refused with its path, the file, and the likely key."""
    file = _write(tmp_path / "contexta.toml", '[records]\ndurability_mod = "flush"\n')
    with pytest.raises(ConfigurationError) as caught:
        load_config(config_file=file, env={})
    error = caught.value
    assert "unknown_config_field" == error.code
    assert ("records.durability_mod", "file:contexta.toml") == (
        error.details["path"],
        error.details["origin"],
    )
    assert "records.durability_mode" == error.details["suggestion"]
    assert "did you mean 'records.durability_mode'?" in str(error)


def test_a_bad_value_names_path_and_file(tmp_path):
    """A value out of range is refused with its path and the file."""
    file = _write(tmp_path / "contexta.toml", "[surfaces.http]\nport = -1\n")
    with pytest.raises(ConfigurationError, match=r"^surfaces\.http\.port: .* \(from file:contexta\.toml\)$"):
        load_config(config_file=file, env={})


def test_nan_in_toml_is_refused(tmp_path):
    """TOML can write numbers that no threshold can be."""
    file = _write(tmp_path / "c.toml", "[interpretation.anomaly]\nz_score_threshold = nan\n")
    with pytest.raises(ConfigurationError, match="finite number"):
        load_config(config_file=file, env={})


def test_a_bare_off_in_yaml_turns_a_service_off(tmp_path):
    """YAML reads `off` as false; for a service it means off."""
    file = _write(tmp_path / "c.yaml", "interpretation:\n  services: {trend: off}\n")
    assert {"trend": "off"} == load_config(config_file=file, env={}).interpretation.services


def test_dates_in_options_are_kept(tmp_path):
    """TOML's dates are plain data for a plugin."""
    file = _write(tmp_path / "c.toml", "[metadata.options]\nsince = 2026-01-02\n")
    assert 2026 == load_config(config_file=file, env={}).metadata.options["since"].year


def test_without_pyyaml_the_error_says_what_to_install(tmp_path):
    """A YAML file without PyYAML ends in a DependencyError with the command to type."""
    file = _write(tmp_path / "c.yaml", "project_name: x")
    program = f"""
import sys
sys.modules["yaml"] = None
from contexta.config import load_config
from contexta.errors import DependencyError
try:
    load_config(config_file={str(file)!r})
except DependencyError as error:
    print(error.code, error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "dependency_missing" in done.stdout
    assert "pip install pyyaml" in done.stdout
    assert issubclass(DependencyError, ImportError)


def test_walking_up_finds_the_nearest_file(tmp_path):
    """From a directory below, the nearest contexta.toml is found."""
    far = _write(tmp_path / "contexta.toml", "")
    near = _write(tmp_path / "a/contexta.toml", "")
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "x").mkdir()
    assert near == find_config_file(tmp_path / "a/b/c")
    assert far == find_config_file(tmp_path / "x")


def test_walking_up_begins_in_the_current_directory(tmp_path, monkeypatch):
    """Without a start it is the current directory."""
    file = _write(tmp_path / "contexta.toml", "")
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    assert file == find_config_file()


def test_a_pyproject_counts_only_with_our_table(tmp_path):
    """A pyproject.toml without [tool.contexta] is walked past, also one that only speaks of contexta."""
    outer = _write(tmp_path / "pyproject.toml", "[tool.contexta]\n")
    _write(tmp_path / "a/pyproject.toml", '[project]\ndependencies = ["contexta"]\n')
    _write(tmp_path / "a/b/pyproject.toml", "broken = [contexta")
    assert outer == find_config_file(tmp_path / "a/b")


@pytest.mark.parametrize(
    "text", ["[tool]\ncontexta = {}\n", "[tool.contexta.records]\n", "tool.contexta.project_name = 'x'"]
)
def test_each_way_to_write_the_table_counts(tmp_path, text):
    """The table may be written in any of TOML's ways."""
    assert _write(tmp_path / "pyproject.toml", text) == find_config_file(tmp_path)


def test_a_broken_pyproject_with_our_table_is_found(tmp_path):
    """A broken file that is ours is found, so that loading it says what is wrong."""
    file = _write(tmp_path / "pyproject.toml", "[tool.contexta]\nproject_name = ")
    assert file == find_config_file(tmp_path)
    with pytest.raises(ConfigurationError, match="not well-formed"):
        load_config(config_file=file)


def test_contexta_toml_comes_before_pyproject(tmp_path):
    """Beside each other, the file of our own counts."""
    _write(tmp_path / "pyproject.toml", "[tool.contexta]\n")
    own = _write(tmp_path / "contexta.toml", "")
    assert own == find_config_file(tmp_path)


def test_nothing_to_find(tmp_path):
    """Where there is no file up to the root, nothing is found; a directory of that name is no file."""
    (tmp_path / "contexta.toml").mkdir()
    found = find_config_file(tmp_path)
    assert found is None or not found.is_relative_to(tmp_path)


def test_loading_does_not_walk_by_itself(tmp_path, monkeypatch):
    """load_config reads no file that it was not given."""
    _write(tmp_path / "contexta.toml", 'project_name = "found"')
    monkeypatch.chdir(tmp_path)
    assert "default" == load_config(env={}).project_name
    assert "found" == load_config(config_file=find_config_file(), env={}).project_name
