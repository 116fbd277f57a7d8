"""The tree of commands, as data: names and one-line helps stand here, the commands are imported when they are called."""

from __future__ import annotations

from contexta_cli.lazy_group import CommandEntry, LazyGroup
from contexta_cli.plugin_commands import plugin_commands

__all__ = ["root_group"]

_RUNS = CommandEntry("contexta_cli.commands.runs:runs", "List runs, the newest first.")
_COMPARE = CommandEntry("contexta_cli.commands.compare:compare", "Show what differs between two runs.")
_COMPARE_MULTI = CommandEntry(
    "contexta_cli.commands.compare_multi:compare_multi", "Show the metrics of several runs side by side."
)

_DIAGNOSTICS = CommandEntry("contexta_cli.commands.diagnostics:diagnostics", "Show what went wrong in a run.")

_RUN_COMMANDS = {
    "show": CommandEntry("contexta_cli.commands.run_show:show", "Show everything about one run."),
    "list": _RUNS,
    "compare": _COMPARE,
    "compare-many": _COMPARE_MULTI,
    "diagnose": _DIAGNOSTICS,
    "tag": CommandEntry("contexta_cli.commands.run_tag:tag", "Set tags of a run."),
    "untag": CommandEntry("contexta_cli.commands.run_tag:untag", "Remove tags of a run."),
    "annotate": CommandEntry("contexta_cli.commands.run_annotate:annotate", "Append a dated note to a run."),
    "rename": CommandEntry("contexta_cli.commands.run_rename:rename", "Give a run another name."),
    "archive": CommandEntry("contexta_cli.commands.run_archive:archive", "Leave runs out of lists."),
    "unarchive": CommandEntry("contexta_cli.commands.run_archive:unarchive", "List archived runs again."),
    "delete": CommandEntry("contexta_cli.commands.run_delete:delete", "Delete runs with everything in them."),
}

_REGISTER = CommandEntry(
    "contexta_cli.commands.artifact_register:register", "Register a file or directory as an artifact."
)

_ARTIFACT_COMMANDS = {
    "list": CommandEntry("contexta_cli.commands.artifact_reading:list_artifacts", "List artifacts."),
    "show": CommandEntry(
        "contexta_cli.commands.artifact_reading:show", "Show everything about one artifact."
    ),
    "register": _REGISTER,
    "put": _REGISTER,
    "verify": CommandEntry("contexta_cli.commands.artifact_verify:verify", "Read bodies again."),
    "export": CommandEntry("contexta_cli.commands.artifact_packages:export", "Write a package, or a body."),
    "import": CommandEntry("contexta_cli.commands.artifact_packages:import_package", "Take in a package."),
    "gc": CommandEntry("contexta_cli.commands.artifact_gc:gc", "Remove bodies that nothing is bound to."),
}


def _artifact_group() -> LazyGroup:
    return LazyGroup(
        "artifact",
        _ARTIFACT_COMMANDS,
        help="Look at artifacts, register, verify and carry them, and collect their garbage.",
        examples=(
            "contexta artifact list --run mlp-64-seed-0",
            "contexta artifact register model model.bin --run mlp-64-seed-0",
            "contexta artifact verify",
        ),
    )


_PLUGIN_COMMANDS = {
    "list": CommandEntry("contexta_cli.commands.plugins_list:list_plugins", "List what is installed."),
    "show": CommandEntry("contexta_cli.commands.plugins_show:show", "Show everything about one name."),
    "doctor": CommandEntry(
        "contexta_cli.commands.plugins_doctor:doctor", "Find out what is wrong, and what to do."
    ),
    "new": CommandEntry("contexta_cli.commands.plugins_new:new", "Write the project of a new plugin."),
}

_CONFIG_COMMANDS = {
    "show": CommandEntry("contexta_cli.commands.config_show:show", "Show every setting that holds here."),
    "check": CommandEntry("contexta_cli.commands.config_check:check", "Check a configuration file."),
}

