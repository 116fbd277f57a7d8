"""Derived paths: where they lie, and that they follow their workspace until somebody gives them."""

from __future__ import annotations

import copy
import dataclasses
import os
import pickle
from pathlib import Path

import pytest

from contexta.config import (
    MetadataStoreConfig,
    RecordStoreConfig,
    RecoveryConfig,
    UnifiedConfig,
    WorkspaceConfig,
    config_to_mapping,
    load_config,
    replace_unified_config,
)

BELOW_ROOT = {
    ("workspace", "metadata_path"): "metadata",
    ("workspace", "records_path"): "records",
    ("workspace", "artifacts_path"): "artifacts",
    ("workspace", "reports_path"): "reports",
    ("workspace", "exports_path"): "exports",
    ("workspace", "cache_path"): "cache",
    ("metadata", "database_path"): "metadata/ledger.db",
    ("records", "root_path"): "records",
    ("artifacts", "root_path"): "artifacts",
    ("recovery", "outbox_root"): "recovery/outbox",
    ("recovery", "backup_root"): "recovery/backups",
    ("recovery", "restore_staging_root"): "recovery/staging",
}


def _assert_below(config, root):
    found = {key: getattr(getattr(config, key[0]), key[1]) for key in BELOW_ROOT}
    assert {key: root / word for key, word in BELOW_ROOT.items()} == found


def test_all_paths_lie_below_the_workspace(tmp_path):
    """Every path that is not given is derived from the workspace's root."""
    _assert_below(UnifiedConfig(workspace=WorkspaceConfig(tmp_path)), tmp_path)


def test_the_default_workspace_is_in_the_current_directory():
    """Without any word the workspace is `.contexta` where the program stands, as an absolute path."""
    assert Path.cwd() / ".contexta" == UnifiedConfig().workspace.root_path


def test_paths_follow_a_replaced_workspace(tmp_path):
    """dataclasses.replace with another workspace moves everything derived."""
    config = UnifiedConfig(workspace=WorkspaceConfig(tmp_path / "A"))
    _assert_below(dataclasses.replace(config, workspace=WorkspaceConfig(tmp_path / "B")), tmp_path / "B")


def test_paths_follow_a_replaced_root(tmp_path):
    """Replacing only the root within the workspace moves everything derived."""
    config = UnifiedConfig(workspace=WorkspaceConfig(tmp_path / "A"))
    moved = dataclasses.replace(config.workspace, root_path=tmp_path / "B")
    _assert_below(dataclasses.replace(config, workspace=moved), tmp_path / "B")


def test_paths_follow_after_a_section_was_replaced(tmp_path):
    """Changing another field of a section does not pin its derived path."""
    config = UnifiedConfig(workspace=WorkspaceConfig(tmp_path / "A"))
    config = dataclasses.replace(config, metadata=dataclasses.replace(config.metadata, read_only=True))
    moved = dataclasses.replace(config, workspace=WorkspaceConfig(tmp_path / "B"))
    assert moved.metadata.read_only
    _assert_below(moved, tmp_path / "B")


@pytest.mark.parametrize(
    "travel",
    [
        lambda config: pickle.loads(pickle.dumps(config)),
        copy.deepcopy,
        copy.copy,
        dataclasses.replace,
        lambda config: load_config(config=config),
    ],
    ids=["pickle", "deepcopy", "copy", "replace", "load"],
)
def test_paths_still_follow_after_a_journey(tmp_path, travel):
    """A copied or pickled configuration has not forgotten which paths were derived."""
    config = travel(UnifiedConfig(workspace=WorkspaceConfig(tmp_path / "A")))
    _assert_below(dataclasses.replace(config, workspace=WorkspaceConfig(tmp_path / "B")), tmp_path / "B")


def test_given_paths_stay(tmp_path):
    """A path that was given does not move with the workspace."""
    config = UnifiedConfig(
        workspace=WorkspaceConfig(tmp_path / "A", cache_path=tmp_path / "cache"),
        records=RecordStoreConfig(root_path=tmp_path / "shared"),
        recovery=RecoveryConfig(outbox_root=tmp_path / "outbox"),
    )
    workspace = dataclasses.replace(config.workspace, root_path=tmp_path / "B")
    moved = dataclasses.replace(config, workspace=workspace)
    assert tmp_path / "cache" == moved.workspace.cache_path
    assert tmp_path / "shared" == moved.records.root_path
    assert tmp_path / "outbox" == moved.recovery.outbox_root
    assert tmp_path / "B/recovery/backups" == moved.recovery.backup_root


