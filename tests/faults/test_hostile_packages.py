"""Hostile export packages: refused with a typed error, nothing written, nothing from outside of the package read."""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import tarfile
import zipfile

import pytest

from contexta.config import ArtifactStoreConfig
from contexta.errors import CompatibilityError, ContextaError, NotFoundError, ValidationError
from contexta.store.artifacts import ArtifactStore

DESCRIPTION, MANIFEST = "export.package.json", "manifest.snapshot.json"
BODY = b"the body of an artifact"
SECRET = b"secret of the machine"


def digits(data):
    """Return the hash of some bytes."""
    return hashlib.sha256(data).hexdigest()


def manifest_of(**changes):
    """Build the manifest's text."""
    fields = {
        "artifact_ref": "artifact:p.r.model",
        "artifact_kind": "model",
        "created_at": "2024-01-01T00:00:00Z",
        "producer_ref": "sdk.python.local",
        "run_ref": "run:p.r",
        "location_ref": "path:model",
        "size_bytes": len(BODY),
        "hash_value": f"sha256:{digits(BODY)}",
        "schema_version": "1.0.0",
    }
    return json.dumps({**fields, **changes}).encode()


def package(*, description=None, manifest=None, bodies=None, extra=None, raw_description=None):
    """Build the members of a package; sound where nothing is changed."""
    text = manifest_of() if manifest is None else manifest
    bodies = [BODY] if bodies is None else bodies
    fields = {
        "package_format_version": "contexta-artifact-export-v2",
        "artifact_ref": "artifact:p.r.model",
        "artifact_kind": "model",
        "exported_at": "2024-01-01T00:00:00Z",
        "source_name": "model.bin",
        "form": "file",
        "digest": f"sha256:{digits(BODY)}",
        "manifest_sha256": digits(text),
        "members": [{"sha256": digits(body), "size_bytes": len(body)} for body in bodies],
        "entries": [],
    }
    written = json.dumps({**fields, **(description or {})}).encode()
    members = {DESCRIPTION: written if raw_description is None else raw_description, MANIFEST: text}
    return {**members, **{f"sha256-{digits(body)}": body for body in bodies}, **(extra or {})}


def without(name):
    """Return a sound package that lacks a member."""
    return {key: value for key, value in package().items() if key != name}


def tree(*entries):
    """Return a package of a directory with such entries; a file's content is the body."""
    return package(
        description={
            "form": "directory",
            "digest": "sha256:" + "0" * 64,
            "entries": [{"path": "file", "sha256": digits(BODY)}, *entries],
        },
        manifest=manifest_of(hash_value=None, size_bytes=None),
    )


BODY_NAME = f"sha256-{digits(BODY)}"

