"""The door: what is refused before anybody looks at the question, and the headers that every answer bears.

A page of somebody else's that a browser has open can send requests to this machine.  It cannot choose the ``Host`` that
its browser sends, cannot hide its ``Origin``, and cannot read what comes without a header that lets it.  Whoever changes
something shows a token that stands in the pages of those alone who came in through the address that was printed.
"""

from __future__ import annotations

from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode

from contexta_web.failures import Failure
from contexta_web.forms import Form, read_form

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, MutableMapping

    from contexta_web.settings import ServerSettings

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["SECURITY_HEADERS", "Guard"]

_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

#: What every answer bears, errors included.
SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", _POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    # With "no-referrer" browsers hide the origin of our own forms, too.
    (b"referrer-policy", b"same-origin"),
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
        page: Returns a refusal as a page, for people.
    """

    def __init__(
        self, application: Application, settings: ServerSettings, page: Callable[[Failure], bytes]
    ) -> None:
        self._application = application
        self._page = page
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
        is_known = self._shows_token(scope, headers)
        failure = self._refusal(scope, headers, is_known=is_known)
        form = Form()
        if failure is None and scope["method"] == "POST":
            form, failure = await self._form(headers, receive)
        if failure is not None:
            await self._send_failure(send_guarded, failure, headers)
        elif is_known and scope["method"] != "POST" and "token" in _query(scope):
            await self._send_cookie(send_guarded, scope)
        else:
            path = scope["path"].rstrip("/") or "/"
            # Only who came in through the address that was printed is told what changes need.
            token = self._settings.token if is_known and self._settings.is_writable else None
            state = {"form": form, "change_token": token}
            await self._application(
                {**scope, "path": path, "raw_path": path.encode(), "state": state}, receive, send_guarded
            )

    @property
    def _methods(self) -> tuple[str, ...]:
        return ("GET", "HEAD", "POST") if self._settings.is_writable else ("GET", "HEAD")

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes], *, is_known: bool) -> Failure | None:
        """Return why a request is refused whatever its body says."""
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
        if scope["method"] not in self._methods:
            return Failure(
                405, "http_method_not_allowed", f"this server only answers {' and '.join(self._methods)}"
            )
        if scope["method"] == "POST":
            return None
        if headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers:
            return Failure(413, "http_body_refused", "questions have no body here; leave it out")
        is_typed = self._settings.token is not None and "token" in _query(scope)
        if not is_known and (self._settings.is_exposed or is_typed):
            return Failure(
                401, "http_token_missing", "open the address that the server printed, with its token"
            )
        return None

    async def _form(self, headers: dict[bytes, bytes], receive: Receive) -> tuple[Form, Failure | None]:
        """Return what a form sent, and why the change is refused."""
        form = await read_form(headers, receive, self._settings.limits.body_bytes)
        if isinstance(form, Failure):
            return Form(), form
        # A cookie is no permission: a browser sends it along with whatever another page makes it send.
        shown = (headers.get(b"x-contexta-token", b"").decode("latin-1"), form.text("token"))
        if self._is_token(shown):
            return form, None
        return form, Failure(
            401,
            "http_token_missing",
            "a change needs the token of this launch; open the address that the server printed, and go on from there",
        )

    def _shows_token(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        """Return whether a request bears the token in one of the ways that questions may."""
        shown = (
            headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer "),
            _cookie(headers.get(b"cookie", b"").decode("latin-1"), self._cookie_name),
            *_query(scope).get("token", [])[:1],
        )
        return self._is_token(shown)

    def _is_token(self, shown: Iterable[str]) -> bool:
        token = self._settings.token
        return token is not None and any(compare_digest(each.encode(), token.encode()) for each in shown)

    @property
    def _cookie_name(self) -> str:
        # Browsers keep the cookies of all ports of a host together; the servers of two workspaces must not share one.
        return f"contexta_token_{self._settings.port}"

    async def _send_failure(self, send: Send, failure: Failure, headers: dict[bytes, bytes]) -> None:
        body, media_type = failure.body(), b"application/json; charset=utf-8"
        # A form of an earlier launch is sent by people.  An exposed server shows not even a frame without its token.
        is_for_people = b"text/html" in headers.get(b"accept", b"")
        if failure.status == 401 and is_for_people and not self._settings.is_exposed:
            body, media_type = self._page(failure), b"text/html; charset=utf-8"
        answered = [
            (b"content-type", media_type),
            (b"content-length", str(len(body)).encode()),
            # What follows a body that nobody reads is no request.
            (b"connection", b"close"),
        ]
        if failure.status == 405:
            answered.append((b"allow", ", ".join(self._methods).encode("ascii")))
        await send({"type": "http.response.start", "status": failure.status, "headers": answered})
        await send({"type": "http.response.body", "body": body})

    async def _send_cookie(self, send: Send, scope: Scope) -> None:
        """Put the token of the address away where nobody copies it from, and lead to the address without it."""
        rest = urlencode(
            {name: texts for name, texts in _query(scope).items() if name != "token"}, doseq=True
        )
        # One slash only: a path that begins with two would be another host's.
        cookie = f"{self._cookie_name}={self._settings.token}; HttpOnly; SameSite=Strict; Path=/"
        headers = [
            (b"location", f"{quote('/' + scope['path'].lstrip('/'))}{rest and '?'}{rest}".encode("ascii")),
            (b"set-cookie", cookie.encode("ascii")),
            (b"content-length", b"0"),
        ]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("latin-1"))


def _cookie(text: str, name: str) -> str:
    try:
        found = SimpleCookie(text).get(name)
    except CookieError:
        return ""
    return "" if found is None else found.value
