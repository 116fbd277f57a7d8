"""The redactor: one object that whatever writes hands its data to first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from contexta.errors import ConfigurationError
from contexta.redaction.assignments import (
    code_assignment,
    is_opaque,
    is_placeholder,
    is_plain_value,
    text_assignment,
)
from contexta.redaction.entropy import RANDOM_RUN, is_random
from contexta.redaction.keys import KeyRule, Verdict
from contexta.redaction.shapes import MARKER, may_hold_shape, shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Redactor"]

_MODES: Final = ("safe_default", "strict", "off")
_DEFAULT_PATTERNS: Final = ("token", "secret", "password", "passwd", "key")

#: Longest text that is scanned, in characters; what lies behind is replaced unseen.
MAXIMUM_TEXT: Final = 4_194_304
_MAXIMUM_DEPTH: Final = 100
_MAXIMUM_PASSES: Final = 8
_MAXIMUM_KNOWN_KEYS: Final = 8192
_KEY_RULE: Final = "key"
_OVERSIZE = re.compile(r"\[redacted:oversize:[0-9a-f]{8}\]\Z")


class Redactor:
    """Replaces secrets by ``[redacted:<rule>:<digest>]`` before anything is written.

    Three rules: the *key* rule (the name says that its value is secret), the *value* rule (the text has the shape of
    a known token, a URL with a password, a private key …), and, in the mode ``strict`` only, the *entropy* rule (long
    random texts).  Numbers, booleans and None are never touched.  The digest is salted, so equal secrets stay
    comparable inside one workspace and say nothing outside it.  No method raises, and each is idempotent.

    Args:
        mode: ``"safe_default"``, ``"strict"``, or ``"off"``, which returns everything as it is.
        key_patterns: Words of names that mark secrets; they match whole words, never parts of words.
        salt: Mixed into each digest; or a function that gives it when the first secret is met.

    Raises:
        ConfigurationError: No such mode, or a pattern that is no text.
    """

    def __init__(
        self,
        mode: str = "safe_default",
        key_patterns: Iterable[str] = _DEFAULT_PATTERNS,
        salt: bytes | Callable[[], bytes] = b"",
    ) -> None:
        if mode not in _MODES:
            raise ConfigurationError(
                f"security.redaction_mode must be one of {', '.join(_MODES)}; found {mode!r}.",
                code="invalid_redaction_mode",
                details={"mode": str(mode)},
            )
        patterns = tuple(key_patterns)
        if isinstance(key_patterns, str) or not all(isinstance(pattern, str) for pattern in patterns):
            raise ConfigurationError(
                f"security.secret_key_patterns must be a list of words; found {key_patterns!r}.",
                code="invalid_secret_key_patterns",
            )
        self._mode = mode
        self._active = mode != "off"
        self._strict = mode == "strict"
        self._salt: bytes | Callable[[], bytes] = salt
        self._rule = KeyRule(patterns, strict=self._strict)
        hints = self._rule.hints()
        self._hint = re.compile("|".join(map(re.escape, hints)), re.IGNORECASE).search if hints else None
        self._known_keys: dict[str, tuple[str, str]] = {}

    @property
    def active(self) -> bool:
        """Whether anything is ever replaced."""
        return self._active

    @property
    def mode(self) -> str:
        """The mode as given."""
        return self._mode

    def text(self, value: str) -> str:
        """Replace the secrets inside a text: an event's message, an exception, a log line."""
        if not self._active or not self._suspicious(value):
            return value
        return self._rewrite(value, self._text_piece)

    def diff(self, text: str) -> str:
        """Replace the secrets inside a code diff; each line stays a line and keeps its first character."""
        if not self._active or not self._suspicious(text):
            return text
        return self._rewrite(text, self._code_piece)

    def value(self, key: str, value: Any) -> Any:
        """Replace a named value, or the secrets inside it.

        Args:
            key: The name; a dotted path names what contains it too.
            value: JSON-like data; a mapping, list or tuple is rebuilt as a plain one, other types pass as they are.
        """
        if not self._active:
            return value
        return self._value(key, value, self._rule.judge(key), 0)

    def mapping(self, mapping: Mapping[Any, Any]) -> dict[Any, Any]:
        """Return the mapping with its secrets replaced, at every depth; the argument stays as it is."""
        if not self._active:
            return dict(mapping)
        return self._mapping("", mapping, Verdict.OPEN, 0)

    # -- structure -------------------------------------------------------------------------------------------------

    def _mapping(
        self, path: str, mapping: Mapping[Any, Any], inherited: Verdict, depth: int
    ) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        judge = self._rule.judge
        for key, value in mapping.items():
            if type(key) is not str:
                result[key] = self._value(path, value, inherited, depth)
                continue
            shown, name = self._key(key)
            verdict = (
                Verdict.SECRET if inherited is Verdict.SECRET else judge(f"{path}.{name}" if path else name)
            )
            result[shown] = self._value(name, value, verdict, depth)
        return result

    def _key(self, key: str) -> tuple[str, str]:
        """Return a name as it is shown and as it is judged; names repeat without end, so each is scanned once."""
        known = self._known_keys.get(key)
        if known is None:
            shown = self.text(key)
            # A marker holds its rule's name, which says nothing about the value beside it.
            known = (shown, MARKER.sub("", shown))
            if len(self._known_keys) >= _MAXIMUM_KNOWN_KEYS:
                self._known_keys.clear()
            self._known_keys[key] = known
        return known

    def _value(self, path: str, value: Any, verdict: Verdict, depth: int) -> Any:
        if isinstance(value, str):
            if verdict is Verdict.OPEN:
                return value if not self._suspicious(value) else self._rewrite(value, self._text_piece)
            return self._named(value, verdict)
        if value is None or isinstance(value, int | float):
            return value
        if depth > _MAXIMUM_DEPTH:
            return self._marker("depth", "")
        if isinstance(value, Mapping):
            inherited = verdict if verdict is Verdict.SECRET else Verdict.OPEN
            return self._mapping(path, value, inherited, depth + 1)
        if isinstance(value, list):
            return [self._value(path, item, verdict, depth + 1) for item in value]
        if isinstance(value, tuple):
            return self._tuple(path, value, verdict, depth)
        if isinstance(value, bytes | bytearray) and verdict is Verdict.SECRET:
            return self._marker(_KEY_RULE, value.hex())
        return value

    def _tuple(self, path: str, items: tuple[Any, ...], verdict: Verdict, depth: int) -> tuple[Any, ...]:
        """Replace what is in a tuple; the fields of a named one are names like any other."""
        names: tuple[str, ...] = getattr(items, "_fields", ())
        if len(names) != len(items):
            return tuple(self._value(path, item, verdict, depth + 1) for item in items)
        inherited = verdict if verdict is Verdict.SECRET else Verdict.OPEN
        fields = self._mapping(path, dict(zip(names, items, strict=True)), inherited, depth + 1)
        return tuple(fields.values())

    def _named(self, value: str, verdict: Verdict) -> str:
        """Replace the value of a name that the key rule does not let pass."""
        if not value.strip() or MARKER.fullmatch(value) or is_placeholder(value):
            return value
        # A marker inside makes a value long and mixed, which says nothing about the value.
        if verdict is Verdict.SECRET or (is_opaque(value) and not MARKER.search(value)):
            return self._marker(_KEY_RULE, value)
        return self.text(value)

    # -- text ------------------------------------------------------------------------------------------------------

    def _suspicious(self, text: str) -> bool:
        """Whether a closer look is needed; nearly every text ends here, so this decides the cost of redaction."""
        if may_hold_shape(text):
            return True
        if ("=" in text or ":" in text) and self._hint is not None and self._hint(text):
            return True
        return len(text) > 19 and (self._strict or len(text) > MAXIMUM_TEXT)

    def _rewrite(self, text: str, rewrite_piece: Callable[[str], str]) -> str:
        """Rewrite what lies between markers until nothing changes: a replacement can bare the border of another."""
        if len(text) > MAXIMUM_TEXT and not _OVERSIZE.search(text[-64:]):
            text = self._cut(text)
        for _ in range(_MAXIMUM_PASSES):
            pieces: list[str] = []
            position = 0
            for marker in MARKER.finditer(text):
                pieces += (rewrite_piece(text[position : marker.start()]), marker[0])
                position = marker.end()
            pieces.append(rewrite_piece(text[position:]))
            rewritten = "".join(pieces)
            if rewritten == text:
                break
            text = rewritten
        return text

    def _cut(self, text: str) -> str:
        """Cut at white space, so that no half of a token stays behind."""
        end = max(text.rfind(" ", 0, MAXIMUM_TEXT), text.rfind("\n", 0, MAXIMUM_TEXT), 0)
        return f"{text[:end]} {self._marker('oversize', text[end:])}"

    def _text_piece(self, piece: str) -> str:
        return self._piece(piece, text_assignment(), self._text_assignment, self._shape)

    def _code_piece(self, piece: str) -> str:
        return self._piece(piece, code_assignment(), self._code_assignment, self._shape_in_lines)

    def _piece(
        self,
        piece: str,
        assignment: re.Pattern[str],
        replace_assignment: Callable[[re.Match[str]], str],
        replace_shape: Callable[[re.Match[str]], str],
    ) -> str:
        if len(piece) < 5:
            return piece
        rewritten = shapes().sub(replace_shape, piece)
        # One kind of rule for each pass: the next must see this one's markers as borders, not as text.
        if rewritten != piece:
            return rewritten
        if self._hint is not None and self._hint(piece):
            rewritten = assignment.sub(replace_assignment, piece)
            if rewritten != piece:
                return rewritten
        return RANDOM_RUN.sub(self._random, piece) if self._strict else piece

    def _shape(self, match: re.Match[str]) -> str:
        rule = match.lastgroup or "value"
        return self._within(match, rule, self._marker(rule, match[rule])) if match[rule].strip() else match[0]

    def _shape_in_lines(self, match: re.Match[str]) -> str:
        rule = match.lastgroup or "value"
        secret = match[rule]
        if not secret.strip() or "\n" not in secret:
            return self._shape(match)
        marker = self._marker(rule, secret)
        first, *rest = secret.split("\n")
        lines = [marker if first.strip() else first]
        lines += [line if len(line) < 2 else line[0] + marker for line in rest]
        return self._within(match, rule, "\n".join(lines))

    def _text_assignment(self, match: re.Match[str]) -> str:
        group = match.lastgroup or "bare"
        value = match[group]
        verdict = self._rule.judge(match["name"])
        if verdict is Verdict.OPEN or is_placeholder(value) or _is_number(value):
            return match[0]
        # In prose, "token: expected a name" is no secret; what is quoted, or follows a bare "=", is one.
        certain = group != "bare" or match["sign"] == "="
        if verdict is Verdict.DOUBTFUL or not certain:
            certain = is_opaque(value)
        return self._within(match, group, self._marker(_KEY_RULE, value)) if certain else match[0]

    def _code_assignment(self, match: re.Match[str]) -> str:
        group = match.lastgroup or "bare"
        value = match[group]
        verdict = self._rule.judge(match["name"])
        if verdict is Verdict.OPEN or is_placeholder(value) or _is_number(value):
            return match[0]
        if group == "bare":
            certain = is_plain_value(value) and (match["sign"] == "=" or is_opaque(value))
        else:
            certain = verdict is Verdict.SECRET or is_opaque(value)
        return self._within(match, group, self._marker(_KEY_RULE, value)) if certain else match[0]

    def _random(self, match: re.Match[str]) -> str:
        return self._marker("entropy", match[0]) if is_random(match[0]) else match[0]

    @staticmethod
    def _within(match: re.Match[str], group: str, replacement: str) -> str:
        """Put the replacement in the place of one group of the match."""
        start, whole = match.start(), match[0]
        return f"{whole[: match.start(group) - start]}{replacement}{whole[match.end(group) - start :]}"

    def _marker(self, rule: str, secret: str) -> str:
        import hashlib

        if callable(self._salt):
            self._salt = self._salt()
        digest = hashlib.sha256(self._salt + secret.encode("utf-8", "surrogatepass")).hexdigest()
        return f"[redacted:{rule}:{digest[:8]}]"


def _is_number(value: str) -> bool:
    """Whether a bare value is a number, which is exempt as it is outside of text."""
    return value.replace(".", "", 1).replace("_", "").lstrip("+-").isdigit()
