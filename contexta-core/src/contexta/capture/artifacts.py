"""Registration of artifacts: the body into the store, the manifest bound to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.contract.json_values import thaw_json
from contexta.contract.refs import StableRef
from contexta.contract.text import slug
from contexta.contract.timestamps import utc_now_text
from contexta.errors import NotFoundError, ValidationError
from contexta.spi.artifacts import BoundArtifact

if TYPE_CHECKING:
    from contexta.capture.context import CaptureContext
    from contexta.capture.emissions import ArtifactRegistrationEmission
    from contexta.capture.identifiers import Identifiers
    from contexta.contract.models.artifacts import ArtifactManifest
    from contexta.redaction import Redactor
    from contexta.spi.artifacts import ArtifactBackend, ArtifactContent

__all__ = ["ArtifactPath"]

#: Flat name of a scope to the manifest's field.
_SCOPES = {
    "deployment": "deployment_execution_ref",
    "stage": "stage_execution_ref",
    "batch": "batch_execution_ref",
    "sample": "sample_observation_ref",
    "op": "operation_context_ref",
}


class ArtifactPath:
    """Registers artifacts of scopes.

    Args:
        backend: The artifact store.
        identifiers: Where identifiers come from.
        redactor: Applied to attributes.
        producer: Who captures.
        ingest_mode: ``"copy"``, ``"move"`` or ``"adopt"``.
    """

    def __init__(
        self,
        backend: ArtifactBackend,
        identifiers: Identifiers,
        redactor: Redactor,
        producer: str,
        ingest_mode: str,
    ) -> None:
        self._backend = backend
        self._identifiers = identifiers
        self._redactor = redactor
        self._producer = producer
        # A backend that cannot adopt takes a source that is handed over by moving it in.
        can_adopt = ingest_mode != "adopt" or "adopt" in backend.capabilities
        self._mode = ingest_mode if can_adopt else "move"

    def register(self, context: CaptureContext, emission: ArtifactRegistrationEmission) -> dict[str, Any]:
        """Take the body into the store and bind the manifest to it; both are durable when this returns.

        Returns:
            The payload: ``manifest``, ``request``, ``source`` and ``binding_status`` (``"BOUND"``, or ``"PENDING"``
            where nothing lies at the path and that is allowed).

        Raises:
            ValidationError: Nothing lies at the path, or the explicit reference does not fit the run.
            ConflictError: The explicit reference is bound to other content.
            StoreAccessError: The artifact store cannot be written.
        """
        source = Path(emission.path)
        ref = self._ref(context, emission)
        # Checked before the body is taken, and in the mode "move" away from the user.
        manifest = self._manifest(context, emission, ref, None)
        content = self._ingest(source, emission)
        if content is not None:
            manifest = self._manifest(context, emission, ref, content)
        self._backend.bind(
            BoundArtifact(
                artifact_ref=str(manifest.artifact_ref),
                manifest=manifest.to_dict(),
                content=content,
                source_name=_readable(Path(source.name)),
                bound_at=manifest.created_at,
            )
        )
        return {
            "manifest": manifest,
            "request": emission.to_dict()
            | {"path": _readable(source), "attributes": thaw_json(manifest.attributes)},
            "source": {"path": _readable(source), "exists": content is not None},
            "binding_status": "PENDING" if content is None else "BOUND",
        }

    def _ingest(self, source: Path, emission: ArtifactRegistrationEmission) -> ArtifactContent | None:
        # A reference that is taken may turn out to be bound to other content; the source must then still be there.
        taken = (
            emission.artifact_ref is not None and self._backend.find(str(emission.artifact_ref)) is not None
        )
        try:
            return self._backend.ingest(source, mode="copy" if taken else self._mode)
        except NotFoundError as error:
            if emission.allow_missing:
                return None
            raise ValidationError(
                f"nothing lies at {str(source)!r}; write the file first, or pass allow_missing=True",
                code="artifact_source_missing",
                details={"path": str(source)},
            ) from error

    def _ref(self, context: CaptureContext, emission: ArtifactRegistrationEmission) -> StableRef:
        if emission.artifact_ref is not None:
            return StableRef.parse(emission.artifact_ref)
        project, run = StableRef.parse(context.run).components
        name = slug(emission.artifact_kind)[:24].rstrip("-")
        return StableRef.artifact(project, run, f"{name}-{self._identifiers.next()}")

    def _manifest(
        self,
        context: CaptureContext,
        emission: ArtifactRegistrationEmission,
        ref: StableRef,
        content: ArtifactContent | None,
    ) -> ArtifactManifest:
        from contexta.contract.models.artifacts import ArtifactManifest

        location = (
            f"path:{_readable(Path(emission.path).absolute())}"
            if content is None
            else f"store:{content.digest}"
        )
        scopes: dict[str, Any] = {
            field: context.refs[name] for name, field in _SCOPES.items() if name in context.refs
        }
        return ArtifactManifest(
            artifact_ref=ref,
            artifact_kind=emission.artifact_kind,
            created_at=utc_now_text(),
            producer_ref=self._producer,
            run_ref=context.run,
            location_ref=location,
            hash_value=content.digest if content is not None and emission.compute_hash else None,
            size_bytes=None if content is None else content.size_bytes,
            attributes=self._redactor.mapping(thaw_json(emission.attributes or {})),
            **scopes,
        )


def _readable(path: Path) -> str:
    r"""Return a path as text that can be stored; bytes that are no UTF-8 are shown as ``\xff``."""
    text = path.as_posix()
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        # No bytes of a name, but half of a character: no file has such a name.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
