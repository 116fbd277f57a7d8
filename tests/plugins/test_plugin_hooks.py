from __future__ import annotations

import logging
import sys
import warnings

import pytest

from contexta.errors import (
    ConfigurationError,
    PluginConflictError,
    PluginError,
    PluginLoadError,
    PluginNotUsableError,
)
from contexta.plugins import KINDS, PluginInfo, Provider, hookimpl, hookspecs

HEADER = "from contexta.plugins import PluginInfo, Provider, hookimpl\n"
SINK = "@hookimpl\ndef contexta_sinks():\n    return [Provider('zz_one', lambda context, options: 'built')]\n"


class Heard:
    """A plugin object that writes down what it is told."""

    def __init__(self, name, told):
        self.name = name
        self.told = told

    @hookimpl
    def contexta_configure(self, config):
        self.told.append((self.name, "configure", config))

    @hookimpl
    def contexta_unconfigure(self, host):
        self.told.append((self.name, "unconfigure", host))


class Opener:
    """A plugin object that answers ``contexta_open_component``."""

    def __init__(self, answer):
        self.answer = answer

    @hookimpl
    def contexta_open_component(self, kind, name, provider, context, options, path):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return (
            None if self.answer is None else (self.answer, kind, name, provider.name, context, options, path)
        )


def opened(host, **arguments):
    """Open the sink that the tests of this page use."""
    return host.open("sink", "zz_one", "context", required_by="capture.sinks[0].use", **arguments)


def test_a_plugin_that_comes_late_is_configured(site, new_host, resolve):
    """The hook is historic: whoever comes into use after `configure` gets the configuration then, and once."""
    site.module(
        "zz_module",
        HEADER
        + SINK
        + "heard = []\n"
        + "@hookimpl\ndef contexta_configure(config, host):\n    heard.append((config, host))\n",
    )
    site.distribution("zz-a", {"sink": {"zz_one": "zz_module"}})
    told = []
    host = new_host(plugins=[Heard("early", told)])
    host.configure("settings")
    resolve(host)
    resolve(host)
    assert told == [("early", "configure", "settings")]
    assert sys.modules["zz_module"].heard == [("settings", host)]


def test_configuring_imports_nothing(site, new_host):
    """A host that nobody has asked anything is configured without loading a plugin, and closes without one."""
    site.sink("zz-a", "zz_one", "zz_module")
    host = new_host()
    host.configure("settings")
    host.close()
    assert "zz_module" not in sys.modules


def test_a_late_plugin_whose_configuration_fails_leaves_nothing(site, new_host, resolve, described):
    """What `contexta_configure` raises is the plugin's failure: it is out of use, and asked again it fails again."""
    site.module(
        "zz_module", HEADER + SINK + "@hookimpl\ndef contexta_configure(): raise ValueError('no such server')"
    )
    site.distribution("zz-a", {"sink": {"zz_one": "zz_module"}})
    host = new_host()
    host.configure("settings")
    for _ in range(2):
        with pytest.raises(PluginLoadError, match="ValueError: no such server"):
            resolve(host)
    assert [plugin.status for plugin in described(host)] == ["failed"]
    assert host.call_all("contexta_unconfigure", host=host) == []


def test_a_registered_plugin_whose_configuration_fails_is_out_of_use(new_host, resolve):
    """A registered object that refuses the configuration raises, and neither it nor its components stay."""

    class Refusing:
        @hookimpl
        def contexta_configure(self):
            raise ValueError("boom")

        @hookimpl
        def contexta_sinks(self):
            return [Provider("zz_one", print)]

    told = []
    host = new_host(plugins=[Refusing(), Heard("sound", told)])
    with pytest.raises(PluginLoadError, match="ValueError: boom") as caught:
        host.configure("settings")
    assert isinstance(caught.value.__cause__, ValueError)
    assert "zz_one" not in host.names("sink")
    assert [name for name, _, _ in told] == ["sound"]


