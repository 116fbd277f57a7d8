"""Rules between fields, as data: which fields they look at, how they judge, and what of them a schema can say.

A model lists its rules in the class attribute ``rules``.  Building the model applies them in their order, up to the
first that is broken; full validation applies each one whose fields are valid by themselves; the JSON Schema of the
model takes over their fragments.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FieldsRule"]


class FieldsRule:
    """One rule between fields.

    Args:
        fields: The names of the fields; dotted where they are inside another model.
        check: Takes the fields' values, in their order, and raises a ValidationError where they do not fit.
        schema: What JSON Schema can say of the rule, as a fragment for ``allOf``.
        optional: Whether the rule says nothing where its first field is None.

    Attributes:
        first: Returns the first field of a model, where the rule says nothing if that is None.
    """

    __slots__ = ("_values", "check", "fields", "first", "schema")

    first: Callable[[object], object] | None

    def __init__(
        self,
        fields: tuple[str, ...],
        check: Callable[..., None],
        schema: Mapping[str, Any] | None = None,
        *,
        optional: bool = False,
    ) -> None:
        self.fields = fields
        self.check = check
        self.schema = schema
        self.first = attrgetter(fields[0]) if optional else None
        self._values = attrgetter(*fields)

    def apply(self, model: object) -> None:
        """Check a model.

        Raises:
            ValidationError: The rule is broken.
        """
        values = self._values(model)
        number = len(self.fields)
        if number == 2:
            # Nearly all rules; spelled out, the call costs half.
            self.check(values[0], values[1])
        elif number == 1:
            self.check(values)
        else:
            self.check(*values)

    def __repr__(self) -> str:
        return f"FieldsRule({', '.join(self.fields)})"
