"""What every contract class is built on: what must be given, what is declared, and what may not be muted."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import pytest

from contexta.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CONTRACT_VERSION", "Contract", "deviates", "needs"]

#: Version of the contracts: the second number grows with tests, the first with the plugin interface.
CONTRACT_VERSION = (1, 0)

_Function = TypeVar("_Function", bound=Callable[..., Any])


def needs(ability: str) -> Callable[[_Function], _Function]:
    """Mark a test of an ability: it is skipped where the ability is not declared.

    Args:
        ability: A word of the contract's ``abilities``.
    """

    def mark(test: _Function) -> _Function:
        @wraps(test)
        def run(self: Contract, *arguments: Any, **keywords: Any) -> Any:
            if ability not in self.capabilities:
                pytest.skip(f"capability not declared: {ability}")
            return test(self, *arguments, **keywords)

        run.needed_ability = ability  # type: ignore[attr-defined]  # read by the plugin of pytest
        return run  # type: ignore[return-value]  # the same signature

    return mark


def deviates(reason: str) -> Callable[[_Function], _Function]:
    """Mark a test that replaces one of the contract's.

    Args:
        reason: Why the plugin cannot keep that promise; it is printed at the end of each session.

    Raises:
        ContractError: The reason is blank (``testing_silent_override``).
    """
    if not reason.strip():
        raise ContractError(
            "@deviates needs a reason that says why a promise cannot be kept", code="testing_silent_override"
        )

    def mark(test: _Function) -> _Function:
        test.deviation = reason  # type: ignore[attr-defined]  # read by the class and by the plugin of pytest
        return test

    return mark


class Contract:
    """The base of all contracts.

    A subclass in a test module gives what ``required`` names and declares its ``capabilities``.  A mistake in that is
    an error while the tests are collected, so that a contract cannot be passed by accident.

    Raises:
        ContractError: Something required is not given (``testing_piece_missing``), a capability is unknown
            (``testing_unknown_capability``), a test is replaced without :func:`deviates`
            (``testing_silent_override``), or more than ``max_deviations`` are (``testing_too_many_deviations``).
    """

    #: What a subclass must define.
    required: ClassVar[tuple[str, ...]] = ()
    #: The abilities that the contract can test beyond the minimum, by word.
    abilities: ClassVar[Mapping[str, str]] = {}
    #: The abilities that the plugin has; what is declared is tested.
    capabilities: ClassVar[frozenset[str]] = frozenset()
    #: Members that are promises although they are not named ``test_…``.
    promises: ClassVar[frozenset[str]] = frozenset()
    #: So many tests may be replaced.
    max_deviations: ClassVar[int] = 3

    _is_contract: ClassVar[bool] = True

    def __init_subclass__(cls, *, contract: bool = False, **keywords: Any) -> None:
        """Check a subclass; ``contract=True`` is for the contracts themselves."""
        super().__init_subclass__(**keywords)
        cls._is_contract = contract
        if contract:
            return
        missing = [name for name in cls.required if _owner(cls, name)._is_contract]
        if missing:
            raise ContractError(
                f"{cls.__qualname__} must define {', '.join(missing)}; see the docstrings there",
                code="testing_piece_missing",
                details={"missing": missing},
            )
        unknown = sorted(frozenset(cls.capabilities) - cls.abilities.keys())
        if unknown:
            raise ContractError(
                f"{cls.__qualname__} declares {', '.join(unknown)}; the contract knows"
                f" {', '.join(sorted(cls.abilities)) or 'none'}",
                code="testing_unknown_capability",
                details={"unknown": unknown},
            )
        cls._check_deviations()

    @classmethod
    def _check_deviations(cls) -> None:
        replaced = {name for name in _contract_tests(cls) if not _owner(cls, name)._is_contract}
        silent = sorted(name for name in replaced if not getattr(getattr(cls, name), "deviation", ""))
        if silent:
            raise ContractError(
                f"{cls.__qualname__} replaces {', '.join(silent)}; say why with @deviates('reason')",
                code="testing_silent_override",
                details={"replaced": silent},
            )
        if len(replaced) > cls.max_deviations:
            raise ContractError(
                f"{cls.__qualname__} deviates {len(replaced)} times and may {cls.max_deviations} times; keep more of"
                " the promises, or raise max_deviations where everybody can see it",
                code="testing_too_many_deviations",
            )

    @classmethod
    def deviations(cls) -> dict[str, str]:
        """Return the reasons of the tests that are replaced, by their names."""
        return {
            name: getattr(cls, name).deviation
            for name in sorted(_contract_tests(cls))
            if not _owner(cls, name)._is_contract
        }


def _owner(cls: type[Contract], name: str) -> type[Contract]:
    """Return the class that defines a name; one that is no contract counts as the author's."""
    for each in cls.__mro__:
        if name in vars(each):
            return each if issubclass(each, Contract) else cls
    return Contract


def _contract_tests(cls: type[Contract]) -> set[str]:
    """Return the names of all tests of the contracts that a class is derived from."""
    return {
        name
        for each in cls.__mro__
        if issubclass(each, Contract) and each._is_contract
        for name in vars(each)
        if name.startswith("test_") or name in cls.promises
    }