def test_an_installed_plugin_that_refuses_a_late_configuration_is_out_of_use(site, new_host, resolve):
    """A plugin that was in use before the configuration came, and refuses it, is out of use again."""
    site.module("zz_module", HEADER + SINK + "@hookimpl\ndef contexta_configure(): raise ValueError('boom')")
    site.distribution("zz-a", {"sink": {"zz_one": "zz_module"}})
    host = new_host()
    resolve(host)
    with pytest.raises(PluginLoadError, match="boom"):
        host.configure("settings")
    with pytest.raises(PluginLoadError, match="boom"):
        resolve(host)


def test_unconfigure_goes_backwards_and_always_runs(new_host, caplog):
    """At the end the plugin that came last is told first; one that raises keeps no other from being told; once."""

    class Raising:
        @hookimpl
        def contexta_unconfigure(self):
            raise ValueError("boom")

    told = []
    host = new_host(plugins=[Heard("first", told), Raising(), Heard("last", told)])
    host.configure("settings")
    del told[:]
    with caplog.at_level(logging.WARNING, logger="contexta.plugins"):
        host.close()
        host.close()
    assert [(name, what) for name, what, _ in told] == [("last", "unconfigure"), ("first", "unconfigure")]
    assert [(failure.stage, failure.name) for failure in host.failures] == [("call", "contexta_unconfigure")]
    assert len(caplog.records) == 1


def test_exhausted_memory_passes_at_the_end(new_host):
    """What is no fault of the plugin is not swallowed."""

    class Starving:
        @hookimpl
        def contexta_unconfigure(self):
            raise MemoryError

    host = new_host(plugins=[Starving()])
    host.configure("settings")
    with pytest.raises(MemoryError):
        host.close()


def test_an_organisation_may_choose_between_rivals(site, new_host, resolve):
    """A plugin of the kind hooks settles which of two distributions serves a name; nobody else's is imported."""
    site.sink("zz-a", "zz_one", "zz_module_a", provider="Provider('zz_one', print, summary='A')")
    site.sink("zz-b", "zz_one", "zz_module_b", provider="Provider('zz_one', print, summary='B')")
    site.module(
        "zz_choosing",
        HEADER
        + "@hookimpl\ndef contexta_select_provider(kind, name, candidates):\n"
        + "    assert (kind, name) == ('sink', 'zz_one')\n"
        + "    return next(ref for ref in candidates if ref.distribution == 'zz-b')\n",
    )
    site.distribution("zz-policy", {"hooks": {"zz_policy": "zz_choosing"}})
    assert resolve(new_host()).summary == "B"
    assert "zz_module_a" not in sys.modules


@pytest.mark.parametrize("answer", [None, "zz-a", ValueError("boom")])
def test_no_answer_leaves_the_conflict(site, new_host, resolve, answer):
    """No opinion, an answer that is no candidate, and an error each leave the conflict to the user."""

    class Choosing:
        @hookimpl
        def contexta_select_provider(self):
            if isinstance(answer, Exception):
                raise answer
            return answer

    site.sink("zz-a", "zz_one", "zz_module_a")
    site.sink("zz-b", "zz_one", "zz_module_b")
    host = new_host(plugins=[Choosing()])
    with pytest.raises(PluginConflictError):
        resolve(host)
    assert len(host.failures) == (0 if answer is None else 1)


def test_a_component_is_built_by_its_factory(site, new_host):
    """Without anybody's answer the provider's factory builds the component, with its options."""
    site.sink("zz-a", "zz_one", "zz_module")
    assert opened(new_host()) == ("zz_one", "context", None)
    assert opened(new_host(plugins=[Opener(None)])) == ("zz_one", "context", None)


def test_a_plugin_may_build_the_component_instead(site, new_host):
    """An answer of `contexta_open_component` stands in for the factory, and gets all that the factory would."""
    site.sink("zz-a", "zz_one", "zz_module")
    host = new_host(plugins=[Opener("double")])
    expected = ("double", "sink", "zz_one", "zz_one", "context", {"a": 1}, "capture.sinks[0].options")
    assert opened(host, options={"a": 1}, path="capture.sinks[0].options") == expected


