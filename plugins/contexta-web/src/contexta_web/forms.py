"""What a form sends: a small body of one type, read whole before anybody looks at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from contexta_web.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence

    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

__all__ = ["Form", "read_form"]

_MEDIA_TYPE = b"application/x-www-form-urlencoded"
#: So many fields at most; a page of runs has 50.
_MOST_FIELDS = 1_000


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form.

    Args:
        values: Their texts by name, in the order in which they came.
    """

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return the first text of a name, with the line ends of this world; empty where there is none."""
        return next(iter(self.values.get(name, ())), "").replace("\r\n", "\n")

    def every(self, name: str) -> tuple[str, ...]:
        """Return the texts of a name that are not blank, each once."""
        return tuple(dict.fromkeys(text for text in self.values.get(name, ()) if text.strip()))


async def read_form(headers: Mapping[bytes, bytes], receive: Receive, most_bytes: int) -> Form | Failure:
    """Return what a form sent, or why it is refused; of one that is too large nothing is read.

    Args:
        headers: The headers of the request.
        receive: Hands over its body.
        most_bytes: Greatest size of the body.
    """
    if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != _MEDIA_TYPE:
        return Failure(415, "http_media_type", f"only forms are taken here: {_MEDIA_TYPE.decode()}")
    length = headers.get(b"content-length", b"")
    if b"transfer-encoding" in headers or not length.isdigit():
        return Failure(411, "http_length_missing", "a form says its Content-Length here")
    if int(length) > most_bytes:
        return Failure(413, "http_body_refused", f"a form has at most {most_bytes} bytes here")
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return Failure(400, "http_bad_form", "the form did not come whole")
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > most_bytes:
            return Failure(413, "http_body_refused", f"a form has at most {most_bytes} bytes here")
    return _parsed(body)


def _parsed(body: bytes) -> Form | Failure:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        return Failure(
            400, "http_bad_form", f"this is no form in UTF-8, or it has more than {_MOST_FIELDS} fields"
        )
    values: dict[str, list[str]] = {}
    for name, text in pairs:
        values.setdefault(name, []).append(text)
    return Form(values)
