"""Archives and backups from strangers: refused, with nothing written."""

from __future__ import annotations

import json
import os
import shutil
import struct
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from contexta import Contexta
from contexta.errors import RestoreError
from contexta.recovery import (
    create_workspace_backup,
    export_backup,
    plan_restore,
    plan_workspace_backup,
    restore_workspace,
    verify_backup,
)
from contexta.recovery.manifest import BackupManifest


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Export a backup of a workspace into an archive, once."""
    place = tmp_path_factory.mktemp("exported")
    settings = {"records": {"durability_mode": "flush"}}
    with Contexta(workspace=str(place / "ws"), config=settings) as ctx, ctx.run("first") as run:
        run.metric("loss", 1.0)
        (place / "body").write_bytes(b"body" * 100)
        run.register_artifact("model", str(place / "body"))
    ref = create_workspace_backup(ctx.config, plan_workspace_backup(ctx.config)).backup_ref
    return ctx.config, export_backup(ctx.config, ref, place / "backup.zip")


@pytest.fixture
def archive(exported, tmp_path):
    """Give a copy of the archive that may be spoiled."""
    config, path = exported
    return SimpleNamespace(config=config, archive=Path(shutil.copy(path, tmp_path)))


def rewritten(archive, change):
    """Write the archive again, its members and manifest changed."""
    with zipfile.ZipFile(archive) as source:
        members = [(info.filename, source.read(info)) for info in source.infolist()]
    body = json.loads(members[0][1])
    members = change(body, members) or members
    with zipfile.ZipFile(archive, "w") as target:
        for info, data in members:
            if isinstance(info, zipfile.ZipInfo):
                target.writestr(info, data, compress_type=info.compress_type)
            else:
                target.writestr(info, data)


def with_files(change):
    """Make a change of the manifest's files that keeps its hash right, as an attacker would."""

    def apply(body, members):
        change(body["files"])
        body.pop("manifest_sha256")
        from contexta.recovery import manifest

        data = manifest._dump(body | {"manifest_sha256": manifest._digest(body)})
        return [("manifest.json", data), *members[1:]]

    return apply


def renamed(path):
    """Let the first file of the manifest have another path."""

    def change(files):
        files[0][0] = path

    return with_files(change)


PATHS = [
    *(
        "../outside",
        "records/../../outside",
        "/etc/passwd",
        "records//x",
        "records/./x",
        "records/",
        "records",
    ),
    *(
        "records\\..\\x",
        "other/x",
        "records/a\0b",
        "records/" + "x" * 300,
        "records/" + "x/" * 600,
        "\u2028/x",
    ),
    *("records/\ud800", "RECORDS/x", "", ".", "..", "C:/x", "records/\x1b[2J", "recovery/backups/x"),
]


def double(files):
    """Name one file twice."""
    files.append(list(files[0]))


def nested(files):
    """Let one file lie in another."""
    files.append([f"{files[0][0]}/inner", *files[0][1:]])


def lying(size):
    """Let the first file claim another size."""

    def change(files):
        files[0][1] = size

    return with_files(change)


def member(name, data=b"x", **attributes):
    """Add a member to the archive."""

    def change(body, members):
        info = zipfile.ZipInfo(name)
        for attribute, value in attributes.items():
            setattr(info, attribute, value)
        return [*members, (info, data)]

    return change


def without_last(body, members):
    """Leave a body out."""
    return members[:-1]


def compressed(body, members):
    """Compress everything: what a bomb would need."""
    infos = []
    for name, data in members:
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        infos.append((info, data))
    return infos


def no_manifest(body, members):
    """Leave the manifest out."""
    return members[1:]


def other_format(body, members):
    """Claim another format."""
    return [("manifest.json", json.dumps(body | {"format": "contexta-backup/9"}).encode()), *members[1:]]


def deep(body, members):
    """Nest the manifest deeper than any parser goes."""
    return [("manifest.json", b"[" * 200_000), *members[1:]]


