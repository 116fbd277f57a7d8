"""Every source of the workspace counts, in the order of precedence, for each combination of them."""

from __future__ import annotations

import copy
import itertools
import sys

import pytest

from contexta import Contexta
from contexta.config import UnifiedConfig, WorkspaceConfig, load_config, resolve

#: From the lowest to the highest; the origin that each is said to be.
LOADED = {
    "profile": "profile:test",
    "file": "file:contexta.toml",
    "environment": "environment:CONTEXTA_WORKSPACE_ROOT_PATH",
    "mapping": "argument",
    "workspace": "argument",
}
OPENED = ("profile", "file", "environment", "workspace", "mapping")
VERBOSITY = {
    "overlay": ("debug", "overlay:debug"),
    "file": ("quiet", "file:contexta.toml"),
    "environment": ("forensic", "environment:CONTEXTA_SURFACES_CLI_VERBOSITY"),
    "mapping": ("normal", "argument"),
}


def _subsets(names):
    return [chosen for length in range(len(names) + 1) for chosen in itertools.combinations(names, length)]


def _names(chosen):
    return "-".join(chosen) or "none"


@pytest.mark.parametrize("given", _subsets(tuple(LOADED)), ids=_names)
def test_the_highest_source_names_the_workspace(tmp_path, monkeypatch, given):
    """Of profile, file, environment, mapping and argument the highest that is given wins, and all paths follow."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "contexta.toml").write_text("workspace.root_path = 'file'\n", encoding="utf-8")
    resolved = resolve(
        profile="test" if "profile" in given else None,
        config_file="contexta.toml" if "file" in given else None,
        env={"CONTEXTA_WORKSPACE_ROOT_PATH": "environment"} if "environment" in given else {},
        config={"workspace": {"root_path": "mapping"}} if "mapping" in given else None,
        workspace="workspace" if "workspace" in given else None,
    )
    highest = given[-1] if given else "default"
    name = {"default": ".contexta", "profile": ".contexta-test"}.get(highest, highest)
    assert tmp_path / name == resolved.config.workspace.root_path
    assert tmp_path / name / "records" == resolved.config.records.root_path
    assert tmp_path / name / "metadata" / "ledger.db" == resolved.config.metadata.database_path
    assert LOADED.get(highest, "default") == resolved.origins["workspace.root_path"]


@pytest.mark.parametrize("given", _subsets(OPENED), ids=_names)
def test_the_facade_opens_the_workspace_of_the_highest_source(tmp_path, monkeypatch, given):
    """Of profile, file, environment, argument and mapping the highest that is given is the one that is opened."""
    monkeypatch.chdir(tmp_path)
    if "file" in given:
        (tmp_path / "contexta.toml").write_text("workspace.root_path = 'file'\n", encoding="utf-8")
    if "environment" in given:
        monkeypatch.setenv("CONTEXTA_WORKSPACE_ROOT_PATH", "environment")
    arguments = {
        "profile": {"profile": "test"},
        "workspace": {"workspace": "workspace"},
        "mapping": {"config": {"workspace": {"root_path": "mapping"}}},
    }
    given_arguments = {key: value for name in given for key, value in arguments.get(name, {}).items()}
    highest = given[-1] if given else "default"
    name = {"default": ".contexta", "profile": ".contexta-test"}.get(highest, highest)
    with Contexta(**given_arguments) as ctx:
        assert str(tmp_path / name) == ctx.workspace


@pytest.mark.parametrize("given", _subsets(tuple(VERBOSITY)), ids=_names)
def test_the_highest_source_sets_a_value(tmp_path, given):
    """Of overlay, file, environment and mapping the highest that is given wins, and the origin names it."""
    file = tmp_path / "contexta.toml"
    file.write_text("surfaces.cli.verbosity = 'quiet'\n", encoding="utf-8")
    resolved = resolve(
        overlays=["debug"] if "overlay" in given else None,
        config_file=file if "file" in given else None,
        env={"CONTEXTA_SURFACES_CLI_VERBOSITY": "forensic"} if "environment" in given else {},
        config={"surfaces": {"cli": {"verbosity": "normal"}}} if "mapping" in given else None,
    )
    value, origin = VERBOSITY[given[-1]] if given else ("normal", "default")
    assert (value, origin) == (
        resolved.config.surfaces.cli.verbosity,
        resolved.origins["surfaces.cli.verbosity"],
    )


@pytest.mark.skipif(sys.version_info < (3, 13), reason="copy.replace came with Python 3.13")
def test_paths_follow_with_the_librarys_replace(tmp_path):
    """copy.replace moves what is derived, as dataclasses.replace does."""
    config = UnifiedConfig(workspace=WorkspaceConfig(tmp_path / "A"))
    moved = copy.replace(config, workspace=copy.replace(config.workspace, root_path=tmp_path / "B"))
    assert tmp_path / "B/metadata/ledger.db" == moved.metadata.database_path


@pytest.mark.parametrize(
    ("overlay", "field", "value"),
    [
        ("ci", "surfaces.cli.default_output_format", "json"),
        ("readonly", "records.read_only", True),
        ("forensic", "surfaces.cli.verbosity", "forensic"),
    ],
)
@pytest.mark.parametrize("source", ["argument", "file", "environment", "mapping"])
def test_an_overlay_can_be_chosen_by_every_source(tmp_path, overlay, field, value, source):
    """An overlay that is named by argument, file, environment or mapping sets what it sets."""
    given = {"env": {}}
    if source == "argument":
        given["overlays"] = [overlay]
    elif source == "mapping":
        given["config"] = {"overlays": [overlay]}
    elif source == "environment":
        given["env"] = {"CONTEXTA_PROFILE_OVERLAYS": overlay}
    else:
        given["config_file"] = tmp_path / "contexta.toml"
        given["config_file"].write_text(f"overlays = ['{overlay}']\n", encoding="utf-8")
    found = load_config(**given)
    for name in field.split("."):
        found = getattr(found, name)
    assert value == found
