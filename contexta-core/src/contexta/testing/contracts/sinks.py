"""The contract of sinks."""

from __future__ import annotations

import copy
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from contexta.results import plain
from contexta.spi.flat import restore
from contexta.spi.sinks import (
    WORKSPACE,
    DeliveryStatus,
    PayloadFamily,
    Sink,
    SinkCaptureReceipt,
    SupportsClose,
    SupportsFlush,
)
from contexta.testing.contracts.contract import Contract, needs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["SinkContract"]

_TIME = "2026-01-31T12:00:00Z"


def _record(number: int, kind: str = "metric") -> Any:
    flat: dict[str, Any] = {
        "type": kind,
        "id": f"r{number}",
        "run": "run:demo.r1",
        "key": "loss",
        "time": _TIME,
    }
    if kind == "metric":
        flat |= {"value": number / 3, "step": number, "tags": {"ü": "\U0001f9ea"}}
    else:
        flat |= {
            "message": "x\ny",
            "category": "capture",
            "severity": "warning",
            "degradation": "capture_gap",
        }
    return restore(flat)


def _payload(family: PayloadFamily, number: int = 0) -> Any:
    """Make a payload as the program that captures would hand it over."""
    if family is PayloadFamily.RECORD:
        return _record(number)
    if family is PayloadFamily.DEGRADATION:
        return _record(number, "degraded")
    ref = f"artifact:demo.r1.a{number}"
    return {"manifest": {"artifact_ref": ref}, "request": {"path": "ü"}, "binding_status": "BOUND"}


class SinkContract(Contract, contract=True):
    """What a sink promises (``contexta.spi.sinks.Sink``).

    ::

        class TestMySink(SinkContract):
            capabilities = frozenset({"flush", "close", "arrivals"})

            def open_sink(self, directory):
                return MySink(directory / "out.txt")

            def arrivals(self, sink):
                return sink.path.read_text().splitlines()
    """

    required: ClassVar[tuple[str, ...]] = ("open_sink",)
    abilities: ClassVar[dict[str, str]] = {
        "flush": "contexta.spi.sinks.SupportsFlush",
        "close": "contexta.spi.sinks.SupportsClose",
        "arrivals": "the test class can tell what has arrived: it overrides arrivals()",
    }

    def open_sink(self, directory: Path) -> Sink:
        """Make the sink that is tested; every subclass gives this.

        Args:
            directory: An empty directory for it alone.
        """
        raise AssertionError(directory)  # never called: a subclass without it cannot be defined

    def arrivals(self, sink: Sink) -> list[Any]:
        """Return what has arrived where the sink delivers to, in order, each in any form.

        A subclass that declares ``arrivals`` gives this: what it returns has one entry for each payload, and the entry
        of a record names the record's reference somewhere in its text.
        """
        raise AssertionError(sink)  # never called without the capability

    @pytest.fixture
    def sink(self, tmp_path: Path) -> Iterator[Sink]:
        """Give a sink, and close it."""
        sink = self.open_sink(tmp_path)
        yield sink
        if isinstance(sink, SupportsClose):
            sink.close()

    def _family(self, sink: Sink) -> PayloadFamily:
        families = sink.supported_families
        return PayloadFamily.RECORD if PayloadFamily.RECORD in families else families[0]

    def test_its_name_can_name_deliveries(self, sink: Sink) -> None:
        """It has a name, which is not that of the workspace's own delivery."""
        assert isinstance(sink.name, str)
        assert sink.name.strip() == sink.name != ""
        assert WORKSPACE != sink.name
        assert isinstance(sink, Sink)

    def test_its_families_are_families(self, sink: Sink) -> None:
        """The families that it takes are some of the four, each once."""
        families = tuple(sink.supported_families)
        assert families
        assert all(isinstance(family, PayloadFamily) for family in families)
        assert len(families) == len(set(families))

    def test_it_supports_what_it_says(self, sink: Sink) -> None:
        """It supports exactly the families that it names."""
        assert set(sink.supported_families) == {family for family in PayloadFamily if sink.supports(family)}

    def test_a_capture_answers_a_receipt(self, sink: Sink) -> None:
        """For each family that it takes a capture answers a receipt that says it went well."""
        for family in sink.supported_families:
            receipt = sink.capture(family=family, payload=_payload(family))
            assert isinstance(receipt, SinkCaptureReceipt)
            assert receipt.status in {DeliveryStatus.SUCCESS, DeliveryStatus.DEGRADED}

    def test_a_payload_is_not_changed(self, sink: Sink) -> None:
        """A payload is the same after the capture as before."""
        for family in sink.supported_families:
            payload = _payload(family)
            before = copy.deepcopy(plain(payload))
            sink.capture(family=family, payload=payload)
            assert before == plain(payload)

    def test_threads_share_it(self, sink: Sink) -> None:
        """Captures may come from any thread, and each answers a receipt."""
        family = self._family(sink)
        answers: list[object] = []

        def work(number: int) -> None:
            try:
                for count in range(5):
                    payload = _payload(family, number * 10 + count)
                    answers.append(sink.capture(family=family, payload=payload))
            except Exception as error:  # noqa: BLE001 - told by the test
                answers.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 20 == len(answers)
        assert [] == [answer for answer in answers if not isinstance(answer, SinkCaptureReceipt)]

    def test_abilities_are_declared(self, sink: Sink) -> None:
        """What it can do beyond capturing is what is declared here."""
        assert ("flush" in self.capabilities) == isinstance(sink, SupportsFlush)
        assert ("close" in self.capabilities) == isinstance(sink, SupportsClose)

    @needs("arrivals")
    def test_what_it_took_arrives_in_order(self, sink: Sink) -> None:
        """What one thread captures arrives whole and in that order."""
        self._fill(sink)
        if isinstance(sink, SupportsFlush):
            sink.flush(10.0)
        elif isinstance(sink, SupportsClose):
            sink.close()
        self._check_arrivals(sink)

    @needs("flush")
    def test_flushing_keeps_its_deadline(self, sink: Sink) -> None:
        """Flushing comes back within the time that it is given."""
        self._fill(sink)
        begun = time.monotonic()
        sink.flush(1.0)  # type: ignore[attr-defined]  # the ability is declared
        assert time.monotonic() - begun < 3.0

    @needs("close")
    def test_closing_delivers_what_is_buffered(self, sink: Sink) -> None:
        """Closing delivers what was captured before, and closing again is harmless."""
        self._fill(sink)
        sink.close()  # type: ignore[attr-defined]  # the ability is declared
        if "arrivals" in self.capabilities:
            self._check_arrivals(sink)
        sink.close()  # type: ignore[attr-defined]  # as above

    def _fill(self, sink: Sink) -> None:
        family = self._family(sink)
        for number in range(10):
            sink.capture(family=family, payload=_payload(family, number))

    def _check_arrivals(self, sink: Sink) -> None:
        arrived = [str(each) for each in self.arrivals(sink)]
        assert 10 == len(arrived)
        if self._family(sink) is PayloadFamily.RECORD:
            assert [True] * 10 == [f"demo.r1.r{number}" in text for number, text in enumerate(arrived)]
