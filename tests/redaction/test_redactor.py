"""The redactor's contract: structure kept, idempotent, never an error, quick."""

from __future__ import annotations

import hashlib
import time
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contexta.errors import ConfigurationError
from contexta.redaction import Redactor

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def marker(rule, secret, salt=b""):
    """Work out the replacement independently."""
    return f"[redacted:{rule}:{hashlib.sha256(salt + secret.encode()).hexdigest()[:8]}]"


def test_marker_names_the_rule_and_a_salted_digest():
    """Equal secrets stay comparable under one salt, and differ under another."""
    assert Redactor(salt=b"one").text(f"use {TOKEN}!") == f"use {marker('github', TOKEN, b'one')}!"
    assert Redactor(salt=b"two").text(TOKEN) == marker("github", TOKEN, b"two")


def test_numbers_booleans_and_none_pass_under_secret_names():
    """Only text can be a secret: `max_tokens=512` and `use_token=True` are settings."""
    data = {"token": 512, "password": None, "secret": True, "key": 0.5}
    assert Redactor("strict").mapping(data) == data


def test_structure_is_kept_and_the_argument_untouched():
    """Lists stay lists, tuples tuples, other objects themselves; the caller's mapping is not changed."""
    thing = object()
    data = {"a": [1, ("x", TOKEN)], "b": {"secrets": {"c": "d"}}, 3: "x", "o": thing}
    redacted = Redactor().mapping(data)
    assert redacted == {
        "a": [1, ("x", marker("github", TOKEN))],
        "b": {"secrets": {"c": marker("key", "d")}},
        3: "x",
        "o": thing,
    }
    assert data["b"] == {"secrets": {"c": "d"}}


def test_named_tuples_are_looked_into():
    """A named tuple becomes JSON like any tuple, so its fields are judged by their names and their shapes."""

    class Login(NamedTuple):
        user: str
        password: str
        notes: list[str]

    user, password, notes = Redactor().value("login", Login("ann", "hunter22", ["ghp_" + "a1B2c3D4e5" * 4]))
    assert user == "ann"
    assert password.startswith("[redacted:key:")
    assert notes[0].startswith("[redacted:github:")


@pytest.mark.parametrize(
    "name", ["mypassword", "dbPassword1", "appsecret", "openaiapikey", "rootpasswd", "keypassphrase"]
)
def test_names_written_in_one_piece_are_secret(name):
    """People write names without a border between the words."""
    redactor = Redactor()
    assert redactor.mapping({name: "hunter22"}) != {name: "hunter22"}
    assert "hunter22" not in redactor.text(f"{name}=hunter22")
    assert Redactor(key_patterns=["access code"]).mapping({name: "hunter22"}) == {name: "hunter22"}


@pytest.mark.parametrize("name", ["Set-Cookie", "cookies", "bearer", "sentry_dsn", "db_connection_string"])
def test_names_of_credentials_that_are_no_key_are_secret(name):
    """What opens a door is a secret under any of its usual names."""
    assert Redactor().mapping({name: "hunter22"}) != {name: "hunter22"}


def test_name_inherits_the_words_of_what_contains_it():
    """`{"api": {"key": …}}` is an API key, spelled nested or dotted."""
    redactor = Redactor()
    expected = marker("key", "plain")
    assert redactor.mapping({"api": {"key": "plain"}}) == {"api": {"key": expected}}
    assert redactor.value("api.key", "plain") == expected
    assert redactor.mapping({"access": {"nested": {"password": ["plain"]}}}) == {
        "access": {"nested": {"password": [expected]}}
    }


def test_only_the_password_of_a_url_goes():
    """Host, user and path of a URL stay readable."""
    assert (
        Redactor().text("get s3://me:pw12@host/bucket now")
        == f"get s3://me:{marker('url_password', 'pw12')}@host/bucket now"
    )


def test_assignments_in_text():
    """Command lines, JSON in messages and dotenv lines give their names away."""
    redactor = Redactor()
    assert redactor.text("run --password=abc --lr=0.1") == f"run --password={marker('key', 'abc')} --lr=0.1"
    assert redactor.text('{"api_key": "a b", "n": 1}') == f'{{"api_key": "{marker("key", "a b")}", "n": 1}}'
    assert redactor.text("GET /x?access_token=zz&n=1") == f"GET /x?access_token={marker('key', 'zz')}&n=1"


def test_private_key_without_its_end_is_removed():
    """A truncated log line holds half a private key; half is still too much."""
    text = "-----BEGIN PRIVATE " + "KEY-----\nMIIEvQ"
    assert "MIIEvQ" not in Redactor().text(text)


def test_diff_hides_assignments_and_keeps_code():
    """Literals bound to secret names go; expressions, placeholders and everything else stay as they are."""
    redactor = Redactor()
    diff = """\
--- a/train.py
+++ b/train.py
@@ -1,4 +1,9 @@
+API_KEY = "abc def"
-password: str = 'old one'
 config = {"client_secret": "xyz", "lr": 0.1}
+export DB_PASSWORD=hunter2
+token = tokens[0]
+password = getpass.getpass()
+def login(password: str, token: str | None = None) -> None:
+pad_token = "<pad>"
+api_key = os.environ["API_KEY"]
+max_tokens = 512
"""
    expected = (
        diff.replace("abc def", marker("key", "abc def"))
        .replace("old one", marker("key", "old one"))
        .replace("xyz", marker("key", "xyz"))
        .replace("hunter2", marker("key", "hunter2"))
    )
    assert redactor.diff(diff) == expected


