from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from pathlib import Path
from typing import Literal

import attrs
import pytest

from contexta.errors import ConfigurationError, PluginError, PluginLoadError, StoreAccessError
from contexta.plugins import Provider


class Mode(StrEnum):
    WAL = "wal"
    DELETE = "delete"


class Level(Enum):
    LOW = 1


@dataclass(frozen=True)
class Target:
    host: str
    port: int = 80


@dataclass(frozen=True)
class Options:
    journal_mode: Literal["wal", "delete"] = "wal"
    mode: Mode = Mode.WAL
    level: Level = Level.LOW
    timeout: float | None = None
    ratio: float = 0.5
    count: int = 1
    names: list[str] = field(default_factory=list)
    target: Target | None = None
    targets: tuple[Target, ...] = ()
    by_name: dict[str, Target] = field(default_factory=dict)
    directory: Path | None = None
    folder: Path = Path()


@attrs.frozen
class AttrsOptions:
    size: int = attrs.field(validator=attrs.validators.gt(0))


@dataclass
class EmptyOptions:
    pass


@dataclass
class UnresolvableOptions:
    value: NoSuchType = 1  # noqa: F821


@dataclass
class RaisingOptions:
    value: int = 1

    def __post_init__(self):
        raise RuntimeError("cannot be built")


def give_back(context, options):
    """Return what a factory is given."""
    return context, options


def structured(given, options=Options):
    """Return the options object that a factory would get."""
    return Provider("some", give_back, options=options).create("context", given, path="metadata.options")[1]


def problems(given, options=Options):
    """Return what is found wrong with the given options."""
    with pytest.raises(ConfigurationError) as caught:
        structured(given, options)
    assert caught.value.code == "invalid_plugin_options"
    return caught.value.details["problems"]


def test_create_passes_context_and_no_options():
    """A provider without options calls its factory with the context and None."""
    assert Provider("some", give_back).create("context", {}) == ("context", None)


def test_factory_reference_is_imported_when_it_is_used(site):
    """Describing a component does not import its factory; creating does."""
    site.module("zz_factory", "def build(context, options):\n    return 'built'\n")
    provider = Provider("some", "zz_factory:build")
    assert "zz_factory" not in sys.modules
    assert provider.create(None) == "built"


def test_options_reference_is_imported(site):
    """The options class may be named by a reference as well."""
    site.module(
        "zz_options", "from dataclasses import dataclass\n@dataclass\nclass Options:\n    size: int = 3\n"
    )
    assert Provider("some", give_back, options="zz_options:Options").create(None, {"size": 4})[1].size == 4


def test_defaults_are_used_without_options():
    """No options, or an empty table, give the class's defaults."""
    assert (structured(None), structured({})) == (Options(), Options())


def test_options_are_structured():
    """Nested classes, collections, enumerations, literals and paths arrive in their types."""
    given = {
        "journal_mode": "delete",
        "mode": "delete",
        "level": 1,
        "timeout": 5,
        "ratio": 2,
        "names": ["a", "b"],
        "target": {"host": "h"},
        "targets": [{"host": "a", "port": 1}],
        "by_name": {"x": {"host": "b"}},
        "directory": "/data",
        "folder": "/more",
    }
    expected = Options(
        journal_mode="delete",
        mode=Mode.DELETE,
        timeout=5.0,
        ratio=2.0,
        names=["a", "b"],
        target=Target("h"),
        targets=(Target("a", 1),),
        by_name={"x": Target("b")},
        directory=Path("/data"),
        folder=Path("/more"),
    )
    assert structured(given) == expected


def test_unknown_option_is_refused_with_path_and_suggestion():
    """A misspelt key is named with its full path, the nearest known one, and all known ones."""
    [problem] = problems({"journal_mod": "wal"})
    assert problem == (
        "metadata.options.journal_mod: unknown option (did you mean 'journal_mode'?); known: by_name, count,"
        " directory, folder, journal_mode, level, mode, names, ratio, target, targets, timeout"
    )


def test_unknown_option_without_neighbour_suggests_nothing():
    """A key that resembles none, for a class that knows none, says so."""
    assert problems({"zzz": 1}, EmptyOptions) == ["metadata.options.zzz: unknown option; known: none"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"count": "1"}, "metadata.options.count: expected int, got str"),
        ({"count": True}, "metadata.options.count: expected int, got bool"),
        ({"ratio": "0.5"}, "metadata.options.ratio: expected float, got str"),
        ({"timeout": "5"}, "metadata.options.timeout: expected float | None, got str"),
        ({"names": "abc"}, "metadata.options.names: expected list[str], got str"),
        ({"names": ["a", 1]}, "metadata.options.names[1]: expected str, got int"),
        ({"by_name": ["a"]}, "metadata.options.by_name: expected dict[str, "),
        ({"by_name": {"x": {}}}, "metadata.options.by_name.x.host: required, but not given"),
        ({"target": {"host": "h", "port": "1"}}, "metadata.options.target.port: expected int, got str"),
        (
            {"target": {"host": "h", "prot": 1}},
            "metadata.options.target.prot: unknown option (did you mean 'port'?)",
        ),
        ({"targets": [{"host": 1}]}, "metadata.options.targets[0].host: expected str, got int"),
        ({"journal_mode": "wall"}, "metadata.options.journal_mode: expected one of 'wal', 'delete', got str"),
        ({"mode": "x"}, "metadata.options.mode: expected one of 'wal', 'delete', got str"),
        ({"mode": 3}, "metadata.options.mode: expected one of 'wal', 'delete', got int"),
        ({"level": True}, "metadata.options.level: expected one of 1, got bool"),
        ({"folder": 3}, "metadata.options.folder: expected Path, got int"),
    ],
)
def test_wrong_value_is_refused_with_its_path(given, expected):
    """Nothing is coerced: a wrong type is refused, and the message has path, expected and found type."""
    [problem] = problems(given)
    assert problem.startswith(expected)


