"""The lineage service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.config.models import LineagePolicy
from contexta.errors import LineageError
from contexta.spi.bulk import collector_paused, instances
from contexta.spi.identifiers import identifier_text
from contexta.spi.lineage import LineageEdge, LineageTraversal
from contexta.spi.repository import SupportsBulkQueries, SupportsRelationProvenance
from contexta.spi.views import CompletenessNote, EvidenceLink
from contexta_interpretation.lineage.graph import LineageGraph
from contexta_interpretation.lineage.relations import lookup_of, relations_of_repository
from contexta_interpretation.lineage.structure import Structure
from contexta_interpretation.lineage.walk import Passed, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from contexta.spi.context import InterpretationContext
    from contexta.spi.interpreters import QueryInterpreter
    from contexta.spi.repository import CompositeRepository
    from contexta.spi.views import ProvenanceView
    from contexta_interpretation.lineage.arc import Arc

__all__ = ["LineageService", "build"]

#: Evidence so far, by kind and reference: comparing whole links costs more than the walk.
_Seen = dict[tuple[str, str], EvidenceLink]
#: What may be asked for, and the directions that it means.
_DIRECTIONS = {
    "upstream": ("upstream",),
    "downstream": ("downstream",),
    "both": ("upstream", "downstream"),
    "inbound": ("upstream",),
    "outbound": ("downstream",),
}


class LineageService:
    """Follows what a thing came from, and what came from it.

    Args:
        query_service: Where the read model is.
        config: Direction and depth of a question that names none; the default policy when None.
    """

    def __init__(self, query_service: QueryInterpreter, *, config: LineagePolicy | None = None) -> None:
        self.query_service = query_service
        self.config = LineagePolicy() if config is None else config

    def traverse_lineage(
        self, subject_ref: str, *, direction: str | None = None, max_depth: int | None = None
    ) -> LineageTraversal:
        """Follow recorded relations, and what belongs to what, from one subject.

        Args:
            subject_ref: The run, stage, artifact, operation, relation … to begin at.
            direction: ``upstream`` or ``inbound`` for what it came from, ``downstream`` or ``outbound`` for what came
                from it, ``both`` for the two; the policy's when None.
            max_depth: At most so many edges away; the policy's when None, which is unlimited unless configured.

        Returns:
            The edges and what they lead to; each edge once.

        Raises:
            LineageError: An unknown direction, or a depth that is no count.
        """
        repository = self.query_service.repository
        directions = _directions(self.config.default_direction if direction is None else direction)
        depth = _depth(self.config.default_max_depth if max_depth is None else max_depth)
        root = _root(repository, subject_ref)
        with collector_paused():
            return self._traverse(root, directions, depth)

    def _traverse(self, root: str, directions: Iterable[str], depth: int | None) -> LineageTraversal:
        repository = self.query_service.repository
        lookup = lookup_of(repository)
        structure = Structure(repository, lookup)
        graph = LineageGraph(relations_of_repository(repository, lookup, structure.run_of), structure)
        passed: dict[str, Passed] = {}
        reached: dict[str, int] = {}
        is_cut = False
        for each in directions:
            found = walk(graph, root, each, depth)
            passed = {**found.passed, **passed}
            reached = {**found.reached, **reached}
            is_cut = is_cut or found.is_cut
        seen: _Seen = {}
        edges = self._edges(repository, passed.values(), seen)
        return LineageTraversal(
            root_ref=root,
            edges=edges,
            visited_refs=tuple(sorted(reached, key=lambda ref: reached[ref])),
            completeness_notes=tuple(_notes(root, edges, depth if is_cut else None)),
            evidence_links=tuple(seen.values()),
        )

    def _edges(
        self, repository: CompositeRepository, passed: Iterable[Passed], seen: _Seen
    ) -> tuple[LineageEdge, ...]:
        in_order = sorted(passed, key=lambda each: (each.depth, each.arc.ref))
        assertions: Mapping[str, ProvenanceView] = {}
        if self.config.include_provenance and isinstance(repository, SupportsRelationProvenance):
            assertions = repository.relation_provenance([each.arc.ref for each in in_order])
        return _edges_of(in_order, assertions, seen)


def _edges_of(
    passed: Sequence[Passed], assertions: Mapping[str, ProvenanceView], seen: _Seen
) -> tuple[LineageEdge, ...]:
    arcs = [each.arc for each in passed]
    is_recorded = [not arc.ref.startswith("derived:") for arc in arcs]
    # Column by column: lists of very many edges are made at once.
    columns: dict[str, list[Any]] = {
        "relation_ref": [arc.ref for arc in arcs],
        "source_ref": [arc.source for arc in arcs],
        "target_ref": [arc.target for arc in arcs],
        "relation_type": [arc.kind for arc in arcs],
        "recorded_at": [arc.recorded_at for arc in arcs],
        "direction": [each.direction for each in passed],
        "depth": [each.depth for each in passed],
        "provenance": [assertions.get(arc.ref) for arc in arcs],
        "evidence_links": [_links(*each, seen) for each in zip(arcs, is_recorded, strict=True)],
        "origin": ["recorded" if each else "derived" for each in is_recorded],
    }
    return tuple(instances(LineageEdge, len(arcs), columns))


def _links(arc: Arc, is_recorded: bool, seen: _Seen) -> tuple[EvidenceLink, ...]:
    own = (_link(seen, "relation", arc.ref, arc.kind),) if is_recorded else ()
    return (
        *own,
        _link(seen, "ref", arc.source, arc.source),
        _link(seen, "ref", arc.target, arc.target),
    )


def _link(seen: _Seen, kind: str, ref: str, label: str) -> EvidenceLink:
    """Return the link to something: many edges have an end in common, and one link for each end is enough."""
    key = (kind, ref)
    known = seen.get(key)
    if known is None:
        known = seen[key] = EvidenceLink(kind, ref, label)
    return known


def _notes(root: str, edges: tuple[LineageEdge, ...], cut_at: int | None) -> list[CompletenessNote]:
    notes = []
    if not edges and cut_at is None:
        notes.append(CompletenessNote("info", "lineage_root_has_no_relations", {"root_ref": root}))
    if cut_at is not None:
        notes.append(
            CompletenessNote("info", "lineage_depth_limit_reached", {"root_ref": root, "max_depth": cut_at})
        )
    return notes


def _root(repository: CompositeRepository, subject_ref: str) -> str:
    """Return the subject's identifier; a short one is looked up among runs, then among artifacts."""
    # What carries no identifier of a run may carry one of an artifact.
    kind = "artifact" if hasattr(subject_ref, "artifact_ref") else "run"
    kind = "stage" if hasattr(subject_ref, "stage_id") and kind == "run" else kind
    text = identifier_text(subject_ref, kind)
    if ":" in text or not isinstance(repository, SupportsBulkQueries):
        return text
    run = repository.get_run(text)
    if run is not None:
        return str(run.run_id)
    artifact = repository.get_artifact(text)
    if artifact is not None:
        return str(artifact.artifact_ref)
    raise LineageError(
        f"there is neither a run nor an artifact {text!r}; name the subject by its reference, as in "
        "'artifact:project.run.name'",
        code="lineage_subject_not_found",
        details={"subject_ref": text},
    )


def _directions(direction: str) -> tuple[str, ...]:
    found = _DIRECTIONS.get(direction) if isinstance(direction, str) else None
    if found is None:
        raise LineageError(
            f"direction is {direction!r}; use {', '.join(_DIRECTIONS)} or None",
            code="lineage_invalid_direction",
            details={"direction": str(direction), "allowed": tuple(_DIRECTIONS)},
        )
    return found


def _depth(max_depth: int | None) -> int | None:
    given: object = max_depth
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise LineageError(
            f"max_depth is {max_depth!r}; it must be a whole number of edges, 0 or more, or None for no end",
            code="lineage_invalid_max_depth",
            details={"max_depth": str(max_depth)},
        )
    return given


def build(context: InterpretationContext, options: None) -> LineageService:  # noqa: ARG001 - the factory's signature
    """Build the service of a workspace."""
    return LineageService(context.service("query"), config=context.policies.lineage)
