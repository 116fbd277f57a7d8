"""Fake distributions: a ``.dist-info`` folder and some modules on ``sys.path``, written per test."""

from __future__ import annotations

import importlib
import sys
import textwrap

import pytest

PLUGIN_HEADER = "from contexta.plugins import Provider, hookimpl\n"


class FakeSite:
    """A directory on ``sys.path`` in which distributions and modules can be written."""

    def __init__(self, directory):
        self.directory = directory

    def module(self, name, source):
        """Write a module; its source is dedented."""
        (self.directory / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")
        importlib.invalidate_caches()

    def distribution(self, name, entry_points, *, version="1.0", requires=(), headers=()):
        """Write a distribution's metadata; entry points are ``{group word: {name: value}}``."""
        folder = self.directory / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        lines = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"]
        lines += [f"Requires-Dist: {requirement}\n" for requirement in requires]
        lines += [f"{header}\n" for header in headers]
        (folder / "METADATA").write_text("".join(lines), encoding="utf-8")
        text = "".join(
            f"[contexta.{kind}]\n" + "".join(f"{key} = {value}\n" for key, value in named.items())
            for kind, named in entry_points.items()
        )
        (folder / "entry_points.txt").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return folder

    def sink(self, distribution, name, module, *, requires=(), version="1.0", header="", provider=""):
        """Write a distribution with one sink and its module."""
        provider = provider or f'Provider("{name}", lambda context, options: ("{name}", context, options))'
        self.module(
            module,
            f"{header}\n{PLUGIN_HEADER}\n@hookimpl\ndef contexta_sinks():\n    return [{provider}]\n",
        )
        self.distribution(distribution, {"sink": {name: module}}, requires=requires, version=version)


@pytest.fixture
def site(tmp_path, monkeypatch):
    """Give a fake site directory; modules imported from it are forgotten afterwards."""
    directory = tmp_path / "site"
    directory.mkdir()
    monkeypatch.syspath_prepend(directory)
    yield FakeSite(directory)
    for name, module in list(sys.modules.items()):
        origin = getattr(module, "__file__", None) or ""
        if origin.startswith(str(directory)):
            del sys.modules[name]


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch):
    """Let each test be the first of the process that hears of a broken plugin."""
    monkeypatch.setattr("contexta.plugins.error_policy._told", set())


@pytest.fixture
def new_host():
    """Give a maker of hosts that the environment of the test run does not influence."""
    from contexta.plugins import PluginHost

    def make(**arguments):
        return PluginHost(**{"environ": {}, **arguments})

    return make


@pytest.fixture
def resolve():
    """Give the question that the configuration of a sink asks a host."""

    def ask(host, name="zz_one", kind="sink"):
        return host.resolve(kind, name, required_by="capture.sinks[0].use")

    return ask


@pytest.fixture
def described():
    """Give the lines about one name in a host's listing."""

    def pick(host, name="zz_one"):
        return [plugin for plugin in host.describe() if plugin.name == name]

    return pick
