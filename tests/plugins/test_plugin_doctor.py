from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import importlib_metadata
import pytest

import contexta
from contexta.errors import ConfigurationError
from contexta.plugins import Check, PluginIndex, diagnose, hookimpl
from contexta.plugins.checks import installed, kernel

HEADER = "from contexta.plugins import Check, Provider, hookimpl\n"
PACKAGE = Path(contexta.__file__).resolve().parent


@pytest.fixture
def alone(site, monkeypatch):
    """Let nothing but the fake site count as installed."""

    def distributions(**arguments):
        return importlib_metadata.Distribution.discover(path=[str(site.directory)], **arguments)

    monkeypatch.setattr(importlib_metadata, "distributions", distributions)
    return site


@pytest.fixture
def examined(new_host):
    """Examine a host and return its findings about our fake distributions, or about one subject."""

    def examine(word="zz", **arguments):
        checks = diagnose(new_host(**arguments), environ={}).checks
        return [check for check in checks if word in f"{check.subject} {check.finding}"]

    return examine


def kernel_distribution(site, name="contexta", version=contexta.__version__, files=("errors.py",), **hashes):
    """Write a distribution that owns the package, which lies there as it is; its list says what is given."""
    if not (site.directory / "contexta").exists():
        (site.directory / "contexta").symlink_to(PACKAGE)
    folder = site.distribution(name, {}, version=version)
    lines = []
    for file in files:
        digest = hashlib.sha256((PACKAGE / file).read_bytes()).digest() if (PACKAGE / file).is_file() else b""
        text = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        lines.append(f"contexta/{file},{hashes.get('hash', f'sha256={text}')},\n")
    (folder / "RECORD").write_text("".join([*lines, f"{folder.name}/RECORD,,\n"]))
    return folder


def said(checks):
    """Return status and finding of each check."""
    return [(check.status, check.finding) for check in checks]


def test_one_owner_and_whole_files_are_well(alone):
    """The kernel as its wheel left it: one owner, every file unchanged."""
    kernel_distribution(alone, files=["errors.py", "results.py"])
    (alone.directory / "contexta-1.egg-info").mkdir()
    assert said(kernel.kernel_owners()) == [("ok", "contexta 2.0.0 is the only owner of the package")]
    assert said(kernel.kernel_files()) == [("ok", "all 2 files of the kernel are as they were installed")]


def test_changed_and_missing_files_are_found(alone):
    """An upgrade that deleted files, and a file that somebody changed, are told with the command that mends them."""
    kernel_distribution(alone, files=["errors.py", "a.py", "b.py", "c.py", "d.py"], hash="sha256=AAAA")
    missing, changed = kernel.kernel_files()
    assert (
        missing.finding == "4 of 5 files are missing: contexta/a.py, contexta/b.py, contexta/c.py and 1 more"
    )
    assert changed.finding == "1 of 5 files are changed: contexta/errors.py"
    assert 'pip install --force-reinstall --no-deps "contexta==2.0.0"' in changed.remedy
    assert {missing.status, changed.status} == {"problem"}


def test_files_without_a_hash_are_not_judged(alone):
    """A list without hashes, as some installers write it, tells nothing about contents."""
    kernel_distribution(alone, hash="")
    assert [check.status for check in kernel.kernel_files()] == ["ok"]


def test_a_source_tree_has_no_list(alone):
    """A kernel that runs from its sources cannot be checked, and that is said."""
    [check] = kernel.kernel_files()
    assert check.status == "note"
    assert "runs from a source tree" in check.finding


def test_a_stranger_that_owns_the_package_is_found(alone):
    """The 1.x monolith that is still there beside ours: two owners, and one of them is another version."""
    kernel_distribution(alone, "contexta", "1.0.0")
    kernel_distribution(alone, "contexta-core", f"{contexta.__version__}+mono")
    foreign, several = kernel.kernel_owners()
    assert (
        foreign.finding == "contexta 1.0.0 owns files of the package 'contexta', and this is contexta 2.0.0"
    )
    assert several.finding.startswith("several distributions own the package: ")
    assert {foreign.status, several.status} == {"problem"}


