"""What is installed: the entry points of every distribution, read once and without importing any plugin."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.errors import PluginError
from contexta.log.fork_lock import ForkLock
from contexta.plugins.failures import PluginFailure
from contexta.plugins.kinds import GROUP_PREFIX
from contexta.plugins.naming import distribution_name
from contexta.plugins.ownership import is_first_party

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["EntryRef", "PluginIndex"]


class EntryRef(NamedTuple):
    """One entry point of a plugin.

    Args:
        kind: Kind of the component: the group without its prefix.
        name: The word a configuration uses.
        distribution: Name of the distribution that declares it.
        version: Version of that distribution.
        value: The plugin's module, or ``module:attribute``.
        requirements: What the distribution requires of the kernel, as it declares it.
        also_in: Other distributions that declare the very same entry point.
        requires_python: The versions of Python that the distribution is for, as it declares them.
    """

    kind: str
    name: str
    distribution: str
    version: str
    value: str
    requirements: tuple[str, ...] = ()
    also_in: tuple[str, ...] = ()
    requires_python: str = ""

    @property
    def origin(self) -> str:
        """Where it comes from, for messages."""
        return f"{self.distribution} {self.version} ({self.name} = {self.value})"


class _Scan(NamedTuple):
    entries: tuple[EntryRef, ...]
    failures: tuple[PluginFailure, ...]


class PluginIndex:
    """The entry points of the plugins that are installed.

    The scan happens at the first question, and again when ``sys.path`` has changed since.
    """

    def __init__(self) -> None:
        self._lock = ForkLock(level=1)
        self._scanned_path: tuple[str, ...] | None = None
        self._scan = _Scan((), ())

    def entries(self, kind: str | None = None) -> tuple[EntryRef, ...]:
        """List entry points, ordered by kind, name and distribution.

        Args:
            kind: Only this kind; None means all, those of unknown kinds included.
        """
        entries = self._current().entries
        return entries if kind is None else tuple(ref for ref in entries if ref.kind == kind)

    @property
    def failures(self) -> tuple[PluginFailure, ...]:
        """The distributions whose metadata cannot be read."""
        return self._current().failures

    def refresh(self) -> None:
        """Forget what was read, for a program that installs plugins while it runs."""
        with self._lock:
            self._scanned_path = None

    def _current(self) -> _Scan:
        path = tuple(sys.path)
        with self._lock:
            if path != self._scanned_path:
                self._scan = _read_installed()
                self._scanned_path = path
            return self._scan


def _read_installed() -> _Scan:
    entries: list[EntryRef] = []
    failures: list[PluginFailure] = []
    seen: set[str] = set()
    for distribution in _distributions(failures):
        try:
            # Most distributions are no plugins: a look at the text saves parsing them.
            if GROUP_PREFIX not in (distribution.read_text("entry_points.txt") or ""):
                continue
            entries.extend(_entries_of(distribution, seen))
        except Exception as error:  # noqa: BLE001 - whatever is broken in one distribution must not hide the others
            where = str(getattr(distribution, "_path", distribution))
            failures.append(
                PluginFailure(
                    where, "metadata", f"unreadable metadata: {type(error).__name__}: {error}", error
                )
            )
    return _Scan(_merged(entries), tuple(failures))


def _distributions(failures: list[PluginFailure]) -> Iterator[Any]:
    """Yield every distribution on the path; a finder that fails ends the list and is recorded."""
    import importlib_metadata

    try:
        yield from importlib_metadata.distributions(path=_existing_path())
    except Exception as error:  # noqa: BLE001 - finders on sys.meta_path are anybody's code
        reason = f"looking for distributions failed: {type(error).__name__}: {error}"
        failures.append(PluginFailure("", "metadata", reason, error))


def _existing_path() -> list[str]:
    """Return what is there of ``sys.path``.

    Every path names an archive of the standard library, which hardly anybody has; looking into it loads what reads
    archives, and that takes as long as all the rest.
    """
    return [place for place in sys.path if not place or os.path.exists(place)]  # noqa: PTH110 - any text


def _entries_of(distribution: Any, seen: set[str]) -> Iterator[EntryRef]:
    """Read the entry points of one distribution, unless another copy of it comes earlier on the path."""
    import importlib_metadata

    name = distribution_name(_headers_of(distribution)["name"][0])
    if name in seen:
        return
    seen.add(name)
    copies = importlib_metadata.distributions(name=name, path=_existing_path())
    first = next(each for each in copies if _metadata_of(each))
    headers = _headers_of(first)
    requirements = tuple(
        text for text in headers.get("requires-dist", ()) if text.lower().startswith("contexta")
    )
    for entry_point in first.entry_points:
        if entry_point.group.startswith(GROUP_PREFIX):
            yield EntryRef(
                kind=entry_point.group.removeprefix(GROUP_PREFIX),
                name=entry_point.name,
                distribution=headers["name"][0],
                version=headers["version"][0],
                value=entry_point.value,
                requirements=requirements,
                requires_python=headers.get("requires-python", [""])[0],
            )


def _headers_of(distribution: Any) -> dict[str, list[str]]:
    """Read the header lines of a distribution's metadata, by lower-case name.

    Asking importlib_metadata for them parses whole messages, and the parser's import alone costs more than the scan.
    """
    text = _metadata_of(distribution)
    if not text:
        raise PluginError("it has no METADATA", code="plugin_metadata_missing")
    headers: dict[str, list[str]] = {}
    for line in text.splitlines():
        if not line:
            # What follows the first empty line is the description.
            break
        name, _, value = line.partition(":")
        headers.setdefault(name.lower(), []).append(value.strip())
    if not {"name", "version"} <= headers.keys():
        raise PluginError("its METADATA lacks Name or Version", code="plugin_metadata_missing")
    return headers


def _metadata_of(distribution: Any) -> str:
    return distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""


def _merged(entries: list[EntryRef]) -> tuple[EntryRef, ...]:
    """Make one of what several distributions declare alike: a bundle beside the projects it is made of."""
    merged: dict[tuple[str, str, str], EntryRef] = {}
    # Of several that declare one thing alike, ours counts.
    for ref in sorted(entries, key=lambda ref: (ref.kind, ref.name, not is_first_party(ref), *ref[2:])):
        identity = (ref.kind, ref.name, ref.value)
        known = merged.get(identity)
        if known is None:
            merged[identity] = ref
        elif ref.distribution != known.distribution:
            merged[identity] = known._replace(also_in=(*known.also_in, ref.distribution))
    return tuple(sorted(merged.values(), key=lambda ref: (ref.kind, ref.name, ref.distribution, ref.value)))
