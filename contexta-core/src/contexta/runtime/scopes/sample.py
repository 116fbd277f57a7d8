"""The sample: one item of data that is looked at within a stage or batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.runtime.scopes.owned import OwnedScope
from contexta.spi.metadata import EntityKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.runtime.scopes.observing import ObservingScope
    from contexta.runtime.session import RuntimeSession

__all__ = ["SampleScope"]


class SampleScope(OwnedScope):
    """One sample; made by ``stage.sample(...)`` or ``batch.sample(...)``.

    Args:
        session: The session that it belongs to.
        owner: The stage or batch around it.
        name: The name.
        retention_class: How long it is to be kept, in the caller's words.
        redaction_profile: How it is to be redacted, in the caller's words.
        metadata: JSON-safe data.
    """

    scope_kind = "sample"
    entity_kind = EntityKind.SAMPLE

    def __init__(
        self,
        session: RuntimeSession,
        owner: ObservingScope,
        name: str,
        retention_class: str | None,
        redaction_profile: str | None,
        metadata: Mapping[str, Any] | None,
    ) -> None:
        super().__init__(session, owner, "sample", owner.ref.partition(":")[2], name, metadata)
        self._owner = owner
        self.attempt = owner.attempt
        self.retention_class = retention_class
        self.redaction_profile = redaction_profile

    @property
    def observed_at(self) -> str:
        """When it was opened (ISO 8601, UTC)."""
        return self._started_at

    def open(self) -> None:
        """Write the sample and make it the active scope; its owner calls this once."""
        mutation = self._mutation(
            **self._owner.entity_refs(),
            name=self._name,
            observed_at=self._started_at,
            retention_class=self.retention_class,
            redaction_profile=self.redaction_profile,
            metadata=self._redacted_metadata(),
            participants=self._participants(),
        )
        self._opened([mutation])
