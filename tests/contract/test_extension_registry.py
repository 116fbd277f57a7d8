"""The extension registry: entries, look-ups, and what it enforces."""

from __future__ import annotations

import pickle

import attrs
import pytest

from contexta.contract import (
    ExtensionFieldSet,
    ExtensionRegistry,
    ExtensionRegistryEntry,
    deserialize_project,
    deserialize_run,
    validate_extension_field_set,
)
from contexta.contract.extension_field_types import EXTENSION_FIELD_TYPES, fits_field_spec
from contexta.contract.registry import (
    EXTENSION_OWNERSHIP_CLASSES,
    EXTENSION_TARGET_MODELS,
    RESERVED_NAMESPACE_SEGMENTS,
)
from contexta.errors import ConflictError, ContractError, NotFoundError, ValidationError

RUN = {
    "run_ref": "run:p.r",
    "project_ref": "project:p",
    "name": "R",
    "status": "open",
    "started_at": "2024-01-01T00:00:00Z",
}


def entry(**changes):
    """Build a valid entry, with changes."""
    values = {
        "namespace": "acme.lab",
        "ownership_class": "private",
        "owner_slug": "acme",
        "status": "active",
        "target_models": ("run",),
        **changes,
    }
    return ExtensionRegistryEntry(**values)


def registry(**changes):
    """Build a registry of one entry."""
    return ExtensionRegistry((entry(**changes),))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"namespace": "acme"}, "extension_invalid_namespace"),
        ({"ownership_class": "owner"}, "extension_registry_invalid_ownership"),
        ({"ownership_class": None}, "extension_registry_invalid_ownership"),
        ({"ownership_class": "core"}, "extension_registry_invalid_namespace"),
        ({"ownership_class": "plugin"}, "extension_registry_invalid_namespace"),
        ({"namespace": "contexta.lab"}, "extension_registry_invalid_namespace"),
        ({"owner_slug": "Acme"}, "extension_registry_invalid_owner"),
        ({"status": "Not So"}, "extension_registry_invalid_status"),
        ({"target_models": ()}, "extension_registry_invalid_target_models"),
        ({"target_models": ("run", "model")}, "extension_registry_invalid_target_models"),
        ({"target_models": 5}, "extension_registry_invalid_target_models"),
        ({"target_models": [["run"]]}, "extension_registry_invalid_target_models"),
        ({"field_specs": {"N": "int"}}, "extension_registry_invalid_field_specs"),
        ({"field_specs": {"n": " "}}, "extension_registry_invalid_field_specs"),
        ({"field_specs": {"n": 5}}, "extension_registry_invalid_field_specs"),
        ({"field_specs": ["n"]}, "extension_registry_invalid_field_specs"),
        ({"readonly_fields": "id"}, "extension_registry_invalid_readonly_fields"),
        ({"readonly_fields": 5}, "extension_registry_invalid_readonly_fields"),
        ({"readonly_fields": ("id",), "field_specs": {}}, "extension_registry_invalid_readonly_fields"),
        ({"notes": " "}, "extension_registry_invalid_notes"),
    ],
    ids=[f"rule-{number}" for number in range(20)],
)
def test_every_rule_of_an_entry_is_enforced(change, code):
    """A broken field is refused with its own code."""
    with pytest.raises(ValidationError) as caught:
        entry(**change)
    assert caught.value.code == code


@pytest.mark.parametrize("ownership", EXTENSION_OWNERSHIP_CLASSES)
def test_the_ownership_class_decides_the_first_segment(ownership):
    """Core owns contexta, private owns what nobody else does, the others their own word."""
    first = {"core": "contexta", "private": "acme"}.get(ownership, ownership)
    assert entry(namespace=f"{first}.x", ownership_class=ownership).namespace == f"{first}.x"
    assert {"contexta", *EXTENSION_OWNERSHIP_CLASSES} - {"core", "private"} == set(
        RESERVED_NAMESPACE_SEGMENTS
    )


def test_an_entry_is_normalised():
    """Targets and read-only fields are sorted and once each; one target may be given as text."""
    found = entry(target_models=["run", "project", "run"], readonly_fields=["b", "a", "b"])
    assert found.target_models == ("project", "run")
    assert found.readonly_fields == ("a", "b")
    assert entry(target_models="run").target_models == ("run",)
    assert set(EXTENSION_TARGET_MODELS) >= {"run", "record_envelope", "event_payload"}


