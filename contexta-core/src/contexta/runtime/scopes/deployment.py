"""The deployment: something that was put into service, usually what a run made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.refs import StableRef
from contexta.errors import LifecycleError
from contexta.runtime.scopes.owned import OwnedScope
from contexta.spi.metadata import EntityKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.capture.context import CaptureContext
    from contexta.capture.recorder import Recorder
    from contexta.runtime.session import RuntimeSession

__all__ = ["DeploymentScope"]


class DeploymentScope(OwnedScope):
    """One deployment; made by :meth:`contexta.Contexta.deployment`.

    Args:
        session: The session that it belongs to.
        name: The name.
        run_ref: The run whose result is deployed; captures in the scope belong to it.
        artifact_ref: The artifact that is deployed.
        environment_snapshot_ref: The environment that it is deployed into.
        metadata: JSON-safe data.
    """

    scope_kind = "deployment"
    entity_kind = EntityKind.DEPLOYMENT

    #: Number among the deployments of one name; a session opens each once.
    order_index = 0

    def __init__(
        self,
        session: RuntimeSession,
        name: str,
        *,
        run_ref: str | None = None,
        artifact_ref: str | None = None,
        environment_snapshot_ref: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        project = session.project_ref.partition(":")[2]
        self.run_ref = _checked(run_ref, "run", project)
        self.artifact_ref = _checked(artifact_ref, "artifact", project)
        self.environment_snapshot_ref = _checked(environment_snapshot_ref, "environment", project)
        refs = {"run": self.run_ref or ""}
        super().__init__(session, None, "deployment", project, name, metadata, refs)

    def open(self) -> None:
        """Write the deployment and make it the active scope; the session calls this once."""
        mutation = self._mutation(
            project_ref=self._session.project_ref,
            project_name=self._session.project_name,
            name=self._name,
            run_ref=self.run_ref,
            artifact_ref=self.artifact_ref,
            environment_snapshot_ref=self.environment_snapshot_ref,
            order_index=self.order_index,
            metadata=self._redacted_metadata(),
            participants=self._participants(),
        )
        self._opened([mutation])

    def capture_target(self) -> tuple[Recorder, CaptureContext]:
        """Return the recorder and what captures in this scope carry.

        Raises:
            ClosedScopeError: The scope is closed.
            LifecycleError: The deployment names no run.
        """
        if self.run_ref is None:
            raise LifecycleError(
                f"deployment {self._name!r} names no run, and every record belongs to one; "
                "open it with run_ref=…, or capture inside a run",
                code="runtime_capture_requires_run",
            )
        return super().capture_target()


def _checked(ref: str | None, kind: str, project: str) -> str | None:
    """Return a reference of the session's project.

    Raises:
        LifecycleError: It is of another kind or project.
        ValidationError: It is no reference.
    """
    if ref is None:
        return None
    parsed = StableRef.parse(ref)
    if parsed.kind != kind or parsed.components[0] != project:
        raise LifecycleError(
            f"{str(ref)!r} is no {kind} of project {project!r}",
            code="runtime_ref_mismatch",
            details={"expected_kind": kind, "project": project, "actual": str(ref)},
        )
    return str(parsed)
