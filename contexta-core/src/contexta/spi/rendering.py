"""What can be rendered: reports, and what becomes one."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

from contexta.spi.presentation import current_presenter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from contexta.spi.presentation import Presenter
    from contexta.spi.reports import ReportDocument

__all__ = ["Rendered", "present_with"]

Result = TypeVar("Result", bound="Rendered")


class Rendered:
    """A result that renderers write; one that a workspace gave out by that workspace's, and as it is configured."""

    # No field of a result, so that it is neither compared nor copied.
    __slots__ = ("_presenter",)

    _presenter: Presenter

    @abstractmethod
    def to_report(self) -> ReportDocument:
        """Return the result as the report that is rendered."""

    def render(self, renderer: str, **options: Any) -> str | bytes:
        """Return it as an installed renderer writes it.

        Args:
            renderer: Its name: ``markdown``, ``html``, ``json``, ``csv``, ``text``, or that of anybody's plugin.
            **options: Fields of ``RenderOptions`` that differ from the configuration.

        Raises:
            MissingPluginError: There is no renderer of that name.
            RenderingError: The configuration forbids it, or the renderer failed.
        """
        return self._who_renders().render(self.to_report(), renderer, options)

    def save(self, path: str | Path | None = None, *, renderer: str | None = None, **options: Any) -> Path:
        """Write it to a file, and return where.

        Args:
            path: The file; directories above it are made.  None for one in the workspace's directory of reports,
                named after the title.
            renderer: Its name; when None the one that writes files of the path's suffix, else ``html``.
            **options: Fields of ``RenderOptions`` that differ from the configuration.

        Raises:
            MissingPluginError: There is no such renderer, or none for the suffix.
            RenderingError: The configuration forbids it, or the renderer failed.
        """
        return self._who_renders().save(self.to_report(), path, renderer, options)

    def to_markdown(self) -> str:
        """Return it as Markdown; raises as :meth:`render`."""
        return _text(self.render("markdown"))

    def to_html(self) -> str:
        """Return it as one page of HTML that needs nothing beside it; raises as :meth:`render`."""
        return _text(self.render("html"))

    def to_csv(self, metric_keys: Sequence[str] = ()) -> str:
        """Return it as CSV; raises as :meth:`render`.

        Args:
            metric_keys: Titles of the only sections to write; all when empty.
        """
        return _text(self.render("csv", section_titles=tuple(metric_keys)))

    def _who_renders(self) -> Presenter:
        presenter: Presenter | None = getattr(self, "_presenter", None)
        return current_presenter() if presenter is None else presenter


def present_with(result: Result, presenter: Presenter) -> Result:
    """Let a workspace render a result that its services have made, and return it.

    Args:
        result: The result.
        presenter: Who renders it.
    """
    object.__setattr__(result, "_presenter", presenter)
    return result


def _text(rendered: str | bytes) -> str:
    return rendered if isinstance(rendered, str) else rendered.decode("utf-8")