def test_a_wheel_that_overwrites_the_package_is_found(alone):
    """A plugin that ships a file of the package by mistake owns it too, and would delete it with itself."""
    kernel_distribution(alone)
    kernel_distribution(alone, "zz-careless", "1.0")
    findings = [check.finding for check in kernel.kernel_owners()]
    assert any("zz-careless 1.0 owns files of the package" in finding for finding in findings)


def test_a_foreign_core_is_found(alone):
    """Somebody else's distribution under the kernel's name is told of even though it owns nothing of ours."""
    kernel_distribution(alone)
    alone.distribution("contexta-core", {}, version="0.1.4")
    stranger, owner = kernel.kernel_owners()
    assert stranger.finding == "contexta-core 0.1.4 is installed, which is not this project's"
    assert stranger.remedy == "pip uninstall contexta-core"
    assert owner.status == "ok"


def test_our_own_core_beside_the_bundle_is_no_stranger(alone):
    """The editable kernel of a contributor owns no files, and is ours."""
    kernel_distribution(alone)
    alone.distribution("contexta-core", {}, version="2.0.0+mono")
    assert [check.status for check in kernel.kernel_owners()] == ["ok"]


def test_two_copies_of_one_distribution_are_one_owner(alone, tmp_path, monkeypatch):
    """An older copy later on the path is not another owner."""
    kernel_distribution(alone)
    later = type(alone)(tmp_path / "later")
    later.directory.mkdir()
    kernel_distribution(later)
    places = [str(alone.directory), str(later.directory)]
    monkeypatch.setattr(
        importlib_metadata,
        "distributions",
        lambda **given: importlib_metadata.Distribution.discover(path=places, **given),
    )
    assert [check.status for check in kernel.kernel_owners()] == ["ok"]


def test_old_machinery_is_found(monkeypatch):
    """A pluggy that registers by halves is a problem, with the version that is needed."""
    monkeypatch.setattr(importlib_metadata, "version", lambda name: "1.6.0" if name == "pluggy" else "99")
    old, *others = kernel.machinery()
    assert (old.status, old.remedy) == ("problem", 'pip install "pluggy>=1.7"')
    assert {check.status for check in others} == {"ok"}


def test_a_healthy_plugin_is_counted(site, examined):
    """A plugin that works is no finding of its own but for what its author left out."""
    site.sink("zz-a", "zz_one", "zz_module", requires=["contexta>=2,<3"])
    assert examined("zz") == []


def test_everything_that_cannot_be_used_is_found(site, examined):
    """Each state that keeps a plugin from serving is a finding with its reason and remedy."""
    site.sink("zz-off", "zz_off", "zz_m1", requires=["contexta"])
    site.sink("zz-old", "zz_old", "zz_m2", requires=["contexta<2"])
    site.sink("zz-x", "zz_twin", "zz_m3", requires=["contexta"])
    site.sink("zz-y", "zz_twin", "zz_m4", requires=["contexta"])
    site.sink("zz-s", "stdout", "zz_m5", requires=["contexta"])
    site.module("zz_m6", "raise ValueError('boom')")
    site.distribution("zz-bad", {"sink": {"zz_bad": "zz_m6"}}, requires=["contexta"])
    site.distribution("zz-new", {"flavour": {"zz_new": "m"}}, requires=["contexta"])
    (site.distribution("zz-torn", {}) / "entry_points.txt").write_bytes(b"[contexta.sink]\n\xff\n")
    found = {check.subject.rpartition("/")[2]: check.status for check in examined("", disabled=["zz-off"])}
    assert found["sink:zz_off"] == "note"
    assert found["sink:zz_old"] == "problem"
    assert found["sink:zz_twin"] == "problem"
    assert found["sink:stdout"] == "warning"
    assert found["sink:zz_bad"] == "problem"
    assert found["flavour:zz_new"] == "warning"
    assert found["zz_torn-1.0.dist-info"] == "problem"


def test_one_module_of_two_distributions_is_found(site, examined):
    """A stale or vendored copy: two distributions declare one module under different names."""
    site.sink("zz-a", "zz_one", "zz_module", requires=["contexta"])
    site.distribution("zz-b", {"hooks": {"zz_two": "zz_module"}}, requires=["contexta"])
    [check] = [check for check in examined() if check.subject == "zz_module"]
    assert check.finding.startswith("several distributions declare this module: zz-a, zz-b")


