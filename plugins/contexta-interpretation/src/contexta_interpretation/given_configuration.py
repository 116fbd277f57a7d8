"""The configuration that a run was given, told from Contexta's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.contract.frozen_mapping import EMPTY_MAPPING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.spi.views import EnvironmentView

__all__ = ["given_configuration"]

#: A field that the configuration of Contexta itself has.
_OWN_FIELD = "config_version"


def given_configuration(view: EnvironmentView | None) -> Mapping[str, Any]:
    """Return the configuration that a run was given; empty where it was given none.

    Such a run is captured with the configuration of Contexta, which says nothing of the training.

    Args:
        view: What was captured, or None.
    """
    if view is None or _OWN_FIELD in view.config_snapshot:
        return EMPTY_MAPPING
    return view.config_snapshot
