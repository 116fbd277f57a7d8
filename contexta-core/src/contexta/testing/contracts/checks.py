"""The contract of diagnostics checks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

import pytest

from contexta.results import plain
from contexta.spi.diagnostics import DiagnosticsIssue
from contexta.testing.contracts.contract import Contract
from contexta.testing.diagnosed_run import PlainDiagnosedRun
from contexta.testing.workspaces import EXAMPLE_RUNS, open_plain_workspace, record_example_runs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from contexta._facade import Contexta
    from contexta.spi.diagnostics import DiagnosticsCheck
    from contexta.spi.repository import CompositeRepository

__all__ = ["DiagnosticsCheckContract"]


class DiagnosticsCheckContract(Contract, contract=True):
    """What a diagnostics check promises (``contexta.spi.diagnostics.DiagnosticsCheck``).

    ::

        class TestMyCheck(DiagnosticsCheckContract):
            def open_check(self):
                return my_check
    """

    required: ClassVar[tuple[str, ...]] = ("open_check",)

    def open_check(self) -> DiagnosticsCheck:
        """Make the check that is tested; every subclass gives this."""
        raise AssertionError  # never called: a subclass without it cannot be defined

    def record_well_run(self, ctx: Contexta) -> None:
        """Record a run named ``mine`` where, for this check, all is well.

        Override it where the example run is not well enough, as for a check that asks for a tag.
        """
        with ctx.run("mine", tags={"kind": "example"}) as run:
            for stage_name in ("train", "evaluate", "package"):
                with run.stage(stage_name) as stage:
                    for step in range(12):
                        stage.metric("loss", 1.0 / (step + 1), step=step)

    @pytest.fixture
    def repository(self, tmp_path: Path) -> Iterator[CompositeRepository]:
        """Give the read model of a workspace with the example runs."""
        with open_plain_workspace(tmp_path / "workspace") as ctx:
            record_example_runs(ctx)
            self.record_well_run(ctx)
            yield ctx.repository

    def _issues(self, repository: CompositeRepository, run_id: str) -> list[DiagnosticsIssue]:
        return list(self.open_check()(PlainDiagnosedRun(repository, run_id)))

    def test_it_yields_issues_only(self, repository: CompositeRepository) -> None:
        """Whatever it yields for any run is a DiagnosticsIssue with a summary."""
        for run_id in EXAMPLE_RUNS:
            for issue in self._issues(repository, run_id):
                assert isinstance(issue, DiagnosticsIssue)
                assert issue.summary.strip()
                assert re.fullmatch(r"[a-z][a-z0-9_]*", issue.code), f"{issue.code!r} is no stable word"
                assert plain(issue.details) == plain(dict(issue.details))

    def test_it_finds_the_same_each_time(self, repository: CompositeRepository) -> None:
        """Asked again of the same run it finds the same."""
        for run_id in EXAMPLE_RUNS:
            assert self._issues(repository, run_id) == self._issues(repository, run_id)

    def test_a_run_where_all_is_well_has_no_findings(self, repository: CompositeRepository) -> None:
        """It yields nothing for a run where all is well."""
        assert [] == self._issues(repository, "run:default.mine")

    def test_an_empty_run_is_no_error(self, repository: CompositeRepository) -> None:
        """A run without stages, metrics and records is looked at without an error."""
        self._issues(repository, "run:default.empty")

    def test_an_issue_says_what_it_is_about(self, repository: CompositeRepository) -> None:
        """Every issue names a subject: the run, or something that belongs to it."""
        for run_id in EXAMPLE_RUNS:
            for issue in self._issues(repository, run_id):
                assert "" != issue.subject_ref
                assert run_id.partition(":")[2] in issue.subject_ref or run_id == issue.subject_ref

    def test_it_changes_nothing(self, repository: CompositeRepository) -> None:
        """The runs and their records are the same afterwards."""
        before = [(repository.list_runs(), [*repository.list_records(run_id=run)]) for run in EXAMPLE_RUNS]
        for run_id in EXAMPLE_RUNS:
            self._issues(repository, run_id)
        after = [(repository.list_runs(), [*repository.list_records(run_id=run)]) for run in EXAMPLE_RUNS]
        assert before == after
