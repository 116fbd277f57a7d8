"""Comparing what is kept with what was promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import IntegrityError
from contexta.log.damage import DamageKind
from contexta.spi.integrity import IntegrityFinding
from contexta_store_files.staging import find_leftovers
from contexta_store_files.tree import decode_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta_store_files.bindings import Bindings
    from contexta_store_files.blobs import Blobs
    from contexta_store_files.entries import BindingEntry
    from contexta_store_files.layout import Layout
    from contexta_store_files.tree import TreeEntry

__all__ = ["Inspection"]

# An incomplete last line was never acknowledged, so nothing is lost with it.
_UNTIDY = frozenset({DamageKind.TORN_TAIL})


class Inspection:
    """One look through the store; a body that several artifacts share is read once.

    Args:
        layout: Where things are.
        blobs: The bodies.
    """

    def __init__(self, layout: Layout, blobs: Blobs) -> None:
        self._layout = layout
        self._blobs = blobs
        self._verdicts: dict[str, tuple[str, str] | None] = {}
        self._bound: set[str] = set()

    def artifact(self, entry: BindingEntry) -> IntegrityFinding | None:
        """Verify one artifact; None when its body is whole, or it has none yet."""
        if entry.digest is None:
            return None
        self._bound.add(entry.digest)
        problem = self._body(entry.digest)
        location = entry.digest
        if problem is None and entry.form == "directory":
            problem, location = self._tree(entry.digest)
        elif problem is None and self._blobs.size(entry.digest) != entry.size:
            problem = ("artifact_size_mismatch", f"its body should have {entry.size} bytes")
        if problem is None:
            return None
        code, message = problem
        return IntegrityFinding(
            code, "error", message, self._layout.relative(self._layout.blob(location)), entry.artifact
        )

    def everything(self, bindings: Bindings) -> list[IntegrityFinding]:
        """Verify the journal and every artifact, and look for what belongs to none.

        Raises:
            StoreAccessError: A directory or the journal cannot be read at all.
        """
        # Listed first: what is bound while this goes on must not look unbound.
        bodies, strange = self._blobs.all()
        findings = list(self._journal(bindings))
        found = (self.artifact(entry) for entry in bindings.entries())
        findings += [finding for finding in found if finding is not None]
        for digest, path in bodies.items():
            if digest not in self._bound:
                message = "no artifact is bound to this body: its ingest was not followed by a binding, or is under way"
                findings.append(
                    IntegrityFinding("artifact_body_unbound", "warning", message, self._layout.relative(path))
                )
        for path in strange:
            message = "this is no body of this store"
            findings.append(
                IntegrityFinding("artifact_unexpected_file", "warning", message, self._layout.relative(path))
            )
        for path in find_leftovers(self._layout.blobs):
            message = "an ingest died here; the next one removes it"
            findings.append(
                IntegrityFinding("artifact_leftover", "warning", message, self._layout.relative(path))
            )
        return findings

    def _journal(self, bindings: Bindings) -> Iterator[IntegrityFinding]:
        directory = self._layout.relative(self._layout.bindings)
        damages, strange = bindings.damages()
        for damage in damages:
            severity = "warning" if damage.kind in _UNTIDY else "error"
            message = f"line {damage.line_number}: {damage.detail}"
            location = f"{directory}/{damage.segment}:{damage.offset}"
            yield IntegrityFinding(damage.kind.value, severity, message, location)
        for place in strange:
            message = "the line is whole, but no binding that this version understands"
            yield IntegrityFinding("artifact_binding_unreadable", "error", message, f"{directory}/{place}")
        for artifact, digests in bindings.conflicts().items():
            self._bound.update(digests)
            message = f"two processes bound it at once; the first holds, and not {', '.join(digests)}"
            yield IntegrityFinding("artifact_binding_conflict", "error", message, directory, artifact)

    def _body(self, digest: str) -> tuple[str, str] | None:
        """Read a body once and say what is wrong with it."""
        if digest not in self._verdicts:
            self._verdicts[digest] = self._read_body(digest)
        return self._verdicts[digest]

    def _read_body(self, digest: str) -> tuple[str, str] | None:
        try:
            found = self._blobs.hash(digest)
        except FileNotFoundError:
            return "artifact_body_missing", "its body is missing"
        except OSError as error:
            return "artifact_body_unreadable", f"its body cannot be read: {error.strerror or error}"
        if found != digest:
            return "artifact_digest_mismatch", f"its body should have the digest {digest} and has {found}"
        return None

    def _tree(self, digest: str) -> tuple[tuple[str, str] | None, str]:
        """Say what is wrong with the first broken file of a directory, and which body that is."""
        try:
            entries = decode_tree(self._blobs.read(digest))
        except IntegrityError as error:
            return (error.code, error.message), digest
        except OSError as error:
            return ("artifact_body_unreadable", f"its body cannot be read: {error.strerror or error}"), digest
        self._bound.update(entry.digest for entry in entries if entry.digest is not None)
        for entry in entries:
            problem = self._member(entry)
            if problem is not None:
                return problem, entry.digest or digest
        return None, digest

    def _member(self, entry: TreeEntry) -> tuple[str, str] | None:
        problem = None if entry.digest is None else self._body(entry.digest)
        return None if problem is None else (problem[0], f"its file {entry.path!r}: {problem[1]}")
