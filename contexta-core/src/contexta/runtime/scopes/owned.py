"""Scopes inside a run: what stage, batch, operation, sample and deployment share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.json_values import freeze_json_mapping
from contexta.contract.text import slug
from contexta.errors import LifecycleError
from contexta.runtime.run_details import text_of
from contexta.runtime.scopes.base import BaseScope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.runtime.session import RuntimeSession

__all__ = ["OwnedScope"]


class OwnedScope(BaseScope):
    """A scope whose reference is its owner's, followed by the slug of its name.

    Args:
        session: The session that it belongs to.
        owner: The scope around it, or None for a deployment.
        ref_kind: Kind of its reference.
        prefix: Value of the owner's reference.
        name: The name.
        metadata: JSON-safe data.
    """

    def __init__(
        self,
        session: RuntimeSession,
        owner: BaseScope | None,
        ref_kind: str,
        prefix: str,
        name: str,
        metadata: Mapping[str, Any] | None,
        refs: Mapping[str, str] | None = None,
    ) -> None:
        given = session.redactor.text(text_of(name, f"the name of a {self.scope_kind}"))
        ref = f"{ref_kind}:{prefix}.{slug(given)}"
        around = dict(owner.context.refs) if owner is not None else dict(refs or {})
        super().__init__(session, ref, given, owner, {**around, ref_kind: ref})
        self._metadata = freeze_json_mapping(metadata, field_name="metadata")

    @property
    def metadata(self) -> Mapping[str, Any]:
        """The metadata that the scope was opened with."""
        return self._metadata

    def require_ref(self, ref: str | None) -> None:
        """Refuse an explicit reference that is not the derived one.

        Raises:
            LifecycleError: It is another.
        """
        if ref is not None and str(ref) != self._ref:
            raise LifecycleError(
                f"the reference of this {self.scope_kind} is {self._ref!r}, not {str(ref)!r}; "
                "leave it out, or give the derived one",
                code="runtime_ref_mismatch",
                details={"expected": self._ref, "actual": str(ref)},
            )

    def _redacted_metadata(self) -> dict[str, Any] | None:
        return self._session.redactor.mapping(dict(self._metadata)) or None
