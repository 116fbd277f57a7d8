"""`contexta plugins list`: what is installed and whether it can be used."""

from __future__ import annotations

from contexta.plugins import PluginDescription


def test_every_plugin_is_listed(cli):
    """Kind, name, distribution, version and status of each component, in the order of kind and name."""
    lines = [line.split() for line in cli("plugins", "list").out.splitlines()]
    assert ["KIND", "NAME", "DISTRIBUTION", "VERSION", "STATUS"] == lines[0]
    assert lines[1:] == sorted(lines[1:])
    found = {(kind, name): status for kind, name, _, _, status in lines[1:]}
    for stock in (
        ("metadata_store", "duckdb"),
        ("record_store", "jsonl_segments"),
        ("artifact_store", "files"),
        ("interpreter", "query"),
        ("surface", "cli"),
    ):
        assert "available" == found[stock]


def test_a_blocked_plugin_says_why(cli):
    """A plugin that the configuration disables is listed as blocked, with the reason."""
    text = cli("plugins", "list", "--set", 'plugins.disabled=["sink:stdout"]').out
    (line,) = [line for line in text.splitlines() if " stdout " in line]
    assert " blocked " in line
    assert line.endswith("disabled by the configuration")


def test_json_is_complete(cli):
    """JSON holds every field of every description."""
    plugins = cli("plugins", "list", "--format", "json").json["plugins"]
    assert all(set(PluginDescription._fields) == plugin.keys() for plugin in plugins)
    assert "contexta_cli.plugin" in {plugin["value"] for plugin in plugins}