#: What is wrong with the members, whatever holds them.
MEMBERS = {
    "no description": without(DESCRIPTION),
    "no manifest": without(MANIFEST),
    "no body": without(BODY_NAME),
    "a member more": package(extra={"more": b""}),
    "a body more": package(extra={f"sha256-{digits(b'x')}": b"x"}),
    "other bytes": package(extra={BODY_NAME: b"The body of an artifact"}),
    "a body cut": package(extra={BODY_NAME: BODY[:-1]}),
    "a body longer": package(extra={BODY_NAME: BODY + b"!"}),
    "an empty body": package(extra={BODY_NAME: b""}),
    "another manifest": package(extra={MANIFEST: manifest_of(artifact_kind="dataset")}),
    "the manifest of another": package(manifest=manifest_of(artifact_ref="artifact:p.r.other")),
    "another kind": package(manifest=manifest_of(artifact_kind="dataset")),
    "a manifest with another hash": package(manifest=manifest_of(hash_value="sha256:" + "0" * 64)),
    "a manifest with another size": package(manifest=manifest_of(size_bytes=1)),
    "a manifest that is none": package(manifest=b"[]"),
    "a manifest that is no text": package(manifest=b"\xff\xfe"),
    "a manifest of a future version": package(manifest=manifest_of(schema_version="9.0.0")),
    "a deep manifest": package(manifest=b'{"attributes":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "a large manifest": package(manifest=manifest_of(attributes={"x": "y" * 2_000_000})),
    "a manifest with a huge number": package(manifest=manifest_of()[:-1] + b',"attributes":{"x":' + b"9" * 9_000 + b"}}"),
    "a manifest with NaN": package(manifest=manifest_of()[:-1] + b',"attributes":{"x":NaN}}'),
    "a ref that is a path": package(
        description={"artifact_ref": "../../x"}, manifest=manifest_of(artifact_ref="../../x")
    ),
    "an empty description": package(raw_description=b""),
    "a description that is no JSON": package(raw_description=b"{"),
    "a description that is no object": package(raw_description=b"[1, 2]"),
    "a deep description": package(raw_description=b"[" * 200_000),
    "a large description": package(raw_description=b" " * 9_000_000),
    "a version of before": package(description={"package_format_version": "contexta-artifact-export-v1"}),
    "a version of the future": package(description={"package_format_version": "contexta-artifact-export-v9"}),
    "no version": package(description={"package_format_version": None}),
    "a field that nobody knows": package(description={"body_file": "/etc/passwd"}),
    "a body outside": package(description={"members": [{"sha256": "../../secret", "size_bytes": len(SECRET)}]}),
    "a body by its place": package(
        description={"members": [{"sha256": digits(BODY), "size_bytes": len(BODY), "path": "/etc/passwd"}]}
    ),
    "a hash in capitals": package(
        description={"members": [{"sha256": digits(BODY).upper(), "size_bytes": len(BODY)}]}
    ),
    "a negative size": package(description={"members": [{"sha256": digits(BODY), "size_bytes": -1}]}),
    "a huge size": package(description={"members": [{"sha256": digits(BODY), "size_bytes": 1 << 62}]}),
    "a size beyond numbers": package(description={"members": [{"sha256": digits(BODY), "size_bytes": 1 << 70}]}),
    "a size that is text": package(description={"members": [{"sha256": digits(BODY), "size_bytes": "23"}]}),
    "a member twice": package(description={"members": [{"sha256": digits(BODY), "size_bytes": len(BODY)}] * 2}),
    "no members": package(description={"members": []}),
    "too many members": package(
        description={"members": [{"sha256": f"{number:064x}", "size_bytes": 0} for number in range(10_001)]}
    ),
    "another digest": package(description={"digest": "sha256:" + "0" * 64}),
    "a form that is none": package(description={"form": "pipe"}),
    "a file with entries": package(description={"entries": [{"path": "a", "sha256": digits(BODY)}]}),
    "a long name": package(description={"source_name": "x" * 5_000}),
    "a path up": tree({"path": "../out", "sha256": digits(BODY)}),
    "a path from the root": tree({"path": "/etc/out", "sha256": digits(BODY)}),
    "a path up in the middle": tree({"path": "a/../../out", "sha256": digits(BODY)}),
    "an empty path": tree({"path": "", "sha256": digits(BODY)}),
    "a path with a zero byte": tree({"path": "a\0b", "sha256": digits(BODY)}),
    "a path that is no text": tree({"path": "\ud800", "sha256": digits(BODY)}),
    "a path without end": tree({"path": "a/" * 3_000 + "a", "sha256": digits(BODY)}),
    "a path twice": tree({"path": "file", "sha256": digits(BODY)}),
    "a file below a file": tree({"path": "file/below", "sha256": digits(BODY)}),
    "a file below a link": tree({"path": "l", "link": "."}, {"path": "l/x", "sha256": digits(BODY)}),
    "a link out": tree({"path": "l", "link": "../secret"}),
    "a link to the root": tree({"path": "l", "link": "/etc/passwd"}),
    "a link that climbs behind a name": tree({"path": "l", "link": "file/../../secret"}),
    "a file and a link": tree({"path": "l", "link": "file", "sha256": digits(BODY)}),
    "an entry without a member": tree({"path": "x", "sha256": "0" * 64}),
    "entries of no member": package(
        description={"form": "directory", "entries": [{"path": "a"}]}, manifest=manifest_of()
    ),
}  # fmt: skip


def write_directory(members, path):
    """Write the members as files."""
    path.mkdir()
    for name, data in members.items():
        (path / name).write_bytes(data)


def write_zip(members, path):
    """Write the members into a zip, packed."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def write_tar(members, path):
    """Write the members into a tar."""
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


WRITERS = {"directory": write_directory, "zip": write_zip, "tar": write_tar}


@pytest.fixture
def store(tmp_path):
    """Give a store that holds one artifact, beside a secret file."""
    (tmp_path / "secret").write_bytes(SECRET)
    with ArtifactStore(ArtifactStoreConfig(root_path=tmp_path / "store")) as opened:
        ingest = opened.begin_staged_ingest("first")
        opened.write_chunk(ingest, b"first")
        text = manifest_of(artifact_ref="artifact:p.r.first", size_bytes=None, hash_value=None)
        opened.commit_staged_ingest(text.decode(), ingest)
        yield opened


def everything(tmp_path, but):
    """Return every file but those of the package, with its content."""
    return {
        path: path.read_bytes()
        for path in sorted(tmp_path.rglob("*"))
        if path.is_file() and but not in (path, *path.parents)
    }


def assert_refused(store, tmp_path, path):
    """Import a package, and check that it is refused and that nothing has changed anywhere."""
    before = everything(tmp_path, path)
    for policy in ("error", "replace"):
        with pytest.raises(ContextaError) as caught:
            store.import_export_package(path, conflict_policy=policy)
        assert isinstance(caught.value, ValidationError | NotFoundError | CompatibilityError)
        assert caught.value.code.startswith("artifact_")
        assert SECRET.decode() not in str(caught.value)
    assert everything(tmp_path, path) == before
    assert store.list_refs() == ["artifact:p.r.first"]


@pytest.mark.parametrize("form", WRITERS)
def test_a_sound_package_is_taken(store, tmp_path, form):
    """What the hostile ones are made of is taken, so each is refused for what was changed in it."""
    for members in (package(), tree({"path": "l", "link": "file"})):
        path = tmp_path / f"package-{len(members[DESCRIPTION])}"
        WRITERS[form](members, path)
        assert store.import_export_package(path, conflict_policy="replace").outcome in {
            "imported",
            "replaced",
        }
    assert store.verify_all().ok


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("case", MEMBERS)
def test_members_that_do_not_hold(store, tmp_path, form, case):
    """Whatever holds the members, a package that is not what it says is refused with nothing written."""
    path = tmp_path / "package"
    WRITERS[form](MEMBERS[case], path)
    assert_refused(store, tmp_path, path)


def link_to_secret(path, tmp_path):
    """Make the body a link to a file outside."""
    (path / BODY_NAME).unlink()
    (path / BODY_NAME).symlink_to(tmp_path / "secret")


def link_to_same(path, tmp_path):
    """Make the body a link to a file outside that even has its bytes."""
    (tmp_path / "same").write_bytes(BODY)
    (path / BODY_NAME).unlink()
    (path / BODY_NAME).symlink_to(tmp_path / "same")


def link_description(path, tmp_path):
    """Make the description a link to one outside."""
    (path / DESCRIPTION).rename(tmp_path / "description")
    (path / DESCRIPTION).symlink_to(tmp_path / "description")


def pipe(path, _tmp_path):
    """Make the body a pipe, which would keep a reader for ever."""
    (path / BODY_NAME).unlink()
    os.mkfifo(path / BODY_NAME)


def directory(path, _tmp_path):
    """Make the body a directory."""
    (path / BODY_NAME).unlink()
    (path / BODY_NAME).mkdir()


def directory_more(path, _tmp_path):
    """Put a directory beside the members."""
    (path / "more").mkdir()


def many(path, _tmp_path):
    """Put more files beside the members than a package may have."""
    for number in range(10_003):
        (path / str(number)).touch()


@pytest.mark.parametrize(
    "change", [link_to_secret, link_to_same, link_description, pipe, directory, directory_more, many]
)
def test_directories_with_more_than_files(store, tmp_path, change):
    """Links, pipes and directories among the members are refused; nothing behind them is read."""
    path = tmp_path / "package"
    write_directory(package(), path)
    change(path, tmp_path)
    assert_refused(store, tmp_path, path)


def zip_with(path, changed, data=BODY):
    """Write a sound zip whose body has another entry."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in package().items():
            if name == BODY_NAME:
                archive.writestr(changed, data)
            else:
                archive.writestr(name, content)


def named(name, mode=0o100600):
    """Build the entry of a zip."""
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def zip_bomb(path):
    """Pack a gigabyte of nothing, as its description says."""
    chunk = b"\0" * 1_000_000
    digest = hashlib.sha256()
    for _ in range(200):
        digest.update(chunk)
    name = digest.hexdigest()
    members = package(
        description={"members": [{"sha256": name, "size_bytes": 200_000_000}], "digest": f"sha256:{name}"},
        manifest=manifest_of(hash_value=None, size_bytes=None),
        bodies=[],
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, data in members.items():
            archive.writestr(key, data)
        with archive.open(f"sha256-{name}", "w") as member:
            for _ in range(200):
                member.write(chunk)


def zip_twice(path):
    """Write the body twice, the second time as something else."""
    write_zip(package(), path)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr(BODY_NAME, SECRET)


def zip_encrypted(path):
    """Say that the members are encrypted."""
    write_zip(package(), path)
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 8 : at + 10] = struct.pack("<H", 1)
    path.write_bytes(content)


def zip_method(path):
    """Say that the description is packed in a way that nobody knows."""
    write_zip(package(), path)
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 10 : at + 12] = struct.pack("<H", 77)
    path.write_bytes(content)


