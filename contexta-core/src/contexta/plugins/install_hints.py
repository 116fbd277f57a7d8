"""What to install for a component that is known but missing.

One of the two places in the kernel where plugins are named; messages read it, and so does whoever guards the names
that ship with the bundle.  Every requirement
carries a lower bound, because the bare name on a package index belongs to somebody else.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EVERYTHING", "INSTALL_HINTS", "OUR_NAMES", "hinted_names"]

#: The requirement that brings every component of ours.
EVERYTHING = "contexta[all]>=2"

#: The names that ship with the bundle, by kind; nobody else can take one unnoticed.
OUR_NAMES: dict[str, tuple[str, ...]] = {
    "metadata_store": ("duckdb", "sqlite"),
    "record_store": ("jsonl_segments", "sqlite"),
    "artifact_store": ("files",),
    "sink": ("memory", "mlflow", "otel", "stdout"),
    "interpreter": (
        "aggregation",
        "alert",
        "anomaly",
        "compare",
        "diagnostics",
        "lineage",
        "provenance",
        "query",
        "reports",
        "sql",
        "trend",
    ),
    "diagnostics_check": (
        "artifacts",
        "batches",
        "degraded_records",
        "deployments",
        "divergence",
        "durations",
        "error_events",
        "non_finite_values",
        "overfitting",
        "plateau",
        "run_status",
        "silent_stages",
        "stage_metrics",
        "stage_status",
        "stalls",
        "terminal_stages",
    ),
    "report_renderer": ("csv", "html", "json", "markdown", "text"),
    "cli_command": ("serve",),
    "dashboard_extension": ("home_panels", "run_tabs", "screens"),
    "surface": ("cli", "http", "notebook"),
    "encryption_provider": ("age",),
    "workspace_reader": ("contexta_1",),
    "hooks": ("dashboard", "otel"),
}

#: Kind and name of a component to the requirement that brings it.
INSTALL_HINTS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        **{(kind, name): EVERYTHING for kind, names in OUR_NAMES.items() for name in names},
        ("cli_command", "serve"): "contexta[serve]>=2",
        ("encryption_provider", "age"): "contexta[encryption]>=2",
        ("metadata_store", "sqlite"): "contexta[sqlite]>=2",
        ("record_store", "sqlite"): "contexta[sqlite]>=2",
        ("hooks", "otel"): "contexta[otel]>=2",
        ("sink", "mlflow"): "contexta[mlflow]>=2",
        ("sink", "otel"): "contexta[otel]>=2",
        ("surface", "http"): "contexta[serve]>=2",
    }
)


def hinted_names(kind: str) -> list[str]:
    """List the names of a kind that this table knows how to install."""
    return sorted(name for hinted_kind, name in INSTALL_HINTS if hinted_kind == kind)
