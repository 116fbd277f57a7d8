"""A workspace on the plain stores, with a few runs in it: for tests that need one and no other plugin."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from contexta._facade import Contexta
from contexta.plugins import Provider, hookimpl
from contexta.testing.reference import PlainArtifactStore, PlainMetadataStore, PlainRecordStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from contexta.spi.artifacts import ArtifactBackend
    from contexta.spi.context import OpenContext
    from contexta.spi.metadata import MetadataBackend
    from contexta.spi.records import RecordBackend

__all__ = ["EXAMPLE_RUNS", "PlainStores", "open_plain_workspace", "record_example_runs"]

#: The runs that :func:`record_example_runs` records.
EXAMPLE_RUNS = ("run:default.well", "run:default.failed", "run:default.empty", "run:default.second")

_CONFIG: dict[str, Any] = {
    "metadata": {"storage_adapter": "plain"},
    "records": {"storage_adapter": "plain", "durability_mode": "flush"},
    "artifacts": {"storage_adapter": "plain"},
    "capture": {"capture_installed_packages": False, "capture_code_revision": False},
}


class _MeantError(Exception):
    """What makes the failed run fail."""


class PlainStores:
    """A plugin, to be handed over as an object, that offers stores under the name ``plain``.

    Args:
        metadata: Opens the metadata store; the plain one of the kit when it is left out, as for the others.
        records: Opens the record store.
        artifacts: Opens the artifact store.
    """

    def __init__(
        self,
        *,
        metadata: Callable[[OpenContext], MetadataBackend] = PlainMetadataStore,
        records: Callable[[OpenContext], RecordBackend] = PlainRecordStore,
        artifacts: Callable[[OpenContext], ArtifactBackend] = PlainArtifactStore,
    ) -> None:
        self._metadata = metadata
        self._records = records
        self._artifacts = artifacts

    @hookimpl
    def contexta_metadata_stores(self) -> Iterable[Provider]:
        """Offer the metadata store."""
        return [Provider("plain", lambda context, _: self._metadata(context))]

    @hookimpl
    def contexta_record_stores(self) -> Iterable[Provider]:
        """Offer the record store."""
        return [Provider("plain", lambda context, _: self._records(context))]

    @hookimpl
    def contexta_artifact_stores(self) -> Iterable[Provider]:
        """Offer the artifact store."""
        return [Provider("plain", lambda context, _: self._artifacts(context))]


def open_plain_workspace(root: Path, *plugins: object, **sections: Any) -> Contexta:
    """Open a workspace on the plain stores.

    Args:
        root: Directory of the workspace.
        plugins: Further plugins, as objects.
        sections: Sections of the configuration; they are put over what selects the plain stores.

    Returns:
        The workspace; to be closed.
    """
    config = {name: {**values, **sections.get(name, {})} for name, values in _CONFIG.items()}
    config |= {name: values for name, values in sections.items() if name not in _CONFIG}
    return Contexta(workspace=str(root), config=config, plugins=[PlainStores(), *plugins])


def record_example_runs(ctx: Contexta) -> None:
    """Record a run where all is well, one that failed, an empty one, and another one to compare.

    Args:
        ctx: The workspace.
    """
    with ctx.run("well", tags={"kind": "example"}) as run:
        run.params(lr=0.1)
        for stage_name in ("train", "evaluate"):
            with run.stage(stage_name) as stage:
                for step in range(12):
                    stage.metric("loss", 1.0 / (step + 1), step=step)
    with suppress(_MeantError), ctx.run("failed") as run, run.stage("train") as stage:
        stage.metric("loss", 5.0, step=0)
        run.event("trouble", message="it went wrong", level="error")
        raise _MeantError
    with ctx.run("empty"):
        pass
    with ctx.run("second", tags={"kind": "example"}) as run:
        run.params(lr=0.2)
        with run.stage("train") as stage:
            stage.metric("loss", 0.3, step=0)
