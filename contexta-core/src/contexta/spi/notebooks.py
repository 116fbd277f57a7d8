"""What the surface ``notebook`` implements, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.frames import Frame

__all__ = ["NotebookFragment", "NotebookView"]


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


@runtime_checkable
class NotebookView(Protocol):
    """What a plugin's surface of the name ``notebook`` can do beside what every surface can.

    ``contexta.notebook`` and the methods of results, such as ``_repr_html_`` and ``to_pandas``, ask it.
    """

    def __call__(self, arguments: Sequence[str], /) -> int:
        """Say how it is used; a notebook is no program."""

    def mime_bundle(self, value: object) -> dict[str, Any] | None:
        """Return what a notebook shows of a result, by media type; None for one that it shows as text."""

    def fragment_of(self, value: object) -> NotebookFragment:
        """Return what is shown of a result, as HTML and in words."""

    def frame_of(self, value: object) -> Frame:
        """Return a result as rows with typed columns."""

    def summary_frame_of(self, value: object) -> Frame:
        """Return a result as the rows that ``to_pandas(value)`` and ``to_polars(value)`` have had since 1.0.0."""

    def load_extension(self, shell: object) -> None:
        """Give an IPython shell what ``%load_ext contexta`` promises."""
