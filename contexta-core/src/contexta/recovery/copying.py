"""Copying a workspace from one set of stores to another: everything through the stores' interfaces, nothing by file."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.contract.json_values import thaw_json
from contexta.errors import ConflictError, ContextaError, LifecycleError
from contexta.recovery.targets import read_only_config
from contexta.spi.merge import MAP_FIELDS, keeping_nulls
from contexta.spi.metadata import EntityKind, EntityQuery, Mutation
from contexta.spi.records import ScanFilter, SupportsDeletion
from contexta.store.workspace import WorkspaceStores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from contexta.config.models import UnifiedConfig
    from contexta.spi.artifacts import BoundArtifact
    from contexta.spi.metadata import Entity
    from contexta.spi.records import FlatRecord

__all__ = ["WorkspaceCopy", "copy_workspace", "workspace_digest"]

_BATCH = 500
_FOLDED = frozenset({"status", "started_at", "ended_at"})


@dataclass(frozen=True, slots=True)
class WorkspaceCopy:
    """What a copy did.

    Args:
        copied: Number of entities, records and artifacts that were copied now, by plane.
        present: Number of those that were there already, as from a copy that was cut off.
        digest: Digest of the source's canonical export.
        target_digest: Digest of the target's.
        problems: What could not be copied, such as an artifact whose body is missing, each with the reason.
    """

    copied: Mapping[str, int]
    present: Mapping[str, int]
    digest: str
    target_digest: str
    problems: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether the two workspaces say the same."""
        return self.digest == self.target_digest

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return {
            "verified": self.verified,
            "copied": dict(self.copied),
            "present": dict(self.present),
            "digest": self.digest,
            "target_digest": self.target_digest,
            "problems": list(self.problems),
        }


