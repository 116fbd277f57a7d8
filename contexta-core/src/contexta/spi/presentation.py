"""How results and reports come before people's eyes: who renders them, and what a notebook is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from contexta.spi.frames import Frame
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

    def frame_of(self, value: object) -> Frame:
        """Return a result as rows with typed columns."""


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
    """A result that a notebook shows as more than text, and that becomes a frame; by the surface ``notebook``."""

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

    def to_pandas(self) -> pd.DataFrame:
        """Return the result as a frame of pandas.

        Raises:
            MissingPluginError: No installed plugin provides the surface ``notebook``.
            DependencyError: pandas is not installed (``notebook_pandas_not_ready``).
        """
        return self._who_presents().frame_of(self).to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """Return the result as a frame of polars.

        Raises:
            MissingPluginError: No installed plugin provides the surface ``notebook``.
            DependencyError: polars is not installed (``notebook_polars_not_ready``).
        """
        return self._who_presents().frame_of(self).to_polars()

    def to_arrow(self) -> pa.Table:
        """Return the result as a table of pyarrow.

        Raises:
            MissingPluginError: No installed plugin provides the surface ``notebook``.
            DependencyError: pyarrow is not installed (``notebook_arrow_not_ready``).
        """
        return self._who_presents().frame_of(self).to_arrow()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the result as an Arrow stream: what polars, DuckDB and others take as it is.

        Args:
            requested_schema: A capsule with the schema that the reader would like.

        Raises:
            MissingPluginError: No installed plugin provides the surface ``notebook``.
            DependencyError: pyarrow is not installed (``notebook_arrow_not_ready``).
        """
        return self._who_presents().frame_of(self).__arrow_c_stream__(requested_schema)
