"""What the product offers by name stands on its page, as it is: settings, commands and options."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from contexta.config import UnifiedConfig, config_to_mapping
from contexta.config.models import SinkConfig
from contexta.config.schema import leaf_fields
from contexta.config.section import rules_of
from contexta_cli.root import root_group

REPOSITORY = Path(__file__).resolve().parents[2]


def page(name: str) -> str:
    """Return the text of a page."""
    return (REPOSITORY / "docs" / name).read_text(encoding="utf-8")


def default_of(path: str):
    """Return the default of a setting as JSON data."""
    value = config_to_mapping(UnifiedConfig())
    for word in path.split("."):
        value = value[word]
    return value


def commands() -> dict[str, click.Command]:
    """Return every command by the words that call it."""
    found = {}
    pending = [((), root_group())]
    while pending:
        words, command = pending.pop()
        ctx = click.Context(command, info_name="contexta")
        if not isinstance(command, click.Group):
            found[" ".join(words)] = command
            continue
        names = command.list_commands(ctx)
        pending += [((*words, name), command.get_command(ctx, name)) for name in names]
    return found


def test_every_setting_is_documented_once():
    """The page on the configuration names every setting once in its last section, and no other."""
    section = page("configuration.md").split("\n## Settings\n", 1)[1]
    table = re.findall(r"^\| `([a-z_.]+)` \|", section, re.MULTILINE)
    listed = re.findall(r"`([a-z]+\.[a-z_.]+)`[,;.]", section)
    assert sorted(leaf_fields()) == sorted(table + listed)


def test_documented_defaults_are_the_defaults():
    """A default that the page shows in JSON is the one that holds; paths are shown in words."""
    rows = re.findall(r"^\| `([a-z_.]+)` \| `([^`]+)` \|", page("configuration.md"), re.MULTILINE)
    shown = {}
    for path, text in rows:
        if path in leaf_fields() and not path.endswith("_path"):
            shown[path] = json.loads(text)
    assert {path: default_of(path) for path in shown} == shown
    assert len(shown) > 30


def test_every_key_of_a_sink_is_documented():
    """The page's table of a sink's keys is complete."""
    section = page("configuration.md").split("\n## Sinks\n", 1)[1].split("\n## ", 1)[0]
    documented = re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE)
    assert [name for name, _, _ in rules_of(SinkConfig)] == documented


@pytest.mark.parametrize("words", sorted(commands()))
def test_every_command_is_documented(words):
    """Each command has a section of its own on the page on the command line, which names all its options."""
    text = page("command-line.md")
    assert f"\n## contexta {words}\n" in text
    section = text.split(f"\n## contexta {words}\n", 1)[1].split("\n## ", 1)[0]
    options = [
        option.opts[0]
        for option in commands()[words].params
        if isinstance(option, click.Option) and not getattr(option, "is_global_option", False)
    ]
    assert [] == [
        option for option in options if option not in {"--help", "-h"} and f"`{option}" not in section
    ]


def test_every_global_option_is_documented():
    """The page on the command line names every option that all commands take."""
    text = page("command-line.md")
    options = [option.opts[0] for option in root_group().params if isinstance(option, click.Option)]
    assert [] == [option for option in options if f"`{option}" not in text]
