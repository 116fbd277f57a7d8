"""Writing packages, and writing bodies out."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, BinaryIO, Literal

import msgspec

from contexta.contract.timestamps import utc_now_text
from contexta.errors import ConflictError, NotFoundError, PluginNotUsableError, ValidationError
from contexta.log import filesystem
from contexta.log.failures import write_failure
from contexta.spi.artifacts import ArtifactBackend, SupportsTrees
from contexta.store.artifacts.package_writing import open_writer
from contexta.store.artifacts.packages import (
    DESCRIPTION_NAME,
    MANIFEST_NAME,
    PACKAGE_FORMAT_VERSION,
    PackageDescription,
    PackageEntry,
    PackageMember,
)
from contexta.store.face import StoreFace

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.spi.artifacts import ArtifactContent, BoundArtifact
    from contexta.store.artifacts.store import ArtifactStore

__all__ = ["ExportReceipt", "Exporting", "export_artifact", "save_artifact"]

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_SUFFIXES = {"directory": "", "zip": ".zip", "tar": ".tar"}
_encoder = msgspec.json.Encoder(order="sorted")


@dataclass(frozen=True, slots=True)
class ExportReceipt:
    """What was exported.

    Args:
        artifact_ref: The artifact.
        package_path: The package: a directory, or an archive.
        archive: ``"directory"``, ``"zip"`` or ``"tar"``.
        size_bytes: Size of the bodies in it.
    """

    artifact_ref: str
    package_path: Path
    archive: str
    size_bytes: int

    @property
    def export_directory(self) -> Path:
        """The package, under the name that 1.0.0 had for it."""
        return self.package_path

    @property
    def package_metadata_path(self) -> Path:
        """The description in a package that is a directory."""
        return self.package_path / DESCRIPTION_NAME


class Exporting(StoreFace[ArtifactBackend]):
    """The ways out of the store."""

    def save_artifact(self, artifact_ref: str, destination: str | os.PathLike[str]) -> Path:
        """Write the body, a file or a whole directory, to a path that does not exist yet.

        It is compared with its digest on the way, and there only when it is whole.

        Raises:
            NotFoundError: There is no such artifact, its body is missing, or there is no directory to write to.
            ConflictError: Something is at the destination.
            IntegrityError: The body is damaged; nothing was written.
            StorageFullError: There is no space; nothing is left there.
        """
        return self._backend.export_body(str(artifact_ref), Path(destination))

    def export_artifact(
        self,
        artifact_ref: str,
        *,
        export_root: str | os.PathLike[str] | None = None,
        archive: Literal["directory", "zip", "tar"] = "directory",
    ) -> ExportReceipt:
        """Write a package that another store can import: the manifest, and the bodies with their hashes.

        Args:
            artifact_ref: Reference of the artifact.
            export_root: Directory to write the package into, made when missing; the workspace's ``exports_path``
                when None.
            archive: ``"directory"``, or one file: ``"zip"`` or ``"tar"``, not compressed.

        Returns:
            Where it is; its name is made of the reference.

        Raises:
            NotFoundError: There is no such artifact, or its body is missing.
            ConflictError: There is a package of that name (``artifact_destination_exists``).
            IntegrityError: The body is damaged; nothing was written.
            StorageFullError: There is no space; nothing is left there.
        """
        ref = str(artifact_ref)
        bound = self._backend.find(ref)
        if bound is None or bound.content is None:
            raise NotFoundError(
                f"no artifact {ref!r} with content is bound in this store",
                code="artifact_store_binding_not_found",
                details={"artifact_ref": ref},
            )
        if archive not in _SUFFIXES:
            raise ValidationError(
                f"archive is {archive!r}; use one of {', '.join(_SUFFIXES)}", code="artifact_invalid_archive"
            )
        root = self._export_root() if export_root is None else Path(export_root)
        target = root / f"{_UNSAFE.sub('_', ref.replace(':', '__'))}{_SUFFIXES[archive]}"
        if os.path.lexists(target):
            raise ConflictError(
                f"{ref} was to be exported to {target}, but something is there; remove it, or name another export_root",
                code="artifact_destination_exists",
                details={"path": str(target)},
            )
        temporary = root / f".tmp-{token_hex(8)}"
        try:
            filesystem.create_private_directory(root)
            size = self._write(bound, bound.content, temporary, archive)
            temporary.rename(target)
            filesystem.sync_directory(root)
        except OSError as error:
            raise write_failure(error, target, f"export {ref}", code="artifact_write_failed") from error
        finally:
            _remove(temporary)
        return ExportReceipt(ref, target, archive, size)

    def _export_root(self) -> Path:
        workspace = self._config.workspace
        return Path(workspace.exports_path or Path(workspace.root_path) / "exports")

    def _write(self, bound: BoundArtifact, content: ArtifactContent, temporary: Path, archive: str) -> int:
        manifest = _encoder.encode(dict(bound.manifest))
        members, entries, openers = self._bodies(bound.artifact_ref, content)
        description = PackageDescription(
            package_format_version=PACKAGE_FORMAT_VERSION,
            artifact_ref=bound.artifact_ref,
            artifact_kind=str(bound.manifest.get("artifact_kind", "")),
            exported_at=utc_now_text(),
            source_name=bound.source_name,
            form=content.form,
            digest=content.digest,
            manifest_sha256=hashlib.sha256(manifest).hexdigest(),
            members=members,
            entries=entries,
        )
        with open_writer(temporary, archive) as writer:
            writer.add(DESCRIPTION_NAME, msgspec.json.format(msgspec.json.encode(description), indent=1))
            writer.add(MANIFEST_NAME, manifest)
            for member in members:
                with openers[member.sha256]() as body:
                    writer.add_body(member, body)
        return description.size_bytes

    def _bodies(
        self, artifact_ref: str, content: ArtifactContent
    ) -> tuple[list[PackageMember], list[PackageEntry], dict[str, Callable[[], BinaryIO]]]:
        if content.form == "file":
            digits = content.digest.partition(":")[2]
            return (
                [PackageMember(digits, content.size_bytes)],
                [],
                {digits: partial(self._backend.open_body, artifact_ref)},
            )
        backend = self._backend
        if not isinstance(backend, SupportsTrees):
            raise PluginNotUsableError(
                "this artifact store cannot be asked for the files of a directory; use save_artifact",
                code="artifact_trees_unsupported",
            )
        members: dict[str, PackageMember] = {}
        entries: list[PackageEntry] = []
        openers: dict[str, Callable[[], BinaryIO]] = {}
        for each in backend.tree_members(artifact_ref):
            hashed = None if each.digest is None else each.digest.partition(":")[2]
            entries.append(PackageEntry(each.path, hashed, executable=each.executable, link=each.link))
            if hashed is not None:
                members[hashed] = PackageMember(hashed, each.size_bytes)
                openers[hashed] = partial(backend.open_member, artifact_ref, each.path)
        return list(members.values()), entries, openers


def _remove(temporary: Path) -> None:
    """Remove what is left of a package; nothing is after it got its name."""
    if temporary.is_dir():
        shutil.rmtree(temporary, ignore_errors=True)
        return
    with suppress(OSError):
        filesystem.remove_file(temporary)


def export_artifact(
    store: ArtifactStore,
    artifact_ref: str,
    *,
    export_root: str | os.PathLike[str] | None = None,
    archive: Literal["directory", "zip", "tar"] = "directory",
) -> ExportReceipt:
    """Write a package that another store can import; see :meth:`ArtifactStore.export_artifact`."""
    return store.export_artifact(artifact_ref, export_root=export_root, archive=archive)


def save_artifact(store: ArtifactStore, artifact_ref: str, destination: str | os.PathLike[str]) -> Path:
    """Write the body, a file or a whole directory, to a path that does not exist yet."""
    return store.save_artifact(artifact_ref, destination)