def test_diff_keeps_its_lines_when_a_private_key_goes():
    """A diff with a removed key block has as many lines, each with its sign."""
    lines = ["+-----BEGIN PRIVATE " + "KEY-----", "+MIIEvQ", "+abc", "+-----END PRIVATE KEY-----", "+x = 1"]
    redacted = Redactor().diff("\n".join(lines)).split("\n")
    assert [line[0] for line in redacted] == ["+"] * 5
    assert "MIIEvQ" not in "".join(redacted)
    assert redacted[-1] == "+x = 1"


def test_strict_adds_the_entropy_rule():
    """A long random text without a name or shape goes in `strict` only; digests, UUIDs and prose always stay."""
    random_text = "q9Zt4LmX0vB7nR2wK5yH8cJ1"
    assert Redactor().text(random_text) == random_text
    assert Redactor("strict").text(f"got {random_text}") == f"got {marker('entropy', random_text)}"
    for harmless in (
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "123e4567-e89b-12d3-a456-426614174000",
        "models/resnet50/checkpoint-epoch-17/weights.safetensors",
    ):
        assert Redactor("strict").text(harmless) == harmless


def test_off_changes_nothing():
    """The mode `off` returns everything as it is and says so."""
    redactor = Redactor("off")
    assert not redactor.active
    assert Redactor().active
    assert redactor.text(TOKEN) == redactor.diff(TOKEN) == redactor.value("password", TOKEN) == TOKEN
    assert redactor.mapping({"password": TOKEN}) == {"password": TOKEN}


def test_wrong_settings_are_named():
    """A wrong mode and a pattern list that is one text are configuration errors."""
    with pytest.raises(ConfigurationError) as unknown:
        Redactor("loud")
    assert unknown.value.code == "invalid_redaction_mode"
    with pytest.raises(ConfigurationError) as text:
        Redactor(key_patterns="token")
    assert text.value.code == "invalid_secret_key_patterns"


def test_overlong_text_is_cut_not_leaked():
    """What lies behind the cap is replaced unseen, so its length decides neither time nor safety."""
    text = "word " * 900_000 + TOKEN
    once = Redactor().text(text)
    assert TOKEN not in once
    assert "[redacted:oversize:" in once[-40:]
    assert Redactor().text(once) == once


def test_self_containing_data_ends():
    """A mapping that contains itself is cut at a depth instead of recursing without end."""
    data = {"a": "x"}
    data["self"] = data
    assert "[redacted:depth:" in repr(Redactor().mapping(data))


@pytest.mark.parametrize(
    "piece",
    [
        "eyJ",
        "://",
        "://a:",
        "-----BEGIN PRIVATE KEY-----",
        "password=",
        "sk-",
        "a.",
        "token: ",
        '"token": "',
        "Bearer ",
    ],
)
def test_scan_is_linear(piece):
    """Four times a hostile text costs about four times the time, not sixteen."""
    redactor = Redactor()

    def cost(times):
        text = piece * times
        started = time.process_time()
        redactor.text(text)
        redactor.diff(text)
        return time.process_time() - started

    small = min(cost(4_000) for _ in range(3))
    assert cost(16_000) < 10 * small + 0.1


FRAGMENTS = st.sampled_from(
    [
        *(
            TOKEN,
            "password=",
            "token",
            ": ",
            "key",
            '"',
            "'",
            "=",
            "api_key",
            "Bearer ",
            "://u:",
            "@h",
            "sk-ant-",
        ),
        *(
            "-----BEGIN PRIVATE " + "KEY-----",
            "-----END PRIVATE KEY-----",
            "[redacted:key:0123abcd]",
            "\n",
            "a1b2c3d4",
        ),
        *(
            "eyJhbGciOiJI.eyJzdWIiOiIx.abcdefghij",
            "authorization: basic ",
            "hf_",
            "x" * 30,
            "Zq7Xw2Lk9Vb4Nm8Tp3Rs6",
            ".",
        ),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(FRAGMENTS, max_size=12).map("".join))
MODES = st.sampled_from(["safe_default", "strict"])


@given(mode=MODES, text=TEXTS)
def test_text_and_diff_are_idempotent(mode, text):
    """Redacting what is redacted changes nothing, whatever the text."""
    redactor = Redactor(mode)
    once = redactor.text(text)
    assert redactor.text(once) == once
    once = redactor.diff(text)
    assert redactor.diff(once) == once


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS, st.binary(max_size=8)
    ),
    lambda children: st.one_of(
        st.lists(children, max_size=4),
        st.dictionaries(
            st.one_of(TEXTS, st.sampled_from(["password", "key", "token", "api"])), children, max_size=4
        ),
    ),
    max_leaves=12,
)


@example(mode="safe_default", data={"Key": "Password=:"})
@given(mode=MODES, data=st.dictionaries(st.one_of(TEXTS, st.integers()), VALUES, max_size=5))
def test_mapping_is_idempotent_and_never_raises(mode, data):
    """Any JSON-like data passes through, and twice is the same as once."""
    redactor = Redactor(mode)
    once = redactor.mapping(data)
    assert redactor.mapping(once) == once
