"""What the fuzzer feeds: every parser of bytes that come from somewhere else, with inputs to begin from.

A target takes bytes.  It may refuse them with an error of the tree; any other exception, and any assertion, is a finding.
"""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from contexta.capture.outbox_entries import read_outbox
from contexta.config import load_config
from contexta.contract import serialization, to_json
from contexta.errors import ContextaError
from contexta.log import LogWriter, frame
from contexta.log.durability import Durability
from contexta.log.identity import parse_header
from contexta.log.names import parse_file_name
from contexta.log.scan import Scan
from contexta.log.seal import parse_seal
from contexta.recovery.archive_members import ZipMembers
from contexta.recovery.manifest import BackupManifest, _digest, _dump
from contexta.spi.context import OpenContext
from contexta.store.artifacts.packages import PACKAGE_FORMAT_VERSION, read_description
from contexta.store.pending_restore import read_intent
from contexta.store.records import RecordStore, ReplayMode
from contexta.testing.reference import PlainRecordStore
from contexta_interpretation.query.expressions.parsing import parse

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TARGETS", "Target"]


class Target(NamedTuple):
    """One parser.

    Args:
        feed: Gives it bytes, and a directory for what it needs in files.
        seeds: Good inputs, to be changed.
    """

    feed: Callable[[bytes, Path], None]
    seeds: tuple[bytes, ...]


_DECODERS = [getattr(serialization, name) for name in sorted(serialization.__all__) if name[:5] == "deser"]
_LINES = b"".join(frame.encode(number, b'"run":"run:p.r","value":%d' % number) for number in range(3))
_REPLAYED = {
    "replay_ref": "replay:a.b",
    "sink_name": "b",
    "family": "RECORD",
    "failed_at": "t",
    "payload": {},
}
_MANIFEST = {
    "backup_ref": "b",
    "created_at": "2024-01-01T00:00:00Z",
    "files": [["records/a", 1, "0" * 64, "0" * 64]],
    "format": "contexta-backup/1",
    "included_sections": ["records"],
    "label": None,
    "notes": [],
    "profile_name": "local",
    "project_name": "default",
}
_INTENT = {"format": "contexta-restore/1", "exchanges": [{"staged": "a", "target": "b", "replaced": "c"}]}
_PACKAGE = {
    "package_format_version": PACKAGE_FORMAT_VERSION,
    "artifact_ref": "artifact:p.r.model",
    "artifact_kind": "model",
    "exported_at": "2024-01-01T00:00:00Z",
    "source_name": "tree",
    "form": "directory",
    "digest": "sha256:" + "0" * 64,
    "manifest_sha256": "0" * 64,
    "members": [{"sha256": "0" * 64, "size_bytes": 1}],
    "entries": [{"path": "a", "sha256": "0" * 64}, {"path": "b", "link": "a"}],
}
_RECORD = {
    "type": "metric",
    "id": "x",
    "run": "run:p.r",
    "key": "loss",
    "value": 0.5,
    "time": "2024-01-01T00:00:00Z",
}


def _zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("manifest.json", json.dumps(_MANIFEST))
        archive.writestr(f"objects/00/{'0' * 64}", b"x")
    return stream.getvalue()


def segment(data: bytes, place: Path) -> None:
    """Read a segment of a log: nothing is raised, whatever it is, and what is told adds up."""
    if data:
        # A reader gives it whole lines.
        Scan("noise", 0, 0).feed(data.rstrip(b"\n") + b"\n")
    for line in data.splitlines(keepends=True):
        frame.check(line)
        parse_header(line)
        parse_seal(line)
    parse_file_name(data.decode(errors="replace"))


def contract(data: bytes, place: Path) -> None:
    """Read a canonical object; the first byte says which."""
    if data:
        with suppress(ContextaError):
            found = _DECODERS[data[0] % len(_DECODERS)](data[1:])
            assert _DECODERS[data[0] % len(_DECODERS)](to_json(found)) == found


def configuration(data: bytes, place: Path) -> None:
    """Load a configuration file; the first byte says in which form."""
    if data:
        path = place / f"contexta.{('toml', 'yaml', 'json')[data[0] % 3]}"
        path.write_bytes(data[1:])
        with suppress(ContextaError):
            load_config(config_file=path, env={})


def manifest(data: bytes, place: Path) -> None:
    """Read the manifest of a backup, also one whose hash was made to fit."""
    with suppress(ContextaError):
        BackupManifest.decode(data, "noise")
    with suppress(ValueError, RecursionError):
        body = json.loads(data)
        if isinstance(body, dict):
            body.pop("manifest_sha256", None)
            with suppress(ContextaError):
                fitting = _dump(body | {"manifest_sha256": _digest(body)})
                found = BackupManifest.decode(fitting, "noise")
                assert not any(".." in each.path.split("/") or each.path[0] == "/" for each in found.files)


def archive(data: bytes, place: Path) -> None:
    """Open the archive of a backup."""
    path = place / "noise.zip"
    path.write_bytes(data)
    with suppress(ContextaError):
        ZipMembers(path).close()


def package(data: bytes, place: Path) -> None:
    """Read the description in a package of an artifact."""
    with suppress(ContextaError):
        read_description(data)


def intent(data: bytes, place: Path) -> None:
    """Read the intent of a restore that was cut off."""
    (place / "restore.intent").write_bytes(data)
    with suppress(ContextaError):
        read_intent(place)


def outbox(data: bytes, place: Path) -> None:
    """Read an outbox with one line of noise; reading never raises."""
    with TemporaryDirectory(dir=place) as root:
        with LogWriter(Path(root), durability=Durability.FLUSH) as writer, suppress(ContextaError):
            writer.append(data)
        read_outbox(Path(root))


def expression(data: bytes, place: Path) -> None:
    """Read a filter of runs."""
    with suppress(ContextaError):
        parse(data.decode(errors="surrogateescape"))


def records(data: bytes, place: Path) -> None:
    """Import records from lines of JSON."""
    (place / "noise.jsonl").write_bytes(data)
    with (
        TemporaryDirectory(dir=place) as root,
        PlainRecordStore(OpenContext(root=Path(root), durability="flush")) as backend,
        suppress(ContextaError),
    ):
        RecordStore.over(backend).import_jsonl(place / "noise.jsonl", mode=ReplayMode.LENIENT)


TARGETS = {
    "segment": Target(segment, (_LINES,)),
    "contract": Target(
        contract, tuple(bytes([place]) + b'{"run_ref":"run:p.r"}' for place in range(len(_DECODERS)))
    ),
    "configuration": Target(
        configuration,
        (
            b'\0[records]\ndurability_mode = "flush"\n[[capture.sinks]]\nuse = "stdout"\n',
            b"\1records:\n  durability_mode: flush\n",
            b'\2{"records": {"durability_mode": "flush"}}',
        ),
    ),
    "manifest": Target(manifest, (json.dumps(_MANIFEST).encode(),)),
    "archive": Target(archive, (_zip(),)),
    "package": Target(package, (json.dumps(_PACKAGE).encode(),)),
    "intent": Target(intent, (json.dumps(_INTENT).encode(),)),
    "outbox": Target(
        outbox, (json.dumps(_REPLAYED).encode()[1:-1], b'"state":"dead","replay_ref":"replay:a.b"')
    ),
    "expression": Target(
        expression, (b"metrics.loss < 0.5 and (tags.team = 'x' or not status in ('failed', 'open'))",)
    ),
    "records": Target(records, (json.dumps(_RECORD).encode() + b"\n",)),
}
