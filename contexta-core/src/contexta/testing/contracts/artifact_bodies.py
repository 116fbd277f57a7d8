"""Taking in and binding bodies, for the contract of artifact stores."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from contexta.contract.json_values import thaw_json
from contexta.errors import ContextaError
from contexta.spi.artifacts import BoundArtifact
from contexta.testing.contracts.stores import StoreContract

if TYPE_CHECKING:
    from contexta.spi.artifacts import ArtifactBackend, ArtifactContent
    from contexta.testing.contracts.stores import Stores

__all__ = ["ArtifactBodies", "bind", "bound", "put_file", "ref_of"]


def ref_of(name: str) -> str:
    """Return the reference of an artifact."""
    return f"artifact:demo.r1.{name}"


def bind(
    store: ArtifactBackend, name: str, content: ArtifactContent | None, *, run: str = "run:demo.r1"
) -> None:
    """Bind an artifact to content."""
    manifest = {"artifact_ref": ref_of(name), "artifact_kind": "model", "run_ref": run, "attributes": {}}
    store.bind(
        BoundArtifact(ref_of(name), manifest, content, source_name=name, bound_at="2026-01-31T12:00:00Z")
    )


def put_file(
    stores: Stores, store: ArtifactBackend, name: str, data: bytes, *, run: str = "run:demo.r1"
) -> ArtifactContent:
    """Take in a file, and bind it."""
    source = stores.given / f"source-{name}"
    source.write_bytes(data)
    try:
        content = store.ingest(source)
    finally:
        source.unlink(missing_ok=True)
    bind(store, name, content, run=run)
    return content


def bound(artifact: BoundArtifact | None) -> dict[str, Any]:
    """Return a binding as plain data, to be compared."""
    assert artifact is not None
    content = None if artifact.content is None else asdict(artifact.content)
    return {
        "ref": artifact.artifact_ref,
        "manifest": thaw_json(artifact.manifest),
        "content": content,
        "source": artifact.source_name,
        "at": artifact.bound_at,
    }


class ArtifactBodies(StoreContract, contract=True):
    """One thing of a name is an artifact whose body is its name."""

    def write(self, stores: Stores, store: ArtifactBackend, name: str) -> None:
        """Take in a body, and bind it."""
        put_file(stores, store, name, f"body of {name}".encode())

    def written(self, store: ArtifactBackend) -> list[str]:
        """List the artifacts whose bodies can be read."""
        names = []
        for artifact in store.list_artifacts():
            name = artifact.artifact_ref.rpartition(".")[2]
            try:
                with store.open_body(artifact.artifact_ref) as stream:
                    if stream.read() == f"body of {name}".encode():
                        names.append(name)
            except ContextaError:
                continue
        return names
