"""The plugin of pytest that guards the contracts and gives fixtures: ``pytest_plugins = ["contexta.testing.plugin"]``.

It is no entry point: who does not name it does not pay for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from contexta._facade import Contexta
    from contexta.plugins import PluginHost
    from contexta.testing.fake_distributions import FakeDistributions
    from contexta.testing.hook_recorder import HookRecorder

__all__ = ["contexta_workspace", "fake_dist", "hook_recorder", "no_env_leak", "plugin_host"]


def _contract_of(item: pytest.Item) -> Any:
    from contexta.testing.contracts.contract import Contract

    cls: Any = getattr(item, "cls", None)
    return cls if isinstance(cls, type) and issubclass(cls, Contract) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Turn a skipped test of a contract into a failure, but for an ability that is not declared."""
    del call
    report = yield
    contract = _contract_of(item)
    if contract is not None and report.skipped and not hasattr(report, "wasxfail"):
        ability = getattr(getattr(item, "function", None), "needed_ability", None)
        if ability is None or ability in contract.capabilities:
            report.outcome = "failed"
            report.longrepr = (
                f"{item.nodeid} was skipped: a test of a contract that does not run proves nothing."
                " Take the capability out of the declaration, or replace the test with @deviates('reason')."
            )
    return report


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """List the promises that are not kept, with the reasons."""
    del config
    session = getattr(terminalreporter, "_session", None)
    contracts = {_contract_of(item) for item in getattr(session, "items", ())} - {None}
    deviations = [
        f"{contract.__qualname__}.{test}: {reason}"
        for contract in sorted(contracts, key=lambda each: str(each.__qualname__))
        for test, reason in contract.deviations().items()
    ]
    if deviations:
        terminalreporter.section("deviations from the contracts of Contexta")
        for line in deviations:
            terminalreporter.line(line)


@pytest.fixture
def contexta_workspace(tmp_path: Path) -> Iterator[Contexta]:
    """Give a workspace on the plain stores of the kit; it is closed after the test."""
    from contexta.testing.workspaces import open_plain_workspace

    with open_plain_workspace(tmp_path / "workspace") as ctx:
        yield ctx


@pytest.fixture
def plugin_host() -> PluginHost:
    """Give a plugin host of the test's own, over what is installed."""
    from contexta.plugins import PluginHost

    return PluginHost()


@pytest.fixture
def fake_dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDistributions]:
    """Give what installs distributions for the test: ``fake_dist(name, entry_points, files)``."""
    from contexta.testing.fake_distributions import FakeDistributions

    directory = tmp_path / "site"
    directory.mkdir()
    # With pytest's own, which other uses of it in the test would otherwise bring back when they are undone.
    monkeypatch.syspath_prepend(directory)
    distributions = FakeDistributions(directory)
    yield distributions
    distributions.forget_modules()


@pytest.fixture
def hook_recorder() -> HookRecorder:
    """Give a plugin, to be handed over as an object, that remembers which hooks were called."""
    from contexta.testing.hook_recorder import HookRecorder

    return HookRecorder()


@pytest.fixture
def no_env_leak() -> Iterator[None]:
    """Fail a test that changes environment variables and does not put them back."""
    from contexta.testing.environment_leaks import environment_kept

    with environment_kept():
        yield