_OUTBOX_COMMANDS = {
    "list": CommandEntry(
        "contexta_cli.commands.recover_outbox:list_entries", "List what waits or was given up."
    ),
    "show": CommandEntry("contexta_cli.commands.recover_outbox:show", "Show one entry with its payload."),
    "requeue": CommandEntry("contexta_cli.commands.recover_outbox:requeue", "Let dead letters wait again."),
}


def _outbox_group() -> LazyGroup:
    return LazyGroup(
        "outbox",
        _OUTBOX_COMMANDS,
        help="Look at what sinks could not take.",
        examples=("contexta recover outbox list", "contexta recover outbox requeue --all"),
    )


_RECOVER_COMMANDS = {
    "replay": CommandEntry(
        "contexta_cli.commands.recover_replay:replay", "Deliver again what sinks could not take."
    ),
    "outbox": CommandEntry(_outbox_group, "Look at what sinks could not take."),
}

_BACKUP_COMMANDS = {
    "create": CommandEntry("contexta_cli.commands.backup:create", "Back the workspace up."),
    "list": CommandEntry("contexta_cli.commands.backup:list_all", "List the backups."),
    "verify": CommandEntry("contexta_cli.commands.backup:verify", "Read a backup and check it."),
}

_RESTORE_COMMANDS = {
    "plan": CommandEntry("contexta_cli.commands.restore:plan", "Show what a restore would replace."),
    "apply": CommandEntry("contexta_cli.commands.restore:apply", "Restore the workspace from a backup."),
}

_RETENTION_COMMANDS = {
    "plan": CommandEntry("contexta_cli.commands.retention:plan", "Show what is older than is kept."),
    "apply": CommandEntry("contexta_cli.commands.retention:apply", "Remove what is older than is kept."),
}

_PRIVACY_COMMANDS = {
    "scan": CommandEntry("contexta_cli.commands.privacy_scan:scan", "Look for secrets in the clear."),
}


_WORKSPACE_COMMANDS = {
    "copy": CommandEntry(
        "contexta_cli.commands.workspace_copy:copy", "Copy the workspace into other stores."
    ),
}


def _workspace_group() -> LazyGroup:
    return LazyGroup(
        "workspace",
        _WORKSPACE_COMMANDS,
        help="Move a whole workspace.",
        examples=("contexta workspace copy --to-config sqlite.toml",),
    )


def _retention_group() -> LazyGroup:
    return LazyGroup(
        "retention",
        _RETENTION_COMMANDS,
        help="Remove what is older than the configuration keeps.",
        examples=("contexta retention plan", "contexta retention apply"),
    )


def _privacy_group() -> LazyGroup:
    return LazyGroup(
        "privacy",
        _PRIVACY_COMMANDS,
        help="Look for secrets that were written in the clear.",
        examples=("contexta privacy scan",),
    )


def _backup_group() -> LazyGroup:
    return LazyGroup(
        "backup",
        _BACKUP_COMMANDS,
        help="Make backups of the workspace, list and check them.",
        examples=("contexta backup create --label nightly", "contexta backup list"),
    )


def _restore_group() -> LazyGroup:
    return LazyGroup(
        "restore",
        _RESTORE_COMMANDS,
        help="Bring the workspace back from a backup.",
        examples=("contexta restore plan BACKUP", "contexta restore apply BACKUP"),
    )


_PROVENANCE_COMMANDS = {
    "audit": CommandEntry(
        "contexta_cli.commands.provenance_audit:audit", "Show how well a run could be reproduced."
    ),
    "diff": CommandEntry(
        "contexta_cli.commands.provenance_diff:diff", "Show how what two runs were made from differs."
    ),
}


def _provenance_group() -> LazyGroup:
    return LazyGroup(
        "provenance",
        _PROVENANCE_COMMANDS,
        help="Look at what runs were made from.",
        examples=(
            "contexta provenance audit mlp-64-seed-0",
            "contexta provenance diff mlp-32-seed-0 mlp-64-seed-0",
        ),
    )


def _run_group() -> LazyGroup:
    return LazyGroup(
        "run",
        _RUN_COMMANDS,
        help="Look at single runs, and tag, annotate, rename, archive or delete them.",
        examples=(
            "contexta run show mlp-64-seed-0",
            "contexta run list --status failed",
            "contexta run tag mlp-64-seed-0 quality=good",
        ),
    )


