"""Reports as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contexta.spi.reports import RendererContext, RenderOptions, ReportDocument

__all__ = ["JsonRenderer", "build"]

#: What a page that embeds the text could take for markup; JSON has another spelling for it.
_MARKUP = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


class JsonRenderer:
    """Writes the whole document: the same objects as ``ReportDocument.to_dict``, in ASCII."""

    name = "json"
    media_type = "application/json"
    suffix = ".json"

    def render(self, document: ReportDocument, *, options: RenderOptions) -> str:
        """Return the report as JSON text; numbers that are not finite are null."""
        content = document.to_dict()
        if options.section_titles:
            content["sections"] = [
                each for each in content["sections"] if each["title"] in options.section_titles
            ]
        if not options.completeness_notes:
            for section in content["sections"]:
                section.pop("notes", None)
        text = json.dumps(_plain(content), indent=2, allow_nan=False)
        for character, spelling in _MARKUP.items():
            text = text.replace(character, spelling)
        return f"{text}\n"


def _plain(value: Any) -> Any:
    """Return what JSON can hold of a value."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value)


def build(context: RendererContext, options: None) -> JsonRenderer:  # noqa: ARG001 - the factory's signature
    """Build the renderer."""
    return JsonRenderer()
