"""Diagnostics checks, interpreters and surfaces that break one promise each."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import partial

from wrong import breaks

from contexta.errors import NotFoundError
from contexta.spi.diagnostics import DiagnosticsIssue

check = partial(breaks, "DiagnosticsCheckContract")
_counter = itertools.count()


@check("test_it_yields_issues_only", "yield the findings")
def yields_text(subject):
    if subject.run.status == "failed":
        yield "the run failed"


@check("test_it_finds_the_same_each_time", "a stable word")
def counts_its_calls(subject):
    if subject.run.status == "failed":
        yield DiagnosticsIssue("warning", f"call_{next(_counter)}", "again", subject_ref=subject.run.run_id)


@check("test_a_run_where_all_is_well_has_no_findings", "nothing where all is well")
def complains_always(subject):
    yield DiagnosticsIssue("info", "there_is_a_run", "a run", subject_ref=subject.run.run_id)


@check("test_an_empty_run_is_no_error", "any function of a run")
def needs_stages(subject):
    if subject.stages[0].status == "failed":
        yield DiagnosticsIssue("error", "first_failed", "failed", subject_ref=subject.run.run_id)


@check(
    "test_an_issue_says_what_it_is_about",
    "what it is about: a run, stage, batch, deployment, record or artifact",
)
def says_not_what(subject):
    if subject.run.status == "failed":
        yield DiagnosticsIssue("error", "something", "something failed")


class PlainQuery:
    """A right service ``query``: the base of the wrong ones."""

    def __init__(self, repository):
        self.repository = repository

    def list_projects(self):
        return tuple(sorted(self.repository.list_projects()))

    def list_runs(self, project_name=None, *, query=None):
        return tuple(self.repository.list_runs(project_name))

    def search_runs(self, *arguments, **keywords):
        return ()

    def search_artifacts(self, *arguments, **keywords):
        return ()

    def get_run_snapshot(self, run_id):
        from contexta.errors import RunNotFoundError
        from contexta.spi.querying import RunSnapshot

        run = self.repository.get_run(run_id)
        if run is None:
            raise RunNotFoundError(f"there is no run {run_id}")
        return RunSnapshot(run=run)

    def get_artifact_origin(self, artifact_ref):
        return None

    def list_deployments(self, project_name=None, run_id=None):
        return tuple(self.repository.list_deployments(project_name, run_id))

    def list_batches(self, run_id, stage_id=None):
        return tuple(self.repository.list_batches(run_id, stage_id))

    def list_samples(self, run_id, stage_id=None, batch_id=None):
        return tuple(self.repository.list_samples(run_id, stage_id, batch_id))


interpreter = partial(breaks, "InterpreterContract")


@interpreter("test_it_has_the_methods_of_its_service", "a plugin that replaces one has these methods")
class LacksAMethod:
    def __init__(self, repository):
        self.repository = repository

    def list_projects(self):
        return ()


@interpreter("test_it_answers_the_same_each_time", "return the runs that match, in the query's order")
class AnswersAnotherTime(PlainQuery):
    def list_runs(self, project_name=None, *, query=None):
        runs = super().list_runs(project_name)
        return runs[::-1] if next(_counter) % 2 else runs


@interpreter(
    "test_an_unknown_run_is_a_typed_error", "RunNotFoundError: a question about a run that does not exist"
)
class InventsRuns(PlainQuery):
    def get_run_snapshot(self, run_id):
        try:
            return super().get_run_snapshot(run_id)
        except NotFoundError:
            from contexta.spi.querying import RunSnapshot

            run = self.repository.list_runs()[0]
            return RunSnapshot(run=replace(run, run_id=run_id))


@interpreter("test_twelve_methods_suffice", "what an interpretation service can count on")
class NeedsBulkQueries(PlainQuery):
    def list_runs(self, project_name=None, *, query=None):
        from contexta.spi.querying import RunListQuery

        return tuple(self.repository.find_runs(query or RunListQuery(project_name=project_name)))


surface = partial(breaks, "SurfaceContract")


@surface("test_it_answers_an_exit_code", "a function from arguments to an exit code")
def answers_text(arguments):
    return "done"


@surface("test_help_is_no_error", "0 where it did what was asked, help included")
def fails_at_help(arguments):
    return 1


@surface("test_an_unknown_argument_is_refused", "another number otherwise; it does not raise")
def takes_anything(arguments):
    return 0


@surface("test_an_unknown_argument_is_told", "what is wrong is told on stderr")
def refuses_silently(arguments):
    return 0 if "--help" in arguments else 2
