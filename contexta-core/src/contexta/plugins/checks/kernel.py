"""Whether the kernel that runs is whole, and is the only one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import contexta
from contexta.plugins.check import Check
from contexta.plugins.naming import distribution_name
from contexta.plugins.ownership import KERNEL_DISTRIBUTIONS, is_ours

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["kernel_files", "kernel_owners", "machinery"]

_PACKAGE = "contexta"
_MOST_NAMED = 3
_REINSTALL = 'pip install --force-reinstall --no-deps "{name}=={version}" (or the wheel it came from)'


def kernel_owners() -> Iterator[Check]:
    """Check that exactly one distribution owns the package, and that it is ours."""
    owners = list(_owners())
    for distribution, name in owners:
        if not _is_kernel(distribution, name):
            yield Check(
                name,
                "problem",
                f"{name} {distribution.version} owns files of the package {_PACKAGE!r}, and this is contexta"
                f" {contexta.__version__}",
                f"pip uninstall {name}, then install ours once more",
            )
    if len(owners) > 1:
        names = ", ".join(f"{name} {distribution.version}" for distribution, name in owners)
        yield Check(
            _PACKAGE,
            "problem",
            f"several distributions own the package: {names}; removing one deletes files of the other",
            f"pip uninstall {' '.join(name for _, name in owners)}, then install the one that is wanted",
        )
    yield from _strangers({name for _, name in owners})
    if len(owners) == 1:
        yield Check(_PACKAGE, "ok", f"{owners[0][1]} {owners[0][0].version} is the only owner of the package")


def _strangers(known: set[str]) -> Iterator[Check]:
    """Find what has a name of ours without being ours: other people own those names on the public index."""
    import importlib_metadata

    for name in sorted(KERNEL_DISTRIBUTIONS - known):
        for distribution in importlib_metadata.distributions(name=name):
            if not _is_this_version(distribution.version):
                yield Check(
                    name,
                    "problem",
                    f"{name} {distribution.version} is installed, which is not this project's",
                    f"pip uninstall {name}",
                )
            break


def _is_kernel(distribution: Any, name: str) -> bool:
    return is_ours(name, distribution.version) and _is_this_version(distribution.version)


def _is_this_version(version: str) -> bool:
    return version.partition("+")[0] == contexta.__version__


def _owners() -> Iterator[tuple[Any, str]]:
    """Yield the distributions that have files in the package, with their normalised names."""
    import importlib_metadata

    seen: set[str] = set()
    for distribution in importlib_metadata.distributions():
        text = distribution.read_text("RECORD") or ""
        # A look at the text saves reading the lists of files of all the others.
        if f"\n{_PACKAGE}/" not in f"\n{text}":
            continue
        name = distribution_name(distribution.metadata["Name"])
        if name not in seen:
            seen.add(name)
            yield distribution, name


def kernel_files() -> Iterator[Check]:
    """Check every file of the kernel against the list that its wheel brought."""
    place = Path(__file__).resolve().parents[2]
    # A stranger that claims files of the package has no list of ours.
    owner = next(
        (
            (distribution, name)
            for distribution, name in _owners()
            if _lies_in(distribution, place) and _is_kernel(distribution, name)
        ),
        None,
    )
    if owner is None:
        yield Check(
            _PACKAGE, "note", f"runs from a source tree, {str(place)!r}: there is no list of files to check"
        )
        return
    distribution, name = owner
    remedy = _REINSTALL.format(name=name, version=distribution.version)
    listed = _listed_files(distribution)
    root = place.parent
    missing = [file for file in listed if not (root / file).is_file()]
    changed = [
        file for file in listed if file not in missing and not _is_unchanged(root / file, listed[file])
    ]
    for word, files in (("missing", missing), ("changed", changed)):
        if files:
            more = f" and {len(files) - _MOST_NAMED} more" if len(files) > _MOST_NAMED else ""
            text = f"{len(files)} of {len(listed)} files are {word}: {', '.join(files[:_MOST_NAMED])}{more}"
            yield Check(name, "problem", text, remedy)
    if not missing and not changed:
        yield Check(name, "ok", f"all {len(listed)} files of the kernel are as they were installed")


def _lies_in(distribution: Any, place: Path) -> bool:
    return Path(distribution.locate_file(_PACKAGE)).resolve() == place


def _listed_files(distribution: Any) -> dict[str, str]:
    """Return the hashes of the package's files; importlib_metadata's own list leaves out what is missing."""
    import csv

    rows = csv.reader((distribution.read_text("RECORD") or "").splitlines())
    return {
        row[0]: row[1] for row in rows if row[0].startswith(f"{_PACKAGE}/") and not row[0].endswith(".pyc")
    }


def _is_unchanged(file: Path, listed_hash: str) -> bool:
    import base64
    import hashlib

    method, _, expected = listed_hash.partition("=")
    if not expected:
        return True
    digest = hashlib.new(method, file.read_bytes()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii") == expected


def machinery() -> Iterator[Check]:
    """Check the versions of what the plugin core stands on."""
    import importlib_metadata
    from packaging.version import Version

    for name, least in (("pluggy", "1.7"), ("importlib-metadata", "8"), ("packaging", "24")):
        found = importlib_metadata.version(name)
        if Version(found) < Version(least):
            yield Check(name, "problem", f"{found} is older than {least}", f'pip install "{name}>={least}"')
        else:
            yield Check(name, "ok", found)
