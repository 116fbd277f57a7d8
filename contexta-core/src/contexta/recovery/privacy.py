"""Looking through a workspace for secrets that were written in the clear."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contexta.errors import NotFoundError
from contexta.recovery.models import as_data
from contexta.redaction import Redactor, redaction_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.config.models import UnifiedConfig

__all__ = ["PrivacyFinding", "scan_workspace"]

_LONGEST_LINE = 4 * 1_048_576
_HEAD_BYTES = 8_192
#: Members of a stored line that hold what users gave names to.
_GIVEN = frozenset(
    {
        "attributes",
        "config_snapshot",
        "environment_variables",
        "extra",
        "metadata",
        "parameters",
        "payload",
        "tags",
    }
)

_WORDS_SETTING = "secret_key_patterns"


@dataclass(frozen=True, slots=True)
class PrivacyFinding:
    """A place that holds what looks like a secret; the secret itself is not repeated.

    Args:
        path: The file, relative to the workspace.
        line: Number of the line, from 1.
        rule: The rule that found it, such as ``github`` or ``key``.
        count: How many the line has by this rule.
    """

    path: str
    line: int
    rule: str
    count: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return as_data(self)


def scan_workspace(config: UnifiedConfig, *, strict: bool = False) -> tuple[PrivacyFinding, ...]:
    """Look through every file of a workspace for secrets in the clear: known token formats, and values under telling keys.

    Everything is looked at: the planes, the outbox, reports, exports, the cache, and backups that are not encrypted.
    Nothing is changed.  Files that are no text are passed over.

    Args:
        config: The resolved configuration.
        strict: Whether values that look random count, too; ``security.redaction_mode = "strict"`` has the same effect.

    Raises:
        NotFoundError: There is no workspace.
    """
    root = Path(config.workspace.root_path)
    if not root.is_dir():
        raise NotFoundError(f"there is no workspace at {str(root)!r}", code="workspace_missing")
    security = config.security
    mode = "strict" if strict or security.redaction_mode == "strict" else "safe_default"
    shapes = Redactor(mode=mode, key_patterns=())
    keys = Redactor(mode="safe_default", key_patterns=security.secret_key_patterns)
    found: list[PrivacyFinding] = []
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            name = path.relative_to(root).as_posix()
            found += [PrivacyFinding(name, *each) for each in _scan_file(path, shapes, keys)]
    return tuple(found)


def _scan_file(path: Path, shapes: Redactor, keys: Redactor) -> Iterator[tuple[int, str, int]]:
    try:
        stream = path.open("rb")
    except OSError:
        return
    with stream:
        if b"\0" in stream.read(_HEAD_BYTES):
            return
        stream.seek(0)
        number = 0
        while line := stream.readline(_LONGEST_LINE):
            number += 1
            for rule, count in sorted(_rules_of(line.decode("utf-8", "replace"), shapes, keys).items()):
                yield number, rule, count


def _rules_of(line: str, shapes: Redactor, keys: Redactor) -> dict[str, int]:
    """Return the rules by which a line holds a secret, with how many."""
    counts = _new_markers(line, shapes.text(line))
    if line.startswith("{"):
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            return counts
        for given in _given(content):
            before, after = json.dumps(given), json.dumps(keys.mapping(given), default=str)
            for rule, count in _new_markers(before, after).items():
                counts[rule] = max(counts.get(rule, 0), count)
    return counts


def _new_markers(before: str, after: str) -> dict[str, int]:
    """Count the markers that redaction would put into a text."""
    if before == after:
        return {}
    old, new = redaction_rules(before), redaction_rules(after)
    return {rule: count - old.get(rule, 0) for rule, count in new.items() if count > old.get(rule, 0)}


def _given(content: Any) -> Iterator[dict[str, Any]]:
    """Yield the mappings of a stored line whose keys are the user's."""
    pending = [content]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            for name, inner in value.items():
                if name in _GIVEN and isinstance(inner, dict):
                    yield _without_words(inner)
                else:
                    pending.append(inner)
        elif isinstance(value, list):
            pending += value


def _without_words(given: dict[str, Any]) -> dict[str, Any]:
    """Leave out the setting that lists the telling words: they are no secrets, though its name says so."""
    return {
        name: _without_words(value) if isinstance(value, dict) else value
        for name, value in given.items()
        if not name.endswith(_WORDS_SETTING)
    }