def test_opening_may_be_wrapped(site, new_host):
    """A wrapper around `contexta_open_component` sees the component and may replace it."""

    class Wrapping:
        @hookimpl(wrapper=True)
        def contexta_open_component(self, name):
            component = yield
            return (f"wrapped {name}", component)

    site.sink("zz-a", "zz_one", "zz_module")
    assert opened(new_host(plugins=[Wrapping()])) == ("wrapped zz_one", ("zz_one", "context", None))


def test_a_plugin_that_fails_at_opening_is_told_apart_from_the_factory(site, new_host):
    """What a plugin raises there is an error of ours that names the hook; an error of ours passes as it is."""
    site.sink("zz-a", "zz_one", "zz_module")
    with pytest.raises(PluginError, match="contexta_open_component raised ValueError: boom") as caught:
        opened(new_host(plugins=[Opener(ValueError("boom"))]))
    assert caught.value.code == "plugin_hook_failed"
    ours = PluginError("refused")
    with pytest.raises(PluginError) as caught:
        opened(new_host(plugins=[Opener(ours)]))
    assert caught.value is ours


def test_wrong_options_say_where_they_stand(site, new_host):
    """The path of the options reaches the message."""
    site.sink("zz-a", "zz_one", "zz_module")
    with pytest.raises(
        ConfigurationError, match=r"capture\.sinks\[0\]\.options\.x: 'zz_one' takes no options"
    ):
        opened(new_host(), options={"x": 1}, path="capture.sinks[0].options")


def test_observing_plugins_come_into_use_with_the_first_component(site, new_host):
    """Opening a component activates the group of hooks, once; asking for a provider does not."""
    site.sink("zz-a", "zz_one", "zz_module")
    site.module("zz_watching", HEADER + "@hookimpl\ndef contexta_run_started(run): pass")
    site.distribution("zz-o", {"hooks": {"zz_watch": "zz_watching"}})
    host = new_host()
    host.resolve("sink", "zz_one", required_by="test")
    assert "zz_watching" not in sys.modules
    opened(host)
    assert "zz_watching" in sys.modules
    opened(host)


def test_a_plugin_says_who_it_is(site, new_host, described):
    """`contexta_plugin_info` is kept, and its summary is that of a plugin that offers no component."""
    site.module(
        "zz_watching",
        HEADER
        + "@hookimpl\ndef contexta_plugin_info(): return PluginInfo(title='Watcher', summary='Watches.')\n"
        + "@hookimpl\ndef contexta_run_started(run): pass",
    )
    site.distribution("zz-o", {"hooks": {"zz_watch": "zz_watching"}})
    host = new_host()
    host.activate_all("hooks")
    [plugin] = described(host, "zz_watch")
    assert (plugin.status, plugin.summary) == ("active", "Watches.")


@pytest.mark.parametrize(
    ("body", "error", "text"),
    [
        ("return 'me'", PluginLoadError, "returned a str instead of a PluginInfo"),
        ("return PluginInfo(api='1.0')", PluginLoadError, "api must be two whole numbers as in"),
        ("return PluginInfo(api=(1, True))", PluginLoadError, "api must be two whole numbers as in"),
        (
            "return PluginInfo(api=(1, 9))",
            PluginNotUsableError,
            r"written for plugin interface 1\.9, and this is 1\.0",
        ),
        (
            "return PluginInfo(api=(2, 0))",
            PluginNotUsableError,
            r"written for plugin interface 2, and this is 1\.0",
        ),
        ("raise ValueError('boom')", PluginLoadError, "boom"),
    ],
)
def test_a_plugin_that_says_something_else_is_refused(site, new_host, resolve, described, body, error, text):
    """A wrong answer, and a later interface than the kernel's, make the plugin unusable; nothing of it stays."""
    site.module("zz_module", HEADER + SINK + f"@hookimpl\ndef contexta_plugin_info(): {body}")
    site.distribution("zz-a", {"sink": {"zz_one": "zz_module"}})
    host = new_host()
    with pytest.raises(error, match=text):
        resolve(host)
    assert [plugin.status for plugin in described(host)] == ["failed"]