def test_a_given_path_that_equals_the_derived_one_stays(tmp_path):
    """Giving a path that happens to be the derived one pins it."""
    config = UnifiedConfig(
        workspace=WorkspaceConfig(tmp_path / "A"),
        records=RecordStoreConfig(root_path=tmp_path / "A/records"),
    )
    moved = dataclasses.replace(config, workspace=WorkspaceConfig(tmp_path / "B"))
    assert tmp_path / "A/records" == moved.records.root_path


def test_a_derived_path_can_be_pinned(tmp_path):
    """Made plain, a derived path names its place in another configuration."""
    first = UnifiedConfig(workspace=WorkspaceConfig(tmp_path / "A"))
    pinned = RecordStoreConfig(root_path=Path(first.records.root_path))
    second = UnifiedConfig(workspace=WorkspaceConfig(tmp_path / "B"), records=pinned)
    assert tmp_path / "A/records" == second.records.root_path


def test_a_derived_path_put_into_another_field_is_given(tmp_path):
    """Only its own field takes a derived path for derived."""
    first = UnifiedConfig(workspace=WorkspaceConfig(tmp_path / "A"))
    store = MetadataStoreConfig(database_path=first.workspace.cache_path)
    second = UnifiedConfig(workspace=WorkspaceConfig(tmp_path / "B"), metadata=store)
    assert tmp_path / "A/cache" == second.metadata.database_path


def test_the_stores_follow_a_moved_plane(tmp_path):
    """A plane's path in the workspace takes its store along."""
    config = UnifiedConfig(workspace=WorkspaceConfig(tmp_path, metadata_path=tmp_path / "meta"))
    assert tmp_path / "meta/ledger.db" == config.metadata.database_path


def test_a_patch_moves_what_is_derived_and_nothing_else(tmp_path):
    """replace_unified_config re-derives as dataclasses.replace does."""
    config = UnifiedConfig(
        workspace=WorkspaceConfig(tmp_path / "A"), records=RecordStoreConfig(root_path=tmp_path / "shared")
    )
    moved = replace_unified_config(config, {"workspace": {"root_path": str(tmp_path / "B")}})
    assert tmp_path / "shared" == moved.records.root_path
    assert tmp_path / "B/metadata/ledger.db" == moved.metadata.database_path


def test_nothing_clears_a_given_path(tmp_path):
    """None for an optional path gives it back to derivation."""
    config = UnifiedConfig(
        workspace=WorkspaceConfig(tmp_path), records=RecordStoreConfig(root_path=tmp_path / "shared")
    )
    assert (
        tmp_path / "records"
        == replace_unified_config(config, {"records": {"root_path": None}}).records.root_path
    )


def test_sections_alone_leave_the_path_open():
    """Outside a UnifiedConfig there is no workspace to derive from."""
    assert MetadataStoreConfig().database_path is None
    assert RecordStoreConfig().root_path is None


def test_a_configuration_names_one_place(tmp_path, monkeypatch):
    """Paths are absolute from construction: a later change of directory does not move them."""
    monkeypatch.chdir(tmp_path)
    config = UnifiedConfig()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert tmp_path / ".contexta" == config.workspace.root_path
    assert config == dataclasses.replace(config)


def test_home_and_dots_are_resolved(tmp_path, monkeypatch):
    """`~` is the home directory, and `..` does not stay in a path."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert tmp_path / "runs" == WorkspaceConfig("~/x/../runs").root_path


def test_derived_paths_behave_like_plain_ones(tmp_path):
    """Equality, hash, text and children of a derived path are those of the plain path."""
    derived = WorkspaceConfig(tmp_path).records_path
    plain = tmp_path / "records"
    assert plain == derived
    assert derived == plain
    assert hash(plain) == hash(derived)
    assert repr(plain) == repr(derived)
    assert os.fspath(plain) == os.fspath(derived)
    assert plain / "x" == derived / "x" == pickle.loads(pickle.dumps(derived / "x"))


def test_no_directory_is_created(tmp_path):
    """Building a configuration touches no disk."""
    UnifiedConfig(workspace=WorkspaceConfig(tmp_path / "A"))
    assert [] == list(tmp_path.iterdir())


def test_a_saved_configuration_without_derived_paths_can_be_moved(tmp_path):
    """What is saved without derived values follows a changed root when it is loaded."""
    config = UnifiedConfig(workspace=WorkspaceConfig(tmp_path / "A"))
    saved = config_to_mapping(config, include_derived=False)
    saved["workspace"]["root_path"] = str(tmp_path / "B")
    _assert_below(load_config(config=saved, use_env=False), tmp_path / "B")
