"""Whatever a file, the environment or a mapping holds: a configuration comes of it, or a typed error that says why.

A fixed corpus first, then inputs made from seeds by damaging good ones; the seed of a failing input is in the message.
"""

from __future__ import annotations

import json
import random
import resource
import warnings
from datetime import date
from pathlib import Path

import pytest

from contexta.config import (
    ConfigurationWarning,
    UnifiedConfig,
    check_config_file,
    config_to_mapping,
    load_config,
    replace_unified_config,
)
from contexta.config.schema import environment_fields, leaf_fields, section_classes
from contexta.errors import ConfigurationError, DependencyError

#: What a campaign may take more memory than before it, in bytes.
MEMORY = 150 * 1024 * 1024

TOML = b"""\
profile = "test"
overlays = ["ci", "debug"]
project_name = "vision"
[workspace]
root_path = "runs/here"
[metadata.options]
index = false
threshold = 1_000
since = 2026-01-02T03:04:05Z
[records]
durability_mode = "interval"
max_segment_bytes = 65536
[[capture.sinks]]
use = "stdout"
families = ["record"]
required = true
[capture.sinks.options]
indent = 2
[interpretation.anomaly]
z_score_threshold = 3.5
[interpretation.services]
trend = "off"
[security]
secret_key_patterns = ["token", '''two
lines''']
[retention]
cache_ttl_days = 3
"""
YAML = b"""\
profile: test
overlays: [ci, debug]
workspace: &there {root_path: runs/here}
metadata:
  storage_adapter: sqlite
  options: {a: [1, 2.5, null, true], since: 2026-01-02}
capture:
  retry_backoff_seconds: 0.5
  sinks:
    - stdout
    - {use: otel, id: prod, options: {endpoint: "http://x"}}
interpretation:
  services: {trend: off}
surfaces: {http: {port: 80}}
"""
JSON = json.dumps(
    {
        "profile_name": "local",
        "records": {"read_only": True, "layout_mode": "acme"},
        "capture": {"sinks": [{"use": "a"}, {"use": "b", "options": {"x": [1, {"y": None}]}}]},
        "interpretation": {"search": {"default_limit": 5, "text_match_fields": ["name"]}},
        "security": {"environment_variable_allowlist": ["PATH"], "encryption_provider": None},
        "plugins": {"allow": ["sink:otel"], "on_error": "raise"},
    }
).encode()
SEEDS = {"c.toml": TOML, "c.yaml": YAML, "c.json": JSON}
WORDS = [path.encode() for path in (*leaf_fields(), *section_classes())]
TOKENS = [
    b"[", b"]", b"{", b"}", b"=", b":", b",", b"'", b'"', b"'''", b'"""', b"\n", b"\r\n", b"\t", b"#", b"- ", b"\\",
    b"\\u0000", b"\\ud800", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", "Ω\u202e".encode(), b"nan", b"-inf",
    b"1e999", b"9" * 400, b"-1", b"0", b"true", b"null", b"~", b"0x1F", b"2026-01-02", b"!!python/object:os.system x",
    b"!!binary aGk=", b"!!set {a, b}", b"&a [*a]", b"*there", b"<<: *there", b"? [a, b]\n: c", b"[" * 300, b"{a: " * 300,
    b"{'a':" * 200, b"[tool.contexta]", b"[[capture.sinks]]", b"~nobody-of-this-name/x", b":memory:", b"../" * 50,
    b"x" * 5000, *WORDS,
]  # fmt: skip