def zip_sizes(path):
    """Say that the description is much longer than it is."""
    write_zip(package(), path)
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 5_000)
    path.write_bytes(content)


def zip_cut(path):
    """Cut the end off."""
    write_zip(package(), path)
    path.write_bytes(path.read_bytes()[:-30])


def zip_flipped(path):
    """Flip bits of a packed member."""
    write_zip(package(), path)
    content = bytearray(path.read_bytes())
    content[60] ^= 0xFF
    path.write_bytes(content)


ZIPS = {
    "a path up": lambda path: zip_with(path, named("../out")),
    "a path from the root": lambda path: zip_with(path, named("/etc/out")),
    "a link": lambda path: zip_with(path, named(BODY_NAME, 0o120777), b"../secret"),
    "a device": lambda path: zip_with(path, named(BODY_NAME, 0o020666)),
    "a directory": lambda path: zip_with(path, named(BODY_NAME + "/")),
    "a bomb": zip_bomb,
    "a name twice": zip_twice,
    "encrypted": zip_encrypted,
    "an unknown method": zip_method,
    "wrong sizes": zip_sizes,
    "cut": zip_cut,
    "flipped": zip_flipped,
    "only a name": lambda path: path.write_bytes(b"PK"),
}  # fmt: skip


@pytest.mark.parametrize("case", ZIPS)
def test_zips(store, tmp_path, case):
    """Zips with names that lead out, links, bombs and lies are refused."""
    ZIPS[case](tmp_path / "package")
    assert_refused(store, tmp_path, tmp_path / "package")


