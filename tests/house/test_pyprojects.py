"""Invariants over the metadata of all distributions: what is written more than once is written alike."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

if TYPE_CHECKING:
    from pathlib import Path

# The alike part of every project table.
SHARED_FIELDS = ("requires-python", "license", "license-files", "readme", "authors")

# A word in lower case: what users write into the configuration.
CONFIG_WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


def test_the_root_lists_every_subproject(bundle, subprojects):
    """The bundle ships exactly the packages of the sub-projects in the tree, each once."""
    listed = bundle.config["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    present = [project.package_directory.relative_to(bundle.directory).as_posix() for project in subprojects]
    assert sorted(present) == sorted(listed)


def test_tools_know_every_source_tree(bundle, subprojects):
    """The type checker's path and the import sorter's list name every sub-project."""
    tools = bundle.config["tool"]
    trees = {f"$MYPY_CONFIG_FILE_DIR/{_relative(project, bundle)}/src" for project in subprojects}
    packages = {project.package_directory.name for project in subprojects}
    assert trees == set(tools["mypy"]["mypy_path"])
    assert packages == set(tools["ruff"]["lint"]["isort"]["known-first-party"])


def test_every_plugin_has_its_environments(repository):
    """Tox has an environment for each plugin alone with the kernel, and one for all but it."""
    [section] = re.findall(
        r"^\[testenv:\{alone,without\}-\{(.*)\}\]$", (repository / "tox.ini").read_text("utf-8"), re.MULTILINE
    )
    patterns = ("contexta-*/pyproject.toml", "plugins/*/pyproject.toml")
    present = {path.parent.name for pattern in patterns for path in repository.glob(pattern)}
    assert sorted(present - {"contexta-core"}) == section.split(",")


def test_versions_move_together(bundle, subprojects):
    """Sub-projects carry the bundle's version with the local part `mono`, which no index can serve."""
    expected = f"{bundle.metadata['version']}+mono"
    assert {project.metadata["version"] for project in subprojects} == {expected}


def test_the_bundle_is_no_stranger(bundle):
    """The bundle's version is at least 2: the 1.x releases of the name belong to somebody else."""
    assert Version(bundle.metadata["version"]) >= Version("2.0.0")


def test_the_package_reports_the_version_of_its_distribution(bundle, repository):
    """`contexta.__version__` equals the bundle's version."""
    tree = ast.parse((repository / "contexta-core/src/contexta/__init__.py").read_text(encoding="utf-8"))
    values = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.targets[0], ast.Name)
    }
    assert bundle.metadata["version"] == values["__version__"]


def test_the_changelog_covers_the_version(bundle, repository):
    """The changelog has a section for the current version."""
    changelog = (repository / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{bundle.metadata['version']}]" in changelog


def test_shared_fields_are_alike(any_project, bundle):
    """Python floor, licence, readme and authors are the same in every distribution."""
    expected = {field: bundle.metadata[field] for field in SHARED_FIELDS}
    assert expected == {field: any_project.metadata[field] for field in SHARED_FIELDS}


def test_the_licence_is_apache_2(any_project, bundle):
    """Every distribution carries the full text of the Apache licence, and it is the same file."""
    text = (any_project.directory / "LICENSE").read_text(encoding="utf-8")
    assert "Apache-2.0" == any_project.metadata["license"]
    assert "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION" in text
    assert (bundle.directory / "LICENSE").read_text(encoding="utf-8") == text


def test_the_readme_has_a_title(any_project):
    """Every distribution has a readme that starts with a title."""
    readme = (any_project.directory / any_project.metadata["readme"]).read_text(encoding="utf-8")
    assert readme.startswith("# ")


def test_classifiers_name_the_supported_pythons(any_project):
    """Every distribution says that it is typed and runs on Python 3.11 to 3.14, which its floor admits."""
    classifiers = any_project.metadata["classifiers"]
    versions = {
        item.rsplit(" ", 1)[1]
        for item in classifiers
        if re.fullmatch(r"Programming Language :: Python :: 3\.\d+", item)
    }
    floor = SpecifierSet(any_project.metadata["requires-python"])
    assert {"3.11", "3.12", "3.13", "3.14"} == versions
    assert all(floor.contains(version) for version in versions)
    assert not floor.contains("3.10")
    assert "Typing :: Typed" in classifiers


