"""What verifying says."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.spi.integrity import IntegrityFinding

__all__ = [
    "StoreSummary",
    "SweepReport",
    "VerificationMode",
    "VerificationRecord",
    "VerificationReport",
    "VerificationStatus",
]


class VerificationMode(StrEnum):
    """How much is compared when an artifact is read, or taken in with a manifest that claims size and hash."""

    #: Nothing.
    NONE = "none"
    #: The size, when it is read.
    STORED = "stored"
    #: What the manifest claims.
    MANIFEST_IF_AVAILABLE = "manifest_if_available"
    #: Size and hash, and the manifest must claim both.
    STRICT = "strict"


class VerificationStatus(StrEnum):
    """How a body is, in one word."""

    #: It is the one that was stored.
    VERIFIED = "verified"
    #: It is not there, cannot be read, or never came.
    MISSING = "missing"
    #: It has another size.
    SIZE_MISMATCH = "size_mismatch"
    #: It has other bytes.
    HASH_MISMATCH = "hash_mismatch"


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """How the body of one artifact is.

    Args:
        artifact_ref: The artifact.
        status: In one word.
        verified: Whether it is the one that was stored.
        exists: Whether there is one.
        actual_size_bytes: Its size; None where there is none.
        expected_size_bytes: What the size should be.
        actual_hash_value: Its SHA-256, as hexadecimal digits; None where there is none, and for a damaged directory.
        expected_hash_value: What that should be.
        checked_at: When it was read (ISO 8601, UTC).
        messages: What is wrong, in words.
    """

    artifact_ref: str
    status: VerificationStatus
    verified: bool
    exists: bool
    actual_size_bytes: int | None
    expected_size_bytes: int | None
    actual_hash_value: str | None
    expected_hash_value: str | None
    checked_at: str
    messages: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class VerificationRecord:
    """How the body of one artifact is, in short.

    Args:
        artifact_ref: The artifact.
        status: In one word.
        checked_at: When it was read (ISO 8601, UTC).
        message: What is wrong, in words; empty when nothing is.
    """

    artifact_ref: str
    status: VerificationStatus
    checked_at: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """How all artifacts of a store are.

    Args:
        verification_records: One for each artifact, in the order of binding.
        missing_refs: Artifacts without a body.
        drifted_refs: Artifacts whose body is not the one that was stored.
        orphan_paths: What belongs to no artifact, relative to the plane's root.
        findings: Everything that was found, damage of the journal of bindings included.
    """

    verification_records: tuple[VerificationRecord, ...]
    missing_refs: tuple[str, ...] = ()
    drifted_refs: tuple[str, ...] = ()
    orphan_paths: tuple[str, ...] = ()
    findings: tuple[IntegrityFinding, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every artifact is whole and the journal undamaged; what belongs to nobody is only untidy."""
        damaged = any(finding.severity == "error" for finding in self.findings)
        return not (self.missing_refs or self.drifted_refs or damaged)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {**asdict(self), "ok": self.ok}


@dataclass(frozen=True, slots=True)
class StoreSummary:
    """What a store holds.

    Args:
        artifact_count: Number of artifacts.
        total_size_bytes: Size of their contents, in bytes; content that is shared counts for each.
        kinds: Number of artifacts by kind.
        verified_count: Artifacts whose body is the one that was stored.
        missing_count: Artifacts without a body.
        drift_count: Artifacts whose body is another.
        orphan_count: Files that belong to no artifact.
        format_version: Version of the store's layout.
    """

    artifact_count: int
    total_size_bytes: int
    kinds: Mapping[str, int] = field(default_factory=dict)
    verified_count: int = 0
    missing_count: int = 0
    drift_count: int = 0
    orphan_count: int = 0
    format_version: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as plain data."""
        return asdict(self)
