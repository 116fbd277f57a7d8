"""Reading bodies again and comparing them with what was promised."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from contexta.contract.timestamps import utc_now_text
from contexta.errors import NotFoundError, StoreAccessError, ValidationError
from contexta.spi.artifacts import ArtifactBackend
from contexta.store.artifacts.binding import hash_digits
from contexta.store.artifacts.manifests import claimed_digest
from contexta.store.artifacts.verification import (
    StoreSummary,
    SweepReport,
    VerificationRecord,
    VerificationReport,
    VerificationStatus,
)
from contexta.store.face import StoreFace
from contexta.store.integrity import IntegrityReport

if TYPE_CHECKING:
    from contexta.contract.models.artifacts import ArtifactManifest
    from contexta.spi.artifacts import BoundArtifact
    from contexta.spi.integrity import IntegrityFinding
    from contexta.store.artifacts.store import ArtifactStore

__all__ = ["Verifying", "inspect_store", "refresh_verification", "verify_all", "verify_artifact"]

_LOST = frozenset({"artifact_body_missing", "artifact_body_unreadable"})
_ORPHANS = frozenset({"artifact_body_unbound", "artifact_unexpected_file", "artifact_leftover"})


class Verifying(StoreFace[ArtifactBackend]):
    """Verification of one artifact and of all."""

    def verify_artifact(
        self, artifact_ref: str, *, manifest: ArtifactManifest | None = None
    ) -> VerificationReport:
        """Read a body again and compare it with what was stored, or with what a manifest claims.

        Args:
            artifact_ref: Reference of the artifact.
            manifest: What to compare with; size and hash of the binding where it claims none, and when None.

        Raises:
            NotFoundError: There is no such artifact.
            ValidationError: The manifest is another artifact's (``artifact_store_verification_manifest_mismatch``).
        """
        ref = str(artifact_ref)
        bound = self._bound(ref)
        if manifest is not None and str(manifest.artifact_ref) != ref:
            raise ValidationError(
                f"{ref} was to be verified with the manifest of {manifest.artifact_ref}",
                code="artifact_store_verification_manifest_mismatch",
            )
        size, digits = self._actual(bound)
        return _report(bound, manifest, size, digits, self._finding(bound, digits))

    def verify_all(self) -> SweepReport:
        """Read every body once, and the journal of bindings, and say how each artifact is."""
        findings = tuple(self._backend.check_integrity())
        bad = {finding.ref for finding in findings if finding.ref is not None}
        records = []
        for bound in self._backend.list_artifacts():
            ref = bound.artifact_ref
            if ref in bad or bound.content is None:
                report = self.verify_artifact(ref)
                message = "; ".join(report.messages)
                records.append(VerificationRecord(ref, report.status, report.checked_at, message))
            else:
                records.append(VerificationRecord(ref, VerificationStatus.VERIFIED, utc_now_text()))
        mismatches = {VerificationStatus.SIZE_MISMATCH, VerificationStatus.HASH_MISMATCH}
        return SweepReport(
            verification_records=tuple(records),
            missing_refs=tuple(
                each.artifact_ref for each in records if each.status is VerificationStatus.MISSING
            ),
            drifted_refs=tuple(each.artifact_ref for each in records if each.status in mismatches),
            orphan_paths=tuple(finding.location for finding in findings if finding.code in _ORPHANS),
            findings=findings,
        )

    def inspect_store(self) -> StoreSummary:
        """Count what the store holds and how it is; every body is read for it."""
        sweep = self.verify_all()
        bound = self._backend.list_artifacts()
        return StoreSummary(
            artifact_count=len(bound),
            total_size_bytes=sum(each.content.size_bytes for each in bound if each.content is not None),
            kinds=dict(
                sorted(Counter(str(each.manifest.get("artifact_kind", "")) for each in bound).items())
            ),
            verified_count=len(sweep.verification_records)
            - len(sweep.missing_refs)
            - len(sweep.drifted_refs),
            missing_count=len(sweep.missing_refs),
            drift_count=len(sweep.drifted_refs),
            orphan_count=len(sweep.orphan_paths),
            format_version=self._config.artifacts.layout_version,
        )

    def refresh_verification(self, artifact_ref: str) -> VerificationRecord:
        """Read one body again and say in short how it is.

        Raises:
            NotFoundError: There is no such artifact.
        """
        report = self.verify_artifact(artifact_ref)
        return VerificationRecord(
            report.artifact_ref, report.status, report.checked_at, "; ".join(report.messages)
        )

    def check_integrity(self) -> IntegrityReport:
        """Verify every artifact and look for what belongs to none."""
        return IntegrityReport.of(self._backend.check_integrity())

    def _bound(self, artifact_ref: str) -> BoundArtifact:
        """Return a binding.

        Raises:
            NotFoundError: There is none (``artifact_store_binding_not_found``).
        """
        bound = self._backend.find(artifact_ref)
        if bound is None:
            raise NotFoundError(
                f"no artifact {artifact_ref!r} is bound in this store",
                code="artifact_store_binding_not_found",
                details={"artifact_ref": artifact_ref},
            )
        return bound

    def _actual(self, bound: BoundArtifact) -> tuple[int | None, str | None]:
        """Return size and SHA-256 of what is there now; of a directory, what they should be if it is whole."""
        if bound.content is None:
            return None, None
        if bound.content.form == "directory":
            whole = self._backend.verify(bound.artifact_ref) is None
            return (bound.content.size_bytes, hash_digits(bound.content)) if whole else (None, None)
        digest, size = hashlib.sha256(), 0
        try:
            with self._backend.open_body(bound.artifact_ref) as body:
                while chunk := body.read(self._config.artifacts.chunk_size_bytes):
                    digest.update(chunk)
                    size += len(chunk)
        except (NotFoundError, StoreAccessError, OSError):
            return None, None
        return size, digest.hexdigest()

    def _finding(self, bound: BoundArtifact, digits: str | None) -> IntegrityFinding | None:
        if bound.content is None or digits == hash_digits(bound.content):
            return None
        return self._backend.verify(bound.artifact_ref)


def _report(
    bound: BoundArtifact,
    manifest: ArtifactManifest | None,
    size: int | None,
    digits: str | None,
    finding: IntegrityFinding | None,
) -> VerificationReport:
    content = bound.content
    expected_size = None if content is None else content.size_bytes
    expected_digits = None if content is None else hash_digits(content)
    if manifest is not None:
        claimed = claimed_digest(manifest)
        expected_size = expected_size if manifest.size_bytes is None else manifest.size_bytes
        expected_digits = expected_digits if claimed is None else claimed.partition(":")[2]
    status = VerificationStatus.VERIFIED
    if digits is None:
        # A directory with a damaged file is there, and is not what was stored.
        is_lost = finding is None or finding.code in _LOST
        status = VerificationStatus.MISSING if is_lost else VerificationStatus.HASH_MISMATCH
    elif size != expected_size:
        status = VerificationStatus.SIZE_MISMATCH
    elif digits != expected_digits:
        status = VerificationStatus.HASH_MISMATCH
    return VerificationReport(
        artifact_ref=bound.artifact_ref,
        status=status,
        verified=status is VerificationStatus.VERIFIED,
        exists=status is not VerificationStatus.MISSING,
        actual_size_bytes=size,
        expected_size_bytes=expected_size,
        actual_hash_value=digits,
        expected_hash_value=expected_digits,
        checked_at=utc_now_text(),
        messages=_messages(status, finding, expected_size, expected_digits),
    )


def _messages(
    status: VerificationStatus,
    finding: IntegrityFinding | None,
    expected_size: int | None,
    expected_digits: str | None,
) -> tuple[str, ...]:
    if status is VerificationStatus.VERIFIED:
        return ()
    if finding is not None:
        return (finding.message,)
    if expected_digits is None:
        return ("it was registered before its body existed and has none yet",)
    return (f"it should have {expected_size} bytes and the SHA-256 {expected_digits}",)


def verify_artifact(
    store: ArtifactStore, artifact_ref: str, *, manifest: ArtifactManifest | None = None
) -> VerificationReport:
    """Read a body again and compare it with what was stored; see :meth:`ArtifactStore.verify_artifact`."""
    return store.verify_artifact(artifact_ref, manifest=manifest)


def verify_all(store: ArtifactStore) -> SweepReport:
    """Read every body and say how each artifact is."""
    return store.verify_all()


def inspect_store(store: ArtifactStore) -> StoreSummary:
    """Count what the store holds and how it is; every body is read for it."""
    return store.inspect_store()


def refresh_verification(store: ArtifactStore, artifact_ref: str) -> VerificationRecord:
    """Read one body again and say in short how it is."""
    return store.refresh_verification(artifact_ref)
