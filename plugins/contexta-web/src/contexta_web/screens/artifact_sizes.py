"""The sizes of artifacts over runs, as a drawing and as lines of a table."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from contexta_web.screens.charts import draw
from contexta_web.screens.words import short_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from contexta import Contexta
    from contexta.spi.trends import ArtifactSizePoint
    from contexta.spi.views import ArtifactRecord
    from contexta_web.screens.charts import Chart

__all__ = ["SizeHistory", "sizes_of_kind", "sizes_of_name"]

#: So many of the newest runs are looked at.
_RUNS = 200
_MOST_LINES = 30
#: Where the program gave no name, the name is the kind and an identifier that no other run has.
_UNNAMED = re.compile(r"(.+)-[0-9a-z]{16}-[0-9a-z]+")


@dataclass(frozen=True, slots=True)
class SizeLine:
    """One artifact and how much larger it is than the one before.

    Args:
        point: The artifact.
        growth: So many bytes larger than the one before, or None for the oldest.
    """

    point: ArtifactSizePoint
    growth: int | None


@dataclass(frozen=True, slots=True)
class SizeHistory:
    """Sizes over runs.

    Args:
        count: Number of artifacts.
        chart: Their drawing, the oldest run first.
        lines: The newest of them, the newest first.
    """

    count: int
    chart: Chart | None
    lines: tuple[SizeLine, ...]


def sizes_of_kind(contexta: Contexta, kind: str) -> SizeHistory | None:
    """Return the sizes of artifacts of a kind; None where there are not two.

    Args:
        contexta: The workspace.
        kind: The kind.
    """
    return _history(_points(contexta, kind, None), f"{kind}, the oldest run first", None)


def sizes_of_name(contexta: Contexta, artifact: ArtifactRecord) -> SizeHistory | None:
    """Return the sizes of artifacts of the kind and name of one, in the runs of its project; None where there are not two.

    Args:
        contexta: The workspace.
        artifact: The artifact.
    """
    name = _name(artifact.artifact_ref)
    project, point, _ = artifact.run_id.removeprefix("run:").partition(".")
    points = [
        each
        for each in _points(contexta, artifact.kind, project if point else None)
        if _name(each.artifact_ref) == name
    ]
    return _history(points, f"{name}, the oldest run first", artifact.artifact_ref)


def _points(contexta: Contexta, kind: str, project: str | None) -> Sequence[ArtifactSizePoint]:
    from contexta.spi.querying import RunListQuery

    return contexta.get_artifact_size_trend(
        kind, query=RunListQuery(project_name=project, limit=_RUNS)
    ).points


def _name(artifact_ref: str) -> str:
    """Return the name of an artifact within its run; of one without a name, what it has in common with others."""
    name = artifact_ref.rpartition(".")[2]
    unnamed = _UNNAMED.fullmatch(name)
    return unnamed[1] if unnamed else name


def _history(points: Sequence[ArtifactSizePoint], title: str, marked: str | None) -> SizeHistory | None:
    if len(points) < 2:
        return None
    marks = [
        (place, f"the one in {short_name(each.run_id)}")
        for place, each in enumerate(points)
        if each.artifact_ref == marked
    ]
    unit, factor = _unit(max(each.size_bytes for each in points))
    curve = [(place, each.size_bytes / factor) for place, each in enumerate(points)]
    chart = draw(title, [("size", curve)], unit, marks=marks)
    lines = [
        SizeLine(each, each.size_bytes - before.size_bytes if before else None)
        for before, each in zip([None, *points], points, strict=False)
    ]
    return SizeHistory(
        len(points),
        None if chart is None else replace(chart, along="run"),
        tuple(lines[::-1][:_MOST_LINES]),
    )


def _unit(greatest: int) -> tuple[str, int]:
    """Return the unit in which a size is read well, and its number of bytes."""
    units = ("B", "KiB", "MiB", "GiB", "TiB")
    power = min(max(greatest.bit_length() - 1, 0) // 10, len(units) - 1)
    return units[power], 1024**power
