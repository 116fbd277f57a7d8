"""Taking packages in: checked whole before the first byte is written, and bound only when everything holds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from contexta.errors import (
    ConflictError,
    ContextaError,
    IntegrityError,
    PluginNotUsableError,
    ValidationError,
)
from contexta.spi.artifacts import (
    ArtifactBackend,
    ArtifactContent,
    BoundArtifact,
    SupportsRebinding,
    SupportsStagedIngest,
    SupportsTrees,
    TreeMember,
)
from contexta.spi.trees import tree_problem
from contexta.store.artifacts.binding import ArtifactBinding
from contexta.store.artifacts.manifests import as_manifest, completed
from contexta.store.artifacts.package_reading import open_package
from contexta.store.artifacts.packages import (
    DESCRIPTION_NAME,
    MANIFEST_NAME,
    invalid_package,
    read_description,
)
from contexta.store.face import StoreFace

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from contexta.contract.models.artifacts import ArtifactManifest
    from contexta.store.artifacts.package_reading import PackageReader
    from contexta.store.artifacts.packages import PackageDescription, PackageMember
    from contexta.store.artifacts.store import ArtifactStore

__all__ = [
    "ImportConflictPolicy",
    "ImportOutcome",
    "ImportReceipt",
    "Importing",
    "import_artifact",
    "import_export_package",
]

_MAX_DESCRIPTION_BYTES = 8_388_608
_MAX_MANIFEST_BYTES = 1_048_576
_CHUNK_BYTES = 1_048_576


class ImportConflictPolicy(StrEnum):
    """What to do where the reference is bound to other content."""

    #: Refuse.
    ERROR = "error"
    #: Leave what is bound.
    SKIP = "skip"
    #: Bind the new content; the old one is garbage where nothing else has it.
    REPLACE = "replace"


class ImportOutcome(StrEnum):
    """What an import has done."""

    #: The reference is new here.
    IMPORTED = "imported"
    #: It was bound to the same content.
    IDEMPOTENT = "idempotent"
    #: It was bound before, and stays as it was.
    SKIPPED = "skipped"
    #: It was bound to other content, and is bound to this now.
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class ImportReceipt:
    """What an import has done.

    Args:
        artifact_ref: The artifact.
        outcome: In one word.
        binding: What is bound now.
        bytes_written: Size of the content, where something was bound; 0 otherwise.
        replaced_digest: Digest of the content that was bound before, where it was replaced.
        mapping_loss_report: Where the package was, for packages.
    """

    artifact_ref: str
    outcome: ImportOutcome
    binding: ArtifactBinding
    bytes_written: int = 0
    replaced_digest: str | None = None
    mapping_loss_report: Mapping[str, Any] = field(default_factory=dict)


class Importing(StoreFace[ArtifactBackend]):
    """Artifacts that come from elsewhere."""

    def import_export_package(
        self, package: str | os.PathLike[str], *, conflict_policy: ImportConflictPolicy | str = "error"
    ) -> ImportReceipt:
        """Take in a package that ``export_artifact`` wrote: a directory, a zip or a tar.

        The whole package is read and compared with its description first; one that does not hold is refused, and
        nothing of it was written.  Members are read by the names that the format gives, and never extracted.

        Args:
            package: The package.
            conflict_policy: ``"error"``, ``"skip"`` or ``"replace"``, where the reference is bound already.

        Raises:
            NotFoundError: There is no package.
            ValidationError: It was refused (``artifact_export_package_invalid``).
            CompatibilityError: Another version wrote it (``artifact_package_version_unsupported``).
            ConflictError: The reference is bound to other content (``artifact_binding_conflict``).
            StorageFullError: There is no space; nothing was bound.
        """
        policy = _policy(conflict_policy)
        path = Path(package)
        with open_package(path) as reader:
            description, manifest = _checked(reader)
            found = self._backend.find(description.artifact_ref)
            settled = self._settled(found, description.digest, policy)
            report = {"package_root": str(path)}
            if settled is not None and found is not None:
                return ImportReceipt(
                    description.artifact_ref, settled, ArtifactBinding.of(found), mapping_loss_report=report
                )
            content = self._take_in(reader, description)
        return self._bind_imported(manifest, content, description.source_name, policy, report)

    def import_artifact(
        self,
        manifest: ArtifactManifest | Mapping[str, Any] | str,
        source: str | os.PathLike[str],
        *,
        conflict_policy: ImportConflictPolicy | str = "error",
    ) -> ImportReceipt:
        """Take in a file or directory with a manifest that came from elsewhere; the source stays.

        Args:
            manifest: The manifest, as a model, plain data or JSON.
            source: The file or directory.
            conflict_policy: ``"error"``, ``"skip"`` or ``"replace"``, where the reference is bound already.

        Raises:
            NotFoundError: There is no such source.
            ArtifactError: It is not what the manifest claims; nothing was bound.
            ConflictError: The reference is bound to other content (``artifact_binding_conflict``).
            StorageFullError: There is no space; nothing was bound.
        """
        policy = _policy(conflict_policy)
        model = as_manifest(manifest)
        content = self._backend.ingest(Path(source), mode="copy")
        return self._bind_imported(model, content, Path(source).name, policy, {})

    @staticmethod
    def _settled(
        found: BoundArtifact | None, digest: str, policy: ImportConflictPolicy
    ) -> ImportOutcome | None:
        """Return the outcome where there is nothing to take in.

        Raises:
            ConflictError: The reference is bound to other content, and that is not to be replaced.
        """
        if found is None or found.content is None:
            return None
        if policy is ImportConflictPolicy.SKIP:
            return ImportOutcome.SKIPPED
        if found.content.digest == digest:
            return ImportOutcome.IDEMPOTENT
        if policy is ImportConflictPolicy.REPLACE:
            return None
        raise ConflictError(
            f"{found.artifact_ref} is bound to {found.content.digest} here, and the import has {digest}; import it with "
            "conflict_policy 'skip' or 'replace'. Nothing was written.",
            code="artifact_binding_conflict",
            details={"artifact_ref": found.artifact_ref},
        )

    def _bind_imported(
        self,
        manifest: ArtifactManifest,
        content: ArtifactContent,
        source_name: str,
        policy: ImportConflictPolicy,
        report: Mapping[str, Any],
    ) -> ImportReceipt:
        model = completed(manifest, content.size_bytes, content.digest)
        ref = str(model.artifact_ref)
        bound = BoundArtifact(ref, model.to_dict(), content, source_name)
        before = self._backend.find(ref)
        settled = self._settled(before, content.digest, policy)
        if settled is not None and before is not None:
            return ImportReceipt(ref, settled, ArtifactBinding.of(before), mapping_loss_report=report)
        replaced = None if before is None or before.content is None else before.content.digest
        if replaced is None:
            self._backend.bind(bound)
        elif isinstance(self._backend, SupportsRebinding):
            self._backend.rebind(bound)
        else:
            raise PluginNotUsableError(
                "this artifact store cannot bind a reference to other content; nothing was replaced",
                code="artifact_replacing_unsupported",
            )
        outcome = ImportOutcome.IMPORTED if replaced is None else ImportOutcome.REPLACED
        return ImportReceipt(
            ref, outcome, ArtifactBinding.of(bound), content.size_bytes, replaced, mapping_loss_report=report
        )

    def _take_in(self, reader: PackageReader, description: PackageDescription) -> ArtifactContent:
        backend = self._backend
        if not isinstance(backend, SupportsStagedIngest):
            raise PluginNotUsableError(
                "this artifact store takes no streams, so it cannot import packages",
                code="artifact_streams_unsupported",
            )
        kept = {
            member.sha256: _ingest(backend, reader.open(member.name), member)
            for member in description.members
        }
        if description.form == "file":
            (content,) = kept.values()
            return content
        if not isinstance(backend, SupportsTrees):
            raise PluginNotUsableError(
                "this artifact store cannot put a directory together from files",
                code="artifact_trees_unsupported",
            )
        return backend.ingest_tree(_tree_members(description))


def _policy(given: ImportConflictPolicy | str) -> ImportConflictPolicy:
    try:
        return ImportConflictPolicy(given)
    except ValueError as error:
        raise ValidationError(
            f"conflict_policy is {given!r}; use one of {', '.join(ImportConflictPolicy)}",
            code="artifact_store_invalid_conflict_policy",
        ) from error


def _checked(reader: PackageReader) -> tuple[PackageDescription, ArtifactManifest]:
    """Read a whole package and compare it with its description; nothing is written.

    Raises:
        ValidationError: It does not hold (``artifact_export_package_invalid``).
        CompatibilityError: Another version wrote it.
    """
    sizes = reader.sizes
    description = read_description(_small(reader, sizes, DESCRIPTION_NAME, _MAX_DESCRIPTION_BYTES))
    expected = {member.name: member.size_bytes for member in description.members}
    others = {DESCRIPTION_NAME, MANIFEST_NAME}
    if {name: size for name, size in sizes.items() if name not in others} != expected:
        odd = sorted({*sizes} ^ {*expected, *others}) or sorted(expected)
        raise invalid_package(f"its members are not those of its description: {odd[0][:200]!r}")
    text = _small(reader, sizes, MANIFEST_NAME, _MAX_MANIFEST_BYTES)
    if hashlib.sha256(text).hexdigest() != description.manifest_sha256:
        raise invalid_package(f"its {MANIFEST_NAME} is not the one that was exported")
    manifest = _manifest(text, description)
    for member in description.members:
        with reader.open(member.name) as body:
            _compare(body, member)
    problem = tree_problem(_tree_members(description))
    if problem is not None:
        raise invalid_package(problem)
    return description, manifest


def _small(reader: PackageReader, sizes: Mapping[str, int], name: str, limit: int) -> bytes:
    size = sizes.get(name)
    if size is None or size > limit:
        raise invalid_package(f"it has no {name}, or one of more than {limit} bytes")
    with reader.open(name) as member:
        # One more: a member may hold more than it says.
        data = member.read(limit + 1)
    if len(data) != size:
        raise invalid_package(f"its {name} is longer or shorter than it says")
    return data


def _manifest(text: bytes, description: PackageDescription) -> ArtifactManifest:
    try:
        manifest = as_manifest(text.decode("utf-8"))
    except (ContextaError, UnicodeDecodeError) as error:
        raise invalid_package(f"its {MANIFEST_NAME} is no manifest: {error}") from error
    named = (str(manifest.artifact_ref), manifest.artifact_kind)
    if named != (description.artifact_ref, description.artifact_kind):
        raise invalid_package(f"its description is of another artifact than its {MANIFEST_NAME}")
    if description.form == "file":
        try:
            completed(manifest, description.size_bytes, description.digest)
        except ContextaError as error:
            raise invalid_package(str(error)) from error
    return manifest


def _compare(body: BinaryIO, member: PackageMember) -> None:
    digest, size = hashlib.sha256(), 0
    while size <= member.size_bytes and (data := body.read(_CHUNK_BYTES)):
        digest.update(data)
        size += len(data)
    if (digest.hexdigest(), size) != (member.sha256, member.size_bytes):
        raise invalid_package(f"the member {member.name!r} is not the one that was exported")


def _tree_members(description: PackageDescription) -> list[TreeMember]:
    sizes = {member.sha256: member.size_bytes for member in description.members}
    return [
        TreeMember(
            path=entry.path,
            digest=None if entry.sha256 is None else f"sha256:{entry.sha256}",
            size_bytes=0 if entry.sha256 is None else sizes[entry.sha256],
            executable=entry.executable,
            link=entry.link,
        )
        for entry in description.entries
    ]


def _ingest(backend: SupportsStagedIngest, body: BinaryIO, member: PackageMember) -> ArtifactContent:
    """Keep one body, compared once more: the package may have changed since it was read."""
    ingest = backend.begin_ingest()
    try:
        with body:
            while data := body.read(_CHUNK_BYTES):
                ingest.write(data)
        return ingest.commit(expected_digest=f"sha256:{member.sha256}", expected_size_bytes=member.size_bytes)
    except IntegrityError as error:
        raise invalid_package(f"the member {member.name!r} changed while it was read") from error
    finally:
        ingest.abort()


def import_export_package(
    store: ArtifactStore,
    package: str | os.PathLike[str],
    *,
    conflict_policy: ImportConflictPolicy | str = "error",
) -> ImportReceipt:
    """Take in a package that ``export_artifact`` wrote; see :meth:`ArtifactStore.import_export_package`."""
    return store.import_export_package(package, conflict_policy=conflict_policy)


def import_artifact(
    store: ArtifactStore,
    manifest: ArtifactManifest | Mapping[str, Any] | str,
    source: str | os.PathLike[str],
    *,
    conflict_policy: ImportConflictPolicy | str = "error",
) -> ImportReceipt:
    """Take in a file or directory with a manifest that came from elsewhere."""
    return store.import_artifact(manifest, source, conflict_policy=conflict_policy)
