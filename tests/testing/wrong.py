"""The register of wrong plugins: each breaks one promise of the SPI, and names the test that has to notice.

They were written from the docstrings of ``contexta.spi`` before the contract classes were.
"""

from __future__ import annotations

from typing import NamedTuple


class Wrong(NamedTuple):
    """One wrong plugin.

    Args:
        plugin: Its class or function.
        contract: Name of the contract that it claims to keep.
        test: Name of the contract's test that must fail on it.
        promise: The sentence of the SPI that it breaks.
        capabilities: What it declares.
    """

    plugin: object
    contract: str
    test: str
    promise: str
    capabilities: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.plugin.__name__


REGISTER: list[Wrong] = []


def breaks(contract: str, test: str, promise: str, *, capabilities=()):
    """Register a plugin as wrong."""

    def register(plugin):
        REGISTER.append(Wrong(plugin, contract, test, promise, frozenset(capabilities)))
        return plugin

    return register
