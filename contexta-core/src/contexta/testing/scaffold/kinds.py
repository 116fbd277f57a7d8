"""The kinds of plugins that a project can be written for, as data."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from contexta.errors import PluginError
from contexta.plugins.kinds import KINDS
from contexta.plugins.naming import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.plugins.kinds import Kind

__all__ = ["PROJECT_KINDS", "ProjectKind", "project_kind"]


class ProjectKind(NamedTuple):
    """One kind of project.

    Args:
        word: What is typed for it.
        kind: Name of the kind of plugin.
        module: The module that holds the component; also the name of its template, and of that of its tests.
        factory: The function in it that opens the component.
        summary: One line for listings of the plugin.
        configuration: The lines of ``contexta.toml`` that use it, as a template; empty where it is used as soon as
            it is installed.
        reference: The module of ``contexta.testing.reference`` that the component begins as a copy of; empty where
            it has a template of its own.
        reference_class: The class in that module.
        capabilities: What the component can do beyond the minimum of its kind.
        has_options: Whether it takes options.
        extra: The extra of Contexta that it needs to be seen at work; empty where none.
        templates: The files of its directory ``templates``, which its pages are made from.
    """

    word: str
    kind: str
    module: str
    factory: str
    summary: str
    configuration: str = ""
    reference: str = ""
    reference_class: str = ""
    capabilities: tuple[str, ...] = ()
    has_options: bool = False
    extra: str = ""
    templates: tuple[str, ...] = ()

    @property
    def plugin_kind(self) -> Kind:
        """The kind of plugin."""
        return KINDS[self.kind]


#: Every kind of project by its word.
PROJECT_KINDS: Mapping[str, ProjectKind] = MappingProxyType(
    {
        each.word: each
        for each in (
            ProjectKind(
                "sink",
                "sink",
                "sink",
                "open_sink",
                "appends records to a file, one JSON object a line",
                configuration='[[capture.sinks]]\nuse = "$name"\nfamilies = ["record"]\n',
                has_options=True,
            ),
            ProjectKind(
                "metadata-store",
                "metadata_store",
                "store",
                "open_store",
                "keeps every change as a line of JSON",
                configuration='[metadata]\nstorage_adapter = "$name"\n',
                reference="metadata",
                reference_class="PlainMetadataStore",
                capabilities=("deletion",),
            ),
            ProjectKind(
                "record-store",
                "record_store",
                "store",
                "open_store",
                "keeps every record as a line of JSON",
                configuration='[records]\nstorage_adapter = "$name"\n',
                reference="records",
                reference_class="PlainRecordStore",
            ),
            ProjectKind(
                "artifact-store",
                "artifact_store",
                "store",
                "open_store",
                "keeps bodies as files that are named after their content",
                configuration='[artifacts]\nstorage_adapter = "$name"\n',
                reference="artifacts",
                reference_class="PlainArtifactStore",
            ),
            ProjectKind(
                "interpreter",
                "interpreter",
                "service",
                "open_service",
                "diagnoses a run by the statuses of its stages",
                configuration='[interpretation.services]\ndiagnostics = "$name"\n',
            ),
            ProjectKind(
                "check",
                "diagnostics_check",
                "check",
                "open_check",
                "finds runs that have no tags",
            ),
            ProjectKind(
                "renderer",
                "report_renderer",
                "renderer",
                "open_renderer",
                "writes reports as outlines",
            ),
            ProjectKind(
                "extension",
                "dashboard_extension",
                "extension",
                "open_extension",
                "shows in the dashboard who owns runs",
                extra="serve",
                templates=("owners.html",),
            ),
        )
    }
)


def project_kind(word: str) -> ProjectKind:
    """Return a kind of project by its word, or by the name of its kind of plugin.

    Raises:
        PluginError: No project can be written for that (``plugin_project_unknown_kind``).
    """
    for each in PROJECT_KINDS.values():
        if word in {each.word, each.kind}:
            return each
    close = nearest(word, PROJECT_KINDS)
    suggestion = f" (did you mean {close!r}?)" if close else ""
    raise PluginError(
        f"a project for {word!r} was asked for{suggestion}; one can be written for {', '.join(PROJECT_KINDS)}",
        code="plugin_project_unknown_kind",
        details={"kind": word},
    )