def copy_workspace(
    source: UnifiedConfig,
    target: UnifiedConfig,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> WorkspaceCopy:
    """Copy everything that a workspace keeps into the stores of another configuration.

    What is there already is left as it is, so a copy that was cut off is finished by repeating it.  The source is only
    read.  Afterwards both are read whole and compared.

    Args:
        source: The configuration of the workspace.
        target: The configuration of the other one: other stores, another place, or both.
        progress: Told of each plane, how many things of it are done, and how many there are.

    Raises:
        ConflictError: Both name the same place (``copy_onto_itself``), or the target has another body under a
            reference.
        LifecycleError: A run is live; what its process writes would be missed (``copy_of_live_run``).
        StorageFullError: There is no space; repeating the call goes on.
        StoreAccessError: A store cannot be read or written.
    """
    if Path(source.workspace.root_path).resolve() == Path(target.workspace.root_path).resolve():
        raise ConflictError(
            f"the workspace {str(source.workspace.root_path)!r} cannot be copied onto itself; give the other"
            " configuration another workspace.root_path",
            code="copy_onto_itself",
        )
    with WorkspaceStores(read_only_config(source)) as old, WorkspaceStores(target) as new:
        _require_rest(old)
        work = _Copying(old, new, progress or _ignore)
        work.entities()
        work.records()
        work.artifacts()
        return WorkspaceCopy(
            dict(work.copied), dict(work.present), _digest(old), _digest(new), tuple(work.problems)
        )


def workspace_digest(config: UnifiedConfig) -> str:
    """Return the digest of everything that a workspace keeps, whatever its stores are.

    It is the SHA-256 of the canonical export: one JSON line for each entity by kind and reference, for each record by
    run and in the order of appending, and for each artifact by reference.

    Args:
        config: The resolved configuration.
    """
    with WorkspaceStores(read_only_config(config)) as stores:
        return _digest(stores)


def _ignore(plane: str, done: int, total: int) -> None:
    """Tell nobody."""


def _require_rest(stores: WorkspaceStores) -> None:
    """Refuse a workspace in which a run is live."""
    live = [each.ref for each in stores.metadata.find(EntityQuery(EntityKind.RUN, status="open", limit=3))]
    if live:
        raise LifecycleError(
            f"the workspace cannot be copied while a run is live: {', '.join(live)}; end it, and repeat the copy",
            code="copy_of_live_run",
            details={"runs": live},
        )


class _Copying:
    """One copy on its way.

    Args:
        old: The stores to read.
        new: The stores to write.
        progress: Told how far it is.
    """

    def __init__(
        self, old: WorkspaceStores, new: WorkspaceStores, progress: Callable[[str, int, int], None]
    ) -> None:
        self._old = old
        self._new = new
        self._progress = progress
        self.copied: Counter[str] = Counter(metadata=0, records=0, artifacts=0)
        self.present: Counter[str] = Counter(metadata=0, records=0, artifacts=0)
        self.problems: list[str] = []

    def entities(self) -> None:
        """Copy the metadata, each entity as one mutation of all its fields."""
        everything = list(_entities(self._old))
        known = {(each.kind, each.ref): _plain(each) for each in _entities(self._new)}
        missing = [each for each in everything if known.get((each.kind, each.ref)) != _plain(each)]
        done = self.present["metadata"] = len(everything) - len(missing)
        self._progress("metadata", done, len(everything))
        for start in range(0, len(missing), _BATCH):
            batch = missing[start : start + _BATCH]
            self._new.metadata.apply([Mutation(each.kind, each.ref, _fields(each)) for each in batch])
            self.copied["metadata"] += len(batch)
            self._progress("metadata", done + self.copied["metadata"], len(everything))

    def records(self) -> None:
        """Copy the records, run by run in the order of appending."""
        counts: Counter[str] = Counter(stored.record["run"] for stored in self._old.records.scan())
        total = sum(counts.values())
        self._progress("records", 0, total)
        for run in counts:
            known = {_line(stored.record) for stored in self._new.records.scan(ScanFilter(run_ref=run))}
            batch: list[FlatRecord] = []
            for stored in self._old.records.scan(ScanFilter(run_ref=run)):
                if known and _line(stored.record) in known:
                    self.present["records"] += 1
                    continue
                batch.append(dict(stored.record))
                if len(batch) == _BATCH:
                    self._append(batch, total)
                    batch = []
            self._append(batch, total)
        deleted = self._old.records.deleted_runs() if isinstance(self._old.records, SupportsDeletion) else ()
        if deleted and isinstance(self._new.records, SupportsDeletion):
            self._new.records.delete_runs(sorted(deleted))

    def _append(self, batch: Sequence[FlatRecord], total: int) -> None:
        if batch:
            self._new.records.append(batch)
            self.copied["records"] += len(batch)
        self._progress("records", self.copied["records"] + self.present["records"], total)

    def artifacts(self) -> None:
        """Copy bodies and bindings; one that cannot be read spoils itself only."""
        everything = self._old.artifacts.list_artifacts()
        self._progress("artifacts", 0, len(everything))
        for number, artifact in enumerate(everything, start=1):
            known = self._new.artifacts.find(artifact.artifact_ref)
            if known is not None and (known.content is not None or artifact.content is None):
                self.present["artifacts"] += 1
            else:
                self._artifact(artifact)
            self._progress("artifacts", number, len(everything))

    def _artifact(self, artifact: BoundArtifact) -> None:
        content = None
        if artifact.content is not None:
            with tempfile.TemporaryDirectory(prefix="contexta-copy-") as folder:
                body = Path(folder) / "body"
                try:
                    self._old.artifacts.export_body(artifact.artifact_ref, body)
                except ContextaError as error:
                    self.problems.append(f"{artifact.artifact_ref}: {error.message}")
                    return
                content = self._new.artifacts.ingest(body, mode="move")
        self._new.artifacts.bind(replace(artifact, content=content))
        self.copied["artifacts"] += 1


def _entities(stores: WorkspaceStores) -> Iterator[Entity]:
    for kind in EntityKind:
        for deleted in (False, True):
            yield from stores.metadata.find(EntityQuery(kind, order_by="ref", deleted=deleted))


def _fields(entity: Entity) -> dict[str, Any]:
    """Return the mutation that makes an entity what it is; what is folded from participations is left out."""
    document: dict[str, Any] = thaw_json(entity.document)
    if document.get("deleted_at"):
        return {name: value for name, value in document.items() if name != "status"}
    if document.get("participants"):
        document = {name: value for name, value in document.items() if name not in _FOLDED}
    return {
        name: keeping_nulls(value) if name in MAP_FIELDS and isinstance(value, dict) else value
        for name, value in document.items()
    }


def _plain(entity: Entity) -> Any:
    return thaw_json(entity.document)


def _line(value: Any) -> str:
    return json.dumps(thaw_json(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _digest(stores: WorkspaceStores) -> str:
    digest = hashlib.sha256()
    for entity in sorted(_entities(stores), key=lambda each: (each.kind, each.ref)):
        digest.update(_line([entity.kind, entity.ref, _plain(entity)]).encode() + b"\n")
    for run in sorted({stored.record["run"] for stored in stores.records.scan()}):
        for stored in stores.records.scan(ScanFilter(run_ref=run)):
            digest.update(_line(stored.record).encode() + b"\n")
    for artifact in sorted(stores.artifacts.list_artifacts(), key=lambda each: each.artifact_ref):
        content = artifact.content and [
            artifact.content.digest,
            artifact.content.size_bytes,
            artifact.content.form,
        ]
        digest.update(
            _line(
                [artifact.artifact_ref, artifact.manifest, content, artifact.source_name, artifact.bound_at]
            ).encode()
        )
    return f"sha256:{digest.hexdigest()}"
