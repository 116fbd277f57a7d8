"""What can be done with runs, each as a button, a page that asks about it, and what does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from contexta.spi.run_lookup import require_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from contexta import Contexta
    from contexta_web.forms import Form

__all__ = ["DELETE", "KINDS", "Kind", "runs_in_words"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change.

    Args:
        name: Its name in addresses, and in the template that asks about it.
        title: What it is called.
        button: What the button that does it says.
        apply: Changes one run as a form says; None for what all runs need at once.
        told: Returns the sentence about it, given the runs and the form.
        is_for_one: Whether it is of one run alone.
    """

    name: str
    title: str
    button: str
    apply: Callable[[Contexta, str, Form], object] | None
    told: Callable[[Sequence[str], Form], str]
    is_for_one: bool = False


def runs_in_words(run_ids: Sequence[str]) -> str:
    """Return one run by its name, several by their number."""
    return run_ids[0].removeprefix("run:") if len(run_ids) == 1 else f"{len(run_ids)} runs"


def _tag(contexta: Contexta, run_id: str, form: Form) -> None:
    contexta.tag_run(run_id, {form.text("name"): form.text("value")})


def _untag(contexta: Contexta, run_id: str, form: Form) -> None:
    """Remove those of the tags that a run has; that it has none of them is an error."""
    names = form.every("tag")
    tags = require_run(contexta.repository, run_id).tags
    contexta.untag_run(run_id, *([name for name in names if name in tags] or names))


def _rename(contexta: Contexta, run_id: str, form: Form) -> None:
    contexta.rename_run(run_id, form.text("name"))


def _annotate(contexta: Contexta, run_id: str, form: Form) -> None:
    contexta.annotate_run(run_id, form.text("text"), author=form.text("author").strip() or None)


def _archive(contexta: Contexta, run_id: str, form: Form) -> None:
    del form
    contexta.archive_run(run_id)


def _unarchive(contexta: Contexta, run_id: str, form: Form) -> None:
    del form
    contexta.unarchive_run(run_id)


def _told_tag(run_ids: Sequence[str], form: Form) -> str:
    return f"Tagged {runs_in_words(run_ids)} with {form.text('name').strip()}={form.text('value')}."


def _told_untag(run_ids: Sequence[str], form: Form) -> str:
    return f"Removed {', '.join(form.every('tag'))} from {runs_in_words(run_ids)}."


def _told_rename(run_ids: Sequence[str], form: Form) -> str:
    return f"{runs_in_words(run_ids)} is called {form.text('name').strip()} now."


def _told_annotate(run_ids: Sequence[str], form: Form) -> str:
    del form
    return f"Added a note to {runs_in_words(run_ids)}."


def _told_archive(run_ids: Sequence[str], form: Form) -> str:
    del form
    return f"Archived {runs_in_words(run_ids)}. Lists leave archived runs out; their filter finds them."


def _told_unarchive(run_ids: Sequence[str], form: Form) -> str:
    del form
    return f"Brought {runs_in_words(run_ids)} back into lists."


def _told_delete(run_ids: Sequence[str], form: Form) -> str:
    del form
    return f"Deleted {runs_in_words(run_ids)}."


#: Deletion, which looks at all runs at once: what several of them share is freed once.
DELETE = Kind("delete", "Delete", "Delete for good", None, _told_delete)

#: Every kind by its name.
KINDS = {
    each.name: each
    for each in (
        Kind("tag", "Tag", "Set the tag", _tag, _told_tag),
        Kind("untag", "Remove tags", "Remove the tags", _untag, _told_untag),
        Kind("archive", "Archive", "Archive", _archive, _told_archive),
        Kind("unarchive", "Unarchive", "Unarchive", _unarchive, _told_unarchive),
        Kind("rename", "Rename", "Rename", _rename, _told_rename, is_for_one=True),
        Kind("annotate", "Add a note", "Add the note", _annotate, _told_annotate),
        DELETE,
    )
}
