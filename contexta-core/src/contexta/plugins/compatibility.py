"""Whether a plugin fits this kernel, told from its metadata alone and before anything of it is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import contexta
from contexta.plugins.naming import distribution_name

if TYPE_CHECKING:
    from contexta.plugins.index import EntryRef

__all__ = ["KERNEL_DISTRIBUTIONS", "incompatibility"]

#: The names under which the kernel is distributed: the bundle, and the kernel alone.
KERNEL_DISTRIBUTIONS = frozenset({"contexta", "contexta-core"})


def incompatibility(ref: EntryRef) -> str | None:
    """Say why an entry point's distribution does not fit this kernel.

    Its requirements on the kernel are checked against the kernel's public version.

    Returns:
        The reason, or None when it fits.
    """
    # What ships with the kernel fits it; the bundle's requirements on itself are its extras.
    if not ref.requirements or distribution_name(ref.distribution) in KERNEL_DISTRIBUTIONS:
        return None
    from packaging.requirements import InvalidRequirement, Requirement

    for text in ref.requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement as error:
            return f"its requirement {text!r} cannot be read: {error}"
        if distribution_name(requirement.name) not in KERNEL_DISTRIBUTIONS:
            continue
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        if not _admits(str(requirement.specifier)):
            return f"it requires {text!r}, and this is contexta {contexta.__version__}"
    return None


def _admits(specifiers: str) -> bool:
    from packaging.specifiers import SpecifierSet

    # The kernel's sub-projects pin a local version (`==2.0.0+mono`) of which only the public part is compared.
    public = ",".join(specifier.partition("+")[0] for specifier in specifiers.split(","))
    return SpecifierSet(public).contains(contexta.__version__, prereleases=True)
