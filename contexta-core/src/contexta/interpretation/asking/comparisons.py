"""Questions about the differences between runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.interpretation.asking.services import ServiceAccess

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta.spi.comparison import MultiRunComparison, ReportComparison, RunComparison
    from contexta.spi.provenance import EnvironmentDiff

__all__ = ["ComparisonQuestions"]


class ComparisonQuestions(ServiceAccess):
    """Comparisons of runs and reports."""

    def compare_runs(self, left_run_id: str, right_run_id: str) -> RunComparison:
        """Compare two runs: metrics, parameters, artifacts, environment and code.

        Args:
            left_run_id: The run on the left, usually the older.
            right_run_id: The run on the right.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self.compare_service.compare_runs(left_run_id, right_run_id)

    def compare_multiple_runs(self, run_ids: Sequence[str]) -> MultiRunComparison:
        """Compare several runs side by side.

        Args:
            run_ids: The runs, at least two different ones.

        Raises:
            ComparisonError: Fewer than two different runs.
            RunNotFoundError: There is no such run.
        """
        return self.compare_service.compare_multiple_runs(run_ids)

    def compare_report_documents(self, left: Any, right: Any) -> ReportComparison:
        """Compare two reports section by section.

        Args:
            left: The report on the left: a ``ReportDocument``, or the mapping that its ``to_dict()`` returns.
            right: The report on the right.

        Returns:
            The differences, which can be rendered as a report can.

        Raises:
            ComparisonError: One of them is no report.
        """
        from contexta.spi.comparison import ReportComparison
        from contexta.spi.rendering import present_with

        compared = self.compare_service.compare_report_documents(left, right)
        # A service of somebody else's may answer with a class of its own.
        return present_with(compared, self.presenter) if isinstance(compared, ReportComparison) else compared

    def select_best_run(
        self,
        run_ids: Sequence[str],
        metric_key: str,
        *,
        stage_name: str | None = None,
        higher_is_better: bool | None = True,
    ) -> str | None:
        """Return the run with the best value of a metric, as it was passed, or None where none has the metric.

        Args:
            run_ids: The candidates; of equally good ones the first listed wins.
            metric_key: The metric to rank by.
            stage_name: Only values of this stage; of the run and all its stages when None.
            higher_is_better: Whether the greatest value wins; None asks for the metric's own direction.

        Raises:
            RunNotFoundError: There is no such run.
        """
        return self.compare_service.select_best_run(
            run_ids, metric_key, stage_name=stage_name, higher_is_better=higher_is_better
        )

    def compare_environments(self, left_run_id: str, right_run_id: str) -> EnvironmentDiff:
        """Compare the environments of two runs.

        Args:
            left_run_id: The run on the left.
            right_run_id: The run on the right.

        Raises:
            RunNotFoundError: There is no such run.
            MissingPluginError: No installed plugin provides the service ``provenance``.
        """
        return self.provenance_service.compare_environments(left_run_id, right_run_id)
