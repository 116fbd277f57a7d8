"""Reading a workspace of Contexta 1.0.0: a DuckDB ledger, one file of records, bindings and bodies of artifacts."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.spi.foreign_workspaces import (
    ForeignArtifact,
    ForeignEntity,
    ForeignRecord,
    NotCarried,
    WorkspaceReader,
)
from contexta.spi.metadata import EntityKind
from contexta_migration.missing_owners import missing_owners

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from contexta.spi.context import OpenContext

__all__ = ["ReaderOfVersion1", "open_reader"]

_LEDGER = "metadata/ledger.db"
_LONGEST_LINE = 8 * 1_048_576

#: Tables of the ledger in the order in which rows belong to each other.
_TABLES = (
    ("projects", EntityKind.PROJECT),
    ("runs", EntityKind.RUN),
    ("deployment_executions", EntityKind.DEPLOYMENT),
    ("stage_executions", EntityKind.STAGE),
    ("batch_executions", EntityKind.BATCH),
    ("sample_observations", EntityKind.SAMPLE),
    ("environment_snapshots", EntityKind.ENVIRONMENT),
    ("relations", EntityKind.RELATION),
    ("provenance_records", EntityKind.PROVENANCE),
)
#: What has no place in a workspace of ours: directory, and why.
_LEFT_BEHIND = (
    ("records/quarantine", "copies that a repair had set aside"),
    ("artifacts/history", "the history of changes of artifacts"),
    ("artifacts/quarantine", "bodies that were set aside"),
    ("artifacts/staging", "bodies whose registration was cut off"),
    ("artifacts/exports", "packages of exported artifacts; import them by themselves"),
    ("cache/outbox", "deliveries that had failed; their payloads are among the captures"),
    ("exports", "exports and backups"),
    ("reports", "reports"),
)


def open_reader(context: OpenContext, options: object = None) -> ReaderOfVersion1:
    """Open the reader; the factory that the plugin names."""
    del options
    return ReaderOfVersion1(context.root)


class ReaderOfVersion1(WorkspaceReader):
    """Reads one workspace of version 1.0.0.

    Args:
        root: Its root; nothing is ever written there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lost: list[NotCarried] = []
        self._known: set[str] = set()

    def recognizes(self) -> bool:
        """Tell by the files that only this version has."""
        return any(
            (self._root / name).exists()
            for name in (_LEDGER, "records/manifest.json", "artifacts/objects", "cache/capture/record.jsonl")
        )

    def entities(self) -> Iterator[ForeignEntity]:
        """Yield the rows of the ledger, and then the runs and stages that only captured records tell of."""
        for table, kind, ref, payload in self._rows():
            self._known.add(ref)
            yield ForeignEntity(kind, f"{_LEDGER}:{table}:{ref}", payload)
        yield from missing_owners(self._captured_records(quiet=True), self._known)

    def _rows(self) -> Iterator[tuple[str, EntityKind, str, Mapping[str, Any]]]:
        ledger = self._root / _LEDGER
        if not ledger.is_file():
            return
        import duckdb

        # A copy: whoever opens a database may write to it, and to the files beside it.
        with tempfile.TemporaryDirectory(prefix="contexta-migration-") as place:
            for path in (ledger, ledger.with_name(f"{ledger.name}.wal")):
                if path.is_file():
                    shutil.copyfile(path, Path(place) / path.name)
            try:
                connection = duckdb.connect(
                    str(Path(place) / ledger.name), config={"enable_external_access": "false"}
                )
            except duckdb.Error as error:
                self._lost.append(NotCarried(_LEDGER, f"it cannot be opened: {error}", "ledger_unreadable"))
                return
            try:
                for table, kind in _TABLES:
                    for ref, text in self._table(connection, table):
                        payload = self._parsed(text, f"{_LEDGER}:{table}:{ref}")
                        if payload is not None:
                            yield table, kind, str(ref), payload
            finally:
                connection.close()

    def _table(self, connection: Any, table: str) -> list[tuple[Any, Any]]:
        import duckdb

        try:
            found: list[tuple[Any, Any]] = connection.execute(
                f"SELECT ref, payload_json FROM {table} ORDER BY ref"  # noqa: S608 - a name from the table above
            ).fetchall()
        except duckdb.Error as error:
            self._lost.append(
                NotCarried(f"{_LEDGER}:{table}", f"it cannot be read: {error}", "ledger_table_unreadable")
            )
            return []
        return found

    def _parsed(self, text: object, place: str) -> dict[str, Any] | None:
        try:
            payload = json.loads(str(text))
        except (ValueError, RecursionError) as error:
            self._lost.append(NotCarried(place, f"no readable JSON: {error}", "unreadable_json"))
            return None
        if not isinstance(payload, dict):
            self._lost.append(NotCarried(place, "no JSON object", "unreadable_json"))
            return None
        return payload

    def records(self) -> Iterator[ForeignRecord]:
        """Yield the records of the record store, then those that were captured and never reached it."""
        for path in sorted((self._root / "records" / "segments").glob("*.jsonl")):
            for place, line in self._lines(path):
                record = line.get("record")
                if isinstance(record, dict):
                    yield ForeignRecord(place, record)
                else:
                    self._lost.append(NotCarried(place, "the line holds no record", "record_missing"))
        yield from self._captured_records()

    def _captured_records(self, *, quiet: bool = False) -> Iterator[ForeignRecord]:
        for place, line in self._lines(self._root / "cache" / "capture" / "record.jsonl", quiet=quiet):
            payload = line.get("payload")
            if isinstance(payload, dict):
                yield ForeignRecord(place, payload)
            elif not quiet:
                self._lost.append(NotCarried(place, "the line holds no record", "record_missing"))

    def _lines(self, path: Path, *, quiet: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the JSON objects of a file; what is damaged is passed over and told."""
        try:
            stream = path.open("rb")
        except OSError:
            return
        name = path.relative_to(self._root).as_posix()
        with stream:
            number = 0
            while line := stream.readline(_LONGEST_LINE):
                number += 1
                if not line.strip():
                    continue
                before = len(self._lost)
                parsed = self._parsed(line.decode("utf-8", "replace"), f"{name}:{number}")
                if quiet:
                    del self._lost[before:]
                if parsed is not None:
                    yield f"{name}:{number}", parsed

    def artifacts(self) -> Iterator[ForeignArtifact]:
        """Yield the bound artifacts; of those that were only captured, the description has no body."""
        bound = set()
        for path in sorted((self._root / "artifacts" / "bindings").glob("*.json")):
            place = path.relative_to(self._root).as_posix()
            binding = self._parsed(path.read_text(encoding="utf-8", errors="replace"), place)
            manifest = None if binding is None else binding.get("manifest_snapshot")
            if binding is None or not isinstance(manifest, dict):
                continue
            ref = str(binding.get("artifact_ref"))
            bound.add(ref)
            yield ForeignArtifact(
                place,
                manifest,
                self._body(ref),
                binding.get("size_bytes"),
                binding.get("hash_value"),
                str(binding.get("source_name") or ""),
            )
        for place, line in self._lines(self._root / "cache" / "capture" / "artifact.jsonl"):
            payload = line.get("payload")
            ref = str((payload or {}).get("manifest", {}).get("artifact_ref"))
            if ref not in bound:
                reason = f"{ref} was only described: version 1.0.0 copied no body when it captured"
                self._lost.append(NotCarried(place, reason, "artifact_only_described"))

    def _body(self, ref: str) -> Path | None:
        """Find the body of an artifact by the name that version 1.0.0 made of its reference."""
        name = re.sub(r"[^A-Za-z0-9._-]", "_", ref.replace(":", "__")).strip("._")
        for path in sorted((self._root / "artifacts" / "objects").glob(f"*/*/{name}*")):
            rest = path.name[len(name) :]
            if path.is_file() and not path.is_symlink() and (not rest or rest.startswith(".")):
                return path
        return None

    def not_carried(self) -> Iterator[NotCarried]:
        """Yield what could not be read, and what has no place in a workspace of ours."""
        yield from self._lost
        for directory, what in _LEFT_BEHIND:
            count = sum(path.is_file() for path in (self._root / directory).rglob("*"))
            if count:
                yield NotCarried(directory, f"{what} ({count} files)", "no_place_for_it")
        for kind, count in sorted(self._orphans().items()):
            yield NotCarried(
                "artifacts/objects", f"{count} bodies that belong to no artifact ({kind})", "artifact_unbound"
            )

    def _orphans(self) -> Counter[str]:
        names = [
            path.name.removesuffix(".binding.json")
            for path in (self._root / "artifacts" / "bindings").glob("*.binding.json")
        ]
        return Counter(
            path.parent.parent.name
            for path in (self._root / "artifacts" / "objects").rglob("*")
            if path.is_file()
            and not any(path.name == name or path.name.startswith(f"{name}.") for name in names)
        )
