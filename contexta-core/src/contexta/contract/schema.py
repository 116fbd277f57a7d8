"""JSON Schema (draft 2020-12) of every canonical model, generated from the models.

The files lie beside this module, in ``schemas``, one for each model: programs in other languages can check with them
that Contexta will read what they write.  A schema says what one field may hold and some rules between fields; that
refs lie under each other and that times are in order is beyond JSON Schema, and validation's task.

``python -m contexta.contract.schema DIRECTORY`` writes the files anew.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from contexta.contract.all_models import CANONICAL_MODELS
from contexta.contract.contract_model import EXTRAS_FIELD, ContractModel, model_fields
from contexta.contract.field_binding import checking_function
from contexta.contract.fields import DEFAULT_CONTRACT_SCHEMA_VERSION, is_required
from contexta.contract.schema_values import SHARED_DEFINITIONS, VALUE_SCHEMAS
from contexta.contract.text import shown
from contexta.errors import NotFoundError

if TYPE_CHECKING:
    import attrs

__all__ = ["SCHEMA_DIALECT", "json_schema", "schema_text", "write_schemas"]

#: The dialect of the schemas.
SCHEMA_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_MAJOR = DEFAULT_CONTRACT_SCHEMA_VERSION.partition(".")[0]
_REFERENCE = re.compile(r'"#/\$defs/(\w+)"')
_ARGUMENT = re.compile(r"^    (\w+): (.+(?:\n {8,}.+)*)", re.MULTILINE)


def json_schema(model: type[ContractModel] | str) -> dict[str, Any]:
    """Return the JSON Schema of a model.

    Args:
        model: A canonical model, or its name, such as ``metric_record``.

    Returns:
        The schema as plain data; complete in itself.

    Raises:
        NotFoundError: There is no such model (``schema_unknown_model``).
    """
    name = model if isinstance(model, str) else getattr(model, "contract_name", repr(model))
    kind = CANONICAL_MODELS.get(name)
    if kind is None or (not isinstance(model, str) and model is not kind):
        raise NotFoundError(
            f"There is no canonical model {shown(name)}; the models are {', '.join(CANONICAL_MODELS)}.",
            code="schema_unknown_model",
            details={"model": name[:80]},
        )
    body = _object_schema(kind)
    definitions = _definitions_for(body)
    return {
        "$schema": SCHEMA_DIALECT,
        "$id": f"urn:contexta:contract:{_MAJOR}:{name}",
        **body,
        **({"$defs": definitions} if definitions else {}),
    }


def schema_text(model: type[ContractModel] | str) -> str:
    """Return the JSON Schema of a model as the text of its file."""
    return json.dumps(json_schema(model), indent=2, ensure_ascii=True) + "\n"


def write_schemas(directory: Path) -> list[Path]:
    """Write the schema of every model.

    Args:
        directory: Where to; it must exist.

    Returns:
        The files.
    """
    written = []
    for name in CANONICAL_MODELS:
        path = directory / f"{name}.json"
        path.write_text(schema_text(name), encoding="utf-8")
        written.append(path)
    return written


def _object_schema(model: type[ContractModel]) -> dict[str, Any]:
    """Describe the object of one model, without the definitions that it refers to."""
    fields = model_fields(model)
    documentation = inspect.cleandoc(model.__doc__ or "")
    about = {name: " ".join(text.split()) for name, text in _ARGUMENT.findall(documentation)}
    schema: dict[str, Any] = {
        "title": model.__name__,
        "description": documentation.partition("\n")[0],
        "type": "object",
        "properties": {field.name: _property(field, about) for field in fields},
        "required": [field.name for field in fields if is_required(field)],
        # What a newer minor version adds is kept, so it is allowed here too.
        "propertyNames": {"not": {"const": EXTRAS_FIELD}},
        "additionalProperties": {"$ref": "#/$defs/json_value"},
    }
    fragments = [dict(rule.schema) for rule in model.rules if rule.schema is not None]
    return {**schema, "allOf": fragments} if fragments else schema


def _property(field: attrs.Attribute[Any], about: dict[str, str]) -> dict[str, Any]:
    """Describe one field."""
    schema = dict(_value_schema(field))
    if field.name in about:
        schema["description"] = about[field.name]
    if isinstance(field.default, str):
        schema["default"] = field.default
    return schema


def _value_schema(field: attrs.Attribute[Any]) -> dict[str, Any]:
    """Describe what a field may hold."""
    stated: dict[str, Any] | None = field.metadata.get("schema")
    if stated is not None:
        return stated
    nested = field.metadata.get("model")
    if nested is not None:
        return {"$ref": f"#/$defs/{nested.contract_name}"}
    function = checking_function(field.converter)
    return VALUE_SCHEMAS[function.__name__](**field.metadata.get("rule", {}))


def _definitions_for(body: dict[str, Any]) -> dict[str, Any]:
    """Collect the definitions that a schema refers to, and those that these refer to."""
    found: dict[str, Any] = {}
    open_names = _references(body)
    while open_names:
        name = open_names.pop(0)
        if name in found:
            continue
        shared = SHARED_DEFINITIONS.get(name)
        found[name] = shared if shared is not None else _object_schema(CANONICAL_MODELS[name])
        open_names += _references(found[name])
    return {name: found[name] for name in sorted(found)}


def _references(schema: dict[str, Any]) -> list[str]:
    """List the definitions that a schema refers to."""
    return _REFERENCE.findall(json.dumps(schema))


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
