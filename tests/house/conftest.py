"""What the tests of the house share: the repository's projects and files."""

from __future__ import annotations

import importlib.util
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from types import ModuleType

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Project:
    """One distribution of the repository: the bundle at the root, the kernel, or a plugin."""

    directory: Path

    @cached_property
    def config(self) -> dict[str, Any]:
        return tomllib.loads((self.directory / "pyproject.toml").read_text(encoding="utf-8"))

    @property
    def metadata(self) -> dict[str, Any]:
        return self.config["project"]

    @property
    def name(self) -> str:
        return self.metadata["name"]

    @property
    def package_directories(self) -> list[Path]:
        return [
            self.directory / path
            for path in self.config["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
        ]

    @property
    def package_directory(self) -> Path:
        (package,) = self.package_directories
        return package


def all_subprojects() -> list[Project]:
    """Find every sub-project in the tree, whether or not the root lists it."""
    found = [path.parent for path in REPOSITORY.glob("*/pyproject.toml")]
    found += [path.parent for path in REPOSITORY.glob("plugins/*/pyproject.toml")]
    return [Project(directory) for directory in sorted(found)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one case for each project that a test asks for."""
    if "subproject" in metafunc.fixturenames:
        metafunc.parametrize("subproject", all_subprojects(), ids=lambda project: project.name)
    if "any_project" in metafunc.fixturenames:
        projects = [Project(REPOSITORY), *all_subprojects()]
        metafunc.parametrize("any_project", projects, ids=lambda project: project.name)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def bundle() -> Project:
    """The root distribution."""
    return Project(REPOSITORY)


@pytest.fixture(scope="session")
def subprojects() -> list[Project]:
    """Every sub-project in the tree."""
    return all_subprojects()


@pytest.fixture(scope="session")
def source_files() -> list[Path]:
    """The product's Python files."""
    return sorted(path for project in all_subprojects() for path in project.directory.glob("src/**/*.py"))


@pytest.fixture(scope="session")
def test_files() -> list[Path]:
    """The suite's Python files."""
    return sorted((REPOSITORY / "tests").rglob("*.py"))


@pytest.fixture(scope="session")
def build_hook() -> ModuleType:
    """The root's build hook as a module."""
    spec = importlib.util.spec_from_file_location("hatch_build", REPOSITORY / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
