"""What must go and what must stay: planted secrets and their look-alikes from machine learning."""

from __future__ import annotations

import json

import pytest

from contexta.redaction import Redactor

# Put together at run time, so that no scanner takes this file for a leak.
_BODY = "Zq7Xw2Lk9Vb4Nm8Tp3Rs6Yd1Hf5Jg0CeAu"
_HEX = "9f86d081884c7d659a2feaa0c55ad015"
SECRETS = {
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "github": "ghp_" + _BODY,
    "github_fine": "github" + "_pat_11ABCDEFG0" + _BODY,
    "gitlab": "glpat-" + _BODY[:20],
    "openai": "sk-" + "proj-" + _BODY,
    "anthropic": "sk-" + "ant-api03-" + _BODY,
    "huggingface": "hf_" + _BODY[:34],
    "slack": "xoxb-" + "123456789012-" + _BODY[:24],
    "google": "AIza" + _BODY + "x",
    "stripe": "sk" + "_live_" + _BODY[:24],
    "jwt": "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + _BODY,
    "pem": "-----BEGIN RSA PRIVATE " + f"KEY-----\n{_BODY}\n{_BODY[::-1]}\n-----END RSA PRIVATE KEY-----",
    "url": "postgres://trainer:" + "hunter2Zq7X@db.internal:5432/runs",
    "bearer": "Bearer " + _BODY[:30],
    "password": "password=" + "tr0ub4dor-Zq7X",
}
# The part of each that nobody may read any more.
CORES = {
    "pem": _BODY,
    "url": "hunter2Zq7X",
    "bearer": _BODY[:30],
    "password": "tr0ub4dor-Zq7X",
}
PLACES = {
    "attribute": lambda r, s: json.dumps(r.mapping({"note": s, "nested": {"deep": [s]}})),
    "event_text": lambda r, s: r.text(f"the upload failed with {s} at step 3"),
    "config_snapshot": lambda r, s: json.dumps(r.mapping({"sink": {"options": {"target": s}}, s: 1})),
    "exception_text": lambda r, s: r.text(f"Traceback (most recent call last):\nValueError: refused: '{s}'"),
}

