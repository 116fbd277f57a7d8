"""Resources: who is said to have sent it all."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from contexta.contract.refs import StableRef
from contexta_sink_otel.options import DEFAULT_SERVICE_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from opentelemetry.sdk.resources import Resource

    from contexta_sink_otel.options import OTelOptions

__all__ = ["Resources"]

_MOST_RUNS = 256


class Resources:
    """Makes one resource for each run.

    ``OTEL_RESOURCE_ATTRIBUTES`` and ``OTEL_SERVICE_NAME`` count; what the options say explicitly counts more.

    Args:
        options: The name of the service and further attributes.
        workspace: Root of the workspace; None where there is none.
    """

    def __init__(self, options: OTelOptions, workspace: Path | None) -> None:
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource

        known = Resource.create(dict(options.resource_attributes))
        own: dict[str, str] = {}
        is_nameless = str(known.attributes.get(SERVICE_NAME, "unknown_service")).startswith("unknown_service")
        if is_nameless or options.service_name != DEFAULT_SERVICE_NAME:
            own[SERVICE_NAME] = options.service_name
        if workspace is not None:
            own["contexta.workspace"] = str(workspace)
        self._base = known.merge(Resource(own))
        self.of = lru_cache(maxsize=_MOST_RUNS)(self._of)

    def _of(self, run_ref: str) -> Resource:
        """Return the resource of a run."""
        from opentelemetry.sdk.resources import Resource

        project, run = StableRef.parse(run_ref).components
        return self._base.merge(Resource({"contexta.project": project, "contexta.run": run}))
