"""The tab with what surrounded a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.dashboard import Page

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.dashboard import Question

__all__ = ["show_environment"]

_MOST_PACKAGES = 2_000


def show_environment(contexta: Contexta, question: Question) -> Page:
    """Show the environment, and of its packages those whose names hold the text of the address."""
    environment = contexta.repository.get_environment(question.path["run_id"])
    wanted = (question.first("package") or "").lower()
    packages = () if environment is None else tuple(environment.packages.items())
    found = [(name, version) for name, version in packages if wanted in name.lower()]
    return Page(
        "run_environment.html",
        {
            "environment": environment,
            "packages": found[:_MOST_PACKAGES],
            "package_count": len(packages),
            "wanted": question.first("package") or "",
        },
    )
