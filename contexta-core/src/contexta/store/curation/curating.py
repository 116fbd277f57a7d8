"""The curation methods of the facade."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from contexta.spi.views import RunRecord
    from contexta.store.curation.curator import RunCurator
    from contexta.store.curation.deletion import RunDeletionPlan, RunDeletionResult
    from contexta.store.workspace import WorkspaceStores

__all__ = ["Curating"]


class Curating(ABC):
    """What people do with runs afterwards; other processes may write the same runs meanwhile.

    A run is named as in every question: by its reference, by ``project.run``, or by its last component where that is
    unique in the workspace.
    """

    _stores: WorkspaceStores

    @property
    @abstractmethod
    def _curator(self) -> RunCurator:
        """Changes what is said of runs."""

    @abstractmethod
    def _run_ref(self, run: Any) -> str:
        """Return the reference of the run that is meant.

        Raises:
            RunNotFoundError: There is none.
        """

    @abstractmethod
    def _run_record(self, run_ref: str) -> RunRecord:
        """Return a run as it is now."""

    def tag_run(self, run: Any, tags: Mapping[str, str]) -> RunRecord:
        """Set tags of a run; its other tags stay.

        Args:
            run: The run.
            tags: Names to texts.

        Returns:
            The run as it is now.

        Raises:
            RunNotFoundError: There is no such run.
            ValidationError: A name or value is not text (``curation_invalid_tag``).
        """
        run_ref = self._run_ref(run)
        self._curator.tag(run_ref, tags)
        return self._run_record(run_ref)

    def untag_run(self, run: Any, *names: str) -> RunRecord:
        """Remove tags of a run.

        Args:
            run: The run.
            *names: Names of tags.

        Returns:
            The run as it is now.

        Raises:
            RunNotFoundError: There is no such run.
            NotFoundError: It has no such tag (``run_tag_not_found``); nothing was removed.
        """
        run_ref = self._run_ref(run)
        self._curator.untag(run_ref, *names)
        return self._run_record(run_ref)

    def annotate_run(self, run: Any, text: str, *, author: str | None = None) -> RunRecord:
        """Append a dated note to a run; notes are never changed.

        Args:
            run: The run.
            text: The note.
            author: Who wrote it; the user of this process when None.

        Returns:
            The run as it is now; ``notes`` has all of them, the oldest first.

        Raises:
            RunNotFoundError: There is no such run.
            ValidationError: The note is blank or too long (``curation_invalid_note``).
        """
        run_ref = self._run_ref(run)
        self._curator.annotate(run_ref, text, author=author)
        return self._run_record(run_ref)

    def rename_run(self, run: Any, name: str) -> RunRecord:
        """Give a run another name for people; its reference stays.

        Args:
            run: The run.
            name: The name.

        Returns:
            The run as it is now.

        Raises:
            RunNotFoundError: There is no such run.
            ValidationError: The name is blank or too long (``curation_invalid_name``).
        """
        run_ref = self._run_ref(run)
        self._curator.rename(run_ref, name)
        return self._run_record(run_ref)

    def archive_run(self, run: Any) -> RunRecord:
        """Leave a run out of lists unless they ask for it; nothing of it is removed.

        Args:
            run: The run.

        Returns:
            The run as it is now.

        Raises:
            RunNotFoundError: There is no such run.
        """
        run_ref = self._run_ref(run)
        self._curator.archive(run_ref)
        return self._run_record(run_ref)

    def unarchive_run(self, run: Any) -> RunRecord:
        """List an archived run again.

        Args:
            run: The run.

        Returns:
            The run as it is now.

        Raises:
            RunNotFoundError: There is no such run.
        """
        run_ref = self._run_ref(run)
        self._curator.unarchive(run_ref)
        return self._run_record(run_ref)

    def plan_run_deletion(self, runs: Any | Iterable[Any]) -> RunDeletionPlan:
        """Tell what deleting runs would take away; nothing is changed.

        Args:
            runs: The runs, or one; also those whose deletion was cut off.

        Raises:
            RunNotFoundError: There is no such run.
            PluginNotUsableError: A store of the workspace cannot delete (``deletion_unsupported``).
        """
        from contexta.spi.identifiers import run_id_texts
        from contexta.store.curation.planning import plan_run_deletion

        several = runs if isinstance(runs, (list, tuple, set, frozenset)) else [runs]
        refs = [self._deletable_ref(text) for text in run_id_texts(several)]
        return plan_run_deletion(self._stores, refs)

    def delete_runs(self, plan: RunDeletionPlan) -> RunDeletionResult:
        """Delete the runs of a plan with everything in them, for good.

        They are gone for every reader at once.  Content that other runs have as well stays.  A deletion that is cut
        off, by ``kill -9`` for instance, is finished by planning and deleting the same runs again.

        Args:
            plan: What :meth:`plan_run_deletion` returned.

        Raises:
            LifecycleError: A run is live (``run_is_live``); nothing was changed.
            PluginNotUsableError: A store of the workspace cannot delete (``deletion_unsupported``).
            ReadOnlyStoreError: A store is open for reading; nothing was changed.
        """
        from contexta.store.curation.deleting import delete_runs

        return delete_runs(self._stores, plan)

    def _deletable_ref(self, run: str) -> str:
        """Return the reference of a run, also of one whose deletion was cut off."""
        from contexta.errors import RunNotFoundError

        try:
            return self._run_ref(run)
        except RunNotFoundError:
            from contexta.store.curation.belongings import unfinished_run

            found = unfinished_run(self._stores.metadata, run)
            if found is None:
                raise
            return found