LOOK_ALIKES = [
    *(
        {"tokens": "one two"},
        {"max_tokens": "512"},
        {"token_count": "many"},
        {"tokenizer": "bert-base-uncased"},
    ),
    *(
        {"num_key_value_heads": "8"},
        {"keyboard": "qwerty-2"},
        {"monkey": "see99monkey"},
        {"key_metric": "val.acc1"},
    ),
    *({"train.tokens_per_second": "12k3"}, {"primary_key": "run_id_v1"}, {"pad_token": "<pad>"}),
    *(
        {"eos_token": "</s>"},
        {"bos_token": "<s>"},
        {"mask_token": "[MASK]"},
        {"token_type_ids": "type0-type1"},
    ),
    *({"sort_key": "created_at1"}, {"cache_key": "a1b2c3d4e5"}, {"key": "value"}, {"key": "accuracy"}),
    *({"partition_key": "day2024x1"}, {"foreign_key": "runs.id1234"}, {"metric_key": "top5/acc12"}),
    *({"password_policy": "twelve characters"}, {"password_length": "12"}, {"secret_name": "projects/p/x1"}),
    *({"tokenizer_class": "LlamaTokenizer2"}, {"special_tokens_map": "special_tokens_map.json"}),
    *({"passage": "the2lazydog"}, {"secretary": "anna2024ab"}, {"turkey": "a1b2c3d4e5"}, {"token": 5}),
    *(
        {"password": None},
        {"secret": True},
        {"api_key": 12.5},
        {"key": ""},
        {"token": ""},
        {"api_key": "${API_KEY}"},
    ),
    *({"password": "********"}, {"hash_value": "sha256:" + _HEX + _HEX}, {"revision": _HEX + "1a2b3c4d"}),
    *(
        {"uuid": "123e4567-e89b-12d3-a456-426614174000"},
        {"run": "run:demo.sk-learn-baseline-2024-01-01-seed-17"},
    ),
    *({"note": "see https://example.org/a:b/c@d"}, {"image": "registry.io/team/image:v1@sha256:" + _HEX * 2}),
    *({"note": "SyntaxError: unexpected token: 'else'"}, {"note": "KeyError: 'password'"}),
    *({"note": "invalid password: must not be empty"}, {"note": "the bearer of this ticket"}),
    *(
        {"note": "tokens=512 max_tokens=1024"},
        {"note": "token: 17"},
        {"note": "task-specific-fine-tuning-of-models"},
    ),
    *(
        {"note": "hf_hub_download of google/flan-t5-small"},
        {"note": "AKIArtifact is no key"},
        {"note": "disk-usage"},
    ),
    *(
        {"note": "ghp_ is the prefix"},
        {"note": "-----BEGIN CERTIFICATE-----"},
        {"note": "10:30:00 loss=0.25"},
    ),
    *(
        {"path": "/data/keys/token/part-0001.parquet"},
        {"monitor_key": "val_loss_12"},
        {"next_token": "the2nd"},
    ),
    {"attn.key.weight": "layer12x"},
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize("mode", ["safe_default", "strict"])
def test_planted_secret_is_gone(mode, kind, place):
    """A secret of each format is replaced at each place where a user may put it."""
    secret = SECRETS[kind]
    written = PLACES[place](Redactor(mode, salt=b"s"), secret)
    assert CORES.get(kind, secret) not in written
    assert "[redacted:" in written


def test_at_most_one_look_alike_is_touched():
    """Sixty names and texts that merely look like secrets pass; one slip is allowed."""
    redactor = Redactor()
    touched = [case for case in LOOK_ALIKES if redactor.mapping(case) != case]
    assert len(LOOK_ALIKES) >= 60
    assert len(touched) <= 1, touched


@pytest.mark.parametrize(
    "key",
    [
        *(
            "password",
            "DB_PASSWORD",
            "dbPassword",
            "user.passwd",
            "api_key",
            "apiKey",
            "APIKey",
            "x-api-key",
            "apikey",
        ),
        *("OPENAI_API_KEY", "HF_TOKEN", "hfToken", "access_token", "token", "client_secret", "clientSecret"),
        *(
            "secret",
            "secrets",
            "aws.secret_access_key",
            "private_key",
            "encryption.key",
            "credentials",
            "passphrase",
        ),
        *("PGPASSWORD", "MYSQL_PWD", "db_pass", "password_hash", "token_value", "api_key_2", "Authorization"),
        *("credentials.user", "secrets/db", "refresh_tokens", "api_keys"),
    ],
)
def test_secret_name_hides_any_text(key):
    """A name whose words say "secret" hides its value, even one without any shape."""
    assert Redactor().value(key, "correct horse") == Redactor().value("password", "correct horse")
    assert Redactor().mapping({key: "correct horse"})[key].startswith("[redacted:key:")


def test_bare_key_hides_only_machine_made_values():
    """`key` names half of all mappings, so only a value that looks generated is taken for a secret."""
    redactor = Redactor()
    assert redactor.mapping({"key": "value"}) == {"key": "value"}
    assert redactor.mapping({"key": "9f86d081884c7d65"})["key"].startswith("[redacted:key:")


def test_configured_patterns_replace_the_defaults():
    """Only the configured words mark secrets; several words match in a row."""
    redactor = Redactor(key_patterns=("cookie", "access code"))
    assert redactor.mapping({"password": "a b"}) == {"password": "a b"}
    assert redactor.mapping({"session_cookie": "a b", "accessCode": "a b"}) == {
        "session_cookie": redactor.value("cookie", "a b"),
        "accessCode": redactor.value("cookie", "a b"),
    }
