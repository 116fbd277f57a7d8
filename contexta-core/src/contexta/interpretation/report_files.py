"""Reports as files: what must not leave is replaced, and a file appears whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.contract.text import slug
from contexta.log import filesystem
from contexta.log.failures import write_failure
from contexta.redaction.leaving import leaving_redactor, redacted_texts
from contexta.runtime.redaction_salt import redaction_salt

if TYPE_CHECKING:
    from contexta.config.models import UnifiedConfig, WorkspaceConfig
    from contexta.redaction import Redactor
    from contexta.spi.report_parts import ReportTable
    from contexta.spi.reports import ReportDocument

__all__ = ["redacted_report", "write_report"]


def redacted_report(document: ReportDocument, config: UnifiedConfig) -> ReportDocument:
    """Return a report without the secrets that were never redacted, unless the configuration lets them out.

    Args:
        document: The report.
        config: The configuration of the workspace.
    """
    salt = partial(redaction_salt, Path(config.workspace.root_path))
    redactor = leaving_redactor(config.security, salt)
    if not redactor.active:
        return document
    named = replace(
        document,
        sections=tuple(
            replace(section, tables=tuple(_by_name(table, redactor) for table in section.tables))
            for section in document.sections
        ),
    )
    made: ReportDocument = redacted_texts(named, redactor)
    return made


def _by_name(table: ReportTable, redactor: Redactor) -> ReportTable:
    """Replace the values whose names say that they are secret."""
    places = [place for place, column in enumerate(table.columns) if column.kind == "value" and place]
    if not places:
        return table
    return replace(table, rows=tuple(_named_row(row, places, redactor) for row in table.rows))


def _named_row(row: tuple[Any, ...], places: list[int], redactor: Redactor) -> tuple[Any, ...]:
    return tuple(
        redactor.value(str(row[0]), cell) if place in places else cell for place, cell in enumerate(row)
    )


def write_report(
    content: str | bytes, path: str | Path | None, title: str, suffix: str, workspace: WorkspaceConfig
) -> Path:
    """Write a rendered report, and return where; a file that exists is replaced.

    Args:
        content: The report.
        path: The file; None for one in the workspace's directory of reports.
        title: The report's title, which names a file that has no path.
        suffix: The suffix of such a file.
        workspace: Where reports lie.

    Raises:
        StorageFullError: There is no space.
        StoreAccessError: The file cannot be written (``report_write_failed``).
    """
    if path is None:
        assert workspace.reports_path is not None  # noqa: S101 - the configuration derives it
        path = workspace.reports_path / f"{slug(title)}{suffix}"
    target = Path(path)
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        filesystem.write_file_atomically(target, data)
    except OSError as error:
        raise write_failure(error, target, "write the report", code="report_write_failed") from error
    return target
