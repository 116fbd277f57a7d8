"""Carrying a workspace of another format into one of ours; the source is only read."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.contract import serialization
from contexta.errors import ContextaError, MigrationError, PluginLoadError
from contexta.recovery.models import as_data
from contexta.spi.artifacts import BoundArtifact
from contexta.spi.context import OpenContext
from contexta.spi.foreign_workspaces import NotCarried, WorkspaceReader
from contexta.spi.metadata import EntityKind
from contexta.store.metadata import MetadataStore
from contexta.store.records import RecordStore
from contexta.store.workspace import WorkspaceStores

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.config.models import UnifiedConfig
    from contexta.spi.foreign_workspaces import ForeignArtifact, ForeignEntity, ForeignRecord

__all__ = ["MigrationReport", "migrate_workspace"]

_BATCH = 500
#: Kind of an entity to the repository that keeps it, and to the function that decodes it.
_ENTITIES = {
    EntityKind.PROJECT: ("projects", "deserialize_project"),
    EntityKind.RUN: ("runs", "deserialize_run"),
    EntityKind.DEPLOYMENT: ("deployments", "deserialize_deployment_execution"),
    EntityKind.STAGE: ("stages", "deserialize_stage_execution"),
    EntityKind.BATCH: ("batches", "deserialize_batch_execution"),
    EntityKind.SAMPLE: ("samples", "deserialize_sample_observation"),
    EntityKind.ENVIRONMENT: ("environments", "deserialize_environment_snapshot"),
    EntityKind.RELATION: ("relations", "deserialize_lineage_edge"),
    EntityKind.PROVENANCE: ("provenance", "deserialize_provenance_record"),
}
_RECORDS = {
    "event": "deserialize_structured_event_record",
    "metric": "deserialize_metric_record",
    "span": "deserialize_trace_span_record",
    "degraded": "deserialize_degraded_record",
}


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What was carried, and what was not.

    Args:
        source: The foreign workspace; nothing in it was changed.
        target: Our workspace.
        carried: How many of each kind were carried.
        not_carried: What was not, with place and reason.
    """

    source: Path
    target: Path
    carried: Mapping[str, int]
    not_carried: tuple[NotCarried, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything was carried."""
        return not self.not_carried

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return as_data(self) | {
            "not_carried": [
                {"place": each.place, "code": each.code, "reason": each.reason} for each in self.not_carried
            ]
        }


def migrate_workspace(
    config: UnifiedConfig, source: Path, *, source_format: str = "contexta_1"
) -> MigrationReport:
    """Read a foreign workspace into the configured one.  Doing it again carries only what is not there yet.

    Args:
        config: The resolved configuration of our workspace.
        source: The foreign workspace; it is never written to.
        source_format: Name of the plugin that reads it.

    Returns:
        What was carried and what was not.

    Raises:
        MigrationError: It is no such workspace (``migration_source_unknown``), or ours lies in it or around it
            (``migration_same_place``).
        PluginError: The reader cannot be used.
        StoreAccessError: Our workspace cannot be written.
    """
    place = Path(os.path.abspath(source))  # noqa: PTH100 - links must not be followed
    target = Path(config.workspace.root_path)
    if place.is_relative_to(target) or target.is_relative_to(place):
        raise MigrationError(
            f"{str(place)!r} would be migrated into {str(target)!r}, and one lies in the other; name another workspace"
            " with --workspace",
            code="migration_same_place",
        )
    from contexta.plugins import configured_host

    host = configured_host(config)
    try:
        reader = host.open(
            "workspace_reader",
            source_format,
            OpenContext(root=place, read_only=True),
            required_by="migrate-workspace",
        )
        if not isinstance(reader, WorkspaceReader):
            raise PluginLoadError(
                f"{source_format!r} gave a {type(reader).__name__}, which is no WorkspaceReader; the plugin is at fault",
                code="plugin_wrong_component",
            )
        with reader:
            if not reader.recognizes():
                raise MigrationError(
                    f"{str(place)!r} is no workspace that {source_format!r} can read",
                    code="migration_source_unknown",
                )
            with WorkspaceStores(config) as stores:
                carrying = _Carrying(config, stores)
                carrying.carry(reader)
    finally:
        host.close()
    return MigrationReport(place, target, dict(carrying.carried), tuple(carrying.not_carried))


class _Carrying:
    """One migration.

    Args:
        config: The configuration of our workspace.
        stores: Its stores.
    """

    def __init__(self, config: UnifiedConfig, stores: WorkspaceStores) -> None:
        self._metadata: Any = MetadataStore.over(stores.metadata, config)
        self._records = RecordStore.over(stores.records, config)
        self._artifacts = stores.artifacts
        self.carried: Counter[str] = Counter()
        self.not_carried: list[NotCarried] = []

    def carry(self, reader: WorkspaceReader) -> None:
        """Carry everything."""
        for entity in reader.entities():
            self._entity(entity)
        batch: list[tuple[str, Any]] = []
        for record in reader.records():
            decoded = self._record(record)
            if decoded is not None:
                batch.append((record.place, decoded))
            if len(batch) >= _BATCH:
                self._append(batch)
        self._append(batch)
        for artifact in reader.artifacts():
            self._artifact(artifact)
        self.not_carried += reader.not_carried()

    def _lose(self, place: str, error: ContextaError) -> None:
        self.not_carried.append(NotCarried(place, error.message, error.code))

    def _entity(self, entity: ForeignEntity) -> None:
        repository, decoder = _ENTITIES[entity.kind]
        try:
            model = getattr(serialization, decoder)(dict(entity.payload))
            if entity.kind is EntityKind.RUN:
                self._metadata.claim_run(str(model.run_ref))
            getattr(self._metadata, repository).put(model)
        except ContextaError as error:
            self._lose(entity.place, error)
        else:
            self.carried[str(entity.kind)] += 1

    def _record(self, record: ForeignRecord) -> Any:
        try:
            kind = str(record.payload.get("envelope", {}).get("record_type"))
            if kind not in _RECORDS:
                self.not_carried.append(
                    NotCarried(record.place, f"{kind!r} is no type of record", "record_type_unknown")
                )
                return None
            return getattr(serialization, _RECORDS[kind])(dict(record.payload))
        except ContextaError as error:
            self._lose(record.place, error)
        return None

    def _append(self, batch: list[tuple[str, Any]]) -> None:
        if not batch:
            return
        result = self._records.append_many([record for _, record in batch])
        for rejected in result.rejected:
            place = batch[rejected.index][0]
            self.not_carried.append(NotCarried(place, rejected.message, rejected.code))
        self.carried["record"] += len(batch) - len(result.rejected)
        batch.clear()

    def _artifact(self, artifact: ForeignArtifact) -> None:
        try:
            manifest = serialization.deserialize_artifact_manifest(dict(artifact.manifest))
            if artifact.body is None:
                self.not_carried.append(
                    NotCarried(artifact.place, "its body is missing", "artifact_body_missing")
                )
                return
            if not _is_whole(artifact):
                reason = "its body does not have the size and hash that were written down"
                self.not_carried.append(NotCarried(artifact.place, reason, "artifact_body_damaged"))
                return
            content = self._artifacts.ingest(artifact.body)
            ours = serialization.deserialize_artifact_manifest(
                manifest.to_dict()
                | {
                    "location_ref": f"store:{content.digest}",
                    "hash_value": content.digest,
                    "size_bytes": content.size_bytes,
                }
            )
            self._artifacts.bind(
                BoundArtifact(
                    str(manifest.artifact_ref),
                    ours.to_dict(),
                    content,
                    artifact.source_name,
                    manifest.created_at,
                )
            )
        except ContextaError as error:
            self._lose(artifact.place, error)
        else:
            self.carried["artifact"] += 1


def _is_whole(artifact: ForeignArtifact) -> bool:
    """Compare a file with what was written down about it."""
    body = artifact.body
    if body is None or not body.is_file():
        return body is not None and body.is_dir()
    if artifact.size_bytes is not None and body.stat().st_size != artifact.size_bytes:
        return False
    if artifact.sha256 is None:
        return True
    digest = hashlib.sha256()
    with body.open("rb") as stream:
        while block := stream.read(1_048_576):
            digest.update(block)
    return digest.hexdigest() == artifact.sha256
