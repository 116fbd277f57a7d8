"""The magic ``%contexta`` of IPython."""

from __future__ import annotations

import importlib
import shlex
from typing import TYPE_CHECKING, Any

from contexta.errors import ContextaError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["load_extension"]

_HELP = "%contexta runs | show ID | compare LEFT RIGHT | trend KEY | report ID"


def load_extension(shell: Any) -> None:
    """Give an IPython shell the magic ``%contexta``; called by ``%load_ext contexta``."""
    shell.register_magic_function(_magic, magic_kind="line", magic_name="contexta")


def _magic(line: str) -> Any:
    """Ask the nearest workspace: runs | show ID | compare LEFT RIGHT | trend KEY | report ID."""
    from contexta import Contexta

    usage_error: Any = importlib.import_module("IPython.core.error").UsageError

    word, *words = shlex.split(line) or [""]
    questions: dict[str, tuple[int, Callable[[Contexta], Any]]] = {
        "runs": (0, lambda ctx: ctx.list_runs()),
        "show": (1, lambda ctx: ctx.get_run_snapshot(*words)),
        "compare": (2, lambda ctx: ctx.compare_runs(*words)),
        "trend": (1, lambda ctx: ctx.get_metric_trend(*words)),
        "report": (1, lambda ctx: ctx.build_snapshot_report(*words)),
    }
    if word not in questions or len(words) != questions[word][0]:
        raise usage_error(_HELP)
    try:
        return questions[word][1](Contexta())
    except ContextaError as error:
        raise usage_error(f"{error.message} [{error.code}]") from error
