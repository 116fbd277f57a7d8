"""Arguments that name a run: the shell completes them with the runs of the workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    _Text = click.ParamType[str]
else:
    # Generic since click 8.3 only.
    _Text = click.ParamType

__all__ = ["RUN"]

#: So many runs are offered at most, the newest first.
_MOST_RUNS = 200


class _Run(_Text):
    """A run as `contexta runs` lists it, or its full reference."""

    name = "run"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the text as it was typed; the services know how a run is named."""
        del param, ctx
        return str(value)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Offer the runs whose names begin so; none where the workspace cannot be read."""
        del param
        from click.shell_completion import CompletionItem

        from contexta.errors import ContextaError
        from contexta.interpretation import RunListQuery
        from contexta_cli.invocation import Invocation
        from contexta_cli.output.quantities import short_run_id

        try:
            with Invocation(ctx).open_existing() as contexta:
                runs = contexta.list_runs(query=RunListQuery(sort_by="started_at", sort_desc=True))
                several = len(contexta.list_projects()) > 1
        except (ContextaError, OSError):
            return []
        names = [(short_run_id(run.run_id, with_project=several), run.status) for run in runs]
        return [CompletionItem(name, help=status) for name, status in names if name.startswith(incomplete)][
            :_MOST_RUNS
        ]


#: The type of such an argument.
RUN = _Run()
