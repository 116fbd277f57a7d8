"""The plainest artifact store: bodies are copied under their digest, and every binding is a line."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from contexta.contract.json_values import thaw_json
from contexta.contract.timestamps import utc_now_text
from contexta.errors import ArtifactError, ConflictError, NotFoundError, ValidationError
from contexta.log import filesystem
from contexta.log.failures import write_failure
from contexta.spi.artifacts import ArtifactBackend, ArtifactContent, BoundArtifact
from contexta.spi.integrity import IntegrityFinding
from contexta.testing.reference.lines import SharedLines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from contexta.spi.context import OpenContext

__all__ = ["PlainArtifactStore"]

_MODES = ("copy", "move")


class PlainArtifactStore(ArtifactBackend):
    """Keeps bodies as files and directories that are named after their digest.

    Args:
        context: The surroundings.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, context: OpenContext) -> None:
        self._bodies = context.root / "bodies"
        self._lines = SharedLines(context, "bindings")

    def ingest(self, source: Path, *, mode: str = "copy") -> ArtifactContent:
        """Copy a file or directory in, and give it its name at last."""
        self._lines.check_writable()
        if mode not in _MODES:
            raise ValidationError(
                f"mode is {mode!r}; use one of {', '.join(_MODES)}", code="plain_store_invalid_mode"
            )
        if not source.exists():
            raise NotFoundError(
                f"there is no file or directory {str(source)!r}", code="plain_store_no_source"
            )
        filesystem.create_private_directory(self._bodies)
        with self._staging() as staged:
            is_directory = source.is_dir()
            _copy(source, staged)
            digest, size = _digest_of(staged)
            body = self._body(digest)
            if not body.exists():
                filesystem.replace(staged, body)
                filesystem.sync_directory(self._bodies)
        if mode == "move":
            shutil.rmtree(source) if is_directory else source.unlink()
        return ArtifactContent(digest, size, "directory" if is_directory else "file")

    def bind(self, artifact: BoundArtifact) -> None:
        """Append a binding, unless it is there."""
        self._lines.check_writable()
        known = self.find(artifact.artifact_ref)
        if known is not None and known.content is not None:
            if artifact.content is not None and artifact.content != known.content:
                raise ConflictError(
                    f"{artifact.artifact_ref} is bound to {known.content.digest}; give the new content another reference",
                    code="plain_store_binding_conflict",
                )
            return
        if known is not None and artifact.content is None:
            return
        content = artifact.content
        self._lines.append(
            [
                {
                    "ref": str(artifact.artifact_ref),
                    "manifest": thaw_json(artifact.manifest),
                    "content": None
                    if content is None
                    else [content.digest, content.size_bytes, content.form],
                    "source": artifact.source_name,
                    "at": artifact.bound_at or utc_now_text(),
                }
            ]
        )

    def find(self, artifact_ref: str) -> BoundArtifact | None:
        """Read all bindings, and return one."""
        return self._bound().get(artifact_ref)

    def list_artifacts(self, *, run_ref: str | None = None) -> Sequence[BoundArtifact]:
        """Read all bindings."""
        bound = self._bound().values()
        return [each for each in bound if run_ref is None or each.manifest.get("run_ref") == run_ref]

    def open_body(self, artifact_ref: str) -> BinaryIO:
        """Open the file that the body is."""
        content, body = self._located(artifact_ref)
        if content.form == "directory":
            raise ArtifactError(
                f"{artifact_ref} is a directory; export it instead", code="plain_store_directory"
            )
        return body.open("rb")

    def export_body(self, artifact_ref: str, destination: Path) -> Path:
        """Copy the body out."""
        _, body = self._located(artifact_ref)
        if os.path.lexists(destination):
            raise ConflictError(
                f"{str(destination)!r} exists; name a path that does not", code="plain_store_destination"
            )
        _copy(body, destination)
        return destination

    def verify(self, artifact_ref: str) -> IntegrityFinding | None:
        """Read the body, and compare it with its digest."""
        self._lines.check_open()
        found = self.find(artifact_ref)
        if found is None:
            raise NotFoundError(f"there is no artifact {artifact_ref!r}", code="plain_store_no_artifact")
        return None if found.content is None else self._finding(found, found.content)

    def check_integrity(self) -> Sequence[IntegrityFinding]:
        """Verify every artifact, and look for bodies that belong to none."""
        findings = self._lines.findings()
        names = set()
        for artifact in self._bound().values():
            if artifact.content is not None:
                names.add(self._body(artifact.content.digest).name)
                finding = self._finding(artifact, artifact.content)
                findings += [] if finding is None else [finding]
        present = {path.name for path in self._bodies.glob("*")}
        for name in sorted(present - names):
            findings.append(
                IntegrityFinding("unbound_body", "warning", "nothing is bound to it", f"bodies/{name}")
            )
        return findings

    def close(self) -> None:
        """Let go of what is open."""
        self._lines.close()

    def _body(self, digest: str) -> Path:
        return self._bodies / digest.partition(":")[2]

    def _bound(self) -> dict[str, BoundArtifact]:
        bound: dict[str, BoundArtifact] = {}
        for _, _, _, line in self._lines.read():
            content = line["content"] and ArtifactContent(*line["content"])
            # Two processes may bind one reference at once: the first line that names content holds.
            if line["ref"] not in bound or (bound[line["ref"]].content is None and content is not None):
                bound[line["ref"]] = BoundArtifact(
                    line["ref"], line["manifest"], content or None, line["source"], line["at"]
                )
        return bound

    def _located(self, artifact_ref: str) -> tuple[ArtifactContent, Path]:
        found = self.find(artifact_ref)
        if found is None or found.content is None or not self._body(found.content.digest).exists():
            raise NotFoundError(
                f"there is no body of an artifact {artifact_ref!r}", code="plain_store_no_body"
            )
        return found.content, self._body(found.content.digest)

    def _finding(self, artifact: BoundArtifact, content: ArtifactContent) -> IntegrityFinding | None:
        body = self._body(content.digest)
        location = f"bodies/{body.name}"
        if not body.exists():
            return IntegrityFinding(
                "body_missing", "error", "the body is missing", location, artifact.artifact_ref
            )
        if _digest_of(body)[0] != content.digest:
            return IntegrityFinding(
                "body_damaged", "error", "the body is not what was taken in", location, artifact.artifact_ref
            )
        return None

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        staged = self._bodies / f".tmp-{os.urandom(8).hex()}"
        try:
            yield staged
        except OSError as error:
            raise write_failure(error, staged, "take in an artifact") from error
        finally:
            shutil.rmtree(staged, ignore_errors=True) if staged.is_dir() else staged.unlink(missing_ok=True)


def _copy(source: Path, destination: Path) -> None:
    """Copy a file or directory, and sync every file."""
    if source.is_dir():
        shutil.copytree(source, destination, symlinks=True)
    else:
        shutil.copyfile(source, destination)
    for path in [destination, *destination.rglob("*")]:
        if path.is_file() and not path.is_symlink():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                filesystem.sync_file(descriptor)
            finally:
                os.close(descriptor)


def _digest_of(body: Path) -> tuple[str, int]:
    """Return digest and size of a file, or of a directory's tree manifest and its files."""
    if not body.is_dir():
        data = body.read_bytes()
        return f"sha256:{sha256(data).hexdigest()}", len(data)
    entries: dict[str, str] = {}
    size = 0
    for path in sorted(body.rglob("*")):
        name = path.relative_to(body).as_posix()
        if path.is_symlink():
            entries[name] = f"link:{path.readlink().as_posix()}"
        elif path.is_dir():
            entries[name] = "directory"
        else:
            entries[name], length = _digest_of(path)
            size += length
    manifest = json.dumps(entries, sort_keys=True).encode()
    return f"sha256:{sha256(manifest).hexdigest()}", size
