"""The built wheels: what is in them, and that nobody else's package can take the place of one of ours.

The installs run offline against a package index made for the test. It serves empty stand-ins for the third-party
requirements, and hostile releases under our names with higher versions than ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

pytestmark = [pytest.mark.packaging, pytest.mark.timeout(300)]

REPOSITORY = Path(__file__).resolve().parents[2]
KERNEL = "contexta-core"


def run(*command: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command without the user's pip settings, and return what it said."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHONPATH"))
    }
    environment |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )


def build(source: Path, target: Path, *options: str) -> Path:
    """Build a distribution with the backend installed here, and return the wheel."""
    done = run(sys.executable, "-P", "-m", "build", "--no-isolation", "--outdir", target, *options, source)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = target.glob("*.whl")
    return wheel


def members(wheel: Path) -> set[str]:
    """List the files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def metadata(wheel: Path):
    """Parse a wheel's METADATA."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return HeaderParser().parsestr(archive.read(name).decode("utf-8"))


def make_wheel(directory: Path, name: str, version: str, requires: tuple[str, ...] = ()) -> Path:
    """Write a minimal wheel: a stand-in for somebody else's package."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{module}-{version}-py3-none-any.whl"
    headers = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {item}" for item in requires)]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{module}.py", "")
        archive.writestr(f"{info}/METADATA", "\n".join(["Metadata-Version: 2.1", *headers, ""]))
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture(scope="session")
def bundle_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root wheel, built from the root's source distribution as an installer would build it."""
    return build(REPOSITORY, tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="session")
def part_wheels(tmp_path_factory: pytest.TempPathFactory, subprojects) -> dict[str, Path]:
    """The wheel of every sub-project by distribution name."""
    return {
        project.name: build(project.directory, tmp_path_factory.mktemp(project.name))
        for project in subprojects
    }


@pytest.fixture(scope="session")
def all_wheels(bundle_wheel, part_wheels) -> list[Path]:
    """Every wheel of the repository."""
    return [bundle_wheel, *part_wheels.values()]


@pytest.fixture(scope="session")
def hostile_index(tmp_path_factory: pytest.TempPathFactory, all_wheels, part_wheels) -> str:
    """A package index with strangers' releases under our names, and stand-ins for what we require; its address."""
    root = tmp_path_factory.mktemp("index")
    for name in ("contexta", *part_wheels):
        for version in ("1.0.0", "99.0"):
            # The public index has a 1.x of the bundle's name; a 2.x or higher would need the name itself.
            if (name, version) != ("contexta", "99.0"):
                make_wheel(root / name, name, version)
    required = {
        Requirement(text).name
        for wheel in all_wheels
        for text in metadata(wheel).get_all("Requires-Dist", [])
    }
    for name in sorted(map(canonicalize_name, required)):
        if not name.startswith("contexta"):
            # Inside every bound: ours have floors, and the one cap is below 3.
            make_wheel(root / name, name, "2.99" if name == "duckdb" else "9999.0")
    for folder in root.iterdir():
        links = "".join(f'<a href="{wheel.name}">{wheel.name}</a>' for wheel in folder.iterdir())
        (folder / "index.html").write_text(
            f"<!DOCTYPE html><html><body>{links}</body></html>", encoding="utf-8"
        )
    return root.as_uri()


@pytest.fixture(scope="session")
def resolve(hostile_index):
    """Ask pip what it would install from the hostile index: name to version and address, or None where it fails."""

    def ask(*requirements: str | Path) -> dict[str, tuple[str, str]] | None:
        done = run(
            sys.executable, "-P", "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--no-cache-dir",
            "--report", "-", "--index-url", hostile_index, *requirements,
        )  # fmt: skip
        if done.returncode != 0:
            assert "No matching distribution" in done.stderr or "conflicting dependencies" in done.stderr, (
                done.stderr
            )
            return None
        return {
            canonicalize_name(item["metadata"]["name"]): (
                item["metadata"]["version"],
                item["download_info"]["url"],
            )
            for item in json.loads(done.stdout)["install"]
        }

    return ask


