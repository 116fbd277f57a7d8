"""Whether the surroundings of a run were captured, or its code and configuration alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contexta.spi.views import EnvironmentView

__all__ = ["has_surroundings"]


def has_surroundings(view: EnvironmentView | None) -> bool:
    """Return whether Python, platform, packages or variables are known; a variable that is absent was then not set.

    Args:
        view: What was captured, or None.
    """
    return view is not None and any(
        (view.python_version, view.platform, view.packages, view.environment_variables)
    )
