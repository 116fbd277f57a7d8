"""A backup that is to be read, wherever it lies: in a directory of backups, or in an archive from anywhere."""

from __future__ import annotations

import base64
import hashlib
import io
import os
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from contexta.errors import ContextaError, RestoreError
from contexta.recovery.ciphers import open_cipher
from contexta.recovery.manifest import MANIFEST_NAME, BackupManifest, load_inner, read_inner
from contexta.recovery.objects import OBJECTS, open_regular
from contexta.recovery.sections import WorkspaceLayout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from contexta.config.models import UnifiedConfig
    from contexta.recovery.archive_members import ZipMembers
    from contexta.recovery.manifest import BackedUpFile
    from contexta.spi.encryption import EncryptionProvider

__all__ = ["BackupSource", "open_source"]

_BLOCK_BYTES = 1_048_576


@contextmanager
def open_source(config: UnifiedConfig, backup_ref: str, *, decrypts: bool = False) -> Iterator[BackupSource]:
    """Open a backup for reading.

    Args:
        config: The resolved configuration.
        backup_ref: Its reference, the path of its directory, or the path of an archive.
        decrypts: Whether its list of files and bodies are to be decrypted, if they are encrypted.

    Raises:
        RestoreError: There is no such backup (``recovery_backup_not_found``), or it is none.
        PluginError: What encrypted it is not installed.
    """
    place = _find(config, str(backup_ref))
    members: ZipMembers | None = None
    if not place.is_dir():
        from contexta.recovery.archive_members import ZipMembers

        members = ZipMembers(place)
    try:
        source = BackupSource(place, members)
        if not decrypts or source.manifest.encryption is None:
            yield source
            return
        with open_cipher(config, source.manifest.encryption.get("provider", "")) as cipher:
            source.decrypt_with(cipher)
            yield source
    finally:
        if members is not None:
            members.close()


def _find(config: UnifiedConfig, ref: str) -> Path:
    """Return where a backup lies; a bare word is looked for among the workspace's backups only."""
    if not ref or "\0" in ref:
        raise _not_found(ref)
    is_word = os.sep not in ref and ref not in {os.curdir, os.pardir} and not ref.startswith(".")
    if is_word:
        listed = WorkspaceLayout.of(config).backups / ref
        if (listed / MANIFEST_NAME).is_file():
            return listed
    # A link that somebody names is what it leads to; inside of a backup there are none.
    path = Path(ref).resolve()
    if path.is_file() or (path / MANIFEST_NAME).is_file():
        return path
    raise _not_found(ref)


def _not_found(ref: str) -> RestoreError:
    return RestoreError(
        f"there is no backup {ref[:200]!r}: neither among the workspace's, nor as a directory or archive at that path."
        " `contexta backup list` shows what there is",
        code="recovery_backup_not_found",
        details={"backup_ref": ref},
    )


