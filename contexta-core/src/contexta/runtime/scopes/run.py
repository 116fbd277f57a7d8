"""The run: what everything else belongs to."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, Any

from contexta.contract.frozen_mapping import FrozenMapping
from contexta.contract.text import slug
from contexta.errors import LifecycleError
from contexta.runtime.identity import require_undeleted
from contexta.runtime.inheritance import Announcer
from contexta.runtime.parameters import flatten_parameters
from contexta.runtime.scopes.base import BaseScope
from contexta.spi.metadata import EntityKind, Mutation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.runtime.identity import RunIdentity
    from contexta.runtime.run_details import RunDetails
    from contexta.runtime.scopes.stage import StageScope
    from contexta.runtime.session import RuntimeSession

__all__ = ["RunScope"]


class RunScope(BaseScope):
    """One run; made by :meth:`contexta.Contexta.run`.

    Args:
        session: The session that it belongs to.
        name: The name for people.
        identity: Its reference, and whether it is new, joined, resumed or inherited.
        details: What the caller says of it.
    """

    scope_kind = "run"
    entity_kind = EntityKind.RUN

    def __init__(
        self, session: RuntimeSession, name: str, identity: RunIdentity, details: RunDetails
    ) -> None:
        super().__init__(session, identity.ref, name, None, {"run": identity.ref})
        self.attempt = identity.attempt
        self._identity = identity
        self._details = details
        self._parameters: dict[str, Any] = {}
        # Counters, not numbers: several threads may open stages of one run at once.
        self._stage_numbers = itertools.count()
        self._announcer: Announcer | None = None
        self._surroundings: Any = None

    @property
    def run_id(self) -> str:
        """The last component of the reference; short form for queries within one project."""
        return self._ref.rpartition(".")[2]

    @property
    def is_inherited(self) -> bool:
        """Whether the run belongs to a parent process; closing it here does not close it there."""
        return self._identity.inherited or self._pid != os.getpid()

    @property
    def code_revision(self) -> str | None:
        """The revision that the caller gave."""
        return self._details.code_revision

    @property
    def config_snapshot(self) -> Mapping[str, Any]:
        """The configuration that the caller gave."""
        return FrozenMapping.of(self._details.config_snapshot)

    @property
    def config_snapshot_ref(self) -> str:
        """Reference under which the run's configuration is kept: its environment."""
        return self.environment_ref

    @property
    def environment_ref(self) -> str:
        """Reference of what this process knows of the run's surroundings."""
        value = self._ref.partition(":")[2]
        owned = self._identity.is_new or self._identity.inherited
        return f"environment:{value}.runtime" + ("" if owned else f"-{slug(self._participation)}")

    @property
    def dataset_ref(self) -> str | None:
        """Reference of the primary dataset."""
        return self._details.dataset_ref

    @property
    def tags(self) -> Mapping[str, str]:
        """The tags that the run was opened with."""
        return FrozenMapping.of(self._details.tags)

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The metadata that the run was opened with."""
        return FrozenMapping.of(self._details.metadata)

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters that this process has given, flattened to dotted keys."""
        return FrozenMapping(self._parameters)

    def open(self) -> None:
        """Write the run and make it the active scope; the session calls this once."""
        if self._identity.inherited:
            self._session.active.enter(self)
            return
        session, details = self._session, self._details
        redact = session.redactor.mapping
        self._parameters = redact(flatten_parameters(details.config_snapshot or {}))
        fields: dict[str, Any] = {
            "project_ref": session.project_ref,
            "project_name": session.project_name,
            "run_id": self.run_id,
            "name": self._name,
            "created_at": self._started_at,
            "participants": self._participants(),
            "tags": redact(dict(details.tags)) or None,
            "metadata": redact(dict(details.metadata)) or None,
            "parameters": self._parameters or None,
            "dataset_ref": details.dataset_ref and self.redacted(details.dataset_ref),
            "code_revision": details.code_revision and self.redacted(details.code_revision),
        }
        if not self._identity.is_new:
            # A name is the first opener's; whoever joins or resumes does not rename.
            fields.pop("name")
        project = Mutation(
            EntityKind.PROJECT,
            session.project_ref,
            {"name": session.project_name, "created_at": self._started_at},
        )
        from contexta.runtime.surroundings import Surroundings

        self._surroundings = Surroundings(session, self)
        self._opened([project, self._mutation(**fields), *self._surroundings.known()])
        if not self._identity.is_new:
            self._require_undeleted()
        self._announcer = Announcer(self._ref, self._name, session.workspace)
        self._surroundings.start()

    def _require_undeleted(self) -> None:
        """End at once where somebody deleted the run while this process joined it."""
        try:
            require_undeleted(self._session.metadata, self._ref)
        except LifecycleError:
            self._session.active.leave(self)
            raise

    def params(self, parameters: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Set parameters of the run; a nested mapping is flattened to dotted keys.

        Args:
            parameters: Names to JSON-safe values.
            **named: The same, as keywords.

        Raises:
            ValidationError: A name or value is not JSON-safe.
            ClosedScopeError: The run is closed.
        """
        self._require_open()
        flat = flatten_parameters({} if parameters is None else parameters) | flatten_parameters(named)
        if flat:
            flat = self._session.redactor.mapping(flat)
            self._session.metadata.apply([self._mutation(parameters=flat)])
            self._parameters = self._parameters | flat

    def stage(
        self, name: str, *, stage_ref: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> StageScope:
        """Open a stage of the run.

        Args:
            name: The name; its slug is the last component of the reference.
            stage_ref: The reference, where the caller wants to be sure of it; it must be the derived one.
            metadata: JSON-safe data.

        Raises:
            LifecycleError: Another stage of the run is active here.
            ClosedScopeError: The run is closed.
        """
        from contexta.runtime.scopes.stage import StageScope

        self._require_open()
        active = self._session.active.find(StageScope)
        if active is not None and active.run_scope is self:
            raise LifecycleError(
                f"stage {active.name!r} is still open; close it before opening stage {name!r}",
                code="runtime_stage_already_open",
                details={"active_stage_ref": active.ref},
            )
        scope = StageScope(self._session, self, name, next(self._stage_numbers), metadata)
        scope.require_ref(stage_ref)
        scope.open()
        return scope

    def close(self, *, status: str = "completed") -> None:
        """Close the run together with what is still open inside; see :meth:`BaseScope.close`.

        Args:
            status: ``"completed"``, ``"failed"`` or ``"cancelled"``.
        """
        super().close(status=status)
        if self._session.observer is not None:
            self._session.observer.run_finished(self)

    def _closing(self) -> list[Mutation]:
        if self.is_inherited:
            return []
        if self._announcer is not None:
            self._announcer.withdraw()
        if self._surroundings is not None:
            self._surroundings.finish()
        return super()._closing()
