"""A part of a page that a notebook shows."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NotebookFragment"]


@dataclass(frozen=True, slots=True)
class NotebookFragment:
    """What is shown: as HTML in a notebook, as text elsewhere.

    Args:
        html: The HTML, safe to be shown.
        text: The same in words.
    """

    html: str
    text: str

    def _repr_html_(self) -> str:
        """Return the HTML; called by the notebook."""
        return self.html

    def __str__(self) -> str:
        return self.text