def test_requirements_of_a_plugin_are_checked(site, examined):
    """A missing requirement, one of another version, and one that cannot be read are told with the command."""
    site.sink(
        "zz-a",
        "zz_one",
        "zz_module",
        requires=[
            "contexta>=2",
            "zz-not-there>=1",
            "pluggy>=99",
            "pluggy>=1",
            'zz-extra>=1; extra == "more"',
            "not a >>> requirement",
        ],
    )
    found = [(check.status, check.finding) for check in examined("zz-a")]
    assert found == [
        ("problem", "it requires 'zz-not-there>=1', which is not installed"),
        ("problem", f"it requires 'pluggy>=99', and {importlib_metadata.version('pluggy')} is installed"),
        ("warning", "its requirement 'not a >>> requirement' cannot be read"),
    ]


def test_a_plugin_that_names_no_version_of_contexta_is_warned_of(site, examined):
    """Without a requirement on contexta, an incompatible plugin cannot be told before its import."""
    site.sink("zz-a", "zz_one", "zz_module")
    assert said(examined("zz-a")) == [("warning", "it does not say which versions of contexta it works with")]


def editable(site, source, **direct_url):
    """Write a plugin that is installed as editable from a directory."""
    site.module("zz_module", HEADER + "@hookimpl\ndef contexta_sinks(): return [Provider('zz_one', print)]")
    folder = site.distribution("zz-a", {"sink": {"zz_one": "zz_module"}}, requires=["contexta"])
    said_there = {"url": source.as_uri(), "dir_info": {"editable": True}, **direct_url}
    (folder / "direct_url.json").write_text(json.dumps(said_there))
    return folder


PROJECT = '[project]\nname = "zz-a"\n'


@pytest.mark.parametrize(
    ("project", "status", "finding"),
    [
        (
            PROJECT + "[project.entry-points.'contexta.sink']\nzz_one = 'zz_module'\n",
            "note",
            "editable, from",
        ),
        (
            PROJECT
            + "[project.entry-points.'contexta.sink']\nzz_new = 'zz_module'\n[project.entry-points.x]\ny='z'",
            "problem",
            "its pyproject.toml and what is installed differ in sink:zz_new, sink:zz_one",
        ),
        (PROJECT + 'dynamic = ["entry-points"]\n', "note", "editable, from"),
        (PROJECT, "problem", "differ in sink:zz_one"),
        ("nonsense", "note", "editable, from"),
        (None, "note", "editable, from"),
    ],
)
def test_a_stale_editable_install_is_found(site, tmp_path, examined, project, status, finding):
    """What the source declares is compared with what is installed: pip does not refresh entry points."""
    source = tmp_path / "source"
    source.mkdir()
    if project is not None:
        (source / "pyproject.toml").write_text(project)
    editable(site, source)
    [check] = examined("zz-a")
    assert check.status == status
    assert finding in check.finding


def test_an_editable_install_whose_source_is_gone_is_found(site, tmp_path, examined):
    """An editable install that points at a directory that was deleted."""
    editable(site, tmp_path / "gone")
    [check] = examined("zz-a")
    assert check.finding.endswith("which is gone")
    assert check.remedy == "pip uninstall zz-a"


@pytest.mark.parametrize("text", ["{", "[]", '{"dir_info": {"editable": true}}', '{"url": "file:///x"}'])
def test_other_direct_urls_are_no_editable_install(site, tmp_path, examined, text):
    """An archive, a directory that was copied, and a file that cannot be read are not taken for one."""
    (editable(site, tmp_path) / "direct_url.json").write_text(text)
    assert examined("zz-a") == []


def test_slow_and_warning_imports_are_found(site, examined, monkeypatch):
    """A plugin that takes long to import, or warns at it, is named with what its author should do."""
    monkeypatch.setattr(installed, "SLOW_IMPORT_SECONDS", 0.0)
    site.sink(
        "zz-a", "zz_one", "zz_module", header="import warnings; warnings.warn('old')", requires=["contexta"]
    )
    site.distribution("zz-b", {"hooks": {"zz_two": "zz_module"}}, requires=["contexta"])
    slow, warned = [check for check in examined("") if check.subject == "zz-a:zz_module"]
    assert slow.finding.startswith("importing it takes ")
    assert "loads " in slow.finding
    assert warned.finding.endswith("UserWarning: old")


