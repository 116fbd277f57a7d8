"""One sink that capture delivers to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from contexta.config.collection_rules import OptionsRule, TextTupleRule, read_json_text
from contexta.config.derived import DerivedText
from contexta.config.frozen_options import NO_OPTIONS
from contexta.config.problems import config_error
from contexta.config.rules import BooleanRule, ChoiceRule, IntegerRule, NumberRule, Rule, TextRule
from contexta.config.section import Section, model, ruled
from contexta.config.section_items import exported_items, listed_items, section_of

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SinkConfig", "SinksRule"]


@model
class SinkConfig(Section):
    """One sink that capture delivers to, besides the workspace.

    Args:
        use: Name of the sink plugin.
        id: Name of this sink among the configured ones; ``use`` when omitted.
        families: Payload families that it receives; all when empty.
        required: Whether a failure to deliver to it is an error for the capturing program.
        options: What the plugin accepts.
        close_timeout_seconds: What flushing and closing it may take at the end of the session, in seconds.
        queue_capacity: How many payloads may wait for a thread of their own to deliver them; 0 for no queue: the
            capture delivers.  What the plugin asks for when None.
        queue_deadline_seconds: How long a capture waits for room in a full queue, in seconds.
        queue_when_full: What is dropped then: ``"drop_newest"`` or ``"drop_oldest"``.
        suspend_after_failures: After so many failed deliveries in a row it is left alone for a while; 0 for never.
        suspension_seconds: For how long, in seconds; then it is tried again.

    Raises:
        ConfigurationError: If a value is not acceptable; the text starts with the field's path.
    """

    section_path: ClassVar[str] = "capture.sinks[]"

    use: str = ruled(TextRule(expected="the name of a sink plugin"))
    id: str | None = ruled(TextRule(optional=True), default=None)
    families: tuple[str, ...] = ruled(TextTupleRule(), default=())
    required: bool = ruled(BooleanRule(), default=False)
    options: Mapping[str, Any] = ruled(OptionsRule(), default=NO_OPTIONS)
    close_timeout_seconds: float = ruled(NumberRule(positive=True), default=5.0)
    queue_capacity: int | None = ruled(IntegerRule(minimum=0, optional=True), default=None)
    queue_deadline_seconds: float = ruled(NumberRule(), default=0.0)
    queue_when_full: Literal["drop_newest", "drop_oldest"] = ruled(
        ChoiceRule("drop_newest", "drop_oldest"), default="drop_newest"
    )
    suspend_after_failures: int = ruled(IntegerRule(minimum=0), default=5)
    suspension_seconds: float = ruled(NumberRule(positive=True), default=30.0)

    def __post_init__(self) -> None:
        Section.__post_init__(self)
        if self.required and self.queue_capacity:
            raise config_error(
                f"{self.section_path}.queue_capacity",
                f"the sink {self.use!r} is required, so each capture must wait for it; leave out the queue, or"
                " 'required'",
            )
        if self.id is None or isinstance(self.id, DerivedText):
            object.__setattr__(self, "id", DerivedText(self.use))


class SinksRule(Rule):
    """Several sinks with different ids; as one text plugin names separated by commas, or a JSON array."""

    __slots__ = ()

    expected = "a list of sinks"

    def parse(self, raw: object, path: str, folder: Path | None = None) -> object:
        """Return the sinks for a list of mappings, sinks and plugin names, or for a text."""
        if isinstance(raw, str):
            text = raw.strip()
            raw = (
                read_json_text(text, path)
                if text.startswith("[")
                else [word for word in text.split(",") if word.strip()]
            )
        given = listed_items(raw)
        if given is None:
            raise self._refused(raw, path)
        items = enumerate(given)
        return self.check(
            tuple(_parsed_sink(item, f"{path}[{index}]", folder) for index, item in items), path
        )

    def export(self, value: Any) -> object:
        """Return the sinks as a list of mappings."""
        return exported_items(SinkConfig, value)

    def _check(self, value: object, path: str) -> object:
        given = listed_items(value)
        if given is None:
            raise self._refused(value, path)
        sinks = tuple(given)
        taken: dict[str, int] = {}
        for index, sink in enumerate(sinks):
            if not isinstance(sink, SinkConfig):
                raise config_error(f"{path}[{index}]", f"expected a SinkConfig, got {type(sink).__name__}")
            name = str(sink.id)
            if name in taken:
                problem = f"{name!r} is already the id of sink {taken[name]}; give each sink an id of its own"
                raise config_error(f"{path}[{index}].id", problem)
            taken[name] = index
        return sinks


def _parsed_sink(item: object, path: str, folder: Path | None) -> SinkConfig:
    if isinstance(item, str):
        return SinkConfig(item.strip())
    return section_of(SinkConfig, item, path, folder, {"use": "names the sink plugin"})
