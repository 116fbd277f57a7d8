"""Searching runs and artifacts for a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from contexta.config.models import SearchPolicy
    from contexta.spi.views import ArtifactRecord, RunRecord

__all__ = ["TextSearch"]


class TextSearch:
    """Tells which runs and artifacts hold a text.

    Args:
        text: What is looked for.
        policy: In which fields of a run, and whether upper and lower case differ.

    Raises:
        ValidationError: The text is blank, or the policy names a field that no run has.
    """

    def __init__(self, text: object, policy: SearchPolicy) -> None:
        if not isinstance(text, str) or not text.strip():
            raise ValidationError(
                f"the text to search for must be text that is not blank, not {text!r}",
                code="query_invalid_search",
            )
        unknown = [name for name in policy.text_match_fields if name not in _TEXTS_OF]
        if unknown:
            raise ValidationError(
                f"interpretation.search.text_match_fields names {unknown[0]!r}; the fields that can be searched are "
                f"{', '.join(_TEXTS_OF)}",
                code="query_invalid_search",
                details={"field": unknown[0], "allowed": tuple(_TEXTS_OF)},
            )
        self._fold: Callable[[str], str] = str if policy.case_sensitive else str.casefold
        self._wanted = self._fold(text.strip())
        self._readers = [_TEXTS_OF[name] for name in policy.text_match_fields]

    def in_run(self, run: RunRecord) -> bool:
        """Return whether one of the run's fields holds the text."""
        return self._is_in(text for read in self._readers for text in read(run))

    def in_artifact(self, artifact: ArtifactRecord) -> bool:
        """Return whether reference, kind, place or attributes of an artifact hold the text."""
        texts = (artifact.artifact_ref, artifact.kind, artifact.location, artifact.content_type)
        return self._is_in((*filter(None, texts), *_pairs(artifact.attributes)))

    def _is_in(self, texts: Iterable[str]) -> bool:
        return any(self._wanted in self._fold(text) for text in texts)


def _pairs(values: Any) -> Iterator[str]:
    """Yield the entries of a mapping as ``name=value``."""
    return (f"{name}={value}" for name, value in values.items())


def _names(run: RunRecord) -> Sequence[str]:
    # The identifier is a name too: it is what commands and reports show.
    return run.name, run.run_id


#: The searchable fields of a run, with their texts.
_TEXTS_OF: dict[str, Callable[[RunRecord], Iterable[str]]] = {
    "name": _names,
    "tags": lambda run: _pairs(run.tags),
    "status": lambda run: (run.status,),
    "project": lambda run: (run.project_name,),
    "params": lambda run: _pairs(run.parameters),
    "metadata": lambda run: _pairs(run.metadata),
    "notes": lambda run: (f"{note.text} {note.author}" for note in run.notes),
    "code_revision": lambda run: (run.code_revision or "",),
    "dataset": lambda run: (run.dataset_ref or "",),
}
