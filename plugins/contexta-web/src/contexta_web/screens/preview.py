"""What a page shows of the content of an artifact: texts, pictures and tables of moderate size, and nothing else."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.errors import ContextaError

if TYPE_CHECKING:
    from contexta import Contexta
    from contexta.spi.views import ArtifactRecord

__all__ = ["Preview", "preview_of"]

#: Larger bodies are not read for a page: whoever opens one has all of it compared with its digest first.
_MOST_BYTES = 8 * 1024 * 1024
_MOST_TEXT = 64 * 1024
_MOST_PICTURE = 2 * 1024 * 1024
#: How the pictures begin that a browser shows without running anything in them.
_PICTURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown of a body.

    Args:
        kind: ``text``, ``picture``, ``nothing`` or ``problem``.
        content: The text, the picture as a ``data:`` address, or why there is nothing.
        is_cut: Whether there is more of it.
    """

    kind: str
    content: str
    is_cut: bool = False


def preview_of(contexta: Contexta, artifact: ArtifactRecord) -> Preview:
    """Return what is shown of the body of an artifact; one that is damaged or missing says so.

    Args:
        contexta: The workspace.
        artifact: The artifact.
    """
    size = artifact.size_bytes
    if size is None:
        return Preview("nothing", "It was registered before its body existed and has none yet.")
    if size > _MOST_BYTES:
        return Preview("nothing", "It is too large to be shown here.")
    try:
        with contexta.artifact_store.open_artifact(artifact.artifact_ref) as body:
            content = body.read(_MOST_BYTES)
    except (ContextaError, OSError) as error:
        return Preview("problem", error.message if isinstance(error, ContextaError) else "It cannot be read.")
    for beginning, media_type in _PICTURES:
        if content.startswith(beginning):
            if len(content) > _MOST_PICTURE:
                return Preview("nothing", "The picture is too large to be shown here.")
            return Preview("picture", f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}")
    return _text(content)


def _text(content: bytes) -> Preview:
    if b"\0" in content[:_MOST_TEXT]:
        return Preview("nothing", "It is neither text nor a picture.")
    cut = content[:_MOST_TEXT]
    try:
        # A character may be cut in two at the end, and nowhere else.
        text = cut.decode("utf-8", "strict" if len(content) <= _MOST_TEXT else "ignore")
    except UnicodeDecodeError:
        return Preview("nothing", "It is neither text nor a picture.")
    if len(content) <= _MOST_TEXT and text.lstrip()[:1] in {"{", "["}:
        try:
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            return Preview("text", text)
    return Preview("text", text[: 2 * _MOST_TEXT], len(content) > _MOST_TEXT or len(text) > 2 * _MOST_TEXT)
