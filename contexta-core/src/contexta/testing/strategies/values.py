"""Strategies for the values inside models."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from contexta.contract.extensions import ExtensionFieldSet
from contexta.contract.limits import MAX_INTEGER, MIN_INTEGER
from contexta.contract.refs import CORE_STABLE_REF_COMPONENT_COUNTS, StableRef
from contexta.contract.timestamps import text_from_ns

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = [
    "components",
    "extension_field_sets",
    "extensions",
    "instants",
    "json_mappings",
    "json_values",
    "keys",
    "metric_values",
    "snake_words",
    "stable_refs",
    "string_mappings",
    "texts",
    "timestamps",
    "tokens",
]

_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
_LOWER = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"
_FIRST_INSTANT = -62_135_596_800 * 10**9
_LAST_INSTANT = 253_402_300_800 * 10**9 - 1


@cache
def texts(max_size: int = 30) -> SearchStrategy[str]:
    """Generate text in any script that is not blank and has no white space around it."""
    return st.text(_CHARACTERS, min_size=1, max_size=max_size).map(str.strip).filter(bool)


@cache
def components() -> SearchStrategy[str]:
    """Generate components of refs: lower-case words joined by single hyphens."""
    return st.text(f"{_LOWER}{_DIGITS}-", min_size=1, max_size=10).map(_as_component)


@cache
def keys() -> SearchStrategy[str]:
    """Generate metric and event keys, such as ``train/acc@5``."""
    return st.text(f"{_LOWER}XYZ{_DIGITS}_/@%-.", min_size=1, max_size=16).map(_as_key)


@cache
def tokens() -> SearchStrategy[str]:
    """Generate dotted lower-case tokens, such as ``sdk.python.local``."""
    return st.text(f"{_LOWER}{_DIGITS}_-.", min_size=1, max_size=16).map(_as_token)


@cache
def snake_words() -> SearchStrategy[str]:
    """Generate lower_snake words."""
    return st.text(f"{_LOWER}{_DIGITS}_", min_size=1, max_size=10).map(_as_token)


# Mapping a text into its grammar is many times faster than generating it from a regular expression.
def _as_component(text: str) -> str:
    return "-".join(filter(None, text.split("-"))) or "a"


def _as_key(text: str) -> str:
    return ".".join(filter(None, text.split("."))) or "a"


def _as_token(text: str) -> str:
    pieces = filter(None, text.split("."))
    return ".".join(piece if piece[0].isalpha() else f"a{piece}" for piece in pieces) or "a"


@cache
def instants() -> SearchStrategy[int]:
    """Generate nanoseconds since 1970-01-01T00:00:00Z that lie in the years 1 to 9999."""
    return st.integers(_FIRST_INSTANT, _LAST_INSTANT)


@cache
def timestamps() -> SearchStrategy[str]:
    """Generate canonical times: with nanoseconds, microseconds or whole seconds."""
    step = st.sampled_from([1, 1_000, 1_000_000_000])
    return st.builds(lambda ns, unit: text_from_ns(ns // unit * unit), instants(), step)


@cache
def metric_values() -> SearchStrategy[float]:
    """Generate finite numbers: integers of 64 bits, and floats."""
    return st.integers(MIN_INTEGER, MAX_INTEGER) | st.floats(allow_nan=False, allow_infinity=False)


@cache
def json_values(max_leaves: int = 8) -> SearchStrategy[Any]:
    """Generate JSON values of any kind, nulls and empty containers among them."""
    scalars = st.none() | st.booleans() | metric_values() | st.text(_CHARACTERS, max_size=10)
    return st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(_CHARACTERS, max_size=5), inner, max_size=3)
        ),
        max_leaves=max_leaves,
    )


@cache
def json_mappings() -> SearchStrategy[dict[str, Any]]:
    """Generate what models hold as attributes, metadata and parameters."""
    return st.dictionaries(texts(8), json_values(), max_size=4)


@cache
def string_mappings() -> SearchStrategy[dict[str, str]]:
    """Generate what models hold as tags, packages and environment variables; values may be empty."""
    return st.dictionaries(texts(8), st.text(_CHARACTERS, max_size=10), max_size=4)


@cache
@st.composite
def stable_refs(draw: st.DrawFn, kind: str | None = None) -> StableRef:
    """Generate refs of one kind, or of every kind that has a meaning, and some of no known kind.

    Args:
        draw: Given by Hypothesis.
        kind: The kind, such as ``run``; any when omitted.

    Returns:
        The strategy.
    """
    chosen = kind or draw(
        st.sampled_from([*CORE_STABLE_REF_COMPONENT_COUNTS, "environment", "relation"]) | snake_words()
    )
    count = CORE_STABLE_REF_COMPONENT_COUNTS.get(chosen)
    if count is None:
        count = draw(st.integers(1, 4))
    elif chosen in {"sample", "op"}:
        count += draw(st.integers(0, 1))
    return StableRef(chosen, ".".join(draw(components()) for _ in range(count)))


@cache
def _namespaces() -> SearchStrategy[str]:
    return tokens().map(lambda token: f"x.{token}".replace("_", "-"))


@cache
@st.composite
def extension_field_sets(draw: st.DrawFn, namespace: str | None = None) -> ExtensionFieldSet:
    """Generate extension sets of one namespace, or of any.

    Args:
        draw: Given by Hypothesis.
        namespace: The namespace; any when omitted.

    Returns:
        The strategy.
    """
    fields = draw(st.dictionaries(snake_words(), json_values(), min_size=1, max_size=3))
    readonly = draw(st.lists(st.sampled_from(sorted(fields)), max_size=2))
    return ExtensionFieldSet(namespace or draw(_namespaces()), fields, readonly)


@cache
def extensions() -> SearchStrategy[list[ExtensionFieldSet]]:
    """Generate the extensions of one model: sets of distinct namespaces."""
    return st.lists(extension_field_sets(), max_size=2, unique_by=lambda ext: ext.namespace)
