"""The contract of the packaging of a plugin."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from importlib import metadata
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from contexta.plugins import KINDS, Provider
from contexta.plugins.kinds import GROUP_PREFIX
from contexta.plugins.naming import component_name
from contexta.testing.contracts.contract import Contract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import Distribution, EntryPoint

__all__ = ["PluginContract"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FIRST_CALL_SECONDS = 0.05
#: These are the kernel, with plugins beside it or without.
_KERNEL = ("contexta", "contexta-core")


class PluginContract(Contract, contract=True):
    """What the distribution of a plugin promises, as it is installed.

    ::

        class TestMyPlugin(PluginContract):
            distribution = "acme-lines"
            heavy = frozenset({"requests"})
    """

    required: ClassVar[tuple[str, ...]] = ("distribution",)

    #: Name of the installed distribution; every subclass gives this.
    distribution: ClassVar[str] = ""
    #: Only entry points whose module is in this package are looked at; empty for all of the distribution.
    package: ClassVar[str] = ""
    #: Packages that must not be imported before a component is built.
    heavy: ClassVar[frozenset[str]] = frozenset()

    @pytest.fixture
    def installed(self) -> Distribution:
        """Give the installed distribution."""
        return metadata.distribution(self.distribution)

    @pytest.fixture
    def entry_points(self, installed: Distribution) -> list[EntryPoint]:
        """Give its entry points."""
        found = [
            entry
            for entry in installed.entry_points
            if entry.group.startswith(GROUP_PREFIX)
            and (not self.package or entry.module.partition(".")[0] == self.package)
        ]
        assert found, f"{self.distribution} has no entry point in a group {GROUP_PREFIX}<kind>"
        return found

    def test_it_offers_what_its_entry_points_promise(self, entry_points: list[EntryPoint]) -> None:
        """Every entry point is in the group of a kind, can be imported, and offers a component of its name."""
        for entry in entry_points:
            kind = KINDS[entry.group.removeprefix(GROUP_PREFIX)]
            assert _NAME.fullmatch(entry.name), f"{entry.name!r}: lower-case letters, digits and '_'"
            plugin = entry.load()
            if kind.hook is not None:
                offered = [component_name(each.name) for each in getattr(plugin, kind.hook)()]
                assert component_name(entry.name) in offered, f"{kind.hook} of {entry.value}"
                assert len(offered) == len(set(offered)), f"{entry.value} offers a name twice"

    def test_its_descriptors_lead_somewhere(self, entry_points: list[EntryPoint]) -> None:
        """Every descriptor has a summary, a factory that can be imported, and options that are a frozen class."""
        for provider in _providers(entry_points):
            assert isinstance(provider, Provider)
            assert provider.summary.strip(), f"{provider.name}: one line for listings"
            assert callable(provider.load_factory())
            options: Any = provider.load_options()
            if options is not None:
                assert (options.__doc__ or "").strip(), f"{options.__qualname__}: say what the options are"
                parameters: Any = getattr(options, "__dataclass_params__", None)
                assert parameters is None or parameters.frozen, f"{options.__qualname__} must be frozen"

    def test_registering_is_light(self, entry_points: list[EntryPoint]) -> None:
        """Importing the plugin's modules loads nothing heavy, and asking for descriptors costs no time."""
        modules = sorted({entry.module for entry in entry_points})
        program = "; ".join([f"import {', '.join(modules)}", "import sys", "print(*sorted(sys.modules))"])
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        done = subprocess.run(  # noqa: S603 - the interpreter that runs the tests
            [sys.executable, "-P", "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert 0 == done.returncode, done.stderr
        loaded = {name.partition(".")[0] for name in done.stdout.split()}
        assert set() == loaded & self.heavy
        list(_providers(entry_points))
        begun = time.perf_counter()
        names = [provider.name for provider in _providers(entry_points)]
        assert time.perf_counter() - begun < _FIRST_CALL_SECONDS
        assert names == [provider.name for provider in _providers(entry_points)]

    def test_it_says_which_contexta_it_needs(self, installed: Distribution) -> None:
        """It requires Contexta with a lower and an upper bound, so that one it does not fit refuses it by name."""
        from packaging.requirements import Requirement

        if self.distribution in _KERNEL:
            return
        wanted = [
            requirement
            for requirement in map(Requirement, installed.requires or [])
            if requirement.name in {"contexta", "contexta-core"}
        ]
        assert wanted, "require contexta>=2,<3"
        operators = {bound.operator for requirement in wanted for bound in requirement.specifier}
        assert operators & {">=", ">", "==", "~="}, "give a lower bound"
        assert operators & {"<", "<=", "==", "~="}, "give an upper bound"

    def test_it_ships_nothing_of_the_kernel(self, installed: Distribution) -> None:
        """It brings no file below ``contexta/``: removing it would take the kernel's away."""
        if self.distribution in _KERNEL:
            return
        files = [str(file) for file in installed.files or ()]
        assert [] == [file for file in files if file.startswith("contexta/")]

    def test_it_is_typed_and_licensed(self, installed: Distribution, entry_points: list[EntryPoint]) -> None:
        """It has a licence, and its packages carry ``py.typed``."""
        told = installed.metadata
        assert any(told.get_all(name) for name in ("License-Expression", "License", "License-File"))
        from importlib.util import find_spec

        for top in {entry.module.partition(".")[0] for entry in entry_points}:
            spec = find_spec(top)
            assert spec is not None
            for place in spec.submodule_search_locations or ():
                assert os.path.isfile(os.path.join(place, "py.typed")), f"{top} has no py.typed"  # noqa: PTH113, PTH118


def _providers(entry_points: list[EntryPoint]) -> Iterator[Provider]:
    """Ask each module for the descriptors of each kind, once."""
    for value, group in sorted({(entry.module, entry.group) for entry in entry_points}):
        hook = KINDS[group.removeprefix(GROUP_PREFIX)].hook
        if hook is not None:
            yield from getattr(sys.modules.get(value) or __import__(value, fromlist=["_"]), hook)()
