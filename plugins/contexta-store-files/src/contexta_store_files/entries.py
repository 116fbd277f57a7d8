"""A binding as one line of the journal, and back."""

from __future__ import annotations

from typing import Any

import msgspec

from contexta.contract.json_values import freeze_json, thaw_json
from contexta.errors import ValidationError
from contexta.spi.artifacts import ArtifactContent, BoundArtifact
from contexta_store_files.layout import is_digest

__all__ = ["BindingEntry", "check_content", "decode_entry", "encode_entry", "encode_unbinding"]

_FORMS = frozenset({"file", "directory"})


class _ManifestHead(msgspec.Struct):
    """The one field of a manifest that the store itself looks at."""

    run_ref: str | None = None


class BindingEntry(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line of the journal.

    Args:
        artifact: Reference of the artifact.
        at: Stamp of the hybrid clock; with the writer it orders the bindings of all processes.
        bound_at: When it was bound (ISO 8601, UTC).
        source: Name of the file or directory that was registered.
        digest: Of the body; None while it is pending.
        size: Of the body, in bytes.
        form: ``"file"`` or ``"directory"``.
        manifest: The manifest's JSON text.
        unbound: Whether the line lets go of the reference instead of binding it.
    """

    artifact: str
    at: str
    unbound: bool = False
    bound_at: str = ""
    source: str = ""
    digest: str | None = None
    size: int = 0
    form: str = "file"
    manifest: msgspec.Raw = msgspec.Raw(b"{}")

    @property
    def run_ref(self) -> str | None:
        """The run that the manifest names."""
        return _head_decoder.decode(self.manifest).run_ref

    def artifact_bound(self) -> BoundArtifact:
        """Return the entry as the SPI shows it, with a manifest that is the caller's own."""
        content = None
        if self.digest is not None:
            content = ArtifactContent(self.digest, self.size, self.form)
        manifest: dict[str, Any] = msgspec.json.decode(self.manifest)
        return BoundArtifact(self.artifact, manifest, content, self.source, self.bound_at)


_head_decoder = msgspec.json.Decoder(_ManifestHead)
_decoder = msgspec.json.Decoder(BindingEntry)
_encoder = msgspec.json.Encoder()


def encode_entry(artifact: BoundArtifact, *, at: str, bound_at: str) -> bytes:
    """Encode a binding as the members of its line.

    Args:
        artifact: The binding.
        at: Stamp of the hybrid clock.
        bound_at: When it is bound, where the binding does not say.

    Raises:
        ValidationError: The manifest is no JSON data.
    """
    manifest = thaw_json(freeze_json(artifact.manifest, path="manifest"))
    entry = BindingEntry(
        artifact=artifact.artifact_ref,
        at=at,
        bound_at=artifact.bound_at or bound_at,
        source=artifact.source_name,
        manifest=msgspec.Raw(_encoder.encode(manifest)),
    )
    if artifact.content is not None:
        entry.digest = artifact.content.digest
        entry.size = artifact.content.size_bytes
        entry.form = artifact.content.form
    return _encoder.encode(entry)[1:-1]


def encode_unbinding(artifact_ref: str, *, at: str) -> bytes:
    """Encode that a reference was let go of, as the members of a line.

    Args:
        artifact_ref: The reference.
        at: Stamp of the hybrid clock.
    """
    return _encoder.encode(BindingEntry(artifact=artifact_ref, at=at, unbound=True))[1:-1]


def decode_entry(line: bytes) -> BindingEntry | None:
    """Decode a line; None for one that is whole but no binding that this version understands."""
    try:
        entry = _decoder.decode(line)
        head = _head_decoder.decode(entry.manifest)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    del head
    if entry.digest is not None and not (
        is_digest(entry.digest) and entry.form in _FORMS and entry.size >= 0
    ):
        return None
    # The line's memory would live as long as its manifest.
    entry.manifest = entry.manifest.copy()
    return entry


def check_content(artifact: BoundArtifact) -> None:
    """Refuse a binding that could not be read back.

    Raises:
        ValidationError: The reference is blank, or the content has no valid digest, size or form.
    """
    content = artifact.content
    reference: object = artifact.artifact_ref
    if not isinstance(reference, str) or not reference.strip():
        raise ValidationError(
            f"An artifact was to be bound under {reference!r}; a reference such as 'artifact:project.run.name' is needed.",
            code="artifact_invalid_ref",
        )
    if content is not None and not (
        is_digest(content.digest) and content.form in _FORMS and content.size_bytes >= 0
    ):
        raise ValidationError(
            f"{reference} was to be bound to {content!r}; bind what ingest() returned: a digest 'sha256:<64 hex>',"
            " a size in bytes and a form, 'file' or 'directory'.",
            code="artifact_invalid_content",
            details={"artifact_ref": reference},
        )