def test_subprojects_cannot_be_uploaded(subproject):
    """Only the bundle is released: the classifier makes an index refuse a sub-project."""
    assert "Private :: Do Not Upload" in subproject.metadata["classifiers"]


def test_distribution_and_package_have_one_name(subproject):
    """`contexta-store-duckdb` ships `contexta_store_duckdb`; the kernel alone ships `contexta`."""
    expected = "contexta" if subproject.name == "contexta-core" else subproject.name.replace("-", "_")
    assert expected == subproject.package_directory.name
    assert subproject.directory.name == subproject.name


def test_packages_are_typed_and_described(subproject):
    """Every package has the marker `py.typed` and an `__init__` with a docstring."""
    package = subproject.package_directory
    assert (package / "py.typed").is_file()
    assert ast.get_docstring(ast.parse((package / "__init__.py").read_text(encoding="utf-8")))


def test_plugins_pin_the_kernel_exactly(subproject, bundle):
    """A plugin requires the kernel of its own version and no other first-party distribution."""
    internal = [
        str(requirement)
        for requirement in map(Requirement, subproject.metadata["dependencies"])
        if requirement.name.startswith("contexta")
    ]
    pin = f"contexta-core=={bundle.metadata['version']}+mono"
    assert internal == ([] if subproject.name == "contexta-core" else [pin])


def test_dependencies_have_a_floor(subproject):
    """Every third-party requirement has a lower bound, so that an old environment fails at install."""
    project = subproject.metadata
    texts = project["dependencies"] + [
        text for extra in project.get("optional-dependencies", {}).values() for text in extra
    ]
    unbounded = [
        text
        for text in texts
        if not any(spec.operator in (">=", "==") for spec in Requirement(text).specifier)
    ]
    assert [] == unbounded


def test_entry_points_lead_somewhere(subproject):
    """Every entry point and script of a sub-project names a module of its own package that exists."""
    targets = [
        value for group in subproject.metadata.get("entry-points", {}).values() for value in group.values()
    ] + list(subproject.metadata.get("scripts", {}).values())
    missing = [target for target in targets if not _module_exists(subproject.package_directory, target)]
    assert [] == missing


def test_entry_points_are_words_of_the_configuration(subproject):
    """Groups are `contexta.<kind>` or those of a host of ours, and names the lower-case words that users write."""
    for group, entries in subproject.metadata.get("entry-points", {}).items():
        assert re.fullmatch(r"contexta\.[a-z_]+|opentelemetry_(logs|metrics|traces)_exporter", group)
        assert all(CONFIG_WORD.fullmatch(name) for name in entries), f"{group}: {sorted(entries)}"


def test_source_distributions_are_allow_lists(any_project):
    """Every source distribution names what it holds instead of what it leaves out."""
    sdist = any_project.config["tool"]["hatch"]["build"]["targets"]["sdist"]
    assert sdist["only-include"]


def test_the_bundle_is_the_union(bundle, subprojects, build_hook):
    """The merged metadata holds every third-party requirement and entry point of the parts, and nothing else."""
    merged = build_hook.bundle_metadata(bundle.directory)
    requirements = {
        str(requirement)
        for project in subprojects
        if not _bundle_extra(project)
        for requirement in map(Requirement, project.metadata["dependencies"])
        if not requirement.name.startswith("contexta")
    }
    entries = {
        (group, name, value)
        for project in subprojects
        for group, table in project.metadata.get("entry-points", {}).items()
        for name, value in table.items()
    }
    scripts = {
        name: value for project in subprojects for name, value in project.metadata.get("scripts", {}).items()
    }
    assert requirements == set(merged["dependencies"])
    assert entries == {(g, n, v) for g, table in merged["entry-points"].items() for n, v in table.items()}
    assert scripts == merged["scripts"]


