"""The lines on which the settings of a configuration file stand.

YAML's parser tells them.  TOML's does not, but it says whether a text is whole: the smallest group of lines that it
accepts is one statement, a table's header or a key with its value.
"""

from __future__ import annotations

import importlib
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["line_of", "line_of_syntax_error", "setting_lines"]

#: Work that finding lines may take; a file beyond it is checked without some of its lines.
_MOST_CHARACTERS = 8_000_000
_MOST_NODES = 20_000
_DEEPEST = 40

_LINE_IN_MESSAGE = re.compile(r"\(at line (\d+), column \d+\)")
_LAST_SEGMENT = re.compile(r"(?:\.[^.\[\]]*|\[\d+\])\Z")


def setting_lines(file: Path, text: str) -> dict[str, int]:
    """Return the line of every key of a file by its dotted path, as in ``capture.sinks[0].use``.

    Args:
        file: The file; its suffix tells the format.
        text: Its text, known to be well-formed.

    Returns:
        Lines from 1; empty for JSON, whose parser tells none.
    """
    suffix = file.suffix.lower()
    if suffix == ".toml":
        return _toml_lines(text)
    return _yaml_lines(text) if suffix in {".yaml", ".yml"} else {}


def line_of(path: str, lines: Mapping[str, int], prefix: str = "") -> int | None:
    """Return the line of a setting, else that of the nearest part of its path that has one.

    Args:
        path: Dotted path of the setting.
        lines: What :func:`setting_lines` returned.
        prefix: What stands before every path in the file, as ``tool.contexta.``.
    """
    while path:
        if prefix + path in lines:
            return lines[prefix + path]
        shorter = _LAST_SEGMENT.sub("", path)
        path = shorter if shorter != path else ""
    return None


def line_of_syntax_error(error: BaseException | None, text: str) -> int | None:
    """Return the line on which a parser failed, from 1; None where it does not say."""
    while error is not None:
        line = getattr(error, "lineno", None)
        mark = getattr(error, "problem_mark", None)
        if isinstance(line, int):
            return line
        if mark is not None:
            return int(mark.line) + 1
        found = _LINE_IN_MESSAGE.search(str(error))
        if found:
            return int(found[1])
        if "(at end of document)" in str(error):
            return max(1, len(text.rstrip("\n").split("\n")))
        error = error.__cause__
    return None


def _toml_lines(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    elements: dict[str, int] = {}
    section = ""
    for number, statement, values in _toml_statements(text):
        if not statement.startswith("["):
            _note(values, section, number, lines, 0)
            continue
        section, is_element = _header_path(values, elements)
        if is_element:
            elements[section] = elements.get(section, -1) + 1
            section = f"{section}[{elements[section]}]"
        lines.setdefault(section, number)
    return lines


def _toml_statements(text: str) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield each statement with the number of its first line and what it says on its own."""
    import tomllib

    budget = _MOST_CHARACTERS
    pending: list[str] = []
    begin = 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not pending:
            begin = number
            if not line.strip() or line.lstrip().startswith("#"):
                continue
        pending.append(line)
        statement = "\n".join(pending)
        budget -= len(statement)
        if budget < 0:
            return
        try:
            values = tomllib.loads(statement)
        except (ValueError, RecursionError):
            # An array or a text that goes on.
            continue
        pending = []
        yield begin, statement.strip(), values


def _header_path(values: Any, elements: Mapping[str, int]) -> tuple[str, bool]:
    """Return the path of a table's header, and whether the table is an element of an array."""
    path = ""
    while isinstance(values, dict) and values:
        ((name, values),) = values.items()
        path = f"{path}.{name}" if path else name
        if isinstance(values, list):
            return path, True
        if path in elements and values:
            path = f"{path}[{elements[path]}]"
    return path, False


def _note(value: Any, path: str, number: int, lines: dict[str, int], depth: int) -> None:
    """Note one line for everything that a statement gives a value."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, item in value.items():
            inner = f"{path}.{name}" if path else name
            lines.setdefault(inner, number)
            _note(item, inner, number, lines, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _note(item, f"{path}[{index}]", number, lines, depth + 1)


def _yaml_lines(text: str) -> dict[str, int]:
    yaml = importlib.import_module("yaml")
    lines: dict[str, int] = {}
    pending: list[tuple[Any, str, int]] = [(yaml.compose(text, Loader=yaml.SafeLoader), "", 0)]
    seen = 0
    while pending:
        node, path, depth = pending.pop()
        seen += 1
        # Aliases make small files whose unfolded form has no end.
        if seen > _MOST_NODES or depth > _DEEPEST:
            continue
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = f"{path}.{key.value}" if path else str(key.value)
                lines[inner] = key.start_mark.line + 1
                pending.append((value, inner, depth + 1))
        elif isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                lines[f"{path}[{index}]"] = item.start_mark.line + 1
                pending.append((item, f"{path}[{index}]", depth + 1))
    return lines
