"""The address of what is shown, to be changed in one place and linked to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from contexta.spi.dashboard import Question

__all__ = ["Address", "address_of", "tab_path"]


@dataclass(frozen=True, slots=True)
class Address:
    """An address.

    Args:
        path: Its path.
        kept: Names and values of its query, in order.
    """

    path: str
    kept: tuple[tuple[str, str], ...] = ()

    def with_(self, **changes: str | int | None) -> str:
        """Return it with some values of the query changed; None leaves a name out."""
        pairs = [(name, value) for name, value in self.kept if name not in changes]
        pairs += [(name, str(value)) for name, value in changes.items() if value is not None]
        return self.path + ("?" + urlencode(pairs) if pairs else "")

    def without(self, *names: str) -> Address:
        """Return it without some names of the query."""
        return Address(self.path, tuple(pair for pair in self.kept if pair[0] not in names))

    def and_(self, *pairs: tuple[str, str]) -> Address:
        """Return it with more names and values in its query."""
        return Address(self.path, (*self.kept, *pairs))


def address_of(path: str, question: Question) -> Address:
    """Return the address that was asked.

    Args:
        path: Its path.
        question: What was asked.
    """
    pairs = [(name, value) for name, every in question.query.items() for value in every if value.strip()]
    return Address(path, tuple(pairs))


def tab_path(run_id: str, tab: str) -> str:
    """Return the path of a tab of a run.

    Args:
        run_id: The run.
        tab: Name of the tab.
    """
    return f"/ui/runs/{quote(run_id, safe='')}/{tab}"
