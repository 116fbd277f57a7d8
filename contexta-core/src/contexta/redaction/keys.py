"""The key rule: which names hold secrets.

Machine learning is full of the words "token" and "key" (``max_tokens``, ``pad_token``, ``num_key_value_heads``,
``sort_key``), so names are judged by whole words and by the place of the word, never by substrings: in
``access_token`` the token is the thing named, in ``token_count`` it only says what is counted.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["KeyRule", "Verdict"]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_SEGMENT = re.compile(r"[./]")
_MAXIMUM_KEY_LENGTH = 512
_MAXIMUM_CACHE = 8192

# Spellings that mean the same as a pattern; a pattern that is not configured brings none of them.
_COMPANIONS: dict[str, tuple[str, ...]] = {
    "token": ("authorization", "authtoken", "accesstoken", "refreshtoken", "apitoken", "bearer", "cookie"),
    "secret": ("credential", "clientsecret", "connection string", "dsn"),
    "password": (
        *("passphrase", "passcode", "pgpassword", "dbpassword", "db pass", "database pass", "user pass"),
        *("root pass", "admin pass", "smtp pass", "mail pass", "mysql pass", "redis pass"),
    ),
    "passwd": ("pwd",),
    "key": ("apikey", "secretkey", "privatekey", "accesskey", "accountkey"),
}

# Endings that make a word of any length secret: people write "mypassword" and "openaiapikey" in one piece.
_ENDINGS: dict[str, tuple[str, ...]] = {
    "secret": ("secret",),
    "password": ("password", "passphrase"),
    "passwd": ("passwd",),
    "key": ("apikey",),
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# "password_length" describes a secret and holds none.
_HARMLESS_TAILS = _words(
    "length len count size policy min max name names file path type kind enabled required field fields rule rules "
    "prompt strength expiry expires ttl age arn version manager provider scope url rotation mode format"
)

# Words that may follow the thing named without changing it.
_NEUTRAL_TAILS = _words("value val str string raw plain text b64 base64 env var prod dev staging test")

_TOKEN_HARMLESS = _words(
    "pad padding eos bos unk cls sep mask image audio video special next prev previous first last stop start end "
    "begin eot sot newline blank new current target source input output prompt decoder encoder per by user_defined "
    "additional extra separator sentinel dummy word sub subword byte char forced trigger response assistant system "
    "think thinking tool max min num n avg mean"
)
_TOKEN_SECRET = _words(
    "access auth api refresh bearer session id secret csrf oauth identity github gitlab hf huggingface slack npm "
    "pypi wandb bot personal deploy"
)
_KEY_HARMLESS = _words(
    "primary foreign sort sorting partition cache group grouping join metric metrics public dict index unique row "
    "batch sample label feature column col field lookup hot routing shard map mapping dataset data param parameter "
    "input output target source monitor config image text audio caption state query value attention attn hash "
    "order ordering natural composite surrogate alternate candidate score scoring reduce order_by by dedup "
    "idempotency bucket object item entry option registry json loss logits labels num n head heads k musical"
)
_KEY_SECRET = _words(
    "api secret private access auth ssh encryption signing master service account license licence subscription "
    "client aws azure gcp google openai anthropic hf huggingface wandb comet neptune mlflow stripe sendgrid twilio "
    "datadog sentry slack github gitlab cohere mistral groq replicate app application admin root user storage "
    "deploy shared symmetric crypto rsa ed25519 hmac jwt session secrets"
)


class Verdict(Enum):
    """What a name says about its value."""

    #: Nothing; only the value itself may give it away.
    OPEN = "open"
    #: The value is a secret if it looks like one at all.
    DOUBTFUL = "doubtful"
    #: The value is a secret.
    SECRET = "secret"  # noqa: S105 - the word, not a secret


class KeyRule:
    """Judges names, remembering its verdicts.

    Args:
        patterns: Words that mark a secret; a pattern of several words (``"access code"``) matches them in a row.
        strict: Whether doubtful names count as secret.
    """

    def __init__(self, patterns: Iterable[str], *, strict: bool = False) -> None:
        words = [" ".join(_split(pattern)) for pattern in patterns]
        self._token = "token" in words
        self._key = "key" in words
        self._doubtful = Verdict.SECRET if strict else Verdict.DOUBTFUL
        strong = [word for word in words if word and word not in {"token", "key"}]
        strong += [companion for word in words for companion in _COMPANIONS.get(word, ())]
        self._single = frozenset(word + plural for word in strong if " " not in word for plural in ("", "s"))
        self._several = tuple(tuple(word.split()) for word in strong if " " in word)
        self._endings = tuple(ending for word in words for ending in _ENDINGS.get(word, ()))
        self._cache: dict[str, Verdict] = {}

    @property
    def empty(self) -> bool:
        """Whether no name can ever be judged secret."""
        return not (self._token or self._key or self._single or self._several)

    def hints(self) -> tuple[str, ...]:
        """Return lower-case texts of which every name judged other than open contains at least one."""
        hints = {word for sequence in self._several for word in sequence[-1:]} | set(self._single)
        if self._token:
            hints.add("token")
        if self._key:
            hints.add("key")
        # A hint inside another is enough: "password" stands for "passwords" too.
        return tuple(sorted(hint for hint in hints if not any(o != hint and o in hint for o in hints)))

    def judge(self, path: str) -> Verdict:
        """Judge a name or a dotted path of names.

        Args:
            path: The name; parts before the last ``.`` or ``/`` are the names of what contains it.
        """
        known = self._cache.get(path)
        if known is not None:
            return known
        verdict = self._judge(path[-_MAXIMUM_KEY_LENGTH:])
        if len(self._cache) >= _MAXIMUM_CACHE:
            self._cache.clear()
        self._cache[path] = verdict
        return verdict

    def _judge(self, path: str) -> Verdict:
        segments = [_split(segment) for segment in _SEGMENT.split(path)]
        if any(self._strong(words) for words in segments):
            return Verdict.SECRET
        words = [word for segment in segments for word in segment]
        leaf = segments[-1]
        while len(leaf) > 1 and (leaf[-1] in _NEUTRAL_TAILS or leaf[-1].isdigit()):
            # "key_value" is half of a pair, not the value of a key.
            if leaf[-2] in {"key", "keys"} and leaf[-1] in {"value", "val"}:
                break
            leaf, words = leaf[:-1], words[:-1]
        if not leaf:
            return Verdict.OPEN
        qualifier = words[-2] if len(words) > 1 else ""
        if self._token and leaf[-1] in {"token", "tokens"}:
            return self._judge_token(leaf[-1], qualifier)
        if self._key and leaf[-1] in {"key", "keys"}:
            return self._judge_key(leaf[-1], qualifier)
        return Verdict.OPEN

    def _strong(self, words: Sequence[str]) -> bool:
        if not words or (len(words) > 1 and words[-1] in _HARMLESS_TAILS):
            return False
        if any(word in self._single or word.endswith(self._endings) for word in words):
            return True
        return any(
            tuple(words[start : start + len(sequence)]) == sequence
            for sequence in self._several
            for start in range(len(words) - len(sequence) + 1)
        )

    @staticmethod
    def _judge_token(word: str, qualifier: str) -> Verdict:
        if word == "tokens":
            return Verdict.SECRET if qualifier in _TOKEN_SECRET else Verdict.OPEN
        return Verdict.OPEN if qualifier in _TOKEN_HARMLESS else Verdict.SECRET

    def _judge_key(self, word: str, qualifier: str) -> Verdict:
        if qualifier in _KEY_SECRET:
            return Verdict.SECRET
        return Verdict.OPEN if word == "keys" or qualifier in _KEY_HARMLESS else self._doubtful


def _split(name: str) -> list[str]:
    """Split into lower-case words at separators and camelCase borders."""
    return [word.lower() for word in _WORD.findall(name)]
