"""Export packages: what is exported in one store is imported in another, or left, or replaced, as asked."""

from __future__ import annotations

import json
import os
import zipfile

import pytest

from contexta.config import ArtifactStoreConfig, UnifiedConfig, WorkspaceConfig
from contexta.contract import ArtifactManifest
from contexta.errors import ArtifactError, ConflictError, IntegrityError, NotFoundError, ValidationError
from contexta.store import artifacts
from contexta.store.artifacts import ArtifactStore, ImportOutcome

REF = "artifact:p.r.model"
FORMS = ["directory", "zip", "tar"]


def manifest(**fields):
    """Build the manifest of the artifact."""
    return ArtifactManifest(
        artifact_ref=REF,
        artifact_kind="model",
        created_at="2024-01-01T00:00:00Z",
        producer_ref="sdk.python.local",
        run_ref="run:p.r",
        location_ref="path:model",
        **fields,
    )


@pytest.fixture
def stores(tmp_path):
    """Give two stores: one to export from, and one to import into."""
    configs = [ArtifactStoreConfig(root_path=tmp_path / name / "artifacts") for name in ("one", "two")]
    with ArtifactStore(configs[0]) as one, ArtifactStore(configs[1]) as two:
        yield one, two


@pytest.fixture
def tree(tmp_path):
    """Make a directory with an executable, a link, an empty directory, and two files of the same content."""
    top = tmp_path / "tree"
    (top / "deep").mkdir(parents=True)
    (top / "empty").mkdir()
    (top / "deep" / "run.sh").write_bytes(b"#!/bin/sh\n")
    (top / "deep" / "run.sh").chmod(0o755)
    (top / "a").write_bytes(b"same")
    (top / "b").write_bytes(b"same")
    (top / "link").symlink_to("deep/run.sh")
    return top


@pytest.mark.parametrize("archive", FORMS)
def test_a_file_goes_from_store_to_store(stores, tmp_path, archive):
    """Manifest, name and bytes are the same on the other side; the second import changes nothing."""
    one, two = stores
    (tmp_path / "weights.bin").write_bytes(b"w" * 3_000_000)
    one.put_artifact(manifest(attributes={"layers": 3}), tmp_path / "weights.bin")
    receipt = artifacts.export_artifact(one, REF, export_root=tmp_path / "out", archive=archive)
    assert (receipt.archive, receipt.size_bytes) == (archive, 3_000_000)
    assert receipt.package_path.name == "artifact__p.r.model" + (
        "" if archive == "directory" else f".{archive}"
    )
    done = artifacts.import_export_package(two, receipt.package_path)
    assert (done.outcome, done.bytes_written, done.artifact_ref) == (ImportOutcome.IMPORTED, 3_000_000, REF)
    assert done.mapping_loss_report == {"package_root": str(receipt.package_path)}
    assert two.read_artifact_bytes(REF) == b"w" * 3_000_000
    here, there = (store.get_artifact(REF).binding for store in stores)
    assert (there.manifest, there.source_name) == (here.manifest, "weights.bin")
    again = two.import_export_package(receipt.package_path)
    assert (again.outcome, again.bytes_written) == (ImportOutcome.IDEMPOTENT, 0)
    assert two.verify_all().ok


@pytest.mark.parametrize("archive", FORMS)
def test_a_directory_goes_from_store_to_store(stores, tmp_path, tree, archive):
    """Files, links, empty directories and permissions arrive; what is inside twice is in the package once."""
    one, two = stores
    one.put_artifact(manifest(), tree)
    receipt = one.export_artifact(REF, export_root=tmp_path / "out", archive=archive)
    if archive == "directory":
        assert len(list(receipt.export_directory.iterdir())) == 2 + 2
    two.import_export_package(receipt.package_path)
    out = two.save_artifact(REF, tmp_path / "copy")
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*")) == sorted(
        path.relative_to(tree).as_posix() for path in tree.rglob("*")
    )
    assert str((out / "link").readlink()) == "deep/run.sh"
    assert os.access(out / "deep" / "run.sh", os.X_OK)
    assert one.get_artifact(REF).binding.hash_value == two.get_artifact(REF).binding.hash_value


def test_a_package_says_what_it_is(stores, tmp_path):
    """The description names the format, the artifact, and each member with its hash and size."""
    one, _ = stores
    (tmp_path / "a").write_bytes(b"abc")
    one.put_artifact(manifest(), tmp_path / "a")
    receipt = one.export_artifact(REF, export_root=tmp_path / "out")
    description = json.loads(receipt.package_metadata_path.read_text())
    digits = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert description["package_format_version"] == artifacts.PACKAGE_FORMAT_VERSION
    assert (description["artifact_ref"], description["form"]) == (REF, "file")
    assert description["members"] == [{"sha256": digits, "size_bytes": 3}]
    assert (receipt.package_path / f"sha256-{digits}").read_bytes() == b"abc"
    assert {path.stat().st_mode & 0o777 for path in receipt.package_path.iterdir()} == {0o600}


