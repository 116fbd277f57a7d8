"""Configuration files: TOML, YAML and JSON."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.config.problems import shown
from contexta.errors import ConfigurationError, DependencyError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PYPROJECT_NAME", "ConfigFile", "config_file_text", "parse_config_file", "read_config_file"]

PYPROJECT_NAME = "pyproject.toml"
_MAXIMUM_BYTES = 1_048_576


class ConfigFile(NamedTuple):
    """A configuration file that was read.

    Attributes:
        origin: What its values are said to come from.
        folder: What relative paths in it are relative to.
        values: What it holds.
    """

    origin: str
    folder: Path
    values: Mapping[Any, Any]


def read_config_file(path: object) -> ConfigFile:
    """Read a configuration file; of a ``pyproject.toml`` its table ``[tool.contexta]``.

    Args:
        path: The file; its suffix tells the format (``.toml``, ``.yaml``, ``.yml``, ``.json``).

    Raises:
        ConfigurationError: If it is missing, of another kind, not readable or not well-formed.
        DependencyError: If it is YAML and PyYAML is not installed.
    """
    return parse_config_file(*config_file_text(path))


def config_file_text(path: object) -> tuple[Path, str]:
    """Return the absolute path of a configuration file, and its text.

    Raises:
        ConfigurationError: If it is missing, of another kind, or not readable.
    """
    file = _existing_file(path)
    if file.suffix.lower() not in _PARSERS:
        supported = ", ".join(_PARSERS)
        problem = f"cannot read {file}: the suffix {file.suffix!r} is none of {supported}"
        raise _error(file, problem, "unsupported_config_file", supported=tuple(_PARSERS))
    return file, _text_of(file)


def parse_config_file(file: Path, text: str) -> ConfigFile:
    """Return what the text of a configuration file holds.

    Raises:
        ConfigurationError: If it is not well-formed.
        DependencyError: If it is YAML and PyYAML is not installed.
    """
    try:
        values = _PARSERS[file.suffix.lower()](text)
    except (ValueError, RecursionError) as error:
        raise _error(file, f"{file} is not well-formed: {error}", cause=error) from error
    if file.name == PYPROJECT_NAME:
        values = _tool_table(file, values)
    # An empty YAML file is None.
    values = {} if values is None else values
    if not isinstance(values, Mapping):
        raise _error(file, f"{file} holds a {type(values).__name__}, not settings by name")
    return ConfigFile(f"file:{file.name}", file.parent, values)


def _existing_file(path: object) -> Path:
    if not isinstance(path, (str, os.PathLike)) or not str(path).strip():
        text = f"config_file: expected a path, got {shown(path)}"
        raise ConfigurationError(text, code="invalid_config_input", details={"path": "config_file"})
    try:
        file = Path(os.fsdecode(path)).expanduser().resolve()
        missing = not file.exists()
    except (OSError, RuntimeError, ValueError) as error:
        text = f"{shown(str(path))} is not a usable path: {error}"
        raise _error(str(path), text, "config_file_not_found", cause=error) from error
    if missing:
        raise _error(file, f"there is no configuration file {file}", "config_file_not_found")
    if not file.is_file():
        raise _error(file, f"{file} is not a file")
    return file


def _text_of(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(_MAXIMUM_BYTES + 1)
        if len(content) > _MAXIMUM_BYTES:
            raise _error(
                file, f"{file} is larger than {_MAXIMUM_BYTES} bytes, the most a configuration may have"
            )
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _error(file, f"cannot read {file}: {error}", cause=error) from error


def _tool_table(file: Path, values: Any) -> object:
    tool = values.get("tool")
    table = tool.get("contexta") if isinstance(tool, Mapping) else None
    if table is None:
        raise _error(file, f"{file} has no table [tool.contexta]")
    return table


def _parse_toml(text: str) -> object:
    import tomllib

    return tomllib.loads(text)


def _parse_json(text: str) -> object:
    import json

    return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _parse_yaml(text: str) -> object:
    try:
        yaml = importlib.import_module("yaml")
    except ImportError as error:
        message = "reading a YAML configuration needs PyYAML, which is not installed: pip install pyyaml"
        raise DependencyError(message, details={"package": "pyyaml"}, cause=error) from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        names = [name for name, _ in pairs]
        message = f"the name {next(name for name in names if names.count(name) > 1)!r} is given twice"
        raise ValueError(message)
    return values


def _refuse_constant(word: str) -> object:
    message = f"{word} is no JSON value"
    raise ValueError(message)


def _error(
    file: Path | str,
    text: str,
    code: str = "invalid_config_file",
    *,
    cause: BaseException | None = None,
    **details: object,
) -> ConfigurationError:
    return ConfigurationError(text, code=code, details={"config_file": str(file), **details}, cause=cause)


_PARSERS: dict[str, Callable[[str], object]] = {
    ".toml": _parse_toml,
    ".yaml": _parse_yaml,
    ".yml": _parse_yaml,
    ".json": _parse_json,
}