def test_registered_plugin_of_a_later_interface_is_refused(new_host):
    """A registered object is held to the interface as an installed one is."""

    class Later:
        @hookimpl
        def contexta_plugin_info(self):
            return PluginInfo(api=(1, 1))

    with pytest.raises(PluginNotUsableError, match=r"written for plugin interface 1\.1"):
        new_host(plugins=[Later()])


class Failing:
    """An observer that raises as often as it is said to."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)

    @hookimpl
    def contexta_run_started(self):
        if self.outcomes.pop(0):
            raise ValueError("boom")
        return "well"


def test_three_failures_in_a_row_suspend_a_plugin(new_host, caplog):
    """After three failures in a row a plugin is told nothing more; the log says so beside its first failure."""
    observer = Failing(True, True, True)
    host = new_host(plugins=[observer])
    with caplog.at_level(logging.WARNING, logger="contexta.plugins"):
        for _ in range(5):
            assert host.notify("contexta_run_started", run="r") == []
    assert observer.outcomes == []
    assert ["called no more" in record.getMessage() for record in caplog.records] == [False, True]
    [failure] = host.failures
    assert "after 3 failures in a row its observing hooks are called no more" in failure.reason


def test_a_success_between_failures_keeps_a_plugin(new_host):
    """Failures count in a row: one that goes well starts the count again."""
    host = new_host(plugins=[Failing(True, True, False, True, True, False)])
    results = [host.notify("contexta_run_started", run="r") for _ in range(6)]
    assert [len(result) for result in results] == [0, 0, 1, 0, 0, 1]


def test_a_suspended_plugin_is_listed_as_such(site, new_host, described):
    """The listing says that a plugin is suspended, and what its last failure was."""
    site.module("zz_watching", HEADER + "@hookimpl\ndef contexta_run_started(run): raise ValueError(run)")
    site.distribution("zz-o", {"hooks": {"zz_watch": "zz_watching"}})
    host = new_host()
    host.activate_all("hooks")
    for number in range(3):
        host.notify("contexta_run_started", run=number)
    [plugin] = described(host, "zz_watch")
    assert plugin.status == "suspended"
    assert plugin.reason.startswith("contexta_run_started raised ValueError: 2; after 3 failures in a row")


@pytest.mark.parametrize(
    "switch", [{"on_error": "raise"}, {"environ": {"CONTEXTA_PLUGIN_ERRORS": " RAISE "}}]
)
def test_failures_may_be_raised(site, new_host, switch):
    """With `raise`, for test suites, a failing observer and a broken installed plugin are errors of the caller."""
    site.module("zz_broken", "raise ValueError('boom')")
    site.distribution("zz-broken", {"hooks": {"zz_watch": "zz_broken"}})
    host = new_host(plugins=[Failing(True)], **switch)
    with pytest.raises(PluginLoadError, match="boom"):
        host.activate_all("hooks")
    with pytest.raises(PluginError, match="contexta_run_started raised ValueError: boom") as caught:
        host.notify("contexta_run_started", run="r")
    assert isinstance(caught.value.__cause__, ValueError)


def test_failures_may_be_kept_silent(new_host, caplog):
    """With `ignore` a failure is recorded and not logged; the variable is stronger than the configuration."""
    host = new_host(plugins=[Failing(True)], on_error="raise", environ={"CONTEXTA_PLUGIN_ERRORS": "ignore"})
    with caplog.at_level(logging.DEBUG, logger="contexta.plugins"):
        host.notify("contexta_run_started", run="r")
    assert caplog.records == []
    assert len(host.failures) == 1


@pytest.mark.parametrize(
    ("switch", "source"),
    [
        ({"on_error": "shout"}, "plugins.on_error"),
        ({"environ": {"CONTEXTA_PLUGIN_ERRORS": "shout"}}, "CONTEXTA_PLUGIN_ERRORS"),
    ],
)
def test_unknown_policy_is_refused(new_host, switch, source):
    """A word that is none of the three is an error that says where it stands."""
    with pytest.raises(
        ConfigurationError, match=rf"{source}: expected one of warn, raise, ignore, got 'shout'"
    ):
        new_host(**switch)


def test_calls_can_be_traced(site, new_host, resolve, capsys):
    """With CONTEXTA_TRACE_PLUGINS each import and call of a hook is a line on standard error."""
    site.sink("zz-a", "zz_one", "zz_module")
    host = new_host(environ={"CONTEXTA_TRACE_PLUGINS": "1"}, plugins=[Failing(True)])
    host.notify("contexta_run_started", run="r")
    opened(host)
    lines = [line.rpartition(" (")[0].split("plugin ")[1] for line in capsys.readouterr().err.splitlines()]
    # Observers of our own may be installed.
    assert [line for line in lines if not line.startswith("contexta:")] == [
        "registered:Failing:1: contexta_run_started raised ValueError",
        "zz-a:zz_module: import",
        "zz-a:zz_module: contexta_sinks",
        "zz_one: contexta_open_component",
    ]


def test_nothing_is_traced_by_default(site, new_host, resolve, capsys):
    """Without the variable, and with one that says no, nothing is written."""
    site.sink("zz-a", "zz_one", "zz_module")
    resolve(new_host())
    resolve(new_host(environ={"CONTEXTA_TRACE_PLUGINS": "0"}))
    assert capsys.readouterr().err == ""


def test_warnings_of_an_import_are_kept(site, new_host, resolve):
    """What a plugin's import warns of does not reach the program; it is kept with file and line."""
    site.sink("zz-a", "zz_one", "zz_module", header="import warnings\nwarnings.warn('old dependency')\n")
    host = new_host()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        resolve(host)
    [ref] = [ref for ref in host.index.entries("sink") if ref.name == "zz_one"]
    [warning] = host.active(ref).warnings
    assert warning.endswith("zz_module.py:2: UserWarning: old dependency")
    assert host.active(ref).import_seconds > 0
    assert "zz_module" in host.active(ref).imported


