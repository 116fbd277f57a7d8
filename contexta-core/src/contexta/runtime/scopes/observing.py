"""What stages and batches share: operations and samples inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.errors import LifecycleError
from contexta.runtime.scopes.owned import OwnedScope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.runtime.scopes.operation import OperationScope
    from contexta.runtime.scopes.sample import SampleScope

__all__ = ["ObservingScope"]


class ObservingScope(OwnedScope):
    """A stage or a batch."""

    def operation(
        self, name: str, *, operation_ref: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> OperationScope:
        """Open an operation.

        Args:
            name: The name; its slug is the last component of the reference.
            operation_ref: The reference, where the caller wants to be sure of it; it must be the derived one.
            metadata: JSON-safe data.

        Raises:
            LifecycleError: Another operation or a sample is active here.
            ClosedScopeError: The scope is closed.
        """
        from contexta.runtime.scopes.operation import OperationScope

        self._require_free("operation", name)
        scope = OperationScope(self._session, self, name, metadata)
        scope.require_ref(operation_ref)
        scope.open()
        return scope

    def sample(
        self,
        name: str,
        *,
        sample_ref: str | None = None,
        retention_class: str | None = None,
        redaction_profile: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> SampleScope:
        """Open a sample.

        Args:
            name: The name; its slug is the last component of the reference.
            sample_ref: The reference, where the caller wants to be sure of it; it must be the derived one.
            retention_class: How long it is to be kept, in the caller's words.
            redaction_profile: How it is to be redacted, in the caller's words.
            metadata: JSON-safe data.

        Raises:
            LifecycleError: Another sample or an operation is active here.
            ClosedScopeError: The scope is closed.
        """
        from contexta.runtime.scopes.sample import SampleScope

        self._require_free("sample", name)
        scope = SampleScope(self._session, self, name, retention_class, redaction_profile, metadata)
        scope.require_ref(sample_ref)
        scope.open()
        return scope

    def _require_free(self, kind: str, name: str) -> None:
        """Refuse a scope inside this one while another is active here.

        One thread or task does one thing at a time; another thread or task has its own active scope.
        """
        self._require_open()
        active = self._session.active.get()
        inside = active
        while inside is not None and inside.parent is not self:
            inside = inside.parent
        if inside is None:
            return
        code = f"runtime_{kind}_already_open"
        if inside.scope_kind != kind:
            code = f"runtime_{kind}_blocked_by_{inside.scope_kind}"
        raise LifecycleError(
            f"{inside.scope_kind} {inside.name!r} is still open; close it before opening {kind} {name!r}",
            code=code,
            details={"active_ref": inside.ref},
        )

    def entity_refs(self) -> dict[str, str | None]:
        """Return the references that everything inside this scope carries in the metadata plane."""
        refs = self.context.refs
        return {"run_ref": refs["run"], "stage_ref": refs["stage"], "batch_ref": refs.get("batch")}
