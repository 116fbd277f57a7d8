"""The files that pages load: style and script, ours and the libraries' that stand beside them with their licences."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["STATIC_PATH", "static_files"]

#: Where they are asked for.
STATIC_PATH = "/ui/static/"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def static_files() -> dict[str, tuple[bytes, str]]:
    """Return their content and content type by name; what is not among them is not served, whatever the address."""
    return dict(_within(files("contexta_web.screens").joinpath("static"), ""))


def _within(directory: Traversable, above: str) -> list[tuple[str, tuple[bytes, str]]]:
    found = []
    for each in directory.iterdir():
        kind = _TYPES.get(each.name[each.name.rfind(".") :])
        if each.is_dir():
            found += _within(each, f"{above}{each.name}/")
        elif kind is not None:
            found.append((above + each.name, (each.read_bytes(), kind)))
    return found