def _plugins_group() -> LazyGroup:
    return LazyGroup(
        "plugins",
        _PLUGIN_COMMANDS,
        help="Look at the installed plugins: stores, sinks, services, surfaces; begin one of your own.",
        examples=(
            "contexta plugins list",
            "contexta plugins show duckdb",
            "contexta plugins doctor",
            "contexta plugins new sink acme_lines",
        ),
    )


def _config_group() -> LazyGroup:
    return LazyGroup(
        "config",
        _CONFIG_COMMANDS,
        help="Look at the configuration: what holds, where it comes from, and what is wrong.",
        examples=("contexta config show --origin", "contexta config check contexta.toml"),
    )


_SEARCH_COMMANDS = {
    "runs": CommandEntry("contexta_cli.commands.search:search_runs", "List the runs that hold a text."),
    "artifacts": CommandEntry(
        "contexta_cli.commands.search:search_artifacts", "List the artifacts that hold a text."
    ),
}


def _search_group() -> LazyGroup:
    return LazyGroup(
        "search",
        _SEARCH_COMMANDS,
        help="Search runs and artifacts for a text.",
        examples=("contexta search runs mlp", "contexta search artifacts checkpoint"),
    )


def _recover_group() -> LazyGroup:
    return LazyGroup(
        "recover",
        _RECOVER_COMMANDS,
        help="Deliver what sinks could not take, once they can.",
        examples=("contexta recover replay", "contexta recover outbox list"),
    )


_REPORT_COMMANDS = {
    "snapshot": CommandEntry("contexta_cli.commands.report:snapshot", "Sum up one run."),
    "compare": CommandEntry(
        "contexta_cli.commands.report:compare", "Sum up the differences between two runs."
    ),
    "multi": CommandEntry("contexta_cli.commands.report:multi", "Sum up several runs side by side."),
    "project": CommandEntry("contexta_cli.commands.report:project", "Sum up the runs of a project."),
    "trend": CommandEntry("contexta_cli.commands.report:trend", "Sum up a metric over runs."),
    "alert": CommandEntry("contexta_cli.commands.report:alert", "Sum up what rules say of a run."),
    "diff": CommandEntry("contexta_cli.commands.report_diff:diff", "Show what differs between two reports."),
}

#: The spelling of version 1.0.0.
_EXPORT_CSV_COMMANDS = {
    "runs": CommandEntry("contexta_cli.commands.export_csv:runs", "Write runs, one row each."),
    "compare": CommandEntry(
        "contexta_cli.commands.export_csv:compare", "Write the metrics of two runs side by side."
    ),
    "trend": CommandEntry("contexta_cli.commands.export_csv:trend", "Write a metric over runs."),
    "anomaly": CommandEntry(
        "contexta_cli.commands.export_csv:anomaly", "Write the metrics of a run that are off."
    ),
}


def _export_csv_group() -> LazyGroup:
    return LazyGroup(
        "csv",
        _EXPORT_CSV_COMMANDS,
        help="Write a table as CSV: a second name of contexta export runs, compare, trend and anomaly.",
        examples=("contexta export csv runs --output runs.csv",),
    )


_EXPORT_COMMANDS = {
    "runs": CommandEntry("contexta_cli.commands.export:runs", "Write runs, one row each."),
    "metrics": CommandEntry(
        "contexta_cli.commands.export:metrics", "Write observations of metrics, one row each."
    ),
    "compare": CommandEntry(
        "contexta_cli.commands.export:compare", "Write the metrics of two runs side by side."
    ),
    "trend": CommandEntry("contexta_cli.commands.export:trend", "Write a metric over runs."),
    "anomaly": CommandEntry(
        "contexta_cli.commands.export:anomaly", "Write the metrics of a run that are off."
    ),
    "html": CommandEntry("contexta_cli.commands.export:html", "Write a report as a page."),
    "csv": CommandEntry(_export_csv_group, "Write a table as CSV."),
}