def test_an_entry_is_plain_data_and_a_value():
    """Optional parts appear where they are given; entries compare, hash and pickle."""
    plain = entry().to_dict()
    assert list(plain) == [
        "namespace",
        "ownership_class",
        "owner_slug",
        "status",
        "target_models",
        "readonly_fields",
    ]
    full = entry(field_specs={"n": "int"}, notes=" for people ")
    assert full.to_dict() == {**plain, "field_specs": {"n": "int"}, "notes": "for people"}
    assert ExtensionRegistryEntry(**full.to_dict()) == full
    assert pickle.loads(pickle.dumps(registry(field_specs={"n": "int"}))) == registry(
        field_specs={"n": "int"}
    )
    assert hash(full) == hash(attrs.evolve(full))


def test_a_registry_is_sorted_and_has_no_doubles():
    """Entries are in the order of their namespaces, and a second one for the same is a conflict."""
    second = entry(namespace="acme.a")
    found = registry().register(second)
    assert [each.namespace for each in found.entries] == ["acme.a", "acme.lab"]
    assert len(registry().entries) == 1
    with pytest.raises(ConflictError) as caught:
        found.register(second)
    assert caught.value.code == "extension_registry_duplicate_namespace"


@pytest.mark.parametrize("entries", [5, "x", [5], [None]])
def test_a_registry_holds_entries_only(entries):
    """Anything else is a typed error."""
    with pytest.raises(ValidationError) as caught:
        ExtensionRegistry(entries)
    assert caught.value.code == "extension_registry_invalid_entry"


def test_look_ups():
    """Unknown namespaces are None, or an error where one is required; broken ones are errors."""
    found = registry()
    assert found.get_entry("acme.lab") == found.require_entry("acme.lab") == entry()
    assert found.get_entry("acme.other") is None
    assert found.owner_for("acme.lab") == "acme"
    assert found.owner_for("acme.other") is None
    assert found.allows_target_model("acme.lab", "run")
    assert not found.allows_target_model("acme.lab", "project")
    assert not found.allows_target_model("acme.other", "run")
    assert not found.allows_target_model(5, None)
    with pytest.raises(ValidationError):
        found.get_entry("acme")
    with pytest.raises(NotFoundError) as caught:
        found.require_entry("acme.other")
    assert caught.value.code == "extension_registry_missing_namespace"


def test_resolving_marks_read_only_fields_that_are_there():
    """A read-only field of the registry that the set does not hold is no fault; one that it holds is protected."""
    found = registry(readonly_fields=("id",))
    without = ExtensionFieldSet("acme.lab", {"other": 1})
    assert found.resolve_extension(without, target_model="run") == without
    resolved = found.resolve_extension(ExtensionFieldSet("acme.lab", {"id": 1, "b": 2}), target_model="run")
    assert resolved.readonly_fields == ("id",)
    with pytest.raises(ConflictError):
        resolved.merge_fields({"id": 2})
    with pytest.raises(ConflictError):
        resolved.without_fields(["id"])
    assert resolved.merge_fields({"b": 3}).get("b") == 3


@pytest.mark.parametrize(
    ("namespace", "fields", "target", "kind", "code"),
    [
        ("acme.other", {"n": 1}, "run", NotFoundError, "extension_registry_missing_namespace"),
        ("acme.lab", {"n": 1}, "project", ValidationError, "extension_registry_target_model_mismatch"),
        ("acme.lab", {"n": 1}, "nothing", ValidationError, "extension_registry_invalid_target_models"),
        ("acme.lab", {"m": 1}, "run", ValidationError, "extension_registry_unknown_field"),
        ("acme.lab", {"n": "1"}, "run", ValidationError, "extension_registry_field_type_mismatch"),
    ],
)
def test_resolving_enforces_the_registry(namespace, fields, target, kind, code):
    """Namespace, target and field specs are enforced with an error of their own."""
    with pytest.raises(kind) as caught:
        registry(field_specs={"n": "int"}).resolve_extension(
            ExtensionFieldSet(namespace, fields), target_model=target
        )
    assert caught.value.code == code


def test_normalising_resolves_all_and_refuses_doubles():
    """All sets of a model are resolved, sorted, and of distinct namespaces."""
    found = registry(readonly_fields=("id",)).register(entry(namespace="acme.a"))
    sets = [ExtensionFieldSet("acme.lab", {"id": 1}), ExtensionFieldSet("acme.a", {"x": 1})]
    resolved = found.normalize_extensions(sets, target_model="run")
    assert [(each.namespace, each.readonly_fields) for each in resolved] == [
        ("acme.a", ()),
        ("acme.lab", ("id",)),
    ]
    with pytest.raises(ConflictError) as caught:
        found.normalize_extensions([sets[0], sets[0]], target_model="run")
    assert caught.value.code == "extension_duplicate_namespace"


