"""The export package: a directory, zip or tar with a description, a manifest, and bodies named by their hashes.

Nothing in a package names a place.  Bodies are members ``sha256-<64 hex>``; what a directory looks like inside stands
in the description.  So whoever reads one writes only under names of their own.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from contexta.errors import CompatibilityError, ValidationError

__all__ = [
    "DESCRIPTION_NAME",
    "MANIFEST_NAME",
    "MAX_MEMBERS",
    "PACKAGE_FORMAT_VERSION",
    "PackageDescription",
    "PackageEntry",
    "PackageMember",
    "invalid_package",
    "read_description",
]

#: What is written into every package, and must stand in one that is read.
PACKAGE_FORMAT_VERSION = "contexta-artifact-export-v2"
DESCRIPTION_NAME = "export.package.json"
MANIFEST_NAME = "manifest.snapshot.json"

#: Most bodies and most entries of one package.
MAX_MEMBERS = 10_000
_MAX_TEXT = 4_096
_DIGITS = re.compile(r"[0-9a-f]{64}\Z")


class PackageMember(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One body.

    Args:
        sha256: Its hash, as 64 hexadecimal digits.
        size_bytes: Its size.
    """

    sha256: str
    size_bytes: int

    @property
    def name(self) -> str:
        """Name of the member."""
        return f"sha256-{self.sha256}"


class PackageEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One entry of a directory; an empty directory where there is neither a body nor a link.

    Args:
        path: Relative, with forward slashes.
        sha256: Hash of a file's body.
        executable: Whether a file's owner may execute it.
        link: What a link points to.
    """

    path: str
    sha256: str | None = None
    executable: bool = False
    link: str | None = None


class PackageDescription(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What stands in the description.

    Args:
        package_format_version: :data:`PACKAGE_FORMAT_VERSION`.
        artifact_ref: Reference of the artifact.
        artifact_kind: Its kind.
        exported_at: When it was exported (ISO 8601, UTC).
        source_name: Name of the file or directory that was registered.
        form: ``"file"`` or ``"directory"``.
        digest: The content's digest in the store that it comes from.
        manifest_sha256: Hash of the manifest's text.
        members: The bodies.
        entries: What is inside of a directory.
    """

    package_format_version: str
    artifact_ref: str
    artifact_kind: str
    exported_at: str
    source_name: str
    form: str
    digest: str
    manifest_sha256: str
    members: list[PackageMember]
    entries: list[PackageEntry] = []

    @property
    def size_bytes(self) -> int:
        """Size of the bodies."""
        return sum(member.size_bytes for member in self.members)


class _Head(msgspec.Struct):
    package_format_version: str


def invalid_package(what: str, **details: Any) -> ValidationError:
    """Build the error for a package that is refused; nothing of it was written."""
    return ValidationError(
        f"The export package was refused: {what}. Nothing was written. Export the artifact again at its origin.",
        code="artifact_export_package_invalid",
        details=details,
    )


def read_description(data: bytes) -> PackageDescription:
    """Read and check a description.

    Raises:
        CompatibilityError: Another version wrote it (``artifact_package_version_unsupported``).
        ValidationError: It is none (``artifact_export_package_invalid``).
    """
    try:
        version = msgspec.json.decode(data, type=_Head).package_format_version
        if version != PACKAGE_FORMAT_VERSION:
            raise CompatibilityError(
                f"The export package has the format {version[:80]!r}, and this version reads {PACKAGE_FORMAT_VERSION!r};"
                " export the artifact again.",
                code="artifact_package_version_unsupported",
            )
        description = msgspec.json.decode(data, type=PackageDescription)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise invalid_package(f"its {DESCRIPTION_NAME} cannot be read: {error}") from error
    problem = _problem(description)
    if problem is not None:
        raise invalid_package(problem)
    return description


def _problem(description: PackageDescription) -> str | None:
    members, entries = description.members, description.entries
    texts = (
        description.artifact_ref,
        description.artifact_kind,
        description.source_name,
        description.exported_at,
    )
    if len(members) > MAX_MEMBERS or len(entries) > MAX_MEMBERS:
        return f"it lists more than {MAX_MEMBERS} files"
    if any(len(text) > _MAX_TEXT for text in texts):
        return "a text of its description is too long"
    if any(not _DIGITS.match(each.sha256) or each.size_bytes < 0 for each in members):
        return "a member has no valid hash and size"
    known = {each.sha256 for each in members}
    if len(known) != len(members):
        return "a member is listed twice"
    if description.form == "file":
        if len(members) != 1 or entries or description.digest != f"sha256:{members[0].sha256}":
            return "it is a file, and does not have exactly the one body that its digest names"
        return None
    if description.form != "directory":
        return f"its form is {description.form[:40]!r}, which is neither 'file' nor 'directory'"
    used = {each.sha256 for each in entries if each.sha256 is not None}
    if used != known:
        return "its members are not those that the entries of the directory name"
    if any(each.sha256 is not None and each.link is not None for each in entries):
        return "an entry is a file and a link"
    return None
