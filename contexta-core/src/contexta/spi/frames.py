"""Rows with typed columns, as frames of pandas and polars, as tables of Arrow, and as Arrow streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from contexta.contract.frozen_mapping import FrozenMapping
from contexta.errors import DependencyError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    import polars as pl
    import pyarrow as pa

__all__ = ["COLUMN_TYPES", "Frame", "frame_of_rows", "missing_package"]

#: What the cells of a column can be.
COLUMN_TYPES: Final = ("text", "number", "integer", "boolean")


@dataclass(frozen=True, slots=True)
class Frame:
    """Rows with named columns; an Arrow stream as well (``__arrow_c_stream__``), which polars and others take as it is.

    Args:
        types: What the cells of each column are, by its name: ``text``, ``number``, ``integer`` or ``boolean``.
        rows: The rows, as mappings from column to cell; a cell that is missing is None.

    Raises:
        ValidationError: There is no such type of a column.
    """

    types: Mapping[str, str]
    rows: tuple[Mapping[str, Any], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "types", FrozenMapping(self.types))
        object.__setattr__(self, "rows", tuple(self.rows))
        unknown = sorted(set(self.types.values()) - set(COLUMN_TYPES))
        if unknown:
            raise ValidationError(
                f"{unknown[0]!r} is no type of a column; use one of {', '.join(COLUMN_TYPES)}",
                code="frame_unknown_column_type",
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.types)

    def to_pandas(self) -> pd.DataFrame:
        """Return a frame of pandas.

        Raises:
            DependencyError: pandas is not installed (``notebook_pandas_not_ready``).
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise missing_package("pandas", "notebook_pandas_not_ready", error) from error
        frame = pd.DataFrame.from_records([dict(row) for row in self.rows], columns=list(self.columns))
        names = {"number": "float64", "integer": "Int64", "boolean": "boolean"}
        return frame.astype({name: names[kind] for name, kind in self.types.items() if kind in names})

    def to_polars(self) -> pl.DataFrame:
        """Return a frame of polars.

        Raises:
            DependencyError: polars is not installed (``notebook_polars_not_ready``).
        """
        try:
            import polars as pl
        except ImportError as error:
            raise missing_package("polars", "notebook_polars_not_ready", error) from error
        kinds = {"text": pl.String, "number": pl.Float64, "integer": pl.Int64, "boolean": pl.Boolean}
        return pl.DataFrame(
            {name: self._cells(name) for name in self.types},
            schema={name: kinds[kind] for name, kind in self.types.items()},
        )

    def to_arrow(self) -> pa.Table:
        """Return a table of pyarrow.

        Raises:
            DependencyError: pyarrow is not installed (``notebook_arrow_not_ready``).
        """
        try:
            import pyarrow as pa
        except ImportError as error:
            raise missing_package("pyarrow", "notebook_arrow_not_ready", error) from error
        kinds = {"text": pa.string(), "number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}
        schema = pa.schema([(name, kinds[kind]) for name, kind in self.types.items()])
        return pa.table([self._cells(name) for name in self.types], schema=schema)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the rows as an Arrow stream, as the PyCapsule interface of Arrow has it.

        Args:
            requested_schema: A capsule with the schema that the reader would like.

        Raises:
            DependencyError: pyarrow is not installed (``notebook_arrow_not_ready``).
        """
        stream: object = self.to_arrow().__arrow_c_stream__(requested_schema)
        return stream

    def __len__(self) -> int:
        return len(self.rows)

    def _cells(self, name: str) -> list[Any]:
        cells = [row[name] for row in self.rows]
        # A store of somebody else's may give out lone surrogates, which no UTF-8 can hold.
        return [_whole(cell) for cell in cells] if self.types[name] == "text" else cells


def frame_of_rows(types: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> Frame:
    """Return a frame of rows whose cells stand in the order of the columns.

    Args:
        types: What the cells of each column are; see :class:`Frame`.
        rows: The rows; a number may be given as a whole one.
    """
    return Frame(
        types,
        tuple(
            {
                name: float(cell) if kind == "number" and cell is not None else cell
                for (name, kind), cell in zip(types.items(), row, strict=True)
            }
            for row in rows
        ),
    )


def missing_package(name: str, code: str, error: ImportError) -> DependencyError:
    """Return the error that says which package a conversion needs.

    Args:
        name: The package.
        code: Code of the error.
        error: What its import raised.
    """
    return DependencyError(
        f"{name} is needed for this, and is not installed; run: pip install {name}",
        code=code,
        details={"package": name},
        cause=error,
    )


def _whole(text: str | None) -> str | None:
    return None if text is None else text.encode("utf-8", "backslashreplace").decode("utf-8")