def test_packages_go_below_the_workspaces_exports(tmp_path):
    """Without a place they are written where the workspace keeps its exports."""
    (tmp_path / "a").write_bytes(b"a")
    for exports in (None, tmp_path / "elsewhere"):
        root = tmp_path / f"ws-{exports is None}"
        workspace = WorkspaceConfig(root_path=root, exports_path=exports)
        with ArtifactStore(UnifiedConfig(workspace=workspace)) as store:
            store.put_artifact(manifest(), tmp_path / "a")
            assert store.export_artifact(REF).package_path.parent == (exports or root / "exports")


def test_what_cannot_be_exported(stores, tmp_path):
    """Nothing is written over, an unknown artifact or archive is an error, a damaged body leaves no package."""
    one, _ = stores
    (tmp_path / "a").write_bytes(b"a")
    one.put_artifact(manifest(), tmp_path / "a")
    one.export_artifact(REF, export_root=tmp_path / "out")
    with pytest.raises(ConflictError) as caught:
        one.export_artifact(REF, export_root=tmp_path / "out")
    assert caught.value.code == "artifact_destination_exists"
    with pytest.raises(NotFoundError):
        one.export_artifact("artifact:p.r.none", export_root=tmp_path / "out")
    with pytest.raises(ValidationError):
        one.export_artifact(REF, archive="rar")
    path = one.get_artifact(REF).path
    path.chmod(0o600)
    path.write_bytes(b"b")
    for archive in FORMS:
        with pytest.raises(IntegrityError):
            one.export_artifact(REF, export_root=tmp_path / "damaged", archive=archive)
    assert list((tmp_path / "damaged").iterdir()) == []


@pytest.fixture
def package(stores, tmp_path):
    """Give a package of one byte, and a second store that has other content under its reference."""
    one, two = stores
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "old").write_bytes(b"old")
    one.put_artifact(manifest(), tmp_path / "a")
    two.put_artifact(manifest(), tmp_path / "old")
    return one.export_artifact(REF, export_root=tmp_path / "out").package_path


def test_other_content_is_refused_left_or_replaced(stores, package):
    """By default it is an error; on request what is bound stays, or gives way and becomes garbage."""
    _, two = stores
    with pytest.raises(ConflictError) as caught:
        two.import_export_package(package)
    assert caught.value.code == "artifact_binding_conflict"
    skipped = two.import_export_package(package, conflict_policy="skip")
    assert (skipped.outcome, skipped.bytes_written) == ("skipped", 0)
    assert two.read_artifact_bytes(REF) == b"old"
    replaced = two.import_export_package(package, conflict_policy=artifacts.ImportConflictPolicy.REPLACE)
    assert (replaced.outcome, replaced.bytes_written) == ("replaced", 1)
    assert replaced.replaced_digest == f"sha256:{_old_digits()}"
    assert two.read_artifact_bytes(REF) == b"a"
    assert two.collect_garbage().body_bytes == len(b"old")
    with pytest.raises(ValidationError) as caught:
        two.import_export_package(package, conflict_policy="merge")
    assert caught.value.code == "artifact_store_invalid_conflict_policy"


def _old_digits():
    import hashlib

    return hashlib.sha256(b"old").hexdigest()


def test_a_pending_artifact_gets_its_content(stores, package):
    """A reference that was registered before its content existed takes the content of a package."""
    _, two = stores
    from contexta.spi.artifacts import BoundArtifact

    two.backend.unbind([REF])
    two.backend.bind(BoundArtifact(REF, manifest().to_dict(), None))
    assert two.import_export_package(package).outcome == "imported"
    assert two.read_artifact_bytes(REF) == b"a"


def test_a_file_with_a_foreign_manifest(stores, tmp_path):
    """A file is taken in under a manifest; claims that do not hold are refused, conflicts are as with packages."""
    _, two = stores
    (tmp_path / "a").write_bytes(b"a")
    assert artifacts.import_artifact(two, manifest(), tmp_path / "a").outcome == "imported"
    assert two.import_artifact(manifest(), tmp_path / "a").outcome == "idempotent"
    (tmp_path / "b").write_bytes(b"b")
    with pytest.raises(ConflictError):
        two.import_artifact(manifest(), tmp_path / "b")
    assert two.import_artifact(manifest(), tmp_path / "b", conflict_policy="skip").outcome == "skipped"
    assert two.import_artifact(manifest(), tmp_path / "b", conflict_policy="replace").outcome == "replaced"
    with pytest.raises(ArtifactError):
        two.import_artifact(manifest(size_bytes=9), tmp_path / "a", conflict_policy="replace")
    assert two.read_artifact_bytes(REF) == b"b"
    assert (tmp_path / "a").exists()


def test_there_is_no_package(stores, tmp_path):
    """A missing path and a directory that is none are not found; equal exports are equal zips."""
    one, two = stores
    (tmp_path / "nothing").mkdir()
    for path in (tmp_path / "missing", tmp_path / "nothing"):
        with pytest.raises(NotFoundError) as caught:
            two.import_export_package(path)
        assert caught.value.code == "artifact_export_package_not_found"
    (tmp_path / "a").write_bytes(b"a")
    one.put_artifact(manifest(), tmp_path / "a")
    with zipfile.ZipFile(
        one.export_artifact(REF, export_root=tmp_path, archive="zip").package_path
    ) as archive:
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