def issues(ext, **changes):
    """Return code and severity of what validation says about a set on a run."""
    report = validate_extension_field_set(ext, target_model="run", registry=registry(**changes))
    return [(issue.code, issue.severity) for issue in report]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("active", []),
        ("experimental", []),
        ("our_own_word", []),
        ("deprecated", [("extension.namespace_deprecated", "warning")]),
        ("retired", [("extension.namespace_retired", "error")]),
    ],
)
def test_the_status_is_enforced(status, expected):
    """Retired namespaces are errors, deprecated ones warnings, open words mean nothing."""
    assert issues(ExtensionFieldSet("acme.lab", {"n": 1}), status=status) == expected


def test_what_was_written_under_a_retired_namespace_can_be_read():
    """Retiring a namespace does not make stored data unreadable."""
    data = {**RUN, "extensions": [{"namespace": "acme.lab", "fields": {"n": 1}}]}
    assert deserialize_run(data, registry=registry(status="retired")).extensions[0].get("n") == 1


def test_unmarked_read_only_fields_are_a_warning():
    """A set that was not resolved does not protect what the registry does; that is worth a look."""
    ext = ExtensionFieldSet("acme.lab", {"id": 1})
    assert issues(ext, readonly_fields=("id",)) == [("extension.readonly_field_unmarked", "warning")]
    marked = ExtensionFieldSet("acme.lab", {"id": 1}, ("id",))
    assert issues(marked, readonly_fields=("id",)) == []


def test_a_spec_that_names_no_type_is_a_warning():
    """Descriptions of earlier programs stay legal; what cannot be enforced is said."""
    ext = ExtensionFieldSet("acme.lab", {"n": [1]})
    assert issues(ext, field_specs={"n": "how many there were"}) == [
        ("extension.field_spec_unknown", "warning")
    ]


VALUES = {
    "string": "x",
    "int": 1,
    "float": 1.5,
    "bool": True,
    "list": (1,),
    "mapping": {"a": 1},
    "ref": "run:p.r",
    "timestamp": "2024-01-01T00:00:00Z",
}
# What fits besides the value of the type itself: refs and times are text, integers are numbers.
ALSO = {("string", "ref"), ("string", "timestamp"), ("float", "int")}


@pytest.mark.parametrize("spec", EXTENSION_FIELD_TYPES)
def test_field_types_take_their_own_values_only(spec):
    """Each type takes its own value, and no other type's unless that is one of its own kind."""
    for name, value in VALUES.items():
        expected = spec in {name, "json"} or (spec, name) in ALSO
        assert fits_field_spec(value, spec) == expected, name
        assert fits_field_spec(value, f"{spec}?") == expected
    assert fits_field_spec(None, spec) == (spec == "json")
    assert fits_field_spec(None, f"{spec}?")


@pytest.mark.parametrize(
    ("alias", "value"), [("str", "x"), ("Integer", 1), ("number", 1), ("array", []), ("object", {})]
)
def test_types_have_other_names_too(alias, value):
    """The words of JSON Schema and of Python mean the same."""
    assert fits_field_spec(value, alias)
    assert not fits_field_spec(None, alias)


def test_changes_of_read_only_fields_are_refused():
    """A stored set can be replaced where its read-only fields, its own and the registry's, stay."""
    found = registry(readonly_fields=("id",)).register(entry(namespace="acme.b"))
    stored = ExtensionFieldSet("acme.lab", {"id": 1, "own": 2, "free": 3}, ("own",))
    found.check_change(stored, stored.merge_fields({"free": 4}), target_model="run")
    found.check_change(None, stored, target_model="run")
    for after, names in (
        (ExtensionFieldSet("acme.lab", {"id": 2, "own": 2}), ["id"]),
        (ExtensionFieldSet("acme.lab", {"id": 1}), ["own"]),
        (ExtensionFieldSet("acme.b", {"id": 1, "own": 2}), ["id", "own"]),
        (None, ["id", "own"]),
    ):
        with pytest.raises(ConflictError) as caught:
            found.check_change(stored, after, target_model="run")
        assert caught.value.details["fields"] == names
    with pytest.raises(NotFoundError):
        found.check_change(None, ExtensionFieldSet("acme.c", {"a": 1}), target_model="run")


def test_decoding_enforces_the_registry():
    """A registry given to a decoder marks, refuses with a path, and must be one."""
    project = {"project_ref": "project:p", "name": "P", "created_at": "2024-01-01T00:00:00Z"}
    data = {**project, "extensions": [{"namespace": "acme.lab", "fields": {"id": 1}}]}
    known = registry(target_models=("project",), readonly_fields=("id",))
    assert deserialize_project(data, registry=known).extensions[0].readonly_fields == ("id",)
    with pytest.raises(ValidationError) as caught:
        deserialize_project(data, registry=registry())
    assert caught.value.code == "extension_registry_target_model_mismatch"
    assert caught.value.details["path"].startswith("$.extensions")
    with pytest.raises(ContractError) as caught:
        deserialize_project(data, registry="none")
    assert caught.value.code == "extension_invalid_registry"
