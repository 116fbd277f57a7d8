"""The page about one run that ``contexta run show`` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta_cli.output.notes import run_notes
from contexta_cli.output.quantities import (
    duration,
    local_time,
    number,
    run_duration,
    seconds_between,
    short_run_id,
    size,
    value_text,
)
from contexta_cli.output.sparkline import sparkline
from contexta_cli.output.status import status_cell
from contexta_cli.output.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta import Contexta
    from contexta.interpretation import EnvironmentView, RunSnapshot, StageRecord
    from contexta_cli.output.printer import Printer

__all__ = ["RunPage"]

_INDENT = 2
_REVISION_LENGTH = 12
_DIGEST_LENGTH = 12
#: Metrics whose course is drawn; each costs a question.
_MOST_SPARKLINES = 40


class RunPage:
    """Shows one run.

    Args:
        ctx: The workspace.
        snapshot: What is known of the run.
        environment: What surrounded it, where that was captured.
    """

    def __init__(self, ctx: Contexta, snapshot: RunSnapshot, environment: EnvironmentView | None) -> None:
        self._ctx = ctx
        self._snapshot = snapshot
        self._environment = environment
        self._run = snapshot.run
        self._stage_names = {stage.stage_id: stage.name for stage in snapshot.stages}
        self._summaries = sorted(
            ctx.repository.metric_summaries([snapshot.run.run_id]),
            key=lambda each: (self._stage_place(each.stage), each.key),
        )

    def show(self, printer: Printer) -> None:
        """Write the page."""
        printer.line(self._run.run_id, "title")
        printer.fields(self._summary())
        self._show_failure(printer)
        self._show_people_notes(printer)
        for title, table in (
            ("Stages", self._stages()),
            ("Parameters", _named_values(self._run.parameters, "PARAMETER")),
            ("Metrics", self._metrics()),
            ("Artifacts", self._artifacts()),
            ("Deployments", self._deployments()),
        ):
            if table.rows:
                printer.heading(title)
                printer.table(table, indent=_INDENT)
        self._show_surroundings(printer)
        notes = run_notes(self._snapshot.completeness_notes)
        if notes:
            printer.heading("Notes")
            for note in notes:
                printer.line(f"  {note}", "faint")
        printer.hints("Next:", self._next())

    def _summary(self) -> list[tuple[str, Cell]]:
        run = self._run
        fields = [
            ("Name", Cell(run.name)),
            ("Project", Cell(run.project_name)),
            ("Status", status_cell(run.status)),
            ("Started", Cell(local_time(run.started_at))),
            ("Ended", Cell(local_time(run.ended_at))),
            ("Duration", Cell(run_duration(run))),
        ]
        if run.tags:
            fields.append(("Tags", Cell(", ".join(f"{name}={value}" for name, value in run.tags.items()))))
        if run.archived_at:
            fields.append(("Archived", Cell(local_time(run.archived_at))))
        if run.dataset_ref:
            fields.append(("Dataset", Cell(run.dataset_ref)))
        if run.metadata:
            fields.append(("Metadata", Cell(value_text(run.metadata))))
        return [*fields, ("Records", Cell(self._record_counts()))]

    def _record_counts(self) -> str:
        """Count the records without reading them: a long training has millions."""
        metrics = sum(summary.count for summary in self._summaries)
        return f"{len(self._snapshot.records)} ({metrics} metric points)"

    def _show_failure(self, printer: Printer) -> None:
        """Say why the run failed, where an exception was kept."""
        if self._run.status != "failed":
            return
        events = self._ctx.repository.list_records(run_id=self._run.run_id, record_type="event")
        failures = [event for event in events if event.key.endswith(".failed") and event.message]
        if failures:
            printer.heading("Failure")
            printer.line(f"  {failures[-1].message}", "bad")

    def _show_people_notes(self, printer: Printer) -> None:
        """Show what people wrote about the run afterwards."""
        if not self._run.notes:
            return
        printer.heading("Annotations")
        for note in self._run.notes:
            printer.line(f"  {local_time(note.written_at)}  {note.author}", "faint")
            for line in note.text.splitlines():
                printer.line(f"    {line}")

    def _stages(self) -> Table:
        columns = [
            Column("STAGE", shrinks=True),
            Column("STATUS"),
            Column("STARTED", priority=1),
            Column("DURATION", right=True),
        ]
        return Table(columns, [self._stage(stage) for stage in self._snapshot.stages])

    def _stage(self, stage: StageRecord) -> list[Cell]:
        return [
            Cell(stage.name),
            status_cell(stage.status),
            Cell(local_time(stage.started_at), style="faint"),
            Cell(duration(seconds_between(stage.started_at, stage.ended_at))),
        ]

    def _metrics(self) -> Table:
        columns = [
            Column("METRIC", shrinks=True),
            Column("STAGE", priority=2, shrinks=True),
            Column("LATEST", right=True),
            Column("LEAST", right=True, priority=4),
            Column("GREATEST", right=True, priority=3),
            Column("POINTS", right=True, priority=5),
            Column("COURSE", priority=1),
        ]
        rows = []
        for place, each in enumerate(self._summaries):
            course = self._course(each.key, each.stage) if each.count > 1 and place < _MOST_SPARKLINES else ""
            unit = f" {each.unit}" if each.unit else ""
            rows.append(
                [
                    Cell(each.key, style="title"),
                    Cell(self._stage_name(each.stage)),
                    Cell(number(each.latest.value) + unit),
                    Cell(number(each.least.value)),
                    Cell(number(each.greatest.value)),
                    Cell(str(each.count)),
                    Cell(course, style="active"),
                ]
            )
        return Table(columns, rows)

    def _course(self, key: str, stage: str | None) -> str:
        points = self._ctx.repository.metric_points(self._run.run_id, key, stage)
        return sparkline([point.value for point in points if stage is not None or point.stage is None])

    def _stage_place(self, stage: str | None) -> int:
        """Return where a stage stands in the run; its own metrics come first."""
        return (
            -1 if stage is None else list(self._stage_names).index(stage) if stage in self._stage_names else 0
        )

    def _stage_name(self, stage: str | None) -> str:
        return "" if stage is None else self._stage_names.get(stage, stage.rpartition(".")[2])

    def _artifacts(self) -> Table:
        columns = [
            Column("ARTIFACT", shrinks=True),
            Column("KIND"),
            Column("SIZE", right=True),
            Column("STAGE", priority=2),
            Column("DIGEST", priority=3),
        ]
        rows = [
            [
                Cell(each.artifact_ref.rpartition(".")[2], style="title"),
                Cell(each.kind),
                Cell(size(each.size_bytes)),
                Cell(self._stage_name(each.stage_id)),
                Cell((each.hash_value or "").rpartition(":")[2][:_DIGEST_LENGTH], style="faint"),
            ]
            for each in self._snapshot.artifacts
        ]
        return Table(columns, rows)

    def _deployments(self) -> Table:
        columns = [Column("DEPLOYMENT", shrinks=True), Column("STATUS"), Column("STARTED", priority=1)]
        rows = [
            [Cell(each.name), status_cell(each.status), Cell(local_time(each.started_at))]
            for each in self._snapshot.deployments
        ]
        return Table(columns, rows)

    def _show_surroundings(self, printer: Printer) -> None:
        fields = _surroundings(self._environment, self._run.code_revision)
        if fields:
            printer.heading("Environment")
            printer.fields([(f"  {name}", Cell(value)) for name, value in fields])

    def _next(self) -> list[str]:
        several = len(self._ctx.list_projects()) > 1
        own = short_run_id(self._run.run_id, with_project=several)
        others = [
            run.run_id
            for run in self._ctx.list_runs(self._run.project_name, limit=2)
            if run.run_id != self._run.run_id
        ]
        compared = [
            f"contexta compare {short_run_id(other, with_project=several)} {own}" for other in others[:1]
        ]
        return [*compared, f"contexta run show {own} --format json"]


def _named_values(values: Mapping[str, Any], title: str) -> Table:
    rows = [[Cell(name), Cell(value_text(value))] for name, value in values.items()]
    return Table([Column(title, shrinks=True), Column("VALUE", shrinks=True)], rows)


def _surroundings(environment: EnvironmentView | None, given_revision: str | None) -> list[tuple[str, str]]:
    """Return what surrounded a run, as far as it was captured."""
    fields = [] if given_revision is None else [("Revision", given_revision)]
    if environment is None:
        return fields
    code = environment.code
    if code.get("revision"):
        words = [str(code["revision"])[:_REVISION_LENGTH]]
        words += [f"on {code['branch']}"] if code.get("branch") else []
        words += ["with changes that are not committed"] if code.get("dirty") else []
        fields.append(("Code", " ".join(words)))
    hardware = environment.details.get("hardware") or {}
    found = {
        "Python": environment.python_version,
        "Platform": environment.platform,
        "CPU": _processor(hardware),
        "Memory": size(hardware["memory_bytes"]) if hardware.get("memory_bytes") else None,
        "GPU": ", ".join(hardware.get("gpus") or ()),
        "Packages": f"{len(environment.packages)} installed" if environment.packages else None,
        "Variables": ", ".join(environment.environment_variables),
    }
    return fields + [(name, value) for name, value in found.items() if value]


def _processor(hardware: Mapping[str, Any]) -> str:
    model, count = hardware.get("cpu_model"), hardware.get("cpu_count")
    return (
        " ".join([*([f"{count} x"] if count else []), str(model or "unknown model")])
        if count or model
        else ""
    )