def _report_group() -> LazyGroup:
    return LazyGroup(
        "report",
        _REPORT_COMMANDS,
        help="Sum up runs in reports: Markdown, HTML, JSON, CSV, text, or the format of a plugin.",
        examples=(
            "contexta report snapshot mlp-64-seed-0 --output run.html",
            "contexta report compare mlp-32-seed-0 mlp-64-seed-0",
        ),
    )


def _export_group() -> LazyGroup:
    return LazyGroup(
        "export",
        _EXPORT_COMMANDS,
        help="Write files for other tools: CSV, JSON, JSON Lines, Parquet and Arrow.",
        examples=(
            "contexta export runs --output runs.parquet",
            "contexta export metrics --metric loss > loss.csv",
        ),
    )


_COMMANDS = {
    "demo": CommandEntry("contexta_cli.commands.demo:demo", "Train real models and record every run."),
    "runs": _RUNS,
    "tail": CommandEntry("contexta_cli.commands.tail:tail", "Follow what a run records, while it runs."),
    "top": CommandEntry("contexta_cli.commands.top:top", "Watch the runs that are open."),
    "run": CommandEntry(_run_group, "Look at single runs, or change what is said of them."),
    "compare": _COMPARE,
    "compare-multi": _COMPARE_MULTI,
    "aggregate": CommandEntry("contexta_cli.commands.aggregate:aggregate", "Sum a metric up over runs."),
    "search": CommandEntry(_search_group, "Search runs and artifacts for a text."),
    "trend": CommandEntry("contexta_cli.commands.trend:trend", "Show a metric over runs."),
    "diagnostics": _DIAGNOSTICS,
    "anomaly": CommandEntry("contexta_cli.commands.anomaly:anomaly", "Show values of a run that are off."),
    "alert": CommandEntry("contexta_cli.commands.alert:alert", "Evaluate rules on the metrics of runs."),
    "lineage": CommandEntry("contexta_cli.commands.lineage:lineage", "Show what came from what."),
    "provenance": CommandEntry(_provenance_group, "Look at what runs were made from."),
    "artifact": CommandEntry(_artifact_group, "Look at artifacts, register, verify and carry them."),
    "sql": CommandEntry("contexta_cli.commands.sql:sql", "Ask the workspace in SQL."),
    "verify": CommandEntry("contexta_cli.commands.verify:verify", "Read everything, and locate damage."),
    "repair": CommandEntry(
        "contexta_cli.commands.repair:repair", "Show what can be done about damage, or do it."
    ),
    "gc": CommandEntry("contexta_cli.commands.gc:gc", "Remove what nobody can need any more."),
    "retention": CommandEntry(_retention_group, "Remove what is older than is kept."),
    "privacy": CommandEntry(_privacy_group, "Look for secrets that were written in the clear."),
    "migrate-workspace": CommandEntry(
        "contexta_cli.commands.migrate_workspace:migrate", "Read a workspace of version 1.0.0 into this one."
    ),
    "backup": CommandEntry(_backup_group, "Make, list and check backups."),
    "restore": CommandEntry(_restore_group, "Bring the workspace back from a backup."),
    "report": CommandEntry(_report_group, "Sum up runs in reports."),
    "export": CommandEntry(_export_group, "Write files for other tools."),
    "workspace": CommandEntry(_workspace_group, "Move a whole workspace."),
    "recover": CommandEntry(_recover_group, "Deliver what sinks could not take, once they can."),
    "config": CommandEntry(_config_group, "Look at the configuration."),
    "completion": CommandEntry(
        "contexta_cli.commands.completion:completion", "Complete commands in your shell."
    ),
    "plugins": CommandEntry(_plugins_group, "Look at the installed plugins."),
}


def root_group() -> LazyGroup:
    """Return the command ``contexta`` with all its subcommands."""
    return LazyGroup(
        "contexta",
        _COMMANDS,
        find_more=plugin_commands,
        help="Record what machine learning runs do, and ask what changed.",
        examples=(
            "contexta demo",
            "contexta runs --status completed --limit 10",
            "contexta run show mlp-64-seed-0",
            "contexta compare mlp-64-seed-0 mlp-32-seed-0",
            "contexta runs --format json",
        ),
    )
