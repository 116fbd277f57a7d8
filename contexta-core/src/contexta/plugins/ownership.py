"""Which distributions are ours, and which names nobody else can take unnoticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import contexta
from contexta.plugins.install_hints import OUR_NAMES
from contexta.plugins.naming import component_name, distribution_name

if TYPE_CHECKING:
    from contexta.plugins.index import EntryRef

__all__ = ["KERNEL_DISTRIBUTIONS", "is_first_party", "is_ours", "is_shadow"]

#: The names under which the kernel is distributed: the bundle, and the kernel alone.
KERNEL_DISTRIBUTIONS = frozenset({"contexta", "contexta-core"})


def is_ours(distribution: str, version: str) -> bool:
    """Tell whether a distribution is the bundle, the kernel, or a sub-project at the kernel's own version."""
    return (
        distribution_name(distribution) in KERNEL_DISTRIBUTIONS or version == f"{contexta.__version__}+mono"
    )


def is_first_party(ref: EntryRef) -> bool:
    """Tell whether an entry point is declared by a distribution of ours."""
    return is_ours(ref.distribution, ref.version)


def is_shadow(ref: EntryRef) -> bool:
    """Tell whether somebody else's entry point has a name of ours: it serves only where it is pinned."""
    return component_name(ref.name) in OUR_NAMES.get(ref.kind, ()) and not is_first_party(ref)