def tar_with(path, kind, **fields):
    """Write a sound tar whose body has another kind."""
    with tarfile.open(path, "w") as archive:
        for name, data in package().items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if name == BODY_NAME:
                info.type = kind
                for field, value in fields.items():
                    setattr(info, field, value)
            archive.addfile(info, io.BytesIO(data) if info.size else None)


def tar_packed(path):
    """Pack a tar."""
    with tarfile.open(path, "w:gz") as archive:
        for name, data in package().items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def tar_twice(path):
    """Write the body twice."""
    write_tar(package(), path)
    with tarfile.open(path, "a") as archive:
        info = tarfile.TarInfo(BODY_NAME)
        info.size = len(SECRET)
        archive.addfile(info, io.BytesIO(SECRET))


def tar_cut(path):
    """Cut a tar in the middle of its last member."""
    write_tar(package(), path)
    path.write_bytes(path.read_bytes()[: 512 * 5 + 20])


def tar_huge(path):
    """Say that the body is a terabyte."""
    write_tar(without(BODY_NAME), path)
    info = tarfile.TarInfo(BODY_NAME)
    info.size = 1 << 40
    with path.open("r+b") as file:
        file.seek(512 * 2 * 2 + 512)
        file.write(info.tobuf() + BODY)


TARS = {
    "a link": lambda path: tar_with(path, tarfile.SYMTYPE, linkname="../secret", size=0),
    "a hard link": lambda path: tar_with(path, tarfile.LNKTYPE, linkname="../secret", size=0),
    "a link to a member": lambda path: tar_with(path, tarfile.LNKTYPE, linkname=MANIFEST, size=0),
    "a pipe": lambda path: tar_with(path, tarfile.FIFOTYPE, size=0),
    "a device": lambda path: tar_with(path, tarfile.CHRTYPE, size=0),
    "a directory": lambda path: tar_with(path, tarfile.DIRTYPE, size=0),
    "a path up": lambda path: tar_with(path, tarfile.REGTYPE, name="../out"),
    "a path from the root": lambda path: tar_with(path, tarfile.REGTYPE, name="/etc/out"),
    "a huge size": tar_huge,
    "packed": tar_packed,
    "a name twice": tar_twice,
    "cut": tar_cut,
    "no tar": lambda path: path.write_bytes(os.urandom(2_000)),
    "nothing": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(10_240)),
}  # fmt: skip


@pytest.mark.parametrize("case", TARS)
def test_tars(store, tmp_path, case):
    """Tars with links, devices, names that lead out, and lies are refused."""
    TARS[case](tmp_path / "package")
    assert_refused(store, tmp_path, tmp_path / "package")


def test_a_package_that_changes_while_it_is_read(store, tmp_path, monkeypatch):
    """A body that is exchanged between the check and the copy is refused and not bound."""
    path = tmp_path / "package"
    write_directory(package(), path)
    begin = type(store.backend).begin_ingest

    def exchange(backend):
        (path / BODY_NAME).write_bytes(SECRET)
        return begin(backend)

    monkeypatch.setattr(type(store.backend), "begin_ingest", exchange)
    with pytest.raises(ValidationError) as caught:
        store.import_export_package(path)
    assert caught.value.code == "artifact_export_package_invalid"
    assert store.list_refs() == ["artifact:p.r.first"]
    assert not any(
        SECRET == body.read_bytes() for body in (tmp_path / "store" / "blobs").rglob("*") if body.is_file()
    )
