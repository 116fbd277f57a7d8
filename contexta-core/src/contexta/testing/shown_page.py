"""What a page asks of a browser: read from its HTML, to be held against what the dashboard allows."""

from __future__ import annotations

import re
from html.parser import HTMLParser

__all__ = ["ShownPage"]

#: What a browser fetches or runs at once, without being asked.
_LOADED = {"src", "srcset", "data", "poster", "background", "action", "formaction", "ping"}
#: Elements whose ``href`` is fetched at once, and not a link that somebody may follow.
_FETCHING = {"link", "image", "use", "base", "feimage"}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//|\\")
#: Controls as in ``contexta.contract.text``, but for the line breaks and tabs that HTML is written with.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class ShownPage(HTMLParser):
    """One page.

    Args:
        html: Its HTML.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        #: The names of its elements.
        self.elements: set[str] = set()
        #: Scripts and styles that stand in it, and attributes that are some.
        self.inline: list[str] = []
        #: What comes from elsewhere.
        self.outside: list[str] = []
        #: Links that are no addresses, such as ``javascript:``.
        self.wrong_links: list[str] = []
        #: Control characters, by what they are called in Python.
        self.controls = sorted({ascii(each) for each in _CONTROLS.findall(html)})
        #: Tables without a single header.
        self.bare_tables = 0
        self._headers: list[int] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element."""
        self.elements.add(tag)
        given = {name: value or "" for name, value in attrs}
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.inline.append(f"<{tag}>")
        if tag == "table":
            self._headers.append(0)
        elif tag == "th" and self._headers:
            self._headers[-1] += 1
        for name, value in given.items():
            self._look_at(tag, name, value)

    def handle_endtag(self, tag: str) -> None:
        """Count the headers of a table that ends."""
        if tag == "table" and self._headers:
            self.bare_tables += self._headers.pop() == 0

    def _look_at(self, tag: str, name: str, value: str) -> None:
        told = f"<{tag} {name}={value!r}>"
        # Browsers look past blanks and controls within a scheme, so this does too.
        address = re.sub(r"[\x00-\x20]", "", value).lower()
        if name.startswith("on") or name in {"style", "srcdoc"}:
            self.inline.append(told)
        elif name in _LOADED or (name in {"href", "xlink:href"} and tag in _FETCHING):
            is_picture = tag == "img" and address.startswith("data:image/")
            if _SCHEME.match(address) and not is_picture:
                self.outside.append(told)
        elif name in {"href", "xlink:href"}:
            scheme = address.partition(":")[0] if ":" in address.partition("/")[0] else ""
            if scheme not in {"", "http", "https", "mailto"}:
                self.wrong_links.append(told)
