"""The texts of the host's errors: what was asked, what was found, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.errors import MissingPluginError, PluginConflictError, PluginLoadError, PluginNotUsableError
from contexta.plugins.install_hints import EVERYTHING, INSTALL_HINTS, hinted_names
from contexta.plugins.naming import nearest
from contexta.plugins.ownership import is_first_party

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.plugins.failures import PluginFailure
    from contexta.plugins.index import EntryRef
    from contexta.plugins.kinds import Kind
    from contexta.plugins.naming import Pin

__all__ = ["conflict_error", "load_error", "missing_error", "pins_for", "shadow_reason", "unusable_error"]


def missing_error(
    kind: Kind,
    asked: str,
    pin: Pin,
    installed: Sequence[str],
    unreadable: Sequence[PluginFailure],
    required_by: str,
) -> MissingPluginError:
    """Build the error for a name that nothing installed offers."""
    close = nearest(pin.name, {*installed, *hinted_names(kind.name)})
    found = f"installed: {', '.join(installed) or 'none'}"
    if close is not None and close != pin.name:
        found += f" (did you mean {close!r}?)"
    parts = [f"no {kind.title} named {asked!r} is installed", f"asked for by {required_by}", found]
    if unreadable:
        places = [failure.distribution or failure.reason for failure in unreadable]
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        parts.append(f"not readable: {', '.join(places[:3])}{more}")
    parts.append(f"install: {_remedy(kind, pin.name, close, installed)}")
    return MissingPluginError(
        "; ".join(parts),
        details={"kind": kind.name, "name": asked, "installed": list(installed), "required_by": required_by},
    )


def _remedy(kind: Kind, name: str, close: str | None, installed: Sequence[str]) -> str:
    for candidate in (name, close):
        requirement = INSTALL_HINTS.get((kind.name, candidate or ""))
        if requirement is not None and candidate not in installed:
            return f'pip install "{requirement}"'
    if not installed and hinted_names(kind.name):
        return f'pip install "{EVERYTHING}"'
    return f"a distribution with an entry point named {name!r} in the group {kind.group!r}"


def conflict_error(
    kind: Kind, asked: str, candidates: Sequence[EntryRef], required_by: str
) -> PluginConflictError:
    """Build the error for a name that several plugins offer, with the pins to paste."""
    pins = pins_for(candidates)
    offers = "; ".join(
        f'"{pin}" for {ref.distribution} {ref.version} -> {ref.value}'
        for pin, ref in zip(pins, candidates, strict=True)
    )
    return PluginConflictError(
        f"{len(candidates)} plugins offer a {kind.title} named {asked!r}, asked for by {required_by};"
        f" write one of these pins instead of the name, or disable or uninstall the others: {offers}",
        details={"kind": kind.name, "name": asked, "pins": pins, "required_by": required_by},
    )


def pins_for(candidates: Sequence[EntryRef]) -> list[str]:
    """Return one pin for each candidate; the module is in it where a distribution offers the name twice."""
    distributions = [ref.distribution for ref in candidates]
    return [
        f"{ref.distribution}:{ref.name}"
        if distributions.count(ref.distribution) == 1
        else f"{ref.distribution}:{ref.value}:{ref.name}"
        for ref in candidates
    ]


def shadow_reason(ref: EntryRef) -> str:
    """Say why a stranger's entry point with a name of ours does not serve under the bare name."""
    return f"the name {ref.name!r} belongs to contexta itself; to use this one, write the pin {pins_for([ref])[0]!r}"


def unusable_error(
    kind: Kind, asked: str, reasons: Sequence[tuple[EntryRef, str]], required_by: str
) -> PluginNotUsableError:
    """Build the error for a name that is installed but blocked or incompatible."""
    found = "; ".join(f"{ref.origin}: {reason}" for ref, reason in reasons)
    return PluginNotUsableError(
        f"the {kind.title} {asked!r}, asked for by {required_by}, is installed but cannot be used: {found};"
        " allow it, or install a version that fits, or configure another one",
        details={"kind": kind.name, "name": asked, "required_by": required_by},
    )


def _requirement_of(ref: EntryRef) -> str:
    # The bare name of ours belongs to somebody else on the public index.
    return f'"{EVERYTHING}"' if is_first_party(ref) else ref.distribution


def load_error(ref: EntryRef, title: str, error: BaseException, required_by: str) -> PluginLoadError:
    """Build the error for a plugin that was found but fails to load."""
    reason = str(error) if isinstance(error, PluginLoadError) else f"{type(error).__name__}: {error}"
    return PluginLoadError(
        f"the {title} {ref.name!r}, asked for by {required_by}, cannot be loaded from {ref.origin}: {reason};"
        f" reinstall it (pip install --force-reinstall {_requirement_of(ref)}), configure another one,"
        " or see `python -m contexta plugins doctor`",
        details={
            "kind": ref.kind,
            "name": ref.name,
            "distribution": ref.distribution,
            "version": ref.version,
            "entry_point": f"{ref.name} = {ref.value}",
            "required_by": required_by,
        },
        cause=error,
    )
