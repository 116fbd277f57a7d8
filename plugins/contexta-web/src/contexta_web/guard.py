"""The door: what is refused before anybody looks at the question, and the headers that every answer bears.

A page of somebody else's that a browser has open can send requests to this machine.  It cannot choose the ``Host`` that
its browser sends, cannot hide its ``Origin``, and cannot read what comes without a header that lets it.
"""

from __future__ import annotations

from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from contexta_web.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from contexta_web.settings import ServerSettings

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["SECURITY_HEADERS", "Guard"]

COOKIE = "contexta_token"

_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

#: What every answer bears, errors included.
SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", _POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
)


class Guard:
    """Refuses what must not reach the application; an ASGI application around another.

    Args:
        application: What answers.
        settings: How the server is reached.
    """

    def __init__(self, application: Application, settings: ServerSettings) -> None:
        self._application = application
        self._settings = settings
        self._authorities = settings.authorities
        self._origins = frozenset(f"http://{authority}" for authority in self._authorities)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in SECURITY_HEADERS}
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in own]
                message = {**message, "headers": [*kept, *SECURITY_HEADERS]}
            await send(message)

        headers: dict[bytes, bytes] = dict(scope["headers"])
        failure = self._refusal(scope, headers)
        if failure is not None:
            await _send_failure(send_guarded, failure)
        elif (given := self._typed_token(scope)) is not None:
            await _send_cookie(send_guarded, scope["path"], given)
        else:
            path = scope["path"].rstrip("/") or "/"
            await self._application({**scope, "path": path, "raw_path": path.encode()}, receive, send_guarded)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> Failure | None:
        if not scope["path"].startswith("/"):
            return Failure(400, "http_bad_target", "a request names a path here, such as /runs")
        if headers.get(b"host", b"").decode("latin-1").lower() not in self._authorities:
            return Failure(
                421,
                "http_foreign_host",
                "the Host of the request is not this server's; use the address it printed",
            )
        origin = headers.get(b"origin")
        if origin is not None and origin.decode("latin-1").lower() not in self._origins:
            return Failure(403, "http_foreign_origin", "pages of other origins may not ask")
        if headers.get(b"sec-fetch-site", b"none") in {b"cross-site", b"same-site"}:
            return Failure(403, "http_foreign_origin", "pages of other sites may not ask or link")
        if scope["method"] not in {"GET", "HEAD"}:
            return Failure(405, "http_method_not_allowed", "this server only answers GET and HEAD")
        if headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers:
            return Failure(413, "http_body_refused", "questions have no body here; leave it out")
        if not self._is_known(scope, headers):
            return Failure(
                401, "http_token_missing", "open the address that the server printed, with its token"
            )
        return None

    def _typed_token(self, scope: Scope) -> str | None:
        """Return the token in the address, so that it can be put away where nobody copies it from."""
        is_typed = "token" in parse_qs(scope["query_string"].decode("latin-1"))
        return self._settings.token if is_typed else None

    def _is_known(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        token = self._settings.token
        if token is None:
            return True
        query = parse_qs(scope["query_string"].decode("latin-1"))
        shown = [
            headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer "),
            _cookie(headers.get(b"cookie", b"").decode("latin-1")),
            *query.get("token", [])[:1],
        ]
        return any(compare_digest(each.encode(), token.encode()) for each in shown)


def _cookie(text: str) -> str:
    try:
        found = SimpleCookie(text).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


async def _send_failure(send: Send, failure: Failure) -> None:
    body = failure.body()
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        # What follows a body that nobody reads is no request.
        (b"connection", b"close"),
    ]
    if failure.status == 405:
        headers.append((b"allow", b"GET, HEAD"))
    await send({"type": "http.response.start", "status": failure.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_cookie(send: Send, path: str, token: str) -> None:
    from urllib.parse import quote

    # One slash only: a path that begins with two would be another host's.
    headers = [
        (b"location", quote("/" + path.lstrip("/")).encode("ascii")),
        (b"set-cookie", f"{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/".encode("ascii")),
        (b"content-length", b"0"),
    ]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
