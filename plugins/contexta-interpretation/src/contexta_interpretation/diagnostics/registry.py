"""The checks that are to be made: built once, the broken ones told."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from contexta.errors import ContextaError, DiagnosticsError
from contexta.spi.diagnostics import DiagnosticsCheckContext
from contexta.spi.views import CompletenessNote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from contexta.config.models import DiagnosticsPolicy
    from contexta.spi.context import ComponentSource
    from contexta.spi.diagnostics import DiagnosticsCheck

__all__ = ["KIND", "Checks"]

#: The kind of plugins that checks are.
KIND = "diagnostics_check"

#: Checks whose findings are read first; all others follow by name.
_FIRST = ("run_status", "stage_status", "batches", "deployments", "error_events", "non_finite_values")


class Checks:
    """Finds and builds the checks at the first diagnosis.

    Args:
        policy: The thresholds, and which checks are not made.
        components: Where installed checks are found; the process's own plugins when None.
        given: The only checks to make, by name; those that are installed when None.
    """

    def __init__(
        self,
        policy: DiagnosticsPolicy,
        components: ComponentSource | None,
        given: Mapping[str, DiagnosticsCheck] | None,
    ) -> None:
        self._policy = policy
        self._components = components
        self._given = given

    def usable(self) -> Sequence[tuple[str, DiagnosticsCheck]]:
        """Return the checks with their names, in the order in which they are made."""
        return self._built[0]

    def unusable(self) -> Sequence[CompletenessNote]:
        """Return a note on each check that could not be built."""
        return self._built[1]

    @cached_property
    def _built(self) -> tuple[list[tuple[str, DiagnosticsCheck]], list[CompletenessNote]]:
        disabled = frozenset(self._policy.disabled_checks)
        if self._given is not None:
            return [(name, check) for name, check in self._given.items() if name not in disabled], []
        source = self._source()
        names = sorted(source.names(KIND), key=lambda name: (_place(name), name))
        usable: list[tuple[str, DiagnosticsCheck]] = []
        notes: list[CompletenessNote] = []
        for name in names:
            if name in disabled:
                continue
            try:
                usable.append((name, self._open(source, name)))
            except ContextaError as error:
                facts = {"check": name, "error": str(error)}
                notes.append(CompletenessNote("warning", f"diagnostics_check_unusable:{name}", facts))
        return usable, notes

    def _open(self, source: ComponentSource, name: str) -> DiagnosticsCheck:
        required_by = "interpretation.diagnostics"
        check: DiagnosticsCheck = source.open(
            KIND, name, DiagnosticsCheckContext(self._policy), required_by=required_by
        )
        if not callable(check):
            raise DiagnosticsError(
                f"the factory of the check {name!r} returned a {type(check).__name__}, which cannot be called",
                code="diagnostics_invalid_check",
            )
        return check

    def _source(self) -> ComponentSource:
        if self._components is not None:
            return self._components
        from contexta.plugins import default_host

        return default_host()


def _place(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)
