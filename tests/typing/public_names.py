"""What type checkers see of the public names; checked by mypy against the source and against the wheel, never run."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, assert_type

import contexta
from contexta.errors import (
    BackupError,
    ContextaError,
    DependencyError,
    MissingPluginError,
    NotFoundError,
    ReplayError,
    RestoreError,
)
from contexta.export import (
    EXPORT_FORMATS,
    export_anomalies,
    export_anomaly_csv,
    export_comparison,
    export_comparison_csv,
    export_html,
    export_metrics,
    export_run_list_csv,
    export_runs,
    export_trend,
    export_trend_csv,
)
from contexta.interpretation import ReportDocument, RunRecord
from contexta.notebook import (
    NotebookFragment,
    NotebookSurface,
    display_metric_trend,
    display_run_comparison,
    display_run_snapshot,
    frame_of,
    render_html_fragment,
    to_pandas,
    to_polars,
)
from contexta.recovery import (
    BackupInfo,
    BackupPlan,
    BackupResult,
    EntryState,
    MigrationReport,
    OutboxEntry,
    PrivacyFinding,
    RecoveryResult,
    ReplayBatchResult,
    ReplayEntryResult,
    RestorePlan,
    RestoreResult,
    RetentionPlan,
    RetentionResult,
    WorkspaceCopy,
    WorkspaceGarbage,
    WorkspaceRepair,
    WorkspaceReport,
    apply_retention,
    apply_workspace_repairs,
    collect_garbage,
    copy_workspace,
    create_workspace_backup,
    export_backup,
    find_outbox_entry,
    list_backups,
    list_outbox,
    migrate_workspace,
    plan_restore,
    plan_retention,
    plan_workspace_backup,
    plan_workspace_repairs,
    replay_outbox,
    requeue_outbox,
    restore_workspace,
    scan_workspace,
    verify_backup,
    verify_workspace,
    workspace_digest,
)
from contexta.spi.frames import Frame
from contexta.spi.run_list import RunList
from contexta.testing import (
    CONTRACT_VERSION,
    ArtifactStoreContract,
    DashboardExtensionContract,
    DiagnosticsCheckContract,
    InterpreterContract,
    MetadataStoreContract,
    PluginContract,
    RecordStoreContract,
    ReportRendererContract,
    SinkContract,
    SurfaceContract,
    deviates,
)
from contexta.testing.scaffold import PROJECT_KINDS, WrittenProject, write_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from contexta.config import UnifiedConfig


def version() -> None:
    """The version is text."""
    assert_type(contexta.__version__, str)


def one_root(error: ContextaError) -> None:
    """Every error has a code, and the builtin classes catch those that mean the same."""
    assert_type(error.code, str)
    lookup: type[LookupError] = NotFoundError
    missing: tuple[type[ImportError], ...] = (DependencyError, MissingPluginError)
    assert issubclass(lookup, ContextaError)
    assert all(issubclass(kind, ContextaError) for kind in missing)


def backups(config: UnifiedConfig) -> None:
    """A backup is planned, made, listed, checked, carried off and restored."""
    plan = plan_workspace_backup(config, label="nightly", include_cache=True, include_exports=True)
    assert_type(plan, BackupPlan)
    made = create_workspace_backup(config, plan)
    assert_type(made, BackupResult)
    assert_type(list_backups(config), tuple[BackupInfo, ...])
    assert_type(verify_backup(config, made.backup_ref), RecoveryResult)
    assert_type(export_backup(config, made.backup_ref, Path("backup.zip")), Path)
    restore = plan_restore(config, made.backup_ref, target_workspace=Path("other"), verify_only=True)
    assert_type(restore, RestorePlan)
    result = restore_workspace(config, restore)
    assert_type(result, RestoreResult)
    assert_type(result.applied, bool)
    results: list[RecoveryResult] = [made, result]
    errors: tuple[type[ContextaError], ...] = (BackupError, RestoreError, ReplayError)
    assert len(results) < len(errors)


def outbox(config: UnifiedConfig) -> None:
    """What waits is listed by state, found, replayed and queued again."""
    waiting = list_outbox(config, state=EntryState.PENDING, target="backend")
    assert_type(waiting, tuple[OutboxEntry, ...])
    assert_type(find_outbox_entry(config, waiting[0].replay_ref), OutboxEntry)
    replayed = replay_outbox(config, target="backend", limit=10, dead_letter_after_failures=3)
    assert_type(replayed, ReplayBatchResult)
    assert_type(replayed.entries, tuple[ReplayEntryResult, ...])
    assert_type(requeue_outbox(config, [waiting[0].replay_ref]), tuple[str, ...])


def care(config: UnifiedConfig, other: UnifiedConfig) -> None:
    """A workspace is checked, mended, cleaned, searched for secrets, copied and read from version 1.0.0."""
    assert_type(verify_workspace(config), WorkspaceReport)
    steps = plan_workspace_repairs(config)
    assert_type(steps, tuple[WorkspaceRepair, ...])
    assert_type(apply_workspace_repairs(config, steps), tuple[WorkspaceRepair, ...])
    assert_type(collect_garbage(config, dry_run=True), WorkspaceGarbage)
    retention = plan_retention(config)
    assert_type(retention, RetentionPlan)
    assert_type(apply_retention(config, retention), RetentionResult)
    assert_type(scan_workspace(config, strict=True), tuple[PrivacyFinding, ...])
    assert_type(copy_workspace(config, other), WorkspaceCopy)
    assert_type(workspace_digest(config), str)
    assert_type(migrate_workspace(config, Path("old")), MigrationReport)


def exports(ctx: contexta.Contexta) -> None:
    """A table goes to a file, whose path is told, to a stream, or into the workspace; the CSV functions give text."""
    assert_type(EXPORT_FORMATS, tuple[str, ...])
    assert_type(export_runs(ctx, "runs.parquet"), Path | None)
    assert_type(export_metrics(ctx, BytesIO(), file_format="jsonl", metric_keys=["loss"]), Path | None)
    assert_type(export_comparison(ctx, "left", "right", Path("difference.csv")), Path | None)
    assert_type(export_trend(ctx, "loss"), Path | None)
    assert_type(export_anomalies(ctx, "run", metric_keys=["loss"]), Path | None)
    assert_type(export_html(ctx, ctx.build_snapshot_report("run"), "run.html"), Path | None)
    assert_type(export_run_list_csv(ctx, project_name="demo"), str)
    assert_type(export_comparison_csv(ctx, "left", "right"), str)
    assert_type(export_trend_csv(ctx, "loss", stage_name="train"), str)
    assert_type(export_anomaly_csv(ctx, "run"), str)


def notebooks(ctx: contexta.Contexta) -> None:
    """What a notebook shows has types, whichever plugin makes it, and so has what becomes a frame."""
    snapshot = ctx.get_run_snapshot("run")
    assert_type(display_run_snapshot(ctx, "run"), NotebookFragment)
    assert_type(display_run_comparison(ctx, "left", "right"), NotebookFragment)
    assert_type(display_metric_trend(ctx, "loss", display=True), NotebookFragment)
    assert_type(render_html_fragment(snapshot), str)
    assert_type(NotebookSurface(ctx).show_run("run"), NotebookFragment)
    assert_type(NotebookFragment("<p>1</p>", "1").html, str)
    assert_type(frame_of(snapshot), Frame)
    assert_type(frame_of(snapshot).columns, tuple[str, ...])
    assert_type(ctx.list_runs(), RunList)
    assert_type(ctx.list_runs()[0], RunRecord)
    assert_type(ctx.list_runs()[:3], RunList)
    # What these return is of pandas, polars and pyarrow, which need not be installed where types are checked.
    converted: tuple[Any, ...] = (to_pandas(snapshot), to_polars(snapshot), snapshot.to_pandas())
    more: tuple[Any, ...] = (ctx.list_runs().to_polars(), ctx.get_metric_trend("loss").to_arrow())
    assert converted
    assert more
    compared = ctx.compare_report_documents({}, ctx.build_snapshot_report("run"))
    assert_type(compared.to_report(), ReportDocument)
    assert_type(compared.to_markdown(), str)


def proofs() -> None:
    """A plugin's tests derive from the contracts, and say where their plugin differs."""
    assert_type(CONTRACT_VERSION, tuple[int, int])
    stores: tuple[type, ...] = (MetadataStoreContract, RecordStoreContract, ArtifactStoreContract)
    others: tuple[type, ...] = (PluginContract, SinkContract, SurfaceContract, InterpreterContract)
    views: tuple[type, ...] = (ReportRendererContract, DiagnosticsCheckContract, DashboardExtensionContract)
    assert all(isinstance(kind, type) for kind in (*stores, *others, *views))

    @deviates("a reason")
    def replaced(number: int) -> str:
        return str(number)

    same: Callable[[int], str] = replaced
    assert same(1)


def plugin_projects() -> None:
    """A project is written for each kind, and what was written is told."""
    for kind in PROJECT_KINDS:
        project = write_project(kind, "acme_lines", Path(kind))
        assert_type(project, WrittenProject)
        assert_type(project.files, tuple[str, ...])
        assert_type(project.directory, Path)