def test_a_deprecated_argument_warns_its_author(site, new_host, resolve, monkeypatch):
    """An argument that is marked as going warns with the file and line of the plugin that takes it."""

    def contexta_run_started(run, moment):
        """Learn of a run, with an argument that is to go."""

    marked = hookspecs.hookspec(
        warn_on_impl_args={"moment": DeprecationWarning("moment goes in 1.3; use run.started_at")}
    )
    monkeypatch.setattr(hookspecs, "contexta_run_started", marked(contexta_run_started))
    site.module(
        "zz_module", HEADER + SINK + "\n@hookimpl\ndef contexta_run_started(run, moment):\n    pass\n"
    )
    site.distribution("zz-a", {"sink": {"zz_one": "zz_module"}})
    host = new_host()
    with pytest.warns(DeprecationWarning, match="moment goes in 1.3") as caught:
        resolve(host)
    [warning] = caught
    assert warning.filename == str(site.directory / "zz_module.py")
    assert warning.lineno == 6
    [ref] = [ref for ref in host.index.entries("sink") if ref.name == "zz_one"]
    assert "zz_module.py:6: DeprecationWarning: moment goes" in host.active(ref).warnings[0]


def test_every_hook_says_when_it_is_called_and_what_happens_when_it_raises():
    """The specifications are the reference: each has a summary, its moment, its errors and its first version."""
    hooks = {name: value for name, value in vars(hookspecs).items() if name.startswith("contexta_")}
    assert {kind.hook for kind in KINDS.values() if kind.hook is not None} < set(hooks)
    for name, hook in hooks.items():
        text = hook.__doc__
        assert text.partition("\n")[0].endswith("."), name
        assert all(word in text for word in ("When:", "Raises:", "Since: 1.0.")), name
