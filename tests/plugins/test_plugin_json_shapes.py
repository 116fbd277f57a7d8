"""Snapshots of what the plugin commands answer as JSON: the fields of each answer and the types of their values."""

from __future__ import annotations

import json

import pytest

from contexta.plugins import command

PLUGIN = """
from dataclasses import dataclass
from contexta.plugins import PluginInfo, Provider, hookimpl

@dataclass
class Options:
    url: str

@hookimpl
def contexta_plugin_info():
    return PluginInfo("Acme", "Sends things.", "https://example.org/acme")

@hookimpl
def contexta_sinks():
    return [Provider("zz_one", print, options=Options, capabilities={"a"})]
"""

#: Each field with the type of its value; a list stands for the shape of each of its members, and an object whose keys
#: are names of things has the one key `*`.
LISTED = {
    "kind": "str",
    "name": "str",
    "distribution": "str",
    "version": "str",
    "value": "str",
    "status": "str",
    "reason": "null or str",
    "summary": "null or str",
}
LIST = {"plugins": [LISTED]}
REQUIREMENTS = {
    "plugins": [LISTED],
    "distributions": {"*": {"location": "str", "editable": "str", "requires": ["str"]}},
}
SHOW = {
    "plugins": [
        {
            "description": LISTED,
            "title": "str",
            "docs_url": "str",
            "location": "str",
            "requires": ["str"],
            "api": "str",
            "hooks": ["str"],
            "factory": "str",
            "capabilities": ["str"],
            "options": [{"name": "str", "type": "str", "default": "null or str", "required": "bool"}],
            "import_seconds": "float",
            "imported": "int",
            "warnings": ["str"],
            "traceback": "str",
        }
    ]
}
DOCTOR = {
    "contexta": "str",
    "python": "str",
    "checks": [{"status": "str", "subject": "str", "finding": "str", "remedy": "str"}],
    "exit_code": "int",
}


def unlike(value, shape, place="answer"):
    """List the places where an answer has not the shape."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{place} is {value!r:.60}"]
        if "*" in shape:
            return [miss for key in value for miss in unlike(value[key], shape["*"], f"{place}.{key}")]
        if value.keys() != shape.keys():
            return [f"{place} differs in {sorted(value.keys() ^ shape.keys())}"]
        return [miss for key in shape for miss in unlike(value[key], shape[key], f"{place}.{key}")]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{place} is {value!r:.60}"]
        return [miss for each in value for miss in unlike(each, shape[0], f"{place}[]")]
    found = "null" if value is None else type(value).__name__
    return [] if found in shape.split(" or ") else [f"{place} is {found}"]


@pytest.fixture
def answer(site, capsys, tmp_path, monkeypatch):
    """Ask a command for JSON, where one distribution of the test's own is installed."""
    monkeypatch.chdir(tmp_path)
    site.module("zz_module", "import warnings\nwarnings.warn('old')\n" + PLUGIN)
    site.distribution("zz-a", {"sink": {"zz_one": "zz_module"}}, requires=["contexta>=2"])
    site.distribution("zz-b", {"sink": {"zz_old": "zz_old"}}, requires=["contexta<2"])

    def ask(*arguments):
        command.main([*arguments, "--format", "json"])
        return json.loads(capsys.readouterr().out)

    return ask


@pytest.mark.parametrize(
    ("arguments", "shape"),
    [
        (["list"], LIST),
        (["list", "--verify"], LIST),
        (["list", "--requirements"], REQUIREMENTS),
        (["show", "zz_one"], SHOW),
        (["doctor"], DOCTOR),
    ],
    ids=" ".join,
)
def test_the_shape_of_an_answer_is_kept(arguments, shape, answer):
    """Programs read these answers: a field that goes, comes or changes its type is seen here first."""
    answered = answer(*arguments)
    assert [] == unlike(answered, shape)
    assert all(answered[name] for name in shape if isinstance(shape[name], (list, dict)))