def first_party(resolved: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """Keep the distributions with our names."""
    return {name: found for name, found in resolved.items() if name.startswith("contexta")}


def test_the_kernel_alone_ships_its_package(part_wheels):
    """Of the sub-projects, only the kernel puts files under `contexta/`; each ships its one package and its metadata."""
    for name, wheel in part_wheels.items():
        package = "contexta" if name == KERNEL else name.replace("-", "_")
        tops = {member.partition("/")[0] for member in members(wheel)}
        assert {package, wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"} == tops


def test_the_bundle_ships_every_part(bundle_wheel, part_wheels):
    """The root wheel holds exactly the packages' files of all sub-projects, and none twice."""
    parts = [
        member for wheel in part_wheels.values() for member in members(wheel) if ".dist-info/" not in member
    ]
    bundled = [member for member in members(bundle_wheel) if ".dist-info/" not in member]
    assert sorted(parts) == sorted(bundled)


def test_nothing_unwanted_is_shipped(all_wheels):
    """Wheels hold no tests, no caches and no leftovers."""
    for wheel in all_wheels:
        unwanted = [
            name
            for name in members(wheel)
            if "__pycache__" in name or "/tests/" in name or name.endswith(".orig")
        ]
        assert [] == unwanted


def test_every_wheel_is_typed_and_licensed(all_wheels):
    """Every wheel has `py.typed` in each package and carries the licence."""
    for wheel in all_wheels:
        names = members(wheel)
        packages = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
        assert {f"{package}/py.typed" for package in packages} <= names
        assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_bundle_requires_nothing_of_ours(bundle_wheel):
    """No `Requires-Dist` of the root wheel, in no extra, names one of our distributions."""
    requires = metadata(bundle_wheel).get_all("Requires-Dist", [])
    assert requires
    assert [] == [text for text in requires if Requirement(text).name.startswith("contexta")]


def test_the_bundle_offers_every_entry_point(bundle_wheel, part_wheels):
    """The root wheel's entry points are those of the sub-projects' wheels together."""

    def entries(wheel: Path) -> set[tuple[str, str]]:
        with zipfile.ZipFile(wheel) as archive:
            (name,) = [
                name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")
            ] or [None]
            lines = archive.read(name).decode("utf-8").splitlines() if name else []
        group, found = "", set()
        for line in lines:
            group = line if line.startswith("[") else group
            found |= {(group, line)} if "=" in line else set()
        return found

    assert set().union(*map(entries, part_wheels.values())) == entries(bundle_wheel)


def test_a_wheel_built_from_the_tree_is_the_same(bundle_wheel, tmp_path):
    """The wheel built straight from the checkout has the same files and metadata as the one built from the sdist."""
    direct = build(REPOSITORY, tmp_path, "--wheel")
    assert members(bundle_wheel) == members(direct)
    assert metadata(bundle_wheel).items() == metadata(direct).items()


def test_an_editable_install_sees_every_source_tree(tmp_path, subprojects):
    """The editable wheel's path file names the source directory of each sub-project."""
    program = f"import hatchling.build as backend; backend.build_editable({str(tmp_path)!r})"
    done = run(sys.executable, "-c", program, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        lines = [
            line
            for name in archive.namelist()
            if name.endswith(".pth")
            for line in archive.read(name).decode().split()
        ]
    assert {str(project.directory / "src") for project in subprojects} == set(lines)


def test_wheel_contents_are_sound(all_wheels):
    """`check-wheel-contents` finds nothing to complain of."""
    # W009: one wheel with several top-level packages is what the bundle is.
    done = run(sys.executable, "-P", "-m", "check_wheel_contents", "--ignore", "W009", *all_wheels)
    assert done.returncode == 0, done.stdout + done.stderr


def test_metadata_is_accepted_by_an_index(bundle_wheel):
    """`twine check` accepts the bundle's wheel and source distribution, readme included."""
    done = run(sys.executable, "-P", "-m", "twine", "check", "--strict", *bundle_wheel.parent.iterdir())
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_version_is_in_the_file_name(bundle_wheel, part_wheels):
    """Wheels are pure Python, and the parts carry the local version that no index serves."""
    assert str(parse_wheel_filename(bundle_wheel.name)[1]) == "2.0.0"
    assert {str(parse_wheel_filename(wheel.name)[1]) for wheel in part_wheels.values()} == {"2.0.0+mono"}


@pytest.mark.parametrize("extra", ["", "[all]", "[dev]"])
def test_installing_the_bundle_brings_no_stranger(resolve, bundle_wheel, extra):
    """Our wheel, with any extra, installs itself and nothing of a stranger's under our names."""
    resolved = resolve(f"{bundle_wheel}{extra}")
    assert {"contexta": ("2.0.0", bundle_wheel.as_uri())} == first_party(resolved)


def test_the_index_is_hostile(resolve):
    """Bare names do bring the strangers' releases, so the tests that find none prove something."""
    assert first_party(resolve("contexta"))["contexta"][0] == "1.0.0"
    assert first_party(resolve("contexta-core>=2"))["contexta-core"][0] == "99.0"


def test_the_documented_requirement_refuses_strangers(resolve):
    """`contexta[all]>=2` is satisfied by no 1.x release: the installer says so instead of taking one."""
    assert resolve("contexta[all]>=2") is None


def test_a_plugin_alone_fails_closed(resolve, part_wheels):
    """A plugin without the kernel beside it is an error: its pin is one that no index can serve."""
    for name, wheel in part_wheels.items():
        if name != KERNEL:
            assert resolve(wheel) is None, name


def test_a_plugin_with_the_kernel_beside_it_installs(resolve, part_wheels):
    """A plugin and the kernel, both named by path, install together and bring no stranger."""
    for name, wheel in part_wheels.items():
        expected = {key: ("2.0.0+mono", part_wheels[key].as_uri()) for key in {KERNEL, name}}
        assert expected == first_party(resolve(part_wheels[KERNEL], wheel)), name


def test_a_third_party_plugin_fails_closed(resolve, bundle_wheel, tmp_path):
    """A plugin of somebody else that requires `contexta>=2,<3` takes our wheel beside it, and alone fails."""
    plugin = make_wheel(tmp_path, "their-sink", "1.0", ("contexta>=2,<3",))
    assert resolve(plugin) is None
    assert {"contexta": ("2.0.0", bundle_wheel.as_uri())} == first_party(resolve(plugin, bundle_wheel))
