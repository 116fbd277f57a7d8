"""How results and reports come before people's eyes: who renders them, and what a notebook is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from contexta.spi.reports import ReportDocument

__all__ = ["Presented", "Presenter", "PresenterOwner", "current_presenter", "present_by_default"]

#: Where the presenter of a program without a workspace is made; named, because it stands on a floor above this one.
_WITHOUT_WORKSPACE = "contexta.interpretation.presenting:presenter_of_the_process"


class Presenter(Protocol):
    """Renders reports and shows results, with the plugins and the configuration of one workspace."""

    def render(self, document: ReportDocument, renderer: str, options: Mapping[str, Any]) -> str | bytes:
        """Return a report as a renderer writes it."""

    def save(
        self,
        document: ReportDocument,
        path: str | Path | None,
        renderer: str | None,
        options: Mapping[str, Any],
    ) -> Path:
        """Write a report to a file, and return where."""

    def mime_bundle(self, value: object) -> dict[str, Any] | None:
        """Return what a notebook shows of a result, by media type; None where it shows the text alone."""


class PresenterOwner(Protocol):
    """An open workspace."""

    @property
    def presenter(self) -> Presenter:
        """Its presenter; made when it is first asked for."""


_latest: ref[PresenterOwner] | None = None


def present_by_default(owner: PresenterOwner) -> None:
    """Let a workspace that was opened present what belongs to none, until another one is opened."""
    global _latest  # noqa: PLW0603 - one for the process is what it is about
    _latest = ref(owner)


def current_presenter() -> Presenter:
    """Return the presenter of the workspace that was opened last and still lives, else that of the process."""
    latest = None if _latest is None else _latest()
    if latest is not None:
        return latest.presenter
    from pkgutil import resolve_name

    presenter: Presenter = resolve_name(_WITHOUT_WORKSPACE)()
    return presenter


class Presented:
    """A result that a notebook shows as more than text, where the surface ``notebook`` is installed."""

    __slots__ = ()

    def _who_presents(self) -> Presenter:
        presenter: Presenter | None = getattr(self, "_presenter", None)
        return current_presenter() if presenter is None else presenter

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any] | None:
        """Return what to show, by media type; called by Jupyter and VS Code."""
        bundle = self._who_presents().mime_bundle(self)
        if bundle is None:
            return None
        return {
            media_type: content
            for media_type, content in bundle.items()
            if (include is None or media_type in include) and media_type not in (exclude or ())
        }

    def _repr_html_(self) -> str | None:
        """Return what to show as HTML; called by marimo and others that know no bundles."""
        bundle = self._who_presents().mime_bundle(self)
        return None if bundle is None else bundle.get("text/html")
