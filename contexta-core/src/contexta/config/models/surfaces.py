"""The surfaces through which people see their runs."""

from __future__ import annotations

from typing import ClassVar, Literal

from contexta.config.rules import BooleanRule, ChoiceRule, IntegerRule, Rule, TextRule
from contexta.config.section import Section, model, nested, ruled

__all__ = ["CLIConfig", "ExportSurfaceConfig", "HTMLConfig", "HTTPConfig", "NotebookConfig", "SurfaceConfig"]

_BOOLEAN = BooleanRule()
_LARGEST_PORT = 65_535


class _DelimiterRule(Rule):
    """One character that can separate the columns of a CSV file; a tab is one, though it is blank."""

    __slots__ = ()

    expected = "one character other than a quote or a line break"

    def _check(self, value: object, path: str) -> object:
        if isinstance(value, str) and len(value) == 1 and value not in '"\r\n\0':
            return value
        raise self._refused(value, path)


@model
class CLIConfig(Section):
    """The command line.

    Args:
        default_output_format: Format of a command that is given none.
        verbosity: How much a command says.
        color: Whether a terminal is written to in colour.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "surfaces.cli"

    default_output_format: Literal["text", "json"] = ruled(ChoiceRule("text", "json"), default="text")
    verbosity: Literal["quiet", "normal", "debug", "forensic"] = ruled(
        ChoiceRule("quiet", "normal", "debug", "forensic"), default="normal"
    )
    color: bool = ruled(_BOOLEAN, default=True)


@model
class HTTPConfig(Section):
    """The HTTP service and dashboard.

    Args:
        enabled: Whether a process that captures serves it as well; ``contexta serve`` serves it always.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.
        open_browser: Whether a browser is opened on it.
        writable: Whether runs can be curated through it, by whoever came in through the address that it tells.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "surfaces.http"

    enabled: bool = ruled(_BOOLEAN, default=False)
    host: str = ruled(TextRule(), default="127.0.0.1")
    port: int = ruled(IntegerRule(maximum=_LARGEST_PORT), default=8765)
    open_browser: bool = ruled(_BOOLEAN, default=False)
    writable: bool = ruled(_BOOLEAN, default=False)


@model
class HTMLConfig(Section):
    """HTML documents.

    Args:
        enabled: Whether they may be rendered.
        inline_charts: Whether charts are part of the document.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "surfaces.html"

    enabled: bool = ruled(_BOOLEAN, default=True)
    inline_charts: bool = ruled(_BOOLEAN, default=True)


@model
class NotebookConfig(Section):
    """Notebooks.

    Args:
        enabled: Whether results are shown as HTML in a notebook.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "surfaces.notebook"

    enabled: bool = ruled(_BOOLEAN, default=True)


@model
class ExportSurfaceConfig(Section):
    """Exported files.

    Args:
        csv_delimiter: Character between the columns of a CSV file.
        html_inline_charts: Whether exported HTML holds its charts.
        include_completeness_notes: Whether notes on missing data are exported.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "surfaces.export"

    csv_delimiter: str = ruled(_DelimiterRule(), default=",")
    html_inline_charts: bool = ruled(_BOOLEAN, default=True)
    include_completeness_notes: bool = ruled(_BOOLEAN, default=True)


@model
class SurfaceConfig(Section):
    """The surfaces through which people see their runs.

    Args:
        cli: The command line.
        http: The HTTP service and dashboard.
        html: HTML documents.
        notebook: Notebooks.
        export: Exported files.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "surfaces"

    cli: CLIConfig = nested(default_factory=CLIConfig)
    http: HTTPConfig = nested(default_factory=HTTPConfig)
    html: HTMLConfig = nested(default_factory=HTMLConfig)
    notebook: NotebookConfig = nested(default_factory=NotebookConfig)
    export: ExportSurfaceConfig = nested(default_factory=ExportSurfaceConfig)
