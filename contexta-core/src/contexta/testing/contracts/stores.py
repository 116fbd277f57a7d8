"""What all three planes promise alike: sharing, durability, reading only, closing, damage."""

from __future__ import annotations

import threading
from abc import abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from contexta.errors import ContextaError, ReadOnlyStoreError
from contexta.spi.context import OpenContext
from contexta.testing.contracts.contract import Contract
from contexta.testing.contracts.processes import child, wait_to_be_killed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

__all__ = ["StoreContract", "Stores"]


@dataclass
class Stores:
    """Opens stores on one plane, and closes what a test left open.

    Args:
        open_store: The contract's way to open one.
        root: Root of the plane; it does not exist yet.
        given: A directory outside of it, for what a test hands over.
    """

    open_store: Callable[[OpenContext], Any]
    root: Path
    given: Path
    opened: list[Any] = field(default_factory=list)

    def open(self, *, read_only: bool = False, durability: str = "flush", **settings: Any) -> Any:
        """Open the store."""
        context = OpenContext(
            root=self.root,
            workspace=self.root.parent,
            read_only=read_only,
            durability=durability,
            settings=settings,
        )
        store = self.open_store(context)
        self.opened.append(store)
        return store

    def close(self, store: Any) -> None:
        """Close a store."""
        self.opened.remove(store)
        store.close()


