"""Build hook of the root distribution: what the bundle declares is merged from the sub-projects.

The root wheel ships the kernel and every first-party plugin. Each of those is a project of its own, whose
``pyproject.toml`` says what it depends on and which entry points it offers; this hook reads them, so that nothing is
written down twice. First-party requirements are dropped on the way: the bundle contains those packages, and their
names must never reach a package index, where they belong to strangers.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Every distribution of this repository is called `contexta` or `contexta-<word>`.
FIRST_PARTY = "contexta"


class BundleConflictError(ValueError):
    """Two sub-projects declare the same thing differently, so that the bundle cannot have both."""


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file."""
    with path.open("rb") as stream:
        return tomllib.load(stream)


def subproject_directories(root: Path, root_config: dict[str, Any]) -> list[Path]:
    """List the directories of the sub-projects whose packages the root wheel ships.

    Args:
        root: The root of the repository, or of an unpacked source distribution.
        root_config: The parsed root ``pyproject.toml``.

    Returns:
        One directory for each package path ``<project>/src/<package>``, in the order of the wheel's list.
    """
    packages = root_config["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return [root / Path(package).parent.parent for package in packages]


def is_first_party(requirement: Requirement) -> bool:
    """Tell whether a requirement names a distribution of this repository."""
    name = canonicalize_name(requirement.name)
    return name == FIRST_PARTY or name.startswith(f"{FIRST_PARTY}-")


class RequirementMerger:
    """Collects third-party requirements and refuses two different bounds for one package."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._seen: dict[tuple[str, str], tuple[str, str]] = {}

    def third_party(self, requirements: list[str], origin: str) -> list[str]:
        """Drop the first-party requirements and check the others against everything seen before.

        Args:
            requirements: Requirement strings of one list of one sub-project.
            origin: What to call that list in an error.

        Returns:
            The third-party requirements, in canonical spelling.

        Raises:
            BundleConflictError: A package was given other bounds elsewhere in the repository.
        """
        kept = []
        for text in requirements:
            requirement = Requirement(text)
            if is_first_party(requirement):
                continue
            key = (canonicalize_name(requirement.name), str(requirement.marker or ""))
            known, known_origin = self._seen.setdefault(key, (str(requirement), origin))
            if Requirement(known).specifier != requirement.specifier:
                message = (
                    f"{origin} requires {str(requirement)!r}, but {known_origin} requires {known!r}; "
                    "write the same bounds in both"
                )
                raise BundleConflictError(message)
            kept.append(str(requirement))
        return kept


def merge_names(target: dict[str, str], names: dict[str, str], kind: str, origin: str) -> None:
    """Add entry points or scripts to ``target``; the same name twice must have the same value.

    Args:
        target: What has been collected so far, changed in place.
        names: What one sub-project declares.
        kind: The entry-point group, or ``scripts``, for the error text.
        origin: The sub-project's distribution name, for the error text.

    Raises:
        BundleConflictError: The name is taken with another value.
    """
    for name, value in names.items():
        known = target.setdefault(name, value)
        if known != value:
            message = f"{origin} declares {name!r} in {kind!r} as {value!r}, but it is already {known!r}; rename one"
            raise BundleConflictError(message)


def bundle_metadata(root: Path) -> dict[str, Any]:
    """Merge the metadata of all sub-projects into that of the bundle.

    A sub-project that declares ``[tool.contexta.bundle] extra = "name"`` has its third-party requirements put into
    that extra instead of the bundle's dependencies; its code is in the wheel all the same.  With ``in_all = false``
    the extra ``all`` leaves them out.

    Args:
        root: The directory that holds the root ``pyproject.toml``.

    Returns:
        ``dependencies``, ``optional-dependencies``, ``entry-points`` and ``scripts``, each sorted.

    Raises:
        BundleConflictError: Two sub-projects contradict each other.
    """
    root_config = read_toml(root / "pyproject.toml")
    merger = RequirementMerger()
    dependencies: set[str] = set()
    extras: dict[str, set[str]] = {}
    # What users run, not what authors of plugins test with.
    apart = {"testing"}
    scripts: dict[str, str] = {}
    groups: dict[str, dict[str, str]] = {}
    for directory in subproject_directories(root, root_config):
        config = read_toml(directory / "pyproject.toml")
        project = config["project"]
        name = project["name"]
        required = merger.third_party(project.get("dependencies", []), name)
        bundle = config.get("tool", {}).get("contexta", {}).get("bundle", {})
        extra = bundle.get("extra")
        if not bundle.get("in_all", True):
            apart.add(extra)
        if extra is None:
            dependencies.update(required)
        else:
            extras.setdefault(extra, set()).update(required)
        for own_extra, optional in project.get("optional-dependencies", {}).items():
            extras.setdefault(own_extra, set()).update(merger.third_party(optional, f"{name}[{own_extra}]"))
        merge_names(scripts, project.get("scripts", {}), "scripts", name)
        for group, entries in project.get("entry-points", {}).items():
            merge_names(groups.setdefault(group, {}), entries, group, name)
    extras["all"] = set().union(*(wanted for name, wanted in extras.items() if name not in apart))
    extras["dev"] = extras["all"].union(*development_groups(root_config).values())
    return {
        "dependencies": sorted(dependencies),
        "optional-dependencies": {extra: sorted(extras[extra]) for extra in sorted(extras)},
        "entry-points": {group: dict(sorted(groups[group].items())) for group in sorted(groups)},
        "scripts": dict(sorted(scripts.items())),
    }


def development_groups(root_config: dict[str, Any]) -> dict[str, list[str]]:
    """Return the root's dependency groups without the includes of one another: ``dev`` is the union of all."""
    return {
        group: [entry for entry in entries if isinstance(entry, str)]
        for group, entries in root_config.get("dependency-groups", {}).items()
    }


class BundleMetadataHook(MetadataHookInterface):
    """Fills the root distribution's dynamic metadata when it is built."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the merged fields to ``metadata``, in place."""
        metadata.update(bundle_metadata(Path(self.root)))
