"""One page of many things, with the addresses of the pages beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.dashboard import Question
    from contexta_web.screens.address import Address

__all__ = ["PageOf", "page_of"]

_SIZE = 100
_MOST_OFFSET = 100_000_000

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class PageOf(Generic[Item]):
    """One page.

    Args:
        items: What is on it.
        offset: How many come before it.
        count: How many there are in all.
        before: The address of the page before, or None.
        after: The address of the page after, or None.
    """

    items: Sequence[Item]
    offset: int
    count: int
    before: str | None
    after: str | None


def page_of(items: Sequence[Item], question: Question, address: Address, size: int = _SIZE) -> PageOf[Item]:
    """Return the page that the address asks for by ``offset``.

    Args:
        items: All of them.
        question: What was asked.
        address: Where it was asked.
        size: So many are on a page.

    Raises:
        ValidationError: The offset is no whole number.
    """
    offset = question.count("offset", 0, _MOST_OFFSET)
    return PageOf(
        items[offset : offset + size],
        offset,
        len(items),
        address.with_(offset=max(0, offset - size) or None) if offset else None,
        address.with_(offset=offset + size) if offset + size < len(items) else None,
    )
