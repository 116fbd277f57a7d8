"""The manifest of a backup: every file with its size and hash, under a hash of its own.

It is the only list that counts: what it does not name is not in the backup, and what it names is checked before anything
is touched.  Foreign manifests come from anywhere, so every field is looked at.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contexta.errors import RestoreError
from contexta.recovery.sections import ALWAYS, OPTIONAL

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "MANIFEST_NAME",
    "BackedUpFile",
    "BackupManifest",
    "StoredObject",
    "is_inside",
    "is_object_name",
    "load_inner",
    "read_inner",
]

MANIFEST_NAME = "manifest.json"
#: First and second number of the format; another first number is another format.
FORMAT = "contexta-backup/1"
_LONGEST_MANIFEST = 512 * 1_048_576
_MOST_FILES = 2_000_000
_LONGEST_PATH = 1_024
_HASH = re.compile(r"[0-9a-f]{64}")
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_SECTIONS = frozenset((*ALWAYS, *OPTIONAL))


@dataclass(frozen=True, slots=True)
class BackedUpFile:
    """One file.

    Args:
        path: Section and path below it, with forward slashes.
        size: Bytes.
        sha256: Hash of its bytes.
        object_name: The object that holds them.
    """

    path: str
    size: int
    sha256: str
    object_name: str

    @property
    def section(self) -> str:
        """The section that it belongs to."""
        return self.path.partition("/")[0]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of an encrypted backup as it lies on the disk.

    Args:
        name: Its name.
        size: Bytes.
        sha256: Hash of its bytes.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """What a backup holds.

    Args:
        backup_ref: Its reference.
        created_at: When it was made (ISO 8601, UTC).
        label: What it was called.
        project_name: Project of the configuration.
        profile_name: Profile of the configuration.
        sections: The sections that it holds.
        files: The files; empty while the manifest is encrypted.
        notes: What was left out, and why.
        encryption: The provider that encrypted it, with what it says of itself; None for a plain backup.
        objects: The objects of an encrypted backup.
        sealed: Sections, files and notes of an encrypted backup, encrypted (base64).
    """

    backup_ref: str
    created_at: str
    label: str | None = None
    project_name: str = ""
    profile_name: str = ""
    sections: tuple[str, ...] = ()
    files: tuple[BackedUpFile, ...] = ()
    notes: tuple[str, ...] = ()
    encryption: Mapping[str, str] | None = None
    objects: tuple[StoredObject, ...] = ()
    sealed: str | None = None
    digest: str = field(default="", compare=False)

    @property
    def total_bytes(self) -> int:
        """Bytes of all files."""
        return sum(each.size for each in self.files)

    @property
    def object_names(self) -> frozenset[str]:
        """Names of the objects that the backup needs."""
        return frozenset({each.object_name for each in self.files} | {each.name for each in self.objects})

    def encode(self) -> bytes:
        """Return the manifest as it is written."""
        body: dict[str, Any] = {
            "format": FORMAT,
            "backup_ref": self.backup_ref,
            "created_at": self.created_at,
            "label": self.label,
            "project_name": self.project_name,
            "profile_name": self.profile_name,
        }
        if self.encryption is None:
            body |= self.inner()
        else:
            body |= {
                "encryption": dict(self.encryption),
                "objects": [[each.name, each.size, each.sha256] for each in self.objects],
                "sealed": self.sealed,
            }
        return _dump(body | {"manifest_sha256": _digest(body)})

    def inner(self) -> dict[str, Any]:
        """Return the part that encryption hides."""
        return {
            "included_sections": list(self.sections),
            "files": [[each.path, each.size, each.sha256, each.object_name] for each in self.files],
            "notes": list(self.notes),
        }

    @classmethod
    def decode(cls, data: bytes, origin: str) -> BackupManifest:
        """Read a manifest from anywhere.

        Args:
            data: Its bytes.
            origin: Where it lies, for messages.

        Raises:
            RestoreError: It is no manifest, was changed, or names what no backup of ours holds.
        """
        body = _load(data, origin)
        claimed = body.pop("manifest_sha256", None)
        if claimed != _digest(body):
            raise _invalid(origin, "it does not have the hash that it claims; it was changed or cut off")
        ref, created, label = body.get("backup_ref"), body.get("created_at"), body.get("label")
        if not isinstance(ref, str) or not _REF.fullmatch(ref) or not isinstance(created, str):
            raise _invalid(origin, "it names no backup")
        if not isinstance(label, (str, type(None))):
            raise _invalid(origin, "its label is no text")
        known: dict[str, Any] = {
            "backup_ref": ref,
            "created_at": created,
            "label": label,
            "project_name": str(body.get("project_name") or ""),
            "profile_name": str(body.get("profile_name") or ""),
            "digest": str(claimed),
        }
        encryption = body.get("encryption")
        if encryption is None:
            return cls(**known, **read_inner(body, origin))
        return cls(**known, **_read_outer(body, encryption, origin))


def read_inner(body: Mapping[str, Any], origin: str) -> dict[str, Any]:
    """Read sections, files and notes, and refuse what cannot be a file of a workspace.

    Raises:
        RestoreError: Something about them is not as we write it.
    """
    sections, files, notes = body.get("included_sections"), body.get("files"), body.get("notes")
    if not _are_texts(sections) or not _SECTIONS.issuperset(sections or ()):
        raise _invalid(origin, f"its sections are {str(sections)[:80]}")
    if not isinstance(files, list) or len(files) > _MOST_FILES or not _are_texts(notes):
        raise _invalid(origin, "its list of files is none, or too long")
    read = tuple(_file(each, origin) for each in files)
    _require_distinct(read, origin)
    strays = {each.section for each in read} - set(sections or ())
    if strays:
        raise _invalid(origin, f"it has files of sections that it does not name: {', '.join(sorted(strays))}")
    return {"sections": tuple(sections or ()), "files": read, "notes": tuple(notes or ())}


def _read_outer(body: Mapping[str, Any], encryption: Any, origin: str) -> dict[str, Any]:
    objects, sealed = body.get("objects"), body.get("sealed")
    if not isinstance(encryption, dict) or not all(isinstance(each, str) for each in encryption.values()):
        raise _invalid(origin, "it does not say how it was encrypted")
    if not isinstance(objects, list) or len(objects) > _MOST_FILES or not isinstance(sealed, str):
        raise _invalid(origin, "its encrypted part is missing")
    read = []
    for each in objects:
        if not (isinstance(each, list) and len(each) == 3 and is_object_name(each[0]) and _is_size(each[1])):
            raise _invalid(origin, f"an object is {str(each)[:80]}")
        if not is_object_name(each[2]):
            raise _invalid(origin, f"the hash of an object is {str(each[2])[:80]}")
        read.append(StoredObject(each[0], each[1], each[2]))
    return {"encryption": encryption, "objects": tuple(read), "sealed": sealed}


def _file(entry: Any, origin: str) -> BackedUpFile:
    if not isinstance(entry, list) or len(entry) != 4:
        raise _invalid(origin, f"a file is {str(entry)[:80]}")
    path, size, sha256, name = entry
    if not isinstance(path, str) or not is_inside(path):
        raise _invalid(origin, f"{str(path)[:120]!r} is no path inside of a workspace")
    if not _is_size(size) or not is_object_name(sha256) or not is_object_name(name):
        raise _invalid(origin, f"size or hash of {path[:120]!r} are none")
    return BackedUpFile(path, size, sha256, name)


def is_inside(path: str) -> bool:
    """Whether a path can only lead to a file below a section, on every file system."""
    if len(path.encode("utf-8", "surrogatepass")) > _LONGEST_PATH or "\\" in path:
        return False
    parts = path.split("/")
    if len(parts) < 2 or parts[0] not in _SECTIONS:
        return False
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in path):
        return False
    return all(part not in {"", ".", ".."} and len(part.encode()) <= 255 for part in parts)


def _require_distinct(files: tuple[BackedUpFile, ...], origin: str) -> None:
    """Refuse two files of one name, and a file that is a directory too."""
    seen: set[str] = set()
    for each in files:
        if each.path in seen:
            raise _invalid(origin, f"it names {each.path[:120]!r} twice")
        seen.add(each.path)
    for key in seen:
        parts = key.split("/")
        for length in range(2, len(parts)):
            if "/".join(parts[:length]) in seen:
                raise _invalid(origin, f"{key[:120]!r} lies in a file")


def is_object_name(value: object) -> bool:
    """Return whether a value is a SHA-256 as we write it: the one form that may become a path."""
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def load_inner(data: bytes, origin: str) -> dict[str, Any]:
    """Parse the part of a manifest that was encrypted.

    Raises:
        RestoreError: It is no JSON object.
    """
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _invalid(origin, "its encrypted part is no JSON") from error
    if not isinstance(body, dict):
        raise _invalid(origin, "its encrypted part is no object")
    return body


def _load(data: bytes, origin: str) -> dict[str, Any]:
    if len(data) > _LONGEST_MANIFEST:
        raise _invalid(origin, f"it has {len(data)} bytes")
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _invalid(origin, "it is no JSON") from error
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        found = body.get("format") if isinstance(body, dict) else type(body).__name__
        raise _invalid(origin, f"its format is {str(found)[:80]!r}, and this version reads {FORMAT!r}")
    return body


def _dump(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode("ascii")


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(_dump(body)).hexdigest()


def _invalid(origin: str, reason: str) -> RestoreError:
    return RestoreError(
        f"the manifest of the backup {origin!r} cannot be used: {reason}. Nothing was changed; take another backup",
        code="recovery_manifest_invalid",
        details={"origin": origin},
    )
