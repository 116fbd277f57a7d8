"""The kernel installed alone works, and says clearly what is missing for the rest."""

from __future__ import annotations

import importlib
import pkgutil
from importlib import metadata

import pytest

import contexta
from contexta.errors import DependencyError, MissingPluginError

pytestmark = pytest.mark.kernel_alone


def test_no_plugin_is_installed():
    """The environment of these tests holds the kernel's distribution and no other of ours."""
    ours = {
        item.metadata["Name"]
        for item in metadata.distributions()
        if item.metadata["Name"].startswith("contexta")
    }
    assert ours == {"contexta-core"}


def test_every_module_of_the_kernel_imports():
    """Every module of the kernel can be imported without a plugin; an optional package may be named as missing."""
    broken = {}
    for module in pkgutil.walk_packages(contexta.__path__, "contexta."):
        if module.name.endswith("__main__"):
            continue
        try:
            importlib.import_module(module.name)
        except DependencyError:
            continue
        except Exception as error:
            broken[module.name] = repr(error)
    assert broken == {}


def test_the_built_in_sinks_are_there():
    """The kernel brings the sinks `memory` and `stdout` under the same entry-point group as everybody's."""
    from contexta.plugins import default_host

    assert {"memory", "stdout"} <= set(default_host().names("sink"))


def test_a_workspace_without_a_store_says_what_to_install(tmp_path):
    """Capturing without a metadata store is an error that names the store and the requirement to install."""
    from contexta import Contexta

    with (
        pytest.raises(MissingPluginError, match=r"duckdb.*contexta\[all\]>=2") as caught,
        Contexta(workspace=str(tmp_path / "workspace")) as ctx,
        ctx.run("trial"),
    ):
        pytest.fail("a run began without a store")
    assert caught.value.code == "plugin_missing"


@pytest.mark.parametrize(
    ("module", "store", "backend"),
    [
        ("contexta.store.metadata", "MetadataStore", "duckdb"),
        ("contexta.store.records", "RecordStore", "jsonl_segments"),
        ("contexta.store.artifacts", "ArtifactStore", "files"),
    ],
)
def test_a_store_without_a_backend_says_what_to_install(module, store, backend, tmp_path, monkeypatch):
    """Using a store whose backend is not installed is an error that names the backend and what to install."""
    monkeypatch.chdir(tmp_path)
    with (
        pytest.raises(MissingPluginError, match=rf"{backend}.*contexta\[all\]>=2") as caught,
        getattr(importlib.import_module(module), store)() as opened,
    ):
        opened.check_integrity()
    assert caught.value.code == "plugin_missing"


def test_a_service_without_its_plugin_says_what_to_install():
    """Importing a stock service class that is not installed is an ImportError that says what to install."""
    with pytest.raises(ImportError, match=r"contexta\[all\]>=2") as caught:
        from contexta.interpretation import CompareService  # noqa: F401 - importing it is the test
    assert isinstance(caught.value, MissingPluginError)