class StoreContract(Contract, contract=True):
    """What every store promises."""

    required: ClassVar[tuple[str, ...]] = ("open_store",)

    def open_store(self, context: OpenContext) -> Any:
        """Open the store that is tested; every subclass gives this.

        Args:
            context: As the kernel gives it; every opening of a test has the same root.
        """
        raise AssertionError(context)  # never called: a subclass without it cannot be defined

    def damage(self, root: Path, needle: bytes) -> bool:
        """Change one bit of stored text behind the store's back.

        Override it where the store keeps text in another form, such as compressed, or not in files.

        Args:
            root: Root of the plane.
            needle: The text, as it was handed to the store.

        Returns:
            Whether it was found.
        """
        found = False
        for path in [path for path in root.rglob("*") if path.is_file()]:
            data = path.read_bytes()
            place = data.find(needle)
            while place >= 0:
                found = True
                middle = place + len(needle) // 2
                data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
                place = data.find(needle)
            mode = path.stat().st_mode
            path.chmod(mode | 0o200)
            path.write_bytes(data)
            path.chmod(mode)
        return found

    @abstractmethod
    def write(self, stores: Stores, store: Any, name: str) -> None:
        """Write one thing of a name; the contract of a plane says what."""

    @abstractmethod
    def written(self, store: Any) -> list[str]:
        """Return the names of the things that a reader sees."""

    @pytest.fixture
    def stores(self, tmp_path: Path) -> Iterator[Stores]:
        """Give what opens stores on one plane."""
        given = tmp_path / "given"
        given.mkdir()
        stores = Stores(self.open_store, tmp_path / "workspace" / "plane", given)
        yield stores
        for store in stores.opened:
            with suppress(Exception):
                store.close()

    # -- sharing --------------------------------------------------------------------------------------------------

    def test_what_was_written_is_there_after_reopening(self, stores: Stores) -> None:
        """What was acknowledged is there when the store is opened again."""
        store = stores.open()
        self.write(stores, store, "first")
        stores.close(store)
        assert ["first"] == self.written(stores.open())

    def test_another_opening_sees_it_at_once(self, stores: Stores) -> None:
        """A store that was opened before sees what another opening writes, as soon as that returned."""
        reader, writer = stores.open(), stores.open()
        assert [] == self.written(reader)
        self.write(stores, writer, "first")
        assert ["first"] == self.written(reader)
        self.write(stores, writer, "second")
        assert {"first", "second"} == set(self.written(reader))

    def test_another_process_sees_it_at_once(self, stores: Stores) -> None:
        """A reader sees what another process has written, as soon as that was acknowledged."""
        reader = stores.open(read_only=True)

        def work(tell: Callable[[object], None]) -> None:
            self.write(stores, stores.open(), "first")
            tell("written")
            wait_to_be_killed()

        with child(work) as other:
            assert "written" == other.line()
            assert ["first"] == self.written(reader)

    def test_writers_in_many_processes_lose_nothing(self, stores: Stores) -> None:
        """Processes that open a fresh store at once and write lose nothing, and a reader beside them sees no less."""

        def writer(number: int) -> Callable[[Callable[[object], None]], None]:
            def work(tell: Callable[[object], None]) -> None:
                store = stores.open()
                for count in range(12):
                    self.write(stores, store, f"w{number}n{count}")
                store.close()
                tell("done")

            return work

        reader, seen = stores.open(read_only=True), 0
        with child(writer(0)) as one, child(writer(1)) as two, child(writer(2)) as three:
            for other in (one, two, three):
                now = len(self.written(reader))
                assert now >= seen
                seen = now
                assert ["done"] == other.lines()
        assert {f"w{number}n{count}" for number in range(3) for count in range(12)} == set(
            self.written(reader)
        )

    def test_threads_share_it(self, stores: Stores) -> None:
        """Every method may be called from any thread."""
        store, failures = stores.open(), []

        def work(number: int) -> None:
            try:
                for count in range(8):
                    self.write(stores, store, f"t{number}n{count}")
                    self.written(store)
            except Exception as error:  # noqa: BLE001 - told by the test
                failures.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [] == failures
        expected = {f"t{number}n{count}" for number in range(4) for count in range(8)}
        assert expected == set(self.written(store))
        assert len(expected) == len(self.written(store))

    def test_a_forked_child_uses_it(self, stores: Stores) -> None:
        """After a fork the child and the parent both go on with the store that was open."""
        store = stores.open()
        self.write(stores, store, "before")

        def work(tell: Callable[[object], None]) -> None:
            self.write(stores, store, "child")
            tell(sorted(self.written(store)))

        with child(work) as other:
            assert "['before', 'child']" == other.line()
            assert [] == other.lines()
        self.write(stores, store, "after")
        assert {"before", "child", "after"} == set(self.written(store))

    # -- durability -----------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("durability", ["fsync", "flush", "interval"])
    def test_what_was_acknowledged_survives_a_kill(self, stores: Stores, durability: str) -> None:
        """What a call has acknowledged is there although the process was killed right after it, in every mode."""

        def work(tell: Callable[[object], None]) -> None:
            store = stores.open(durability=durability)
            for count in range(20):
                self.write(stores, store, f"n{count}")
                tell(count)
            wait_to_be_killed()

        with child(work) as other:
            acknowledged = [f"n{other.line()}" for _ in range(20)]
            other.kill()
        reader = stores.open()
        assert set(acknowledged) == set(self.written(reader))
        assert [] == [finding for finding in reader.check_integrity() if finding.severity == "error"]
        self.write(stores, reader, "later")
        assert "later" in self.written(reader)

    # -- reading only ---------------------------------------------------------------------------------------------

    def test_opened_for_reading_it_creates_nothing(self, stores: Stores) -> None:
        """A store that is opened for reading creates nothing, and is empty where there is none."""
        before = sorted(stores.root.parent.parent.rglob("*"))
        reader = stores.open(read_only=True)
        assert [] == self.written(reader)
        assert [] == list(reader.check_integrity())
        stores.close(reader)
        assert before == sorted(stores.root.parent.parent.rglob("*"))

    def test_opened_for_reading_it_refuses_to_write(self, stores: Stores) -> None:
        """A store that is open for reading refuses to write with ReadOnlyStoreError, and nothing changes."""
        store = stores.open()
        self.write(stores, store, "first")
        reader = stores.open(read_only=True)
        with pytest.raises(ReadOnlyStoreError):
            self.write(stores, reader, "second")
        assert ["first"] == self.written(store)

    def test_opened_for_reading_it_sees_what_comes_later(self, stores: Stores) -> None:
        """A reader that was there before the store sees what is written to it."""
        reader = stores.open(read_only=True)
        assert [] == self.written(reader)
        self.write(stores, stores.open(), "first")
        assert ["first"] == self.written(reader)

    # -- manners --------------------------------------------------------------------------------------------------

    def test_it_keeps_everything_below_its_root(self, stores: Stores) -> None:
        """A store writes below its root and nowhere else, also when it is closed."""
        store = stores.open()
        self.write(stores, store, "first")
        stores.close(store)
        beside = {path for path in stores.root.parent.iterdir() if path != stores.root}
        assert set() == beside
        assert {stores.given, stores.root.parent} == set(stores.root.parent.parent.iterdir())

    def test_closing_twice_is_harmless(self, stores: Stores) -> None:
        """Closing a store again does nothing, and neither does leaving its ``with`` block."""
        store = stores.open()
        self.write(stores, store, "first")
        stores.close(store)
        store.close()
        with stores.open() as opened:
            assert ["first"] == self.written(opened)
        opened.close()

    def test_a_closed_store_refuses_to_write(self, stores: Stores) -> None:
        """A store that was closed refuses to write with an error of the tree."""
        store = stores.open()
        stores.close(store)
        with pytest.raises(ContextaError):
            self.write(stores, store, "late")

    def test_a_whole_store_has_no_findings(self, stores: Stores) -> None:
        """A check finds nothing in a store that is whole, empty or not, open or closed."""
        store = stores.open()
        assert [] == list(store.check_integrity())
        for count in range(5):
            self.write(stores, store, f"n{count}")
        assert [] == list(store.check_integrity())
        stores.close(store)
        assert [] == list(stores.open(read_only=True).check_integrity())

    # -- damage ---------------------------------------------------------------------------------------------------

    def _damaged(self, stores: Stores) -> Any:
        store = stores.open()
        for name in ("before", "needle0needle", "behind"):
            self.write(stores, store, name)
        stores.close(store)
        if not self.damage(stores.root, b"needle0needle"):
            pytest.fail("no file below the root holds the text that was written: override damage()")
        return stores.open(read_only=True)

    def test_damage_is_found(self, stores: Stores) -> None:
        """A check tells of text that was changed behind the store's back."""
        findings = self._damaged(stores).check_integrity()
        assert [] != [finding for finding in findings if finding.severity == "error"]
        assert all(finding.code and finding.message for finding in findings)

    def test_damage_never_stops_a_read(self, stores: Stores) -> None:
        """What is damaged is left out of answers, never shown as if it were right, and the rest stays readable."""
        assert ["before", "behind"] == sorted(self.written(self._damaged(stores)))
