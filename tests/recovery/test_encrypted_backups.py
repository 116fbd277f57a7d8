"""Encrypted backups: nothing of the workspace can be read without the key, and with it everything is there."""

from __future__ import annotations

import pytest

from contexta.config import replace_unified_config
from contexta.errors import ConfigurationError, IntegrityError, RestoreError
from contexta.recovery import (
    create_workspace_backup,
    export_backup,
    list_backups,
    plan_restore,
    plan_workspace_backup,
    restore_workspace,
    verify_backup,
)

pyrage = pytest.importorskip("pyrage")


@pytest.fixture
def keys(tmp_path):
    """Make a pair of keys: the public one, and the file of the private one."""
    identity = pyrage.x25519.Identity.generate()
    path = tmp_path / "key.txt"
    path.write_text(f"# created: today\n{identity}\n")
    return str(identity.to_public()), str(path)


@pytest.fixture
def sealed(filled, keys):
    """Back a workspace up for a public key, on a machine without the private one."""
    filled.config = replace_unified_config(
        filled.config,
        {"security": {"encryption_provider": "age", "encryption_options": {"recipients": [keys[0]]}}},
    )
    filled.result = create_workspace_backup(filled.config, plan_workspace_backup(filled.config))
    return filled


def with_key(config, path):
    """Return the configuration of a machine with a private key."""
    return replace_unified_config(config, {"security": {"encryption_options": {"identity_file": path}}})


def test_nothing_can_be_read_without_the_key(sealed, below):
    """Neither content nor names nor hashes of the workspace's files stand in the backup."""
    import hashlib

    raw = b"\0".join(below(sealed.config.recovery.backup_root).values())
    for plain in (
        b"oneoneone",
        b"segments",
        b'"loss"',
        b"claims",
        hashlib.sha256(b"one" * 1000).hexdigest().encode(),
    ):
        assert plain not in raw
    names = " ".join(below(sealed.config.recovery.backup_root))
    assert hashlib.sha256(b"one" * 1000).hexdigest() not in names


def test_with_the_key_it_restores(sealed, keys, tmp_path):
    """Whoever has the private key gets the workspace back, also from an archive."""
    archive = export_backup(sealed.config, sealed.result.backup_ref, tmp_path / "sealed.zip")
    for number, ref in enumerate((sealed.result.backup_ref, str(archive))):
        target = tmp_path / f"target{number}"
        config = with_key(sealed.config, keys[1])
        assert restore_workspace(config, plan_restore(config, ref, target_workspace=target)).applied
        assert sealed.runs == sealed.content(target)


def test_a_second_backup_stores_only_what_changed(sealed):
    """Equal content is kept once although each encryption gives other bytes, and no private key is needed for it."""
    second = create_workspace_backup(sealed.config, plan_workspace_backup(sealed.config))
    assert second.total_bytes == sealed.result.total_bytes
    assert second.bytes_written < sealed.result.bytes_written - 6000
    assert [True, True] == [info.is_encrypted for info in list_backups(sealed.config)]


def test_it_is_verified_without_the_key(sealed):
    """What lies on the disk has hashes of its own: a flipped bit is found without decrypting anything."""
    assert verify_backup(sealed.config, sealed.result.backup_ref).details["is_encrypted"]
    body = max(
        (path for path in (sealed.config.recovery.backup_root / "objects").rglob("*") if path.is_file()),
        key=lambda path: path.stat().st_size,
    )
    body.chmod(0o600)
    body.write_bytes(body.read_bytes()[:-1] + b"!")
    with pytest.raises(RestoreError):
        verify_backup(sealed.config, sealed.result.backup_ref)


def test_without_a_key_it_is_refused(sealed, tmp_path):
    """A restore without a private key, or with another one, changes nothing and says what is missing."""
    target = tmp_path / "target"
    with pytest.raises(ConfigurationError) as missing:
        restore_workspace(
            sealed.config, plan_restore(sealed.config, sealed.result.backup_ref, target_workspace=target)
        )
    assert "encryption_key_missing" == missing.value.code
    (tmp_path / "other").write_text(str(pyrage.x25519.Identity.generate()))
    config = with_key(sealed.config, str(tmp_path / "other"))
    with pytest.raises(IntegrityError) as wrong:
        restore_workspace(config, plan_restore(config, sealed.result.backup_ref, target_workspace=target))
    assert "encryption_failed" == wrong.value.code
    assert not target.exists()


def test_a_provider_without_recipients_makes_no_backup(filled):
    """No public key, no backup: nothing is ever written in the clear instead."""
    config = replace_unified_config(filled.config, {"security": {"encryption_provider": "age"}})
    with pytest.raises(ConfigurationError) as caught:
        create_workspace_backup(config, plan_workspace_backup(config))
    assert "encryption_key_missing" == caught.value.code
    assert () == list_backups(config)


def test_the_named_provider_encrypts_or_none(filled, keys):
    """encryption_provider and encryption_options: without them a backup is plain, with them it is encrypted."""
    assert not create_workspace_backup(filled.config, plan_workspace_backup(filled.config)).warnings
    assert [False] == [info.is_encrypted for info in list_backups(filled.config)]
