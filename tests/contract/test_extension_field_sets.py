"""Extension fields: names, values, read-only fields."""

from __future__ import annotations

import pytest

from contexta.contract import ExtensionFieldSet, Project
from contexta.contract.extensions import validate_extension_field_key, validate_extension_namespace
from contexta.errors import ConflictError, ValidationError

T = "2024-01-01T00:00:00Z"


def code_of(function, *arguments, **keywords):
    """Return the code of the ValidationError that a call raises."""
    with pytest.raises(ValidationError) as caught:
        function(*arguments, **keywords)
    return caught.value.code


@pytest.mark.parametrize(
    "namespace", ["", "a", "A.b", "a..b", "a.b ", "a.b_c", "1a.b", None, "a." + "b" * 127]
)
def test_namespaces_have_two_lower_case_segments(namespace):
    """Anything else is refused."""
    assert code_of(ExtensionFieldSet, namespace, {"a": 1}) == "extension_invalid_namespace"


def test_the_longest_namespace_is_128_characters():
    """The bound is exact, and the helper returns the text."""
    namespace = "a." + "b" * 126
    assert validate_extension_namespace(namespace) == namespace
    assert validate_extension_field_key("a_b1") == "a_b1"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (None, "extension_invalid_fields"),
        ([], "extension_invalid_fields"),
        ({}, "extension_empty_fields"),
        ({"A": 1}, "extension_invalid_field_key"),
        ({"a-b": 1}, "extension_invalid_field_key"),
        ({1: 1}, "extension_invalid_field_key"),
        ({"a": {1}}, "extension_invalid_value"),
    ],
    ids=["none", "list", "empty", "upper", "hyphen", "number", "set"],
)
def test_fields_are_named_json_values(fields, code):
    """Each way to be wrong has its code."""
    assert code_of(ExtensionFieldSet, "acme.lab", fields) == code


def test_read_only_fields_exist_and_are_sorted():
    """Names are stored once, sorted, and must be fields."""
    assert ExtensionFieldSet("a.b", {"x": 1, "y": 2}, ["y", "x", "y"]).readonly_fields == ("x", "y")
    for broken in (["z"], "x", 5):
        assert code_of(ExtensionFieldSet, "a.b", {"x": 1}, broken) == "extension_invalid_readonly_fields"


def test_get_gives_a_fresh_copy():
    """What is read can be changed without changing the set; a field of null is there."""
    extension = ExtensionFieldSet("a.b", {"x": {"y": [1]}, "n": None})
    extension.get("x")["y"].append(2)
    assert extension.get("x") == {"y": [1]}
    assert extension.get("n", "default") is None
    assert extension.get("missing", "default") == "default"


def test_merging_keeps_read_only_fields():
    """A read-only field changes only when that is allowed."""
    extension = ExtensionFieldSet("a.b", {"x": 1}, ("x",))
    merged = extension.merge_fields({"y": 2}, additional_readonly_fields=["y"])
    assert (dict(merged.fields), merged.readonly_fields) == ({"x": 1, "y": 2}, ("x", "y"))
    with pytest.raises(ConflictError) as caught:
        extension.merge_fields({"x": 2})
    assert caught.value.code == "extension_readonly_conflict"
    assert extension.merge_fields({"x": 2}, allow_readonly=True).fields == {"x": 2}
    assert extension.merge_fields({}) == extension


def test_removing_fields():
    """Unknown names do not matter, read-only ones are protected, the last field stays."""
    extension = ExtensionFieldSet("a.b", {"x": 1, "y": 2}, ("x",))
    assert extension.without_fields(["y", "z"]).fields == {"x": 1}
    with pytest.raises(ConflictError):
        extension.without_fields(["x"])
    assert extension.without_fields("x", allow_readonly=True).readonly_fields == ()
    assert code_of(extension.without_fields, ["x", "y"], allow_readonly=True) == "extension_empty_fields"


def test_read_only_fields_can_be_added():
    """A new set comes back; the old one stays as it was."""
    extension = ExtensionFieldSet("a.b", {"x": 1, "y": 2})
    assert extension.with_additional_readonly_fields(["y"]).readonly_fields == ("y",)
    assert extension.readonly_fields == ()


def test_models_hold_extensions_sorted_and_once():
    """A model sorts its extensions by namespace and takes each only once."""
    first, second = ExtensionFieldSet("a.b", {"x": 1}), ExtensionFieldSet("b.a", {"x": 1})
    project = Project("project:p", "P", T, extensions=[second, first])
    assert [item.namespace for item in project.extensions] == ["a.b", "b.a"]
    with pytest.raises(ConflictError) as caught:
        Project("project:p", "P", T, extensions=(first, first))
    assert caught.value.code == "extension_duplicate_namespace"
