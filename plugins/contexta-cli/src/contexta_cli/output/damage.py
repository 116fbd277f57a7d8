"""What people are told of damage that was passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.repository import SupportsDamage

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["damage_warnings"]

#: By plane: what one damaged line is called, what several are, and the store that locates them.
_NAMES = {
    "metadata": ("line of metadata", "lines of metadata", "metadata store"),
    "records": ("record", "records", "record store"),
}


def damage_warnings(repository: object) -> Iterator[str]:
    """Say of each plane how many damaged lines were passed over so far, where there are any.

    Args:
        repository: The read model that was asked.
    """
    if not isinstance(repository, SupportsDamage):
        return
    for plane, count in repository.damage_counts().items():
        one, several, store = _NAMES.get(plane, ("line", "lines", f"{plane} store"))
        if count == 1:
            yield f"1 damaged {one} was passed over; the {store}'s check_integrity() locates it"
        elif count:
            yield f"{count} damaged {several} were passed over; the {store}'s check_integrity() locates them"
