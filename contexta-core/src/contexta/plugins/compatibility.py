"""Whether a plugin fits this kernel, told from its metadata alone and before anything of it is imported."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import contexta
from contexta.plugins.naming import distribution_name
from contexta.plugins.ownership import KERNEL_DISTRIBUTIONS
from contexta.plugins.provider import API_VERSION

if TYPE_CHECKING:
    from contexta.plugins.index import EntryRef

__all__ = ["api_misfit", "incompatibility"]


def incompatibility(ref: EntryRef) -> str | None:
    """Say why an entry point's distribution does not fit this kernel and this Python.

    Its requirements on the kernel are checked against the kernel's public version, and what it says of Python against
    the running one: a copied environment, or one that was built for another version, is told of by name.

    Returns:
        The reason, or None when it fits.
    """
    # What ships with the kernel fits it; the bundle's requirements on itself are its extras.
    if distribution_name(ref.distribution) in KERNEL_DISTRIBUTIONS:
        return None
    return _misfit_of_python(ref.requires_python) or _misfit_of_kernel(ref.requirements)


def _misfit_of_kernel(requirements: tuple[str, ...]) -> str | None:
    if not requirements:
        return None
    from packaging.requirements import InvalidRequirement, Requirement

    for text in requirements:
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


def _misfit_of_python(specifiers: str) -> str | None:
    if not specifiers:
        return None
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    python = ".".join(map(str, sys.version_info[:3]))
    try:
        fits = SpecifierSet(specifiers).contains(python, prereleases=True)
    except InvalidSpecifier as error:
        return f"its requirement of Python {specifiers!r} cannot be read: {error}"
    return None if fits else f"it requires Python {specifiers}, and this is Python {python}"


def api_misfit(major: int, minor: int = 0) -> str | None:
    """Say why something written for a version of the plugin interface does not fit this one; None when it fits."""
    if major == API_VERSION[0] and minor <= API_VERSION[1]:
        return None
    wanted = f"{major}.{minor}" if minor else f"{major}"
    return f"written for plugin interface {wanted}, and this is {API_VERSION[0]}.{API_VERSION[1]}"