def test_the_extra_all_holds_every_user_extra(bundle, build_hook):
    """`all` is the union of the users' extras but for what is apart and what authors test with; `dev` adds the groups."""
    extras = {
        name: set(values)
        for name, values in build_hook.bundle_metadata(bundle.directory)["optional-dependencies"].items()
    }
    everything, development = extras.pop("all"), extras.pop("dev")
    assert not extras.pop("testing") & everything
    # It weighs more than everything else together.
    assert not extras.pop("mlflow") & everything
    groups = bundle.config["dependency-groups"].values()
    assert set().union(*extras.values()) == everything
    assert everything.union(*groups) == development


def test_no_first_party_name_reaches_an_index(bundle, build_hook):
    """No requirement of the bundle, in no extra, names a distribution of this repository."""
    merged = build_hook.bundle_metadata(bundle.directory)
    texts = merged["dependencies"] + [
        text for extra in merged["optional-dependencies"].values() for text in extra
    ]
    assert [] == [text for text in texts if text.startswith("contexta")]


def _write_tree(root: Path, parts: dict[str, str]) -> Path:
    packages = [f"{name}/src/{name}" for name in parts]
    (root / "pyproject.toml").write_text(f"[tool.hatch.build.targets.wheel]\npackages = {packages}\n")
    for name, body in parts.items():
        (root / name).mkdir()
        (root / name / "pyproject.toml").write_text(f'[project]\nname = "{name}"\n{body}')
    return root


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        ('scripts = { tool = "a:main" }', 'scripts = { tool = "b:main" }', "tool"),
        ('entry-points."contexta.sink" = { x = "a" }', 'entry-points."contexta.sink" = { x = "b" }', "x"),
        ('dependencies = ["attrs>=24"]', 'dependencies = ["attrs>=25"]', "attrs"),
    ],
    ids=["script", "entry-point", "requirement"],
)
def test_a_contradiction_stops_the_build(build_hook, tmp_path, first, second, named):
    """Two parts that declare one thing differently are an error that names it, not a silent choice."""
    tree = _write_tree(tmp_path, {"one": first, "two": second})
    with pytest.raises(build_hook.BundleConflictError, match=named):
        build_hook.bundle_metadata(tree)


def test_equal_declarations_merge(build_hook, tmp_path):
    """The same entry point and requirement in two parts is one, and first-party requirements vanish."""
    body = 'dependencies = ["attrs>=24", "contexta-core==2.0.0+mono"]\nentry-points."contexta.sink" = { x = "a" }'
    merged = build_hook.bundle_metadata(_write_tree(tmp_path, {"one": body, "two": body}))
    assert ["attrs>=24"] == merged["dependencies"]
    assert {"contexta.sink": {"x": "a"}} == merged["entry-points"]


def test_a_part_can_be_made_optional(build_hook, tmp_path):
    """A part with `[tool.contexta.bundle] extra` puts its requirements into that extra, and so into `all`."""
    body = 'dependencies = ["attrs>=24"]\n[tool.contexta.bundle]\nextra = "otel"'
    merged = build_hook.bundle_metadata(_write_tree(tmp_path, {"one": body}))
    assert [] == merged["dependencies"]
    assert ["attrs>=24"] == merged["optional-dependencies"]["otel"] == merged["optional-dependencies"]["all"]


def _relative(project, bundle) -> str:
    return project.directory.relative_to(bundle.directory).as_posix()


def _bundle_extra(project) -> str | None:
    return project.config["tool"].get("contexta", {}).get("bundle", {}).get("extra")


def _module_exists(package: Path, target: str) -> bool:
    module, _, attribute = target.partition(":")
    parts = module.split(".")
    if parts[0] != package.name:
        return False
    path = package.joinpath(*parts[1:])
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not file.is_file():
        return False
    return not attribute or attribute in _top_level_names(file)


def _top_level_names(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return defined | assigned