class BackupSource:
    """One backup.

    Args:
        place: Its directory, or its archive.
        members: The archive's members; None for a directory.

    Raises:
        RestoreError: It is no backup, or its manifest was changed.
    """

    def __init__(self, place: Path, members: ZipMembers | None) -> None:
        self.place = place
        self._members = members
        self._cipher: EncryptionProvider | None = None
        with self._open_manifest() as stream:
            self.manifest_bytes = stream.read()
        self.manifest = BackupManifest.decode(self.manifest_bytes, str(place))
        if members is not None:
            expected = {MANIFEST_NAME, *(f"{OBJECTS}/{name}" for name in self.manifest.object_names)}
            strays = sorted(members.names ^ expected)
            if strays:
                raise self._broken(strays[0], "the archive and its manifest do not name the same members")

    def _open_manifest(self) -> AbstractContextManager[BinaryIO]:
        if self._members is not None:
            return self._members.open(MANIFEST_NAME)
        return open_regular(self.place / MANIFEST_NAME)

    def decrypt_with(self, cipher: EncryptionProvider | None) -> None:
        """Decrypt the list of files, and from now on the bodies.

        Raises:
            RestoreError: It was encrypted for another key, or changed.
        """
        if cipher is None or self.manifest.sealed is None:
            return
        plain = io.BytesIO()
        try:
            cipher.decrypt(io.BytesIO(base64.b64decode(self.manifest.sealed, validate=True)), plain)
            inner: dict[str, Any] = load_inner(plain.getvalue(), str(self.place))
        except ValueError as error:
            if isinstance(error, ContextaError):
                raise
            raise self._broken(MANIFEST_NAME, "its encrypted part cannot be read") from error
        self.manifest = replace(self.manifest, **read_inner(inner, str(self.place)))
        self._cipher = cipher

    def stored_sizes(self) -> dict[str, int]:
        """Return the objects of the backup as they lie on the disk, with their sizes."""
        if self.manifest.objects:
            return {each.name: each.size for each in self.manifest.objects}
        return {each.object_name: each.size for each in self.manifest.files}

    @contextmanager
    def open_object(self, name: str) -> Iterator[BinaryIO]:
        """Open an object as it lies on the disk.

        Raises:
            RestoreError: It is missing, or no regular file.
        """
        if self._members is not None:
            with self._members.open(f"{OBJECTS}/{name}") as stream:
                yield stream
            return
        path = self.place.parent / OBJECTS / name[:2] / name
        try:
            opened = open_regular(path)
            with opened as stream:
                yield stream
        except FileNotFoundError as error:
            raise self._broken(name, "its body is missing") from error

    def copy_stored(self, name: str, body: BinaryIO, out: Any) -> None:
        """Copy an object as it lies on the disk, and check it on the way.

        Raises:
            RestoreError: It is not what the manifest says.
        """
        sizes = {each.name: (each.size, each.sha256) for each in self.manifest.objects}
        size, sha256 = sizes.get(name) or (self.stored_sizes()[name], name)
        self._copy_checked(name, body, out, size, sha256)

    def verify_objects(self) -> int:
        """Read every object and compare it with the manifest; nothing is decrypted.

        Returns:
            Bytes read.

        Raises:
            RestoreError: One is missing, or not what the manifest says; the text names a file.
        """
        owners = {each.object_name: each.path for each in self.manifest.files}
        expected = {each.name: (each.size, each.sha256) for each in self.manifest.objects} or {
            each.object_name: (each.size, each.sha256) for each in self.manifest.files
        }
        for name, (size, sha256) in expected.items():
            with self.open_object(name) as body:
                self._copy_checked(owners.get(name, name), body, None, size, sha256)
        return sum(size for size, _ in expected.values())

    def write_file(self, entry: BackedUpFile, out: Any) -> None:
        """Write one file of the backup, and check it on the way.

        Raises:
            RestoreError: It is not what the manifest says.
        """
        with self.open_object(entry.object_name) as body:
            if self._cipher is None:
                self._copy_checked(entry.path, body, out, entry.size, entry.sha256)
                return
            checked = _Checked(out, entry.size)
            self._cipher.decrypt(body, checked)  # type: ignore[arg-type]  # writes only
        if (checked.size, checked.sha256) != (entry.size, entry.sha256):
            raise self._broken(entry.path, "it does not have the size and hash that the manifest says")

    def _copy_checked(self, owner: str, body: BinaryIO, out: Any, size: int, sha256: str) -> None:
        checked = _Checked(out, size)
        while checked.size <= size and (block := body.read(_BLOCK_BYTES)):
            checked.write(block)
        if (checked.size, checked.sha256) != (size, sha256):
            raise self._broken(owner, "it does not have the size and hash that the manifest says")

    def _broken(self, name: str, reason: str) -> RestoreError:
        return RestoreError(
            f"the backup {str(self.place)!r} cannot be used: {name!r}: {reason}. Nothing was changed; take another"
            " backup",
            code="recovery_backup_damaged",
            details={"path": str(self.place), "file": name},
        )


class _Checked:
    """A writer that counts and hashes, and writes no more than it should."""

    def __init__(self, out: Any, most: int) -> None:
        self._out = out
        self._most = most
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        """Write a block; what is too much is counted and not written."""
        self._digest.update(data)
        self.size += len(data)
        if self._out is not None and self.size <= self._most:
            self._out.write(data)
        return len(data)

    @property
    def sha256(self) -> str:
        """Hash of what was given."""
        return self._digest.hexdigest()
