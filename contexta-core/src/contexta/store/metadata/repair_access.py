"""The repairs as methods of the metadata store, whatever backend keeps it."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contexta.spi.metadata import MetadataBackend
    from contexta.spi.repair import RepairOutcome
    from contexta.store.integrity import IntegrityReport
    from contexta.store.metadata.repair import RepairPlan, RepairPreview, RepairResult

__all__ = ["RepairAccess"]


class RepairAccess:
    """Gives the metadata store its repairs."""

    @property
    @abstractmethod
    def _entities(self) -> MetadataBackend:
        """The backend."""

    @abstractmethod
    def check_integrity(self, *, full: bool = True) -> IntegrityReport:
        """Look for damage."""

    def plan_repairs(self, report: IntegrityReport | None = None) -> RepairPlan:
        """Return what can be done about what a check found.

        Args:
            report: The report; a full check is made when None.
        """
        from contexta.spi.repair import SupportsRepairs
        from contexta.store.metadata.orphans import orphan_candidates
        from contexta.store.metadata.repair import plan_of

        found = self.check_integrity() if report is None else report
        backend: Any = self._entities
        own = backend.repair_candidates(found.issues) if isinstance(backend, SupportsRepairs) else ()
        return plan_of([*own, *orphan_candidates(found.issues)], ok=found.ok)

    def preview_repairs(self, plan: RepairPlan | None = None) -> RepairPreview:
        """Return a plan in words.

        Args:
            plan: The plan; one is made when None.
        """
        from contexta.store.metadata.repair import preview_of

        return preview_of(self.plan_repairs() if plan is None else plan)

    def apply_repairs(self, plan: RepairPlan | None = None) -> RepairResult:
        """Do what a plan says, but for what it leaves to people; nothing is deleted.

        What is taken out of use is moved to ``quarantine/`` below the root of the plane.  Others may read and write
        meanwhile.  Doing it twice is harmless, and so is a crash in the middle.

        Args:
            plan: The plan; one is made when None.

        Raises:
            ReadOnlyStoreError: The store is open for reading.
            StorageFullError: There is no space; what was not done can be done later.
        """
        from contexta.spi.repair import RepairOutcome, SupportsRepairs
        from contexta.store.metadata.orphans import restore_orphans
        from contexta.store.metadata.repair import RepairResult

        chosen = self.plan_repairs() if plan is None else plan
        automatic = [each for each in chosen.candidates if each.is_automatic]
        outcomes: list[RepairOutcome] = []
        backend: Any = self._entities
        if automatic and isinstance(backend, SupportsRepairs):
            outcomes += backend.repair(automatic)
        outcomes += restore_orphans(self._entities, automatic)
        outcomes += [
            RepairOutcome(each, "skipped", "left to people")
            for each in chosen.candidates
            if not each.is_automatic
        ]
        return RepairResult(chosen, tuple(outcomes), self.check_integrity())