CORPUS = [
    ("c.toml", b""),
    ("c.toml", b"\x00"),
    ("c.toml", b"a" * 1_048_577),
    ("c.toml", b"project_name = '\xff'"),
    ("c.toml", b"capture = [[[[1]]]]"),
    ("c.toml", b"capture.sinks = {}"),
    ("c.toml", b"capture.sinks = [{}]"),
    ("c.toml", b"capture.sinks = [[]]"),
    ("c.toml", b"workspace = 1"),
    ("c.toml", b"profile = []"),
    ("c.toml", b"overlays = [[]]"),
    ("c.toml", b"overlays = {debug = true}"),
    ("c.toml", b"interpretation.services = {a = {b = 1}}"),
    ("c.toml", b"metadata.options = " + b"{a = " * 60 + b"1" + b"}" * 60),
    ("c.toml", b"x = " + b"[" * 100_000),
    ("c.toml", b"[workspace]\nroot_path = '\\u0000'"),
    ("c.toml", b'[workspace]\nroot_path = "a\\u0000b"'),
    ("c.toml", b'project_name = "\\U0010FFFF"'),
    ("c.toml", b"[surfaces.http]\nport = 1e400"),
    ("c.toml", b"[interpretation.anomaly]\nz_score_threshold = " + b"9" * 5000),
    ("c.yaml", b"[]"),
    ("c.yaml", b"--- a\n--- b"),
    ("c.yaml", b"? {a: b}\n: c"),
    ("c.yaml", b"1: 2\nnull: 3\ntrue: 4"),
    ("c.yaml", b"&a {metadata: {options: *a}}"),
    ("c.yaml", b"metadata: {options: &o {x: *o}}"),
    ("c.yaml", b"capture: {sinks: &s [*s]}"),
    ("c.yaml", b"project_name: !!python/name:os.system"),
    ("c.yaml", b"[" * 5000),
    ("c.yaml", b"metadata: {options: {a: .nan, b: .inf}}"),
    ("c.yaml", b"metadata: {options: !!set {a, b}}"),
    ("c.yaml", b"metadata: {options: {a: !!binary aGk=}}"),
    ("c.yaml", b"\xff\xfea\x00"),
    ("c.json", b"[" * 100_000),
    ("c.json", b'{"a": 1, "a": 2}'),
    ("c.json", b'{"project_name": "\\ud800"}'),
    ("c.json", b'{"surfaces": {"http": {"port": ' + b"9" * 5000 + b"}}}"),
    ("pyproject.toml", b"tool = 1"),
    ("pyproject.toml", b"tool.contexta = 1"),
    ("pyproject.toml", b"[tool.contexta.tool.contexta]"),
]


