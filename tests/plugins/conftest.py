"""Fake distributions with sinks, and hosts that the environment of the test run does not influence."""

from __future__ import annotations

import pytest

from contexta.testing.fake_distributions import FakeDistributions

PLUGIN_HEADER = "from contexta.plugins import Provider, hookimpl\n"


class FakeSite(FakeDistributions):
    """The kit's writer of distributions, with shorter words for what the tests of the plugin core write often."""

    def module(self, name, source):
        """Write a module; its source is dedented."""
        self.write(f"{name}.py", source)

    def distribution(self, name, entry_points, **told):
        """Write a distribution's metadata; entry points are ``{group word: {name: value}}``."""
        return self(name, entry_points, **told)

    def sink(self, distribution, name, module, *, requires=(), version="1.0", header="", provider=""):
        """Write a distribution with one sink and its module."""
        provider = provider or f'Provider("{name}", lambda context, options: ("{name}", context, options))'
        self.module(
            module,
            f"{header}\n{PLUGIN_HEADER}\n@hookimpl\ndef contexta_sinks():\n    return [{provider}]\n",
        )
        self.distribution(distribution, {"sink": {name: module}}, requires=requires, version=version)


@pytest.fixture
def site(fake_dist):
    """Give a fake site directory; modules imported from it are forgotten afterwards."""
    return FakeSite(fake_dist.directory)


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
