"""Retention: which artifacts are kept, which are to be looked at, and which are let go of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from contexta.errors import ContextaError, PluginNotUsableError, ValidationError
from contexta.spi.artifacts import ArtifactBackend, SupportsGarbageCollection, SupportsUnbinding
from contexta.store.face import StoreFace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from contexta.spi.artifacts import BoundArtifact
    from contexta.store.artifacts.store import ArtifactStore

__all__ = [
    "Retaining",
    "RetentionAction",
    "RetentionCandidate",
    "RetentionPlan",
    "RetentionResult",
    "RetentionRule",
    "apply_retention",
    "plan_retention",
    "preview_retention",
]


class RetentionAction(StrEnum):
    """What happens to an artifact."""

    #: It stays.
    KEEP = "keep"
    #: Nothing says that it stays, and no rule says that it goes: somebody should look.
    REVIEW = "review"
    #: It is let go of when the plan is applied.
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """Which artifacts go: those for which everything that is set here holds.

    Args:
        kinds: Only of these kinds; of any when empty.
        older_than_days: Only bound longer ago than this.
        keep_latest: Not the newest so many of each kind in each project.

    Raises:
        ValidationError: It would let everything go, or a number is negative (``artifact_invalid_retention_rule``).
    """

    kinds: tuple[str, ...] = ()
    older_than_days: float | None = None
    keep_latest: int | None = None

    def __post_init__(self) -> None:
        limits = [limit for limit in (self.older_than_days, self.keep_latest) if limit is not None]
        if not limits or any(limit < 0 for limit in limits):
            raise ValidationError(
                "a retention rule needs older_than_days or keep_latest, and neither may be negative",
                code="artifact_invalid_retention_rule",
            )


@dataclass(frozen=True, slots=True)
class RetentionCandidate:
    """One artifact of a plan.

    Args:
        artifact_ref: The artifact.
        action: What happens to it.
        reason: Why, in words.
        freed_bytes: Bytes that are free when it goes; content that several of the plan share counts once.
        digest: The content that it had when it was planned.
    """

    artifact_ref: str
    action: RetentionAction
    reason: str
    freed_bytes: int = 0
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """What happens to the artifacts of a store.

    Args:
        keep: Those that stay.
        review: Those that somebody should look at.
        remove: Those that go when the plan is applied.
    """

    keep: tuple[RetentionCandidate, ...] = ()
    review: tuple[RetentionCandidate, ...] = ()
    remove: tuple[RetentionCandidate, ...] = ()

    @property
    def freed_bytes(self) -> int:
        """Bytes that are free when the plan is applied."""
        return sum(each.freed_bytes for each in self.remove)


@dataclass(frozen=True, slots=True)
class RetentionResult:
    """What was let go of.

    Args:
        artifact_refs: The artifacts.
        freed_bytes: Bytes that are free now.
        notes: What is left to do, in words.
    """

    artifact_refs: tuple[str, ...] = ()
    freed_bytes: int = 0
    notes: tuple[str, ...] = ()


class Retaining(StoreFace[ArtifactBackend]):
    """Retention with plan, preview and apply."""

    def plan_retention(
        self,
        refs_to_keep: Iterable[str] | None = None,
        *,
        rule: RetentionRule | None = None,
        now: datetime | None = None,
    ) -> RetentionPlan:
        """Plan which artifacts stay; nothing is changed.

        Args:
            refs_to_keep: Artifacts that stay, whatever the rule says; all of them when None and there is no rule.
            rule: Which of the others go; none when None, they are only listed for review.
            now: What ages are counted from; the current time when None.
        """
        bound = self._backend.list_artifacts()
        named = None if refs_to_keep is None else {str(ref) for ref in refs_to_keep}
        going = {} if rule is None else _going(bound, rule, now or datetime.now(UTC))
        rest = RetentionAction.KEEP if named is None else RetentionAction.REVIEW
        candidates = []
        for each in bound:
            ref = each.artifact_ref
            digest = None if each.content is None else each.content.digest
            if named is not None and ref in named:
                candidates.append(RetentionCandidate(ref, RetentionAction.KEEP, "it was named", 0, digest))
            elif each.content is None:
                candidates.append(
                    RetentionCandidate(ref, RetentionAction.KEEP, "its content has not come yet")
                )
            elif ref in going:
                candidates.append(RetentionCandidate(ref, RetentionAction.REMOVE, going[ref], 0, digest))
            else:
                reason = "no rule lets it go" if rest is RetentionAction.KEEP else "it was not named"
                candidates.append(RetentionCandidate(ref, rest, reason, 0, digest))
        return self._measured(candidates)

    def preview_retention(self, plan: RetentionPlan) -> tuple[str, ...]:
        """Say in words what a plan would do, a line for each artifact that goes behind one that counts them."""
        first = f"{len(plan.remove)} go, {len(plan.review)} to review, {len(plan.keep)} stay; {plan.freed_bytes} bytes"
        return (first, *(f"remove: {each.artifact_ref} ({each.reason})" for each in plan.remove))

    def apply_retention(self, plan: RetentionPlan) -> RetentionResult:
        """Let go of the artifacts that a plan removes, all in one step, and free their bytes.

        One that has other content than when it was planned, or is gone, is passed over.

        Raises:
            PluginNotUsableError: The store cannot let go of artifacts (``artifact_unbinding_unsupported``).
            ReadOnlyStoreError: The store is open for reading.
            StorageFullError: There is no space; all stay.
        """
        backend = self._backend
        if not isinstance(backend, SupportsUnbinding):
            raise PluginNotUsableError(
                "this artifact store cannot let go of artifacts", code="artifact_unbinding_unsupported"
            )
        refs = [each.artifact_ref for each in plan.remove if self._is_as_planned(each)]
        freed = sum(backend.artifact_bytes(refs).values())
        backend.unbind(refs)
        notes: list[str] = []
        if refs and isinstance(backend, SupportsGarbageCollection):
            try:
                backend.collect_garbage()
            except ContextaError as error:
                notes.append(f"the bodies wait for the next garbage collection: {error.message}")
                freed = 0
        return RetentionResult(tuple(refs), freed, tuple(notes))

    def _is_as_planned(self, candidate: RetentionCandidate) -> bool:
        bound = self._backend.find(candidate.artifact_ref)
        return bound is not None and bound.content is not None and bound.content.digest == candidate.digest

    def _measured(self, candidates: Sequence[RetentionCandidate]) -> RetentionPlan:
        from dataclasses import replace

        by_action = {
            action: [each for each in candidates if each.action is action] for action in RetentionAction
        }
        removed = by_action[RetentionAction.REMOVE]
        backend = self._backend
        if removed and isinstance(backend, SupportsUnbinding):
            sizes = backend.artifact_bytes([each.artifact_ref for each in removed])
            removed = [replace(each, freed_bytes=sizes.get(each.artifact_ref, 0)) for each in removed]
        return RetentionPlan(
            tuple(by_action[RetentionAction.KEEP]),
            tuple(by_action[RetentionAction.REVIEW]),
            tuple(removed),
        )


def _going(bound: Sequence[BoundArtifact], rule: RetentionRule, now: datetime) -> dict[str, str]:
    """Return the references of artifacts that go under a rule, each with the reason."""
    newer: dict[tuple[str, str], int] = {}
    going = {}
    for each in reversed(bound):
        kind = str(each.manifest.get("artifact_kind", ""))
        if each.content is None or (rule.kinds and kind not in rule.kinds):
            continue
        group = (each.artifact_ref.partition(":")[2].partition(".")[0], kind)
        newer[group] = newer.get(group, 0) + 1
        if rule.keep_latest is not None and newer[group] <= rule.keep_latest:
            continue
        age = now - datetime.fromisoformat(each.bound_at)
        if rule.older_than_days is not None and age <= timedelta(days=rule.older_than_days):
            continue
        going[each.artifact_ref] = _reason(rule, kind, age)
    return going


def _reason(rule: RetentionRule, kind: str, age: timedelta) -> str:
    parts = []
    if rule.older_than_days is not None:
        parts.append(f"{age.total_seconds() / 86_400:.1f} days old")
    if rule.keep_latest is not None:
        parts.append(f"not among the newest {rule.keep_latest} of kind {kind!r}")
    return " and ".join(parts)


def plan_retention(
    store: ArtifactStore,
    refs_to_keep: Iterable[str] | None = None,
    *,
    rule: RetentionRule | None = None,
    now: datetime | None = None,
) -> RetentionPlan:
    """Plan which artifacts stay; see :meth:`ArtifactStore.plan_retention`."""
    return store.plan_retention(refs_to_keep, rule=rule, now=now)


def preview_retention(store: ArtifactStore, plan: RetentionPlan) -> tuple[str, ...]:
    """Say in words what a plan would do."""
    return store.preview_retention(plan)


def apply_retention(store: ArtifactStore, plan: RetentionPlan) -> RetentionResult:
    """Let go of the artifacts that a plan removes, and free their bytes."""
    return store.apply_retention(plan)
