"""Text at the borders, key grammars and vocabularies."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.contract import vocabularies
from contexta.contract.patterns import DOT_TOKEN_PATTERN, KEY_PATTERN, is_key
from contexta.contract.refs import StableRef
from contexta.contract.text import check_characters, display_safe, slug
from contexta.errors import ValidationError

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ResNet 50 (v2)", "resnet-50-v2"),
        ("  Café Ünïté  ", "cafe-unite"),
        ("a__b--c", "a-b-c"),
        ("x" * 100, "x" * 63),
        ("a" * 62 + " b", "a" * 62),
        ("ﬁne-tune", "fine-tune"),
    ],
)
def test_slug_makes_a_component_of_a_name(name, expected):
    """Accents go, case goes, runs of the rest become one hyphen, and 63 characters is the end."""
    assert slug(name) == expected


def test_slug_of_another_script_is_a_stable_stand_in():
    """A name that leaves nothing still has its own slug: the start of its SHA-256."""
    # printf 日本 | sha256sum
    assert slug("日本") == "x-cf2abf0c"
    assert slug("日本") != slug("中国")
    assert slug("---").startswith("x-")


@given(ANY_TEXT)
def test_slug_is_always_a_legal_component(name):
    """Any text at all gives a component."""
    assert StableRef.project(slug(name)).value == slug(name)


def test_slug_refuses_what_is_no_text():
    """A number has no slug."""
    with pytest.raises(ValidationError):
        slug(5)


@pytest.mark.parametrize(
    ("text", "character"), [("a\x00b", "U+0000"), ("a\ud800b", "U+D800"), ("é\x00", "U+0000")]
)
def test_nul_and_lone_surrogates_are_refused(text, character):
    """What no store can keep is refused where it comes in, with its place."""
    with pytest.raises(ValidationError) as caught:
        check_characters(text, field_name="name")
    assert caught.value.details["character"] == character
    assert caught.value.details["position"] == 1


def test_other_characters_pass():
    """Any other text is fine, controls included: they are escaped on output."""
    text = "日本 \x1b[2J \u202e 😀"
    assert check_characters(text, field_name="name") == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 日本 😀", "plain é 日本 😀"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x7f\x9b", "\\x7f\\x9b"),
        ("\u202egnp.exe", "U+202Egnp.exe"),
        ("\u2066\u2069\u200e\u2028", "U+2066U+2069U+200EU+2028"),
        ("\ud800", "U+D800"),
    ],
)
def test_display_safe_shows_controls_instead_of_obeying_them(text, shown):
    """Controls, direction overrides and surrogates become visible."""
    assert display_safe(text) == shown


def test_display_safe_keeps_lines_where_asked():
    """A traceback keeps its lines, not its escapes."""
    assert display_safe("a\n\tb\x1b\r", multiline=True) == "a\n\tb\\x1b\\r"


@given(ANY_TEXT)
def test_displayed_text_can_be_encoded_and_has_no_controls(text):
    """The result encodes as UTF-8 and holds no control or BiDi character."""
    shown = display_safe(text)
    shown.encode("utf-8")
    assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in shown)
    bidi = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not any(unicodedata.bidirectional(character) in bidi for character in shown)


@pytest.mark.parametrize(
    "key", ["train.loss", "val_loss", "train/acc@5", "top-1", "GPU.mem%", "a", "training.epoch_complete"]
)
def test_keys_are_what_training_code_uses(key):
    """Common metric and event names are keys."""
    assert is_key(key)


@pytest.mark.parametrize("key", ["", ".", "a.", ".a", "a..b", "a b", "a\n", "é", "a:b", "a" * 129, "a\x00"])
def test_other_texts_are_no_keys(key):
    """Blank tokens, spaces, other scripts and overlong texts are no keys."""
    assert not is_key(key)


@given(st.text(max_size=20))
def test_keys_agree_with_a_reading_by_hand(text):
    """The pattern says what splitting at dots and looking at each character says."""
    letters = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/@%-")
    expected = all(token and set(token) <= letters for token in text.split("."))
    assert (KEY_PATTERN.match(text) is not None) == expected


@pytest.mark.parametrize("token", ["a_b.c-d", "sdk.python.local", "x"])
def test_dotted_tokens_take_hyphens_and_underscores(token):
    """Producers, policies, slices and issue keys share one grammar."""
    assert DOT_TOKEN_PATTERN.match(token)


def test_vocabularies_are_complete():
    """Each vocabulary holds the documented words in the documented order."""
    assert vocabularies.RUN_STAGE_STATUSES == ("open", "completed", "failed", "cancelled")
    assert vocabularies.EVENT_LEVELS == ("debug", "info", "warning", "error", "critical")
    assert vocabularies.METRIC_AGGREGATION_SCOPES == ("run", "stage", "operation", "step", "slice")
    assert set(vocabularies.TRACE_SPAN_STATUSES) == {"ok", "error", "unset", "cancelled", "timeout"}
    assert set(vocabularies.TRACE_SPAN_KINDS) == {
        "operation",
        "stage",
        "call",
        "internal",
        "io",
        "network",
        "process",
    }


@pytest.mark.parametrize("name", vocabularies.__all__)
def test_every_vocabulary_is_a_tuple_of_distinct_words(name):
    """No word twice, each a lower_snake word."""
    words = getattr(vocabularies, name)
    assert isinstance(words, tuple)
    assert len(set(words)) == len(words)
    assert all(re.fullmatch("[a-z][a-z_]*", word) for word in words)