def _assert_settles(action):
    """Run an action; it returns a configuration, or raises an error of ours that says something."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConfigurationWarning)
        try:
            found = action()
        except (ConfigurationError, DependencyError) as error:
            refused = error
        else:
            refused = None
    if refused is not None:
        assert str(refused)
        assert refused.code != "contexta_error"
        return None
    assert isinstance(found, UnifiedConfig)
    return found


def _assert_file_settles(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    found = _assert_settles(lambda: load_config(config_file=path, env={}))
    try:
        report = check_config_file(path)
    except ConfigurationError:
        assert found is None
        return
    # The check and the loading agree about what can be used.
    assert report.ok == (found is not None), report
    lines = content.count(b"\n") + content.count(b"\r") + 2
    assert all(problem.line is None or 1 <= problem.line <= lines for problem in report.problems)


def _damaged(chance, content):
    """Damage good content at a few places."""
    for _ in range(chance.randint(1, 4)):
        begin = chance.randrange(len(content) + 1)
        end = min(len(content), begin + chance.choice([0, 1, 1, 2, 8, 40]))
        kind = chance.randrange(4)
        piece = (
            chance.choice(TOKENS)
            if kind == 0
            else bytes([chance.randrange(256)])
            if kind == 1
            else content[begin:end] * 2
            if kind == 2
            else b""
        )
        content = content[:begin] + piece + content[end:]
    return content


def _value(chance, depth=0):
    """Make a value of any kind; some contain themselves."""
    kind = chance.randrange(16)
    if kind < 4 and depth < 3:
        items = [_value(chance, depth + 1) for _ in range(chance.randrange(3))]
        if kind == 0:
            return items
        if kind == 1:
            return tuple(items)
        keys = [chance.choice(["use", "id", "options", "token", "", 3, None, "a.b"]) for _ in items]
        return dict(zip(keys, items, strict=True))
    if kind == 4:
        loop = {}
        loop["loop"] = [loop]
        return loop
    if kind == 5:
        deep = []
        for _ in range(200):
            deep = [deep]
        return deep
    return chance.choice(
        [
            None, True, False, 0, -1, 1, 2**63, -(10**400), 10**5000, 0.5, float("nan"), float("inf"), "", " ", "test",
            "local", "debug,ci", "[1", "[]", '{"a": 1}', "a=b,c", "9" * 400, "1_0", "٣", "\ud800", "\x00", "~nobody/x",
            ":memory:", "fsync", "off", b"bytes", bytearray(b"x"), Path("x"), object(), {1, 2}, frozenset({"a"}), 1j,
            date(2026, 1, 2), range(3), int, Exception("x"), UnifiedConfig().capture,
        ]
    )  # fmt: skip


def _patch(chance):
    """Make a nested mapping with a few settings, some of which do not exist."""
    patch = {}
    for _ in range(chance.randint(1, 3)):
        words = chance.choice(
            [*leaf_fields(), *section_classes(), "profile", "overlays", "records.x", "x.y"]
        ).split(".")
        section = patch
        for word in words[:-1]:
            section = section.setdefault(word, {})
            if not isinstance(section, dict):
                break
        else:
            section[words[-1]] = _value(chance)
    return patch


def _environment(chance):
    names = [
        *environment_fields(),
        "CONTEXTA_PROFILE",
        "CONTEXTA_PROFILE_OVERLAYS",
        "CONTEXTA_X",
        "CONTEXTA_",
        "PATH",
    ]
    variables = {}
    for _ in range(chance.randint(1, 4)):
        value = _value(chance)
        variables[chance.choice(names)] = value if chance.random() < 0.02 else _text(value)
    return variables


def _text(value):
    try:
        return str(value)[:6000]
    except ValueError:
        # Python itself refuses to write numbers of thousands of digits.
        return "9" * 5000


def _one(chance, folder, base):
    """Try one input, of a kind by chance."""
    kind = chance.randrange(8)
    if kind < 2:
        name = chance.choices(list(SEEDS), weights=(3, 1, 3))[0]
        _assert_file_settles(folder, name, _damaged(chance, SEEDS[name]))
    elif kind < 4:
        _assert_settles(lambda: load_config(env=_environment(chance)))
    elif kind < 6:
        found = _assert_settles(lambda: load_config(config=_patch(chance), env={}))
        if found is not None:
            json.dumps(config_to_mapping(found))
            hash(found)
    elif kind == 6:
        _assert_settles(lambda: replace_unified_config(base, _patch(chance)))
    else:
        arguments = ("profile", "overlays", "config_file", "config", "workspace", "project_name", "env")
        given = {name: _value(chance) for name in chance.sample(arguments, 2)}
        _assert_settles(lambda: load_config(**{"env": {}, **given}))


def _check_campaign(folder, first, number):
    base = UnifiedConfig()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for seed in range(first, first + number):
        try:
            _one(random.Random(seed), folder, base)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
    # Kilobytes on Linux, bytes on macOS: the bound is generous for either.
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < MEMORY


@pytest.mark.parametrize(("name", "content"), CORPUS, ids=lambda value: repr(value)[:40])
def test_the_corpus_settles(tmp_path, name, content):
    """Every input that was once worth a thought loads or is refused with an error of ours."""
    _assert_file_settles(tmp_path, name, content)


def test_ten_thousand_inputs_settle(tmp_path):
    """Damaged files, odd variables and odd mappings load or are refused with an error of ours, in bounded memory."""
    _check_campaign(tmp_path, 0, 10_000)


@pytest.mark.campaign
@pytest.mark.parametrize("block", range(10))
def test_a_million_inputs_settle(tmp_path, block):
    """The same for a million inputs."""
    _check_campaign(tmp_path, 10_000 + block * 100_000, 100_000)
