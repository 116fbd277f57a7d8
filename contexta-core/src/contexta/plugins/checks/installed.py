"""Whether what is installed can be used: metadata, names, imports, versions, editable installs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.plugins.check import Check
from contexta.plugins.kinds import GROUP_PREFIX
from contexta.plugins.naming import distribution_name
from contexta.plugins.origin import editable_source
from contexta.plugins.ownership import KERNEL_DISTRIBUTIONS, is_first_party

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contexta.plugins.check import CheckStatus
    from contexta.plugins.description import PluginDescription
    from contexta.plugins.host import PluginHost
    from contexta.plugins.index import EntryRef

__all__ = ["components", "distributions", "slow_imports"]

#: What importing a plugin's module may take before the doctor says so, in seconds.
SLOW_IMPORT_SECONDS = 0.1

_REMEDIES = {
    "failed": "reinstall {distribution}, or uninstall it",
    "incompatible": "install a version of {distribution} that fits, or uninstall it",
    "conflict": "write a pin into the configuration, or uninstall one of them",
    "unknown-kind": "update contexta, or uninstall {distribution}",
    "shadowing": "write the pin into the configuration to use it",
    "suspended": "mend or uninstall {distribution}",
}
_WARNINGS = frozenset({"shadowing", "unknown-kind"})


def components(host: PluginHost) -> Iterator[Check]:
    """Import everything that may be imported, and say what cannot be used."""
    descriptions = host.verify()
    for each in descriptions:
        if each.status in {"available", "active"}:
            if each.reason is not None:
                yield Check(_subject(each), "warning", each.reason, "see whether what it talks to is there")
            continue
        if each.status == "blocked":
            yield Check(_subject(each), "note", str(each.reason))
            continue
        remedy = _REMEDIES[each.status].format(distribution=each.distribution or "it")
        status: CheckStatus = "warning" if each.status in _WARNINGS else "problem"
        yield Check(_subject(each), status, str(each.reason), remedy)
    usable = sum(each.status in {"available", "active"} for each in descriptions)
    yield Check("plugins", "ok", f"{usable} of {len(descriptions)} components can be used")
    yield from _shared_modules(host)


def _subject(description: PluginDescription) -> str:
    return f"{description.kind}:{description.name}" if description.kind else description.distribution


def _shared_modules(host: PluginHost) -> Iterator[Check]:
    owners: dict[str, set[str]] = {}
    for ref in host.index.entries():
        names = owners.setdefault(ref.value.partition(":")[0].strip(), set())
        names.update(map(distribution_name, (ref.distribution, *ref.also_in)))
    for module, found in sorted(owners.items()):
        if len(found) > 1:
            yield Check(
                module,
                "warning",
                f"several distributions declare this module: {', '.join(sorted(found))}; one of them is a stale or vendored copy",
                "uninstall all but one",
            )


def slow_imports(host: PluginHost) -> Iterator[Check]:
    """Say which plugins take long to import or warn while they are imported; call this after everything is imported."""
    told: set[str] = set()
    for ref in host.index.entries():
        active = host.active(ref)
        if active is None or active.name in told:
            continue
        told.add(active.name)
        if active.import_seconds > SLOW_IMPORT_SECONDS:
            text = f"importing it takes {active.import_seconds * 1_000:.0f} ms and loads {len(active.imported)} modules"
            remedy = "its author should import what is heavy in the factory's module, not in the plugin's"
            yield Check(active.name, "warning", text, remedy)
        for warning in active.warnings:
            yield Check(active.name, "warning", warning, "tell its author")


def distributions(host: PluginHost) -> Iterator[Check]:
    """Check the distributions behind the entry points: requirements and editable installs."""
    import importlib_metadata

    declared: dict[str, list[EntryRef]] = {}
    for ref in host.index.entries():
        for name in (ref.distribution, *ref.also_in):
            declared.setdefault(name, []).append(ref)
    for name, refs in sorted(declared.items()):
        distribution = importlib_metadata.distribution(name)
        if distribution_name(name) not in KERNEL_DISTRIBUTIONS:
            if not refs[0].requirements and not is_first_party(refs[0]):
                text = "it does not say which versions of contexta it works with"
                yield Check(name, "warning", text, 'its author should require "contexta>=2,<3"')
            yield from _missing_requirements(name, distribution)
        yield from _stale_editable(name, distribution, refs)


def _missing_requirements(name: str, distribution: Any) -> Iterator[Check]:
    import importlib_metadata
    from packaging.requirements import InvalidRequirement, Requirement

    for text in distribution.requires or ():
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            yield Check(name, "warning", f"its requirement {text!r} cannot be read", "tell its author")
            continue
        if distribution_name(requirement.name) in KERNEL_DISTRIBUTIONS:
            continue
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = importlib_metadata.version(requirement.name)
        except importlib_metadata.PackageNotFoundError:
            yield Check(
                name,
                "problem",
                f"it requires {text!r}, which is not installed",
                f'pip install "{requirement}"',
            )
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            yield Check(
                name,
                "problem",
                f"it requires {text!r}, and {found} is installed",
                f'pip install "{requirement}"',
            )


def _stale_editable(name: str, distribution: Any, refs: list[EntryRef]) -> Iterator[Check]:
    source = editable_source(distribution)
    if source is None:
        return
    remedy = f"pip install --editable {source}" if source.is_dir() else f"pip uninstall {name}"
    if not source.is_dir():
        yield Check(
            name, "problem", f"it is installed as editable from {str(source)!r}, which is gone", remedy
        )
        return
    written = _entry_points_in(source / "pyproject.toml")
    installed = {(ref.kind, ref.name, ref.value) for ref in refs}
    if written is not None and written != installed:
        differing = sorted(f"{kind}:{word}" for kind, word, _ in written ^ installed)
        text = f"its pyproject.toml and what is installed differ in {', '.join(dict.fromkeys(differing))}"
        yield Check(name, "problem", text, remedy)
    else:
        yield Check(name, "note", f"editable, from {str(source)!r}")


def _entry_points_in(file: Path) -> set[tuple[str, str, str]] | None:
    """Return the entry points of our groups that a project declares; None where the file does not tell."""
    import tomllib

    try:
        project = tomllib.loads(file.read_text(encoding="utf-8"))["project"]
        if "entry-points" in project.get("dynamic", ()):
            return None
        return {
            (group.removeprefix(GROUP_PREFIX), name, value)
            for group, named in project.get("entry-points", {}).items()
            if group.startswith(GROUP_PREFIX)
            for name, value in named.items()
        }
    except (OSError, ValueError, KeyError, AttributeError):
        return None
