"""The identity of a run: new, joined, resumed or inherited.

Without an explicit id a run is always new: its reference is the slug of its name, and where that is taken, the slug
with a suffix that sorts by time.  An explicit id that exists is joined while the run is open (so the ranks of one
distributed job share it) and resumed when it is closed.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, NamedTuple

from contexta.config.problems import shown
from contexta.contract.refs import StableRef
from contexta.contract.text import slug
from contexta.errors import LifecycleError
from contexta.runtime.participation import next_attempt
from contexta.spi.metadata import EntityKind, EntityQuery

if TYPE_CHECKING:
    from contexta.runtime.inheritance import Announcement
    from contexta.spi.metadata import MetadataBackend

__all__ = ["RunIdentity", "identify_run", "require_undeleted"]

#: 32 characters that are hard to mistake for one another.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"

#: Longest slug before a suffix, so that the whole stays within a component's 63 characters.
_LONGEST_STEM = 42


class RunIdentity(NamedTuple):
    """Which run a scope stands for.

    Args:
        ref: Reference of the run.
        is_new: Whether this process has just claimed it.
        inherited: Whether it belongs to a parent process.
        attempt: The attempt that a participation belongs to; a resumed run's is one more than the last.
    """

    ref: str
    is_new: bool = True
    inherited: bool = False
    attempt: int = 1


def identify_run(
    backend: MetadataBackend, project: str, name: str, run_id: str | None, inherited: Announcement | None
) -> RunIdentity:
    """Decide which run is meant, and claim it if it is new.

    Args:
        backend: The metadata store.
        project: The project's component.
        name: The run's name.
        run_id: The explicit id, or a full reference; None for a new run.
        inherited: The run that a parent process has announced, or None.

    Raises:
        LifecycleError: The explicit reference is of another project, or of a run that was deleted.
    """
    if run_id is None:
        stem = slug(name)
        ref = _run_ref(project, stem)
        if inherited is not None and slug(inherited.name) == stem:
            # A child that opens the parent's run by name takes part in it: the usual shape of a launcher's ranks.
            return RunIdentity(inherited.run, is_new=False, inherited=True)
        while not backend.claim_run(ref):
            ref = _run_ref(project, f"{stem[:_LONGEST_STEM].rstrip('-')}-{_suffix()}")
        return RunIdentity(ref)
    ref = _explicit_ref(project, run_id)
    if inherited is not None and inherited.run == ref:
        return RunIdentity(ref, is_new=False, inherited=True)
    if backend.claim_run(ref):
        return RunIdentity(ref)
    known = backend.get(EntityKind.RUN, ref)
    if known is None:
        require_undeleted(backend, ref)
    # Claimed, but never written: whoever claimed it was killed in between, or is about to write the same.
    return RunIdentity(ref, is_new=known is None, attempt=next_attempt(known))


def require_undeleted(backend: MetadataBackend, run_ref: str) -> None:
    """Refuse the reference of a deleted run: what is written to it would never be seen.

    Raises:
        LifecycleError: The run was deleted (``runtime_run_deleted``).
    """
    if backend.find(EntityQuery(EntityKind.RUN, refs=(run_ref,), order_by="ref", deleted=True)):
        raise LifecycleError(
            f"{run_ref} was deleted, and the id of a deleted run is never used again; give another run_id",
            code="runtime_run_deleted",
            details={"run_ref": run_ref},
        )


def _run_ref(project: str, component: str) -> str:
    return str(StableRef.run(project, component))


def _explicit_ref(project: str, run_id: str) -> str:
    if not isinstance(run_id, str) or not run_id.strip():
        raise LifecycleError(
            f"run_id must be text that is not blank, not {shown(run_id)}", code="runtime_invalid_value"
        )
    if not run_id.startswith("run:"):
        return _run_ref(project, slug(run_id))
    ref = StableRef.parse(run_id)
    if ref.components[0] != project:
        raise LifecycleError(
            f"run_id {run_id!r} is of project {ref.components[0]!r}; this session writes project {project!r}",
            code="runtime_ref_mismatch",
        )
    return str(ref)


def _suffix() -> str:
    """Return a suffix that sorts by time: date and time, and four characters against the same second."""
    moment = time.strftime("%Y%m%d%H%M%S", time.gmtime())
    return f"{moment}-{''.join(_ALPHABET[byte % len(_ALPHABET)] for byte in os.urandom(4))}"
