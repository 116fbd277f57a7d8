"""A strict cattrs converter for data in which canonical models are parts of something else.

``deserialize_*`` and ``to_json`` take one model at a time.  Migrations, imports and programs have lists of runs,
mappings of records, and attrs classes of their own with models inside: that is what a converter is for.  It works on
the same JSON backend, builds models by the same rules, writes the same canonical JSON, and coerces nothing: the text
``"5"`` is no number, and a class of the program's takes no keys that it does not have.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from contexta.contract.contract_model import ContractModel
from contexta.contract.decoding import decode_model, decode_ref, parse_json
from contexta.contract.encoding import to_json, to_payload
from contexta.contract.refs import StableRef
from contexta.errors import ContextaError, SerializationError

if TYPE_CHECKING:
    from cattrs.preconf.msgspec import MsgspecJsonConverter

    from contexta.contract.extensions import ExtensionResolver

__all__ = ["ContractConverter", "make_converter"]

Target = TypeVar("Target")


class ContractConverter:
    """Structures and unstructures data with canonical models in it; see :func:`make_converter`.

    Args:
        converter: The strict cattrs converter, to register further hooks on.
    """

    def __init__(self, converter: MsgspecJsonConverter) -> None:
        self.converter = converter

    def structure(self, data: Any, target: type[Target]) -> Target:
        """Build an object of a type from plain data.

        Args:
            data: Dicts, lists, text, numbers, booleans, None; or instances, which stay as they are.
            target: A canonical model, an attrs class or dataclass, or a generic such as ``list[Run]``.

        Returns:
            The object.

        Raises:
            SerializationError: The data does not fit (``deserialize_invalid_payload``); the details list every
                problem with its path.
            ContextaError: The data is one model, and its decoder's own error says it best.
        """
        from cattrs import transform_error

        try:
            return self.converter.structure(data, target)
        except ContextaError:
            raise
        except Exception as error:
            name = getattr(target, "__name__", str(target))
            problems = transform_error(error, format_exception=_described)
            raise SerializationError(
                f"The data is no {name}: {'; '.join(problems[:5])}.",
                code="deserialize_invalid_payload",
                details={"model": name, "path": "$", "problems": problems},
                cause=error,
            ) from error

    def unstructure(self, obj: Any) -> Any:
        """Turn an object into plain data; canonical models into their canonical payload.

        Raises:
            SerializationError: Something in it is not JSON.
        """
        return to_payload(self.converter.unstructure(obj))

    def loads(self, text: str | bytes, target: type[Target]) -> Target:
        """Build an object of a type from JSON.

        Raises:
            SerializationError: Broken JSON, or as for :meth:`structure`.
        """
        return self.structure(parse_json(getattr(target, "__name__", str(target)), text), target)

    def dumps(self, obj: Any) -> str:
        """Write an object as canonical JSON.

        Raises:
            SerializationError: Something in it is not JSON.
        """
        return to_json(self.converter.unstructure(obj))


def make_converter(*, registry: ExtensionResolver | None = None) -> ContractConverter:
    """Make a strict converter that knows the canonical models.

    Args:
        registry: Resolves the extensions of every model; without one they pass through.

    Returns:
        A converter of its own, so that hooks registered on it concern nobody else.
    """
    from cattrs.preconf.msgspec import make_converter as make_msgspec_converter

    converter = make_msgspec_converter(forbid_extra_keys=True)
    for scalar in (str, int, float, bool):
        converter.register_structure_hook(scalar, partial(_exact, scalar))
    converter.register_structure_hook(StableRef, lambda data, _: decode_ref(data))
    converter.register_structure_hook_func(
        _is_model, lambda data, model: decode_model(model, data, registry=registry)
    )
    # The msgspec backend leaves attrs classes to msgspec, which knows no canonical form of ours.
    converter.register_unstructure_hook_func(_is_model, to_payload)
    converter.register_unstructure_hook(StableRef, lambda ref: ref.text)
    return ContractConverter(converter)


def _is_model(target: Any) -> bool:
    """Tell whether a type is a canonical model."""
    return isinstance(target, type) and issubclass(target, ContractModel)


def _exact(scalar: type, data: Any, _: Any) -> Any:
    """Take a scalar as it is, and nothing that could be turned into one; an int is a float, as in JSON."""
    if type(data) is scalar or (scalar is float and type(data) is int):
        return data
    message = f"expected {scalar.__name__}, found {type(data).__name__}"
    raise msgspec.ValidationError(message)


def _described(error: BaseException, target: type | None) -> str:
    """Describe one problem inside compound data."""
    if isinstance(error, ContextaError):
        return f"{error.message} [{error.code}]"
    if isinstance(error, KeyError):
        return f"required field missing: {error.args[0]!r}"
    name = getattr(target, "__name__", str(target))
    return str(error) or f"invalid value for type {name}"
