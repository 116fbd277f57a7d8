"""Artifact stores that break one promise each."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

from wrong import breaks

from contexta.errors import ConflictError, ContextaError
from contexta.spi.artifacts import ArtifactContent
from contexta.testing.reference import PlainArtifactStore

breaks = partial(breaks, "ArtifactStoreContract")


@breaks("test_a_body_is_what_was_taken_in", "what is kept is what was hashed")
class CutsLargeBodies(PlainArtifactStore):
    def open_body(self, artifact_ref):
        import io

        with super().open_body(artifact_ref) as stream:
            return io.BytesIO(stream.read(100_000))


@breaks("test_the_digest_is_that_of_the_bytes", "sha256:<64 hex> of the bytes")
class NamesBodiesAtRandom(PlainArtifactStore):
    def ingest(self, source, *, mode="copy"):
        content = super().ingest(source, mode=mode)
        return replace(content, digest=content.digest.upper())


@breaks("test_equal_content_is_kept_once", "equal content is kept once")
class KeepsEveryCopy(PlainArtifactStore):
    def ingest(self, source, *, mode="copy"):
        data = source.read_bytes() if source.is_file() else b""
        content = super().ingest(source, mode=mode)
        copies = self._bodies.parent / "copies"
        copies.mkdir(exist_ok=True)
        (copies / str(len(list(copies.iterdir())))).write_bytes(data)
        return content


@breaks("test_copying_leaves_the_source", "copy leaves the source as it is")
class AlwaysMoves(PlainArtifactStore):
    def ingest(self, source, *, mode="copy"):
        return super().ingest(source, mode="move")


@breaks("test_moving_removes_the_source", "move removes it after the body is durable")
class NeverMoves(PlainArtifactStore):
    def ingest(self, source, *, mode="copy"):
        return super().ingest(source)


@breaks("test_a_missing_source_is_refused", "NotFoundError: there is no such file or directory")
class TakesWhatIsNotThere(PlainArtifactStore):
    def ingest(self, source, *, mode="copy"):
        if not source.exists():
            return ArtifactContent("sha256:" + "0" * 64, 0)
        return super().ingest(source, mode=mode)


@breaks("test_a_directory_comes_back_as_it_was", "write the body, a file or a whole directory")
class FlattensDirectories(PlainArtifactStore):
    def export_body(self, artifact_ref, destination):
        super().export_body(artifact_ref, destination)
        if destination.is_dir():
            for path in [path for path in destination.rglob("*") if path.is_file()]:
                if path.parent != destination:
                    path.rename(destination / path.name)
        return destination


@breaks("test_a_directory_has_no_single_body", "ArtifactError: the artifact is a directory")
class OpensAnyFileOfADirectory(PlainArtifactStore):
    def open_body(self, artifact_ref):
        content, body = self._located(artifact_ref)
        if content.form == "directory":
            return next(path for path in sorted(body.rglob("*")) if path.is_file()).open("rb")
        return super().open_body(artifact_ref)


@breaks("test_a_bound_reference_never_changes", "ConflictError: the reference is bound to other content")
class BindsAgain(PlainArtifactStore):
    def bind(self, artifact):
        try:
            super().bind(artifact)
        except ConflictError:
            return


@breaks(
    "test_binding_again_changes_nothing",
    "binding the same artifact to the same content again changes nothing",
)
class RefusesToBindAgain(PlainArtifactStore):
    def bind(self, artifact):
        if self.find(artifact.artifact_ref) is not None:
            raise ConflictError("bound")
        super().bind(artifact)


@breaks("test_artifacts_are_listed_in_the_order_of_binding", "in the order of binding")
class ListsByName(PlainArtifactStore):
    def list_artifacts(self, *, run_ref=None):
        return sorted(super().list_artifacts(run_ref=run_ref), key=lambda each: each.artifact_ref)


@breaks(
    "test_what_has_no_body_is_not_found", "NotFoundError: there is no such artifact, or its body is missing"
)
class OpensNothing(PlainArtifactStore):
    def open_body(self, artifact_ref):
        import io

        try:
            return super().open_body(artifact_ref)
        except ContextaError:
            return io.BytesIO()


@breaks("test_an_export_writes_over_nothing", "to a path that does not exist yet")
class OverwritesWhatIsThere(PlainArtifactStore):
    def export_body(self, artifact_ref, destination):
        if Path(destination).is_file():
            Path(destination).unlink()
        elif Path(destination).is_dir():
            shutil.rmtree(destination)
        return super().export_body(artifact_ref, destination)


@breaks("test_a_damaged_body_is_found", "read the body and compare it with its digest")
class ComparesSizesOnly(PlainArtifactStore):
    def _finding(self, artifact, content):
        body = self._body(content.digest)
        is_whole = body.exists() and body.stat().st_size == content.size_bytes
        return None if is_whole or body.is_dir() else super()._finding(artifact, content)


@breaks("test_opened_for_reading_it_refuses_to_write", "ReadOnlyStoreError: the store is open for reading")
class WritesThoughReadOnly(PlainArtifactStore):
    def __init__(self, context):
        super().__init__(replace(context, read_only=False))


@breaks("test_a_manifest_is_kept_as_it_is", "the canonical manifest as plain data")
class KeepsHalfTheManifest(PlainArtifactStore):
    def _bound(self):
        return {
            ref: replace(each, manifest={k: v for k, v in each.manifest.items() if k != "attributes"})
            for ref, each in super()._bound().items()
        }


@breaks(
    "test_a_pending_artifact_gets_its_body_later", "None while it is pending (registered before it existed)"
)
class NeverFillsWhatIsPending(PlainArtifactStore):
    def bind(self, artifact):
        if self.find(artifact.artifact_ref) is None:
            super().bind(artifact)