def test_a_component_that_failed_at_work_is_warned_of(site, new_host, tmp_path):
    """What went wrong when a component was last used is a warning: it may be well again."""
    from contexta.plugins import Trouble, Troubles

    site.sink("zz-a", "zz_one", "zz_module", requires=["contexta"])
    troubles = Troubles(tmp_path)
    troubles.note(Trouble("sink", "zz_one", "zz_one", "zz-a", "2026-01-02T03:04:05Z", "refused"))
    checks = diagnose(new_host(troubles=troubles), environ={}).checks
    [check] = [check for check in checks if check.subject == "sink:zz_one"]
    assert (check.status, check.finding) == (
        "warning",
        "failed when it was last used, 2026-01-02T03:04:05Z, as 'zz_one': refused",
    )


class Checking:
    def __init__(self, answer):
        self.answer = answer

    @hookimpl
    def contexta_doctor_checks(self, host):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def halting():
    """Give one finding, and then fail."""
    yield Check("zz-backend", "ok", "answers")
    raise ValueError("gone")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([Check("zz-backend", "ok", "answers")], [("zz-backend", "ok", "answers")]),
        (
            ["fine"],
            [("registered:Checking:1", "problem", "contexta_doctor_checks gave a str instead of a Check")],
        ),
        (
            3,
            [
                (
                    "registered:Checking:1",
                    "problem",
                    "contexta_doctor_checks raised TypeError: 'int' object is not iterable",
                )
            ],
        ),
        (
            halting(),
            [
                ("zz-backend", "ok", "answers"),
                ("registered:Checking:1", "problem", "contexta_doctor_checks raised ValueError: gone"),
            ],
        ),
        (
            ValueError("boom"),
            [("registered:Checking:1", "problem", "contexta_doctor_checks raised ValueError: boom")],
        ),
    ],
)
def test_plugins_contribute_checks(new_host, answer, expected):
    """What a plugin checks itself is among the findings; one that fails at it is a finding as well."""
    checks = diagnose(new_host(plugins=[Checking(answer)]), environ={}).checks
    ours = [check[:3] for check in checks if check.subject in {"zz-backend", "registered:Checking:1"}]
    assert ours == expected


def test_a_failure_that_was_known_before_is_not_told_as_a_check(new_host):
    """Only what fails now is the answer of now; a host that raises failures is examined all the same."""
    host = new_host(plugins=[Checking(ValueError("boom"))], on_error="raise")
    found = [check for check in diagnose(host, environ={}).checks if "boom" in check.finding]
    assert [(check.subject, check.status) for check in found] == [("plugins", "problem")]


def test_a_step_that_fails_is_a_finding(new_host, monkeypatch):
    """Where the environment is so broken that a check itself fails, the others are made all the same."""
    monkeypatch.setattr(kernel, "_owners", lambda: 1 / 0)
    diagnosis = diagnose(new_host(), environ={})
    assert "could not be looked at: ZeroDivisionError: division by zero" in diagnosis.checks[0].finding
    assert len(diagnosis.checks) > 3
    assert diagnosis.exit_code == 1


def test_a_diagnosis_without_problems_is_well():
    """Notes and warnings do not make the doctor fail."""
    from contexta.plugins import Diagnosis

    assert Diagnosis((Check("a", "ok", ""), Check("b", "note", ""), Check("c", "warning", ""))).exit_code == 0
    assert Diagnosis((Check("a", "problem", ""),)).problems == (Check("a", "problem", ""),)


def configuration(**settings):
    """Resolve a configuration from settings alone."""
    from contexta.config import load_config

    return load_config(config=settings, use_env=False)


