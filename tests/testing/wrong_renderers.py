"""Report renderers that break one promise each."""

from __future__ import annotations

import itertools
from functools import partial

from wrong import breaks

breaks = partial(breaks, "ReportRendererContract")
_counter = itertools.count()


class PlainRenderer:
    """A right renderer: the base of the wrong ones."""

    name = "plain"
    media_type = "text/html"
    suffix = ".html"

    def render(self, document, *, options):
        from html import escape

        wanted = [
            each for each in document.sections if each.title in (options.section_titles or [each.title])
        ]
        texts = [document.title, *(text for each in wanted for text in (each.title, each.body))]
        return "".join(f"<p>{escape(text)}</p>".replace("\x1b", "?") for text in texts)


@breaks("test_it_says_what_it_writes", "the suffix of files that hold it, with the dot")
class HasNoDot(PlainRenderer):
    suffix = "html"


@breaks("test_it_returns_text_or_bytes", "return a report in this format")
class ReturnsALine(PlainRenderer):
    def render(self, document, *, options):
        return super().render(document, options=options).splitlines()


@breaks("test_everything_is_in_it", "writes reports in one format")
class WritesTitlesOnly(PlainRenderer):
    def render(self, document, *, options):
        return "".join(section.title for section in document.sections)


@breaks("test_it_renders_the_same_each_time", "return a report in this format")
class CountsItsReports(PlainRenderer):
    def render(self, document, *, options):
        return f"{super().render(document, options=options)}<p>{next(_counter)}</p>"


@breaks("test_only_the_sections_that_are_asked_for", "titles of the only sections to write")
class WritesAllSections(PlainRenderer):
    def render(self, document, *, options):
        from dataclasses import replace

        return super().render(document, options=replace(options, section_titles=()))


@breaks("test_hostile_text_is_escaped", "content is hostile: a renderer escapes it for its format")
class EscapesNothing(PlainRenderer):
    def render(self, document, *, options):
        return f"{super().render(document, options=options)}<h1>{document.title}</h1>"