def huge_number(body, members):
    """Put a number into the manifest that is too long for a number."""
    return [("manifest.json", b'{"format":' + b"9" * 5_000 + b"}"), *members[1:]]


def not_json(body, members):
    """Make the manifest binary."""
    return [("manifest.json", os.urandom(500)), *members[1:]]


CHANGES = [
    *map(renamed, PATHS),
    with_files(double),
    with_files(nested),
    *map(lying, [0, 1, 10**12, -1, 2**60, "3", None, True, 1.5]),
    with_files(lambda files: files[0].pop()),
    with_files(lambda files: files[0].__setitem__(2, "0" * 64)),
    with_files(lambda files: files[0].__setitem__(3, "../../../etc/passwd")),
    with_files(lambda files: files[0].__setitem__(3, "f" * 64)),
    with_files(lambda files: files.append("records/x")),
    with_files(lambda files: files.append(["records/x", 1, "a" * 64, None])),
    member("../../outside"),
    member("objects/" + "a" * 64),
    member("extra.txt"),
    member("objects/link", b"/etc/passwd", external_attr=0o120777 << 16),
    member("dir/", b""),
    without_last,
    no_manifest,
    compressed,
    other_format,
    deep,
    huge_number,
    not_json,
    lambda body, members: [*members, members[-1]],
    lambda body, members: [*members, members[0]],
    lambda body, members: [members[0], *((name, data + b"x") for name, data in members[1:])],
    lambda body, members: [members[0], *((name, data[:-1]) for name, data in members[1:])],
]


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_a_hostile_archive_is_refused_with_nothing_written(archive, tmp_path, number):
    """Whatever an archive claims: planning or restoring raises our error, and not one byte was written anywhere."""
    rewritten(archive.archive, CHANGES[number])
    target = tmp_path / "target"
    before = {path: path.stat().st_size for path in tmp_path.rglob("*")}
    with pytest.raises(RestoreError) as caught:
        restore_workspace(
            archive.config, plan_restore(archive.config, str(archive.archive), target_workspace=target)
        )
    assert caught.value.code in {
        "recovery_manifest_invalid",
        "recovery_backup_damaged",
        "recovery_backup_hostile",
    }
    assert before == {path: path.stat().st_size for path in tmp_path.rglob("*")}


def test_a_directory_that_lies_about_sizes_is_refused(archive):
    """A central directory that claims more bytes than the file has is refused before any member is read."""
    data = bytearray(archive.archive.read_bytes())
    place = data.rindex(b"PK\x01\x02")
    data[place + 20 : place + 28] = struct.pack("<II", 2**31, 2**31)
    archive.archive.write_bytes(bytes(data))
    with pytest.raises(RestoreError) as caught:
        plan_restore(archive.config, str(archive.archive))
    assert "recovery_backup_hostile" == caught.value.code


@pytest.mark.parametrize("cut", [0, 1, 21, 100, 5000])
def test_a_cut_archive_is_refused(archive, cut):
    """Whatever is left of an archive, it is no archive."""
    archive.archive.write_bytes(archive.archive.read_bytes()[:cut])
    with pytest.raises(RestoreError):
        plan_restore(archive.config, str(archive.archive))


def test_a_pipe_in_the_place_of_a_body_is_refused(archive):
    """A backup's directory with a pipe in it does not hang the reader."""
    from contexta.recovery import list_backups

    (info,) = list_backups(archive.config)
    body = next(path for path in (info.location.parent / "objects").rglob("*") if path.is_file())
    data = body.read_bytes()
    body.unlink()
    os.mkfifo(body)
    try:
        with pytest.raises(RestoreError) as caught:
            verify_backup(archive.config, info.backup_ref)
    finally:
        body.unlink()
        body.write_bytes(data)
    assert "recovery_backup_hostile" == caught.value.code


def test_a_manifest_is_what_it_was():
    """Encoding and decoding a manifest are inverse."""
    manifest = BackupManifest("b", "2026-01-01T00:00:00Z", "é", "p", "local", ("records",), (), ("note",))
    assert manifest == BackupManifest.decode(manifest.encode(), "here")
