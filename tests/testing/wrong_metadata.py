"""Metadata stores that break one promise each."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from functools import partial

from wrong import breaks

from contexta.errors import ContextaError
from contexta.log.liveness import Liveness
from contexta.spi.entity_selection import ordered
from contexta.spi.merge import document_of
from contexta.spi.metadata import Entity, EntityKind
from contexta.spi.relation_lookup import PlainRelationLookup
from contexta.testing.reference import PlainMetadataStore

breaks = partial(breaks, "MetadataStoreContract", capabilities={"deletion"})


@breaks("test_an_entity_is_what_was_applied", "every other value replaces the field whole")
class RoundsNumbers(PlainMetadataStore):
    def _entity(self, kind, ref, state):
        entity = super()._entity(kind, ref, state)
        rounded = {
            name: round(value, 3) if isinstance(value, float) else value
            for name, value in entity.document.items()
        }
        return replace(entity, document=rounded)


@breaks("test_patches_leave_the_other_fields_alone", "patches of single fields")
class KeepsTheLastPatchOnly(PlainMetadataStore):
    def _states(self, kind):
        states = {}
        for _, _, _, line in self._lines.read():
            if line["kind"] == kind:
                states[line["ref"]] = {name: [line["h"], value] for name, value in line["set"].items()}
        return states


@breaks("test_a_null_removes_a_field", "None removes a field, a key or a whole map")
class KeepsNulls(PlainMetadataStore):
    def _entity(self, kind, ref, state):
        entity = super()._entity(kind, ref, state)
        nulls = {slot: None for slot, (_, value) in state.items() if value is None and "\0" not in slot}
        return replace(entity, document={**entity.document, **nulls})


@breaks("test_maps_are_merged_key_by_key", "the value of a map field is itself merged key by key")
class ReplacesMaps(PlainMetadataStore):
    def apply(self, mutations):
        whole = []
        for mutation in mutations:
            maps = {name: None for name, value in mutation.fields.items() if isinstance(value, dict)}
            if maps:
                whole.append(replace(mutation, fields=maps))
            whole.append(mutation)
        super().apply(whole)


@breaks("test_a_null_removes_a_key", "None removes a field, a key or a whole map")
class CannotRemoveKeys(PlainMetadataStore):
    def apply(self, mutations):
        kept = [
            replace(
                each,
                fields={
                    name: {k: v for k, v in value.items() if v is not None}
                    if isinstance(value, dict)
                    else value
                    for name, value in each.fields.items()
                },
            )
            for each in mutations
        ]
        super().apply(kept)


@breaks("test_a_kept_null_is_a_value", "a null that is to be kept goes through keeping_nulls")
class LosesKeptNulls(PlainMetadataStore):
    def _entity(self, kind, ref, state):
        entity = super()._entity(kind, ref, state)
        document = {
            name: {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value
            for name, value in entity.document.items()
        }
        return replace(entity, document=document)


@breaks(
    "test_the_first_writer_decides_when_it_was_created", "first: the patch with the smallest clock decides"
)
class LastCreationWins(PlainMetadataStore):
    def _states(self, kind):
        states = super()._states(kind)
        for _, _, _, line in self._lines.read():
            if line["kind"] == kind and "created_at" in line["set"] and "created_at" in states[line["ref"]]:
                states[line["ref"]]["created_at"] = [line["h"], line["set"]["created_at"]]
        return states


@breaks("test_mutations_are_applied_all_or_none", "Apply mutations, all or none")
class AppliesOneByOne(PlainMetadataStore):
    def apply(self, mutations):
        for mutation in mutations:
            super().apply([mutation])


@breaks("test_what_is_no_json_is_refused", "SerializationError: a value is no JSON value")
class TurnsEverythingIntoText(PlainMetadataStore):
    def apply(self, mutations):
        def text(value):
            return str(value) if isinstance(value, float) and value != value else value

        super().apply(
            [replace(m, fields={name: text(value) for name, value in m.fields.items()}) for m in mutations]
        )


@breaks("test_a_claim_is_given_once", "exactly one returns True")
class ForgetsClaims(PlainMetadataStore):
    def __init__(self, context):
        super().__init__(context)
        self._taken = set()

    def claim_run(self, run_ref):
        is_free = run_ref not in self._taken
        self._taken.add(run_ref)
        return is_free


@breaks("test_a_run_that_exists_is_taken", "a reference that has an entity is taken")
class ClaimsWhatExists(PlainMetadataStore):
    def _state(self, kind, ref):
        return None if kind == EntityKind.RUN else super()._state(kind, ref)

    def get(self, kind, ref):
        state = self._states(str(kind)).get(ref)
        return None if state is None or "deleted_at" in state else self._entity(kind, ref, state)


@breaks("test_the_status_is_folded_from_participations", "status, started_at and ended_at are folded")
class DoesNotFold(PlainMetadataStore):
    def _entity(self, kind, ref, state):
        return Entity(kind, ref, document_of(state))


@breaks(
    "test_a_killed_writer_reads_as_interrupted", "an entity whose last writer is dead reads as interrupted"
)
class BelievesEverybodyLives(PlainMetadataStore):
    def __init__(self, context):
        super().__init__(context)
        self._lines.liveness = lambda _: Liveness.ALIVE


@breaks("test_a_living_writer_reads_as_open", "one is open and its writer lives: open")
class BelievesNobodyLives(PlainMetadataStore):
    def __init__(self, context):
        super().__init__(context)
        self._lines.liveness = lambda _: Liveness.DEAD


@breaks("test_the_writer_is_a_new_token", "a token of [a-z0-9], new for each process and opening")
class IsAlwaysTheSameWriter(PlainMetadataStore):
    @property
    def writer(self):
        return "writer"


@breaks("test_times_are_ordered_as_instants", "times are compared as instants")
class SortsTimesAsText(PlainMetadataStore):
    def find(self, query):
        found = super().find(replace(query, limit=None, offset=0))
        if query.order_by == "started_at":
            found = sorted(
                found, key=lambda entity: entity.document.get("started_at", "~"), reverse=query.descending
            )
        return found


@breaks("test_ties_are_broken_by_reference", "ties are broken by reference")
class ReversesTies(PlainMetadataStore):
    def find(self, query):
        found = super().find(query)
        return list(reversed(super().find(replace(query, descending=False)))) if query.descending else found


@breaks(
    "test_entities_without_the_field_come_last", "entities without the field come last in either direction"
)
class PutsTheFieldlessFirst(PlainMetadataStore):
    def find(self, query):
        found = list(super().find(query))
        if query.descending:
            found.sort(key=lambda entity: query.order_by in entity.document)
        return found


@breaks("test_a_page_is_cut_out_of_what_matches", "at most so many entities; so many are left out first")
class CutsBeforeItFilters(PlainMetadataStore):
    def find(self, query):
        everything = super().find(replace(query, fields={}, limit=None, offset=0))
        page = everything[query.offset :][: query.limit]
        wanted = {entity.ref for entity in super().find(replace(query, limit=None, offset=0))}
        return [entity for entity in ordered(page, query) if entity.ref in wanted]


@breaks("test_the_bounds_of_a_time_are_inclusive", "started at or after, at or before this instant")
class ExcludesTheBounds(PlainMetadataStore):
    def find(self, query):
        bounds = {query.started_after, query.started_before} - {None}
        return [each for each in super().find(query) if each.document.get("started_at") not in bounds]


@breaks("test_another_opening_sees_it_at_once", "as they are now, over all processes")
class CachesForEver(PlainMetadataStore):
    def __init__(self, context):
        super().__init__(context)
        self._cache = {}

    def _states(self, kind):
        if kind not in self._cache:
            self._cache[kind] = super()._states(kind)
        return self._cache[kind]


@breaks(
    "test_what_was_acknowledged_survives_a_kill", "when this returns they are as durable as the context asks"
)
class BuffersInMemory(PlainMetadataStore):
    def __init__(self, context):
        super().__init__(context)
        self._buffer = []

    def apply(self, mutations):
        self._buffer += mutations
        if len(self._buffer) > 5:
            self._flush()

    def _flush(self):
        buffered, self._buffer = self._buffer, []
        if buffered:
            super().apply(buffered)

    def _states(self, kind):
        self._flush()
        return super()._states(kind)

    def close(self):
        self._flush()
        super().close()


@breaks("test_opened_for_reading_it_refuses_to_write", "every write is refused with ReadOnlyStoreError")
class WritesThoughReadOnly(PlainMetadataStore):
    def __init__(self, context):
        super().__init__(replace(context, read_only=False))


@breaks("test_opened_for_reading_it_creates_nothing", "when True the store creates nothing")
class CreatesItsDirectory(PlainMetadataStore):
    def __init__(self, context):
        super().__init__(context)
        context.root.mkdir(parents=True, exist_ok=True)


@breaks(
    "test_it_keeps_everything_below_its_root",
    "a store keeps everything below root; it never writes elsewhere",
)
class WritesElsewhere(PlainMetadataStore):
    def __init__(self, context):
        super().__init__(context)
        self._beside = context.root.parent / "lock"

    def apply(self, mutations):
        self._beside.touch()
        super().apply(mutations)


@breaks("test_closing_twice_is_harmless", "closing twice is harmless")
class ClosesOnce(PlainMetadataStore):
    _is_closed = False

    def close(self):
        if self._is_closed:
            raise RuntimeError("closed")
        self._is_closed = True
        super().close()


@breaks("test_a_forked_child_is_a_writer_of_its_own", "the child goes on as a writer of its own")
class ForgetsThatItForked(PlainMetadataStore):
    def __init__(self, context):
        super().__init__(context)
        self._token = f"w{os.urandom(6).hex()}"

    @property
    def writer(self):
        return self._token


@breaks("test_threads_share_it", "every method may be called from any thread")
class BelongsToOneThread(PlainMetadataStore):
    def __init__(self, context):
        super().__init__(context)
        self._thread = threading.get_ident()

    def apply(self, mutations):
        if threading.get_ident() != self._thread:
            raise RuntimeError("made in another thread")
        super().apply(mutations)


@breaks("test_damage_is_found", "an empty answer means that none was found")
class FindsNoDamage(PlainMetadataStore):
    def check_integrity(self, *, full=True):
        return []


@breaks("test_nothing_brings_a_deleted_entity_back", "an entity that has it is gone for ever")
class Resurrects(PlainMetadataStore):
    def _states(self, kind):
        states = super()._states(kind)
        latest = {}
        for _, _, _, line in self._lines.read():
            latest[line["ref"]] = line
        for ref, line in latest.items():
            if ref in states and "deleted_at" in states[ref] and not line["set"].get("deleted_at"):
                states[ref] = {
                    name: [line["h"], value] for name, value in line["set"].items() if value is not None
                }
        return states


@breaks("test_a_deleted_run_is_never_claimed_again", "never gives out the claim of a deleted run again")
class GivesDeletedClaimsAgain(PlainMetadataStore):
    def claim_run(self, run_ref):
        state = self._state(EntityKind.RUN, run_ref)
        return True if state is not None and "deleted_at" in state else super().claim_run(run_ref)


@breaks("test_an_unknown_order_is_refused", "ValidationError: an unknown order")
class OrdersByAnything(PlainMetadataStore):
    def find(self, query):
        try:
            return super().find(query)
        except ContextaError:
            return super().find(replace(query, order_by="ref"))


@breaks(
    "test_abilities_are_declared",
    "abilities beyond this class, by name",
)
class DeclaresTooMuch(PlainMetadataStore):
    capabilities = frozenset({"deletion", "teleportation"})


@breaks("test_filters_mean_what_they_say", "with any of several texts where a set is given")
class TakesOneTextOfSeveral(PlainMetadataStore):
    def find(self, query):
        fields = {
            name: next(iter(sorted(value)), "") if isinstance(value, frozenset) else value
            for name, value in query.fields.items()
        }
        return super().find(replace(query, fields=fields))


class _LooksRelationsUp(PlainMetadataStore):
    """What the wrong ones below are made from."""

    capabilities = frozenset({"deletion", "relations"})

    def find_relations(self, ends, *, side=None, inside=False):
        return PlainRelationLookup(self).find_relations(ends, side=side, inside=inside)

    def find_assertions(self, relations):
        return PlainRelationLookup(self).find_assertions(relations)


_breaks_lookup = partial(breaks, capabilities={"deletion", "relations"})


@_breaks_lookup("test_relations_are_found_by_either_end", "relations that start or end at one of these")
class FindsRelationsBySourceOnly(_LooksRelationsUp):
    def find_relations(self, ends, *, side=None, inside=False):
        found = super().find_relations(ends, side=side, inside=inside)
        return [each for each in found if each.document["source_ref"] in ends]


@_breaks_lookup("test_relations_are_found_by_either_end", "each once, by reference")
class FindsRelationsOnceForEachEnd(_LooksRelationsUp):
    def find_relations(self, ends, *, side=None, inside=False):
        return [
            found
            for end in ends
            for found in super(type(self), self).find_relations([end], side=side, inside=inside)
        ]


@_breaks_lookup(
    "test_relations_are_found_by_the_end_that_is_asked", "those that say what one of these came from"
)
class TakesTheSourceForTheLaterEnd(_LooksRelationsUp):
    def find_relations(self, ends, *, side=None, inside=False):
        name = {"later": "source_ref", "earlier": "target_ref"}.get(side)
        found = super().find_relations(ends, inside=inside)
        return [each for each in found if name is None or each.document[name] in ends]


@_breaks_lookup("test_relations_are_found_by_what_is_inside", "at a reference that goes on where theirs ends")
class TakesLongerNamesForParts(_LooksRelationsUp):
    def find_relations(self, ends, *, side=None, inside=False):
        if not inside:
            return super().find_relations(ends, side=side)
        values = tuple(end.partition(":")[2] for end in ends)
        return [
            each
            for each in super().find_relations(["project:demo", "project:other"], side=side, inside=True)
            if any(
                each.document[name].partition(":")[2].startswith(values)
                for name in ("source_ref", "target_ref")
            )
        ]


@_breaks_lookup("test_relations_are_those_of_the_plain_search", "``inside`` counts for every one of these")
class LooksInsideOfTheFirstOnly(_LooksRelationsUp):
    def find_relations(self, ends, *, side=None, inside=False):
        found = [
            *super().find_relations(ends[:1], side=side, inside=inside),
            *super().find_relations(ends, side=side),
        ]
        return sorted({each.ref: each for each in found}.values(), key=lambda each: each.ref)


@_breaks_lookup("test_relations_are_found_by_the_ends_that_they_have_now", "as they are now")
class KeepsFormerEnds(_LooksRelationsUp):
    def __init__(self, context):
        super().__init__(context)
        self._known = {}

    def find_relations(self, ends, *, side=None, inside=False):
        found = {each.ref: each for each in super().find_relations(ends, side=side, inside=inside)}
        found |= self._known.get((*ends, side, inside), {})
        self._known[(*ends, side, inside)] = found
        return [found[ref] for ref in sorted(found)]


@_breaks_lookup("test_assertions_are_found_by_their_relations", "assertions about any of these relations")
class FindsTheFirstAssertionOnly(_LooksRelationsUp):
    def find_assertions(self, relations):
        return super().find_assertions(relations)[:1]


@_breaks_lookup("test_deleted_relations_are_not_found", "a backend with deletion keeps it out of answers")
class FindsDeletedRelations(_LooksRelationsUp):
    def find_relations(self, ends, *, side=None, inside=False):
        states = self._states("relation")
        gone = [
            Entity(EntityKind.RELATION, ref, document_of(state))
            for ref, state in states.items()
            if "deleted_at" in state
        ]
        return [*gone, *super().find_relations(ends, side=side, inside=inside)]
