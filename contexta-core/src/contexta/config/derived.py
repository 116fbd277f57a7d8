"""Values that follow another field until somebody gives them.

``dataclasses.replace`` hands the new object every old value, the derived ones too.  A derived value therefore
says so itself: put back into the same field it is derived anew, so a changed workspace moves what follows it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

__all__ = ["DerivedPath", "DerivedText"]

if TYPE_CHECKING:
    _PlainPath = Path
else:
    # Path itself is a factory before Python 3.12; its concrete class can be subclassed everywhere.
    _PlainPath = type(Path())


class DerivedPath(_PlainPath):
    """A path that was derived from the workspace for one field.

    It equals the plain path and works like it.  To pin the place that it names, make it plain: ``Path(it)``.
    """

    __slots__ = ("_field",)

    _field: str

    @classmethod
    def of(cls, path: Path, field: str) -> DerivedPath:
        """Mark ``path`` as derived for the field with the dotted path ``field``."""
        derived = cls(path)
        derived._field = field
        return derived

    @staticmethod
    def is_for(value: object, field: str) -> bool:
        """Tell whether ``value`` was derived for ``field``, and not given by somebody."""
        # Children made with "/" share the class on some Pythons, but carry no field.
        return isinstance(value, DerivedPath) and getattr(value, "_field", None) == field

    def __reduce__(self) -> tuple[Any, ...]:
        field = getattr(self, "_field", None)
        plain = _PlainPath(self)
        return (_PlainPath, (str(plain),)) if field is None else (DerivedPath.of, (plain, field))

    def __repr__(self) -> str:
        return repr(_PlainPath(self))


class DerivedText(str):
    """A text that repeats another field's value until it is given itself."""

    __slots__ = ()