def test_message_never_holds_the_value():
    """A wrong value may be a password: only its type is shown."""
    assert not any("s3cret" in problem for problem in problems({"count": "s3cret", "mode": "s3cret"}))


def test_all_problems_are_reported_at_once():
    """One error names every wrong key, so that the user edits once."""
    assert len(problems({"count": "1", "ratio": "2", "oops": 3})) == 3


def test_required_option_that_is_missing():
    """A class without default for a field asks for it, also when no option was given at all."""
    assert problems(None, AttrsOptions) == ["metadata.options.size: required, but not given"]


def test_validator_of_an_attrs_class_is_heard():
    """What the class's own validator refuses is an error of the configuration, with the path of the options."""
    [problem] = problems({"size": 0}, AttrsOptions)
    assert problem.startswith("metadata.options: ")
    assert "'size' must be > 0" in problem


def test_options_for_a_component_without_options():
    """Where no option exists, any given one is an error that names it."""
    assert problems({"size": 1}, None) == ["metadata.options.size: 'some' takes no options"]


def test_options_that_are_no_table():
    """A list where a table belongs is refused."""
    assert problems([1]) == ["metadata.options: expected a table of options, got list"]


@pytest.mark.parametrize(("options", "given"), [(UnresolvableOptions, {"value": 1}), (RaisingOptions, None)])
def test_options_class_that_cannot_be_used(options, given):
    """A class that is broken is its author's error and says so, chained to the cause."""
    with pytest.raises(PluginError, match="cannot be used") as caught:
        structured(given, options)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"name": "Bad-Name"}, "name must match"),
        ({"name": 3}, "name must match"),
        ({"factory": "no colon"}, "factory of 'some' must be"),
        ({"factory": None}, "factory of 'some' must be"),
        ({"options": "no colon"}, "options of 'some' must be"),
        ({"options": {"a": 1}}, "options of 'some' must be"),
        ({"capabilities": "transactions"}, "must be a set of words"),
    ],
)
def test_invalid_descriptor_is_refused(arguments, problem):
    """A descriptor of the wrong form is refused where it is written."""
    with pytest.raises(PluginError, match=problem) as caught:
        Provider(**{"name": "some", "factory": give_back, **arguments})
    assert caught.value.code == "plugin_invalid"


def test_capabilities_become_a_frozenset():
    """Any iterable of words is kept as a frozen set."""
    assert Provider("some", give_back, capabilities=["a", "b"]).capabilities == frozenset({"a", "b"})


def test_factory_that_cannot_be_imported(site):
    """A factory's module that misses something is a load error, chained, naming the reference."""
    site.module("zz_needs", "import zz_not_there")
    with pytest.raises(
        PluginLoadError, match=r"factory 'zz_needs:build' of 'some' cannot be imported"
    ) as caught:
        Provider("some", "zz_needs:build").create(None)
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_factory_that_is_not_callable(site):
    """A reference that leads to something else than a callable is the author's error."""
    site.module("zz_value", "build = 3")
    with pytest.raises(PluginLoadError, match="is a int, not callable"):
        Provider("some", "zz_value:build").load_factory()


@pytest.mark.parametrize("options", [int, "builtins:len"])
def test_options_class_of_the_wrong_kind(options):
    """An options class that is neither dataclass nor attrs class is the author's error."""
    with pytest.raises(PluginLoadError, match="no dataclass and no attrs class"):
        Provider("some", give_back, options=options).load_options()


@pytest.mark.parametrize("error", [ValueError("boom"), SystemExit(3)])
def test_error_of_the_factory_is_wrapped(error):
    """What a factory raises becomes a plugin error with the cause behind it; an exit is contained."""

    def build(_context, _options):
        raise error

    with pytest.raises(PluginError, match="'some' could not be opened") as caught:
        Provider("some", build).create(None)
    assert (caught.value.code, caught.value.__cause__) == ("plugin_factory_failed", error)


def test_own_error_of_the_factory_passes():
    """A store that cannot be opened says so itself, unchanged."""

    def build(_context, _options):
        raise StoreAccessError("disk is gone")

    with pytest.raises(StoreAccessError, match="disk is gone"):
        Provider("some", build).create(None)


def test_cattrs_is_imported_only_for_given_options():
    """Creating a component with its default options does not load cattrs."""
    program = """
import sys
from dataclasses import dataclass
from contexta.plugins import Provider
@dataclass
class Options:
    size: int = 1
provider = Provider("some", lambda context, options: options, options=Options)
assert provider.create(None).size == 1
assert "cattrs" not in sys.modules
assert provider.create(None, {"size": 2}).size == 2
assert "cattrs" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
