"""The contract of interpretation services."""

from __future__ import annotations

import threading
from operator import methodcaller
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from contexta.config.models import InterpretationConfig
from contexta.errors import ContextaError, NotFoundError
from contexta.spi import interpreters
from contexta.spi.context import InterpretationContext
from contexta.testing.contracts.contract import Contract
from contexta.testing.twelve_methods import TwelveMethods, WithoutQuickPaths
from contexta.testing.workspaces import EXAMPLE_RUNS, open_plain_workspace, record_example_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from contexta.spi.repository import CompositeRepository

__all__ = ["InterpreterContract"]

_WELL, _FAILED, _EMPTY, _SECOND = EXAMPLE_RUNS

#: For each service of the kernel's interface: questions that any of them can be asked.
_QUESTIONS: dict[str, dict[str, Callable[[Any], Any]]] = {
    "query": {
        "projects": lambda service: service.list_projects(),
        "runs": lambda service: service.list_runs(),
        "runs of a project": lambda service: service.list_runs("default"),
        "snapshot": lambda service: service.get_run_snapshot(_WELL).run,
        "batches": lambda service: service.list_batches(_WELL),
        "deployments": lambda service: service.list_deployments(),
        "samples": lambda service: service.list_samples(_WELL),
    },
    "compare": {
        "two runs": lambda service: service.compare_runs(_WELL, _SECOND),
        "several runs": lambda service: service.compare_multiple_runs([_WELL, _FAILED, _SECOND]),
        "the best": lambda service: service.select_best_run([_WELL, _SECOND], "loss", higher_is_better=False),
    },
    "trend": {
        "a metric": lambda service: service.get_metric_trend("loss"),
        "its steps": lambda service: service.get_step_series(_WELL, "loss"),
        "a stage": lambda service: service.get_stage_duration_trend("train"),
        "artifacts": lambda service: service.get_artifact_size_trend("model"),
    },
    "diagnostics": {name: methodcaller("diagnose_run", name) for name in EXAMPLE_RUNS},
    "lineage": {"a run": lambda service: service.traverse_lineage(_WELL)},
    "provenance": {
        "origin": lambda service: service.get_provenance(_WELL),
        "environments": lambda service: service.compare_environments(_WELL, _SECOND),
    },
}
#: Questions about a run that does not exist.
_UNKNOWN: dict[str, Callable[[Any], Any]] = {
    "query": lambda service: service.get_run_snapshot("run:default.none"),
    "compare": lambda service: service.compare_runs(_WELL, "run:default.none"),
    "trend": lambda service: service.get_step_series("run:default.none", "loss"),
    "diagnostics": lambda service: service.diagnose_run("run:default.none"),
    "provenance": lambda service: service.audit_reproducibility("run:default.none"),
}


class InterpreterContract(Contract, contract=True):
    """What an interpretation service promises (``contexta.spi.interpreters``).

    ::

        class TestMyCompare(InterpreterContract):
            word = "compare"

            def open_service(self, context):
                return MyCompare(context.repository, context.policies.comparison)
    """

    required: ClassVar[tuple[str, ...]] = ("word", "open_service")

    #: The service's word in the configuration; every subclass gives this.
    word: ClassVar[str] = ""

    def open_service(self, context: InterpretationContext) -> Any:
        """Build the service that is tested; every subclass gives this."""
        raise AssertionError(context)  # never called: a subclass without it cannot be defined

    def other_service(self, word: str) -> Any:
        """Return another service that this one asks for; by default what is installed under its word."""
        from contexta.plugins import default_host

        context = InterpretationContext(
            self._asked_repository, InterpretationConfig(), self.other_service, default_host()
        )
        return default_host().open("interpreter", word, context, required_by="the contract of interpreters")

    def questions(self) -> Mapping[str, Callable[[Any], Any]]:
        """Return questions about the example runs, by name; a service of another word gives its own."""
        return _QUESTIONS.get(self.word, {})

    @pytest.fixture
    def repository(self, tmp_path: Path) -> Iterator[CompositeRepository]:
        """Give the read model of a workspace with the example runs."""
        with open_plain_workspace(tmp_path / "workspace") as ctx:
            record_example_runs(ctx)
            yield ctx.repository

    def _service(self, repository: CompositeRepository) -> Any:
        from contexta.plugins import default_host

        self._asked_repository = repository
        context = InterpretationContext(
            repository, InterpretationConfig(), self.other_service, default_host()
        )
        return self.open_service(context)

    def test_it_has_the_methods_of_its_service(self, repository: CompositeRepository) -> None:
        """A service of one of the kernel's words has all methods of its interface."""
        protocol = getattr(interpreters, f"{self.word.capitalize()}Interpreter", None)
        service = self._service(repository)
        assert protocol is None or isinstance(service, protocol)

    def test_it_answers_the_same_each_time(self, repository: CompositeRepository) -> None:
        """Asked again it answers the same, and another one built anew does so too."""
        service = self._service(repository)
        assert self.questions(), f"give questions() for the service {self.word!r}"
        for name, question in self.questions().items():
            answer = question(service)
            assert answer == question(service) == question(self._service(repository)), name

    def test_an_unknown_run_is_a_typed_error(self, repository: CompositeRepository) -> None:
        """A question about a run that does not exist is a NotFoundError."""
        question = _UNKNOWN.get(self.word)
        if question is not None:
            with pytest.raises(NotFoundError):
                question(self._service(repository))

    def test_twelve_methods_suffice(self, repository: CompositeRepository) -> None:
        """Over a read model that has the twelve methods and nothing else it answers."""
        for question in self.questions().values():
            question(self._service(TwelveMethods(repository)))

    def test_quick_paths_change_no_answer(self, repository: CompositeRepository) -> None:
        """Over a read model without the paths that are only quicker it gives the same answers."""
        plain = WithoutQuickPaths(repository)
        for name, question in self.questions().items():
            assert question(self._service(repository)) == question(self._service(plain)), name

    def test_threads_share_it(self, repository: CompositeRepository) -> None:
        """Asked by several threads at once it answers each as it answers one."""
        service = self._service(repository)
        expected = {name: question(service) for name, question in self.questions().items()}
        found: list[object] = []

        def work() -> None:
            try:
                found.append({name: question(service) for name, question in self.questions().items()})
            except ContextaError as error:
                found.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [expected] * 4 == found

    def test_it_changes_nothing(self, repository: CompositeRepository) -> None:
        """The runs and their records are the same afterwards."""
        before = [(repository.list_runs(), [*repository.list_records(run_id=run)]) for run in EXAMPLE_RUNS]
        for question in self.questions().values():
            question(self._service(repository))
        after = [(repository.list_runs(), [*repository.list_records(run_id=run)]) for run in EXAMPLE_RUNS]
        assert before == after
