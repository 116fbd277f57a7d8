"""Every screen."""

from __future__ import annotations

from contexta_web.screens.compare import show_comparison
from contexta_web.screens.home import show_home
from contexta_web.screens.question import Screen
from contexta_web.screens.run import show_run
from contexta_web.screens.runs import show_runs

__all__ = ["SCREENS"]

SCREENS = (
    Screen("/ui", show_home),
    Screen("/ui/runs", show_runs),
    Screen("/ui/runs/{run_id}", show_run),
    Screen("/ui/compare", show_comparison),
    Screen("/ui/compare/multi", show_comparison),
)