def test_named_components_are_resolved_and_their_options_read(site, new_host):
    """Each name in the configuration is asked for and its options are structured; nothing is opened."""
    site.module(
        "zz_module",
        HEADER
        + "from dataclasses import dataclass\n"
        + "@dataclass\nclass Options:\n    size: int = 1\n"
        + "@hookimpl\ndef contexta_sinks():\n    return [Provider('zz_one', print, options=Options)]\n"
        + "@hookimpl\ndef contexta_interpreters():\n    return [Provider('zz_query', print)]\n",
    )
    site.distribution("zz-a", {"sink": {"zz_one": "zz_module"}, "interpreter": {"zz_query": "zz_module"}})
    config = configuration(
        capture={
            "sinks": [
                {"use": "zz_one", "options": {"size": 2}},
                {"use": "zz_one", "id": "other", "options": {"sise": 2}},
                {"use": "zz_two"},
            ]
        },
        interpretation={"services": {"query": "zz_query", "trend": "off"}},
    )
    checks = diagnose(new_host(), config, environ={}).checks
    found = {check.subject: (check.status, check.finding) for check in checks if "zz_" in check.subject}
    assert found["interpretation.services.query = 'zz_query'"] == ("ok", "served by zz-a")
    assert found["capture.sinks[0].use = 'zz_one'"] == ("ok", "served by zz-a")
    status, finding = found["capture.sinks[1].use = 'zz_one'"]
    assert (status, "capture.sinks[1].options.sise: unknown option" in finding) == ("problem", True)
    assert found["capture.sinks[2].use = 'zz_two'"][0] == "problem"
    assert not [check for check in checks if "services.trend" in check.subject]


def test_a_registered_component_serves_a_configured_name(new_host):
    """A component that the program registered is said to be one."""
    from contexta.plugins import Provider

    class Mine:
        @hookimpl
        def contexta_sinks(self):
            return [Provider("zz_one", print)]

    config = configuration(capture={"sinks": ["zz_one"]})
    checks = diagnose(new_host(plugins=[Mine()]), config, environ={}).checks
    assert Check("capture.sinks[0].use = 'zz_one'", "ok", "served by a registered plugin") in checks


def test_a_missing_store_is_a_problem_with_its_remedy(new_host, monkeypatch):
    """With the kernel alone, the stores that the configuration names are missing: the doctor says what to install."""
    everything = PluginIndex().entries()
    monkeypatch.setattr(
        PluginIndex,
        "entries",
        lambda _, kind=None: tuple(
            ref for ref in everything if kind in {None, "sink"} and ref.kind == "sink"
        ),
    )
    diagnosis = diagnose(new_host(), configuration(), environ={})
    found = [check.finding for check in diagnosis.problems if "storage_adapter" in check.subject]
    assert len(found) == 3
    assert all('pip install "contexta[all]>=2"' in finding for finding in found)
    assert diagnosis.exit_code == 1


def test_switches_in_force_are_noted(new_host):
    """Variables and settings that change who serves are listed, and words that name nothing are warned of."""
    config = configuration(plugins={"autoload": False, "disabled": ["zz-gone"], "allow": ["stdout"]})
    host = new_host(disabled=config.plugins.disabled, allow=config.plugins.allow)
    checks = diagnose(host, config, environ={"CONTEXTA_PLUGINS": "all", "CONTEXTA_TRACE_PLUGINS": " "}).checks
    found = {check.subject: check.finding for check in checks if check.status in {"note", "warning"}}
    assert found["CONTEXTA_PLUGINS"] == "is set to 'all'"
    assert "CONTEXTA_TRACE_PLUGINS" not in found
    assert found["plugins.autoload"] == "installed plugins are switched off"
    assert found["plugins.allow"] == "only stdout may serve"
    assert found["plugins.disabled"] == "zz-gone may not serve"
    assert found["plugins"] == "'zz_gone' is disabled or allowed, but nothing that is installed has that name"


def test_a_broken_configuration_is_the_first_finding(new_host):
    """Where the configuration cannot be read, the rest is looked at without it."""
    error = ConfigurationError("capture.sinks: expected a list")
    diagnosis = diagnose(new_host(), config_error=error, environ={})
    assert diagnosis.checks[0][:3] == ("configuration", "problem", "capture.sinks: expected a list")
    assert len(diagnosis.checks) > 3
