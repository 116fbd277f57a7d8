"""Random histories of a record store against a model in memory."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contexta.log import LogReader, adopt_dead
from contexta.spi.context import OpenContext
from contexta.spi.flat import flatten
from contexta.spi.records import ScanFilter
from contexta.store.records import RecordStore, ReplayMode
from contexta_store_jsonl.backend import open_backend

RUNS = ("run:p.a", "run:p.b", "run:p.c")
WRITERS = st.integers(0, 2)


class RecordHistory(RuleBasedStateMachine):
    """Writers append, close, crash and reopen; segments are adopted, compacted and damaged; runs are deleted.

    The model is the records by the writer's opening that appended them, in order.
    """

    @initialize()
    def begin(self) -> None:
        """Take an empty directory."""
        self.folder = Path(mkdtemp(prefix="record-history-"))
        self.root = self.folder / "records"
        self.segments = self.root / "segments"
        self.writers = {}
        self.reader = self.open()
        self.openings = 0
        self.model = {}
        self.deleted = set()
        self.damaged = False

    def teardown(self) -> None:
        """Close and remove everything."""
        if hasattr(self, "folder"):
            for store, _ in self.writers.values():
                store.close()
            self.reader.close()
            shutil.rmtree(self.folder)

    def open(self):
        """Open the store once more."""
        return open_backend(OpenContext(root=self.root, durability="flush", max_segment_bytes=900))

    def writer(self, number):
        """Return a writer's store and the records of its opening."""
        if number not in self.writers:
            self.openings += 1
            self.model[self.openings] = []
            self.writers[number] = (self.open(), self.openings)
        store, opening = self.writers[number]
        return store, opening, self.model[opening]

    def record(self, opening, own, run):
        """Make the next record of an opening."""
        number = len(own)
        record = {
            "type": "metric",
            "id": f"r{opening}-{number:04d}",
            "run": run,
            "key": f"k{number % 2}",
            "value": opening + number / 8,
            "time": f"2026-03-01T10:{opening % 60:02d}:{number % 60:02d}Z",
        }
        own.append(record)
        return record

    def expected(self, run=None):
        """Return the records that a reader must see, by identifier."""
        return {
            record["id"]: record
            for own in self.model.values()
            for record in own
            if record is not None and record["run"] not in self.deleted and run in {None, record["run"]}
        }

    @rule(number=WRITERS, run=st.sampled_from(RUNS))
    def append(self, number, run) -> None:
        """Append one record."""
        store, opening, own = self.writer(number)
        store.append([self.record(opening, own, run)])

    @rule(number=WRITERS, runs=st.lists(st.sampled_from(RUNS), min_size=2, max_size=9))
    def append_batch(self, number, runs) -> None:
        """Append several records with one write."""
        store, opening, own = self.writer(number)
        store.append([self.record(opening, own, run) for run in runs])

    @rule(number=WRITERS)
    def close(self, number) -> None:
        """Close a writer; the next append opens another one."""
        if number in self.writers:
            self.writers.pop(number)[0].close()

    @rule(number=WRITERS, tail=st.sampled_from([b"", b'{"n":9', b"\0" * 40, b'\0"n":2,"x"}\n{"n"']))
    def crash(self, number, tail) -> None:
        """Let a writer die as the kernel does it: its lock is gone, nothing is sealed, a write may be half done."""
        if number not in self.writers:
            return
        store, _ = self.writers.pop(number)
        log = store._writer
        open_segment = log._segment
        for segment in log._held:
            segment.release()
        log._held.clear()
        log._segment = None
        store.close()
        if open_segment is not None and open_segment.path.exists():
            with open_segment.path.open("ab") as file:
                file.write(tail)

    @rule()
    def adopt(self) -> None:
        """Seal what dead writers left."""
        adopt_dead(self.segments)

    @rule()
    def compact(self) -> None:
        """Compact beside whoever is open."""
        assert self.reader.compact().performed

    @rule(number=WRITERS)
    def compact_from_a_writer(self, number) -> None:
        """Compact from a store that appends, which goes on in a new segment."""
        store, _, _ = self.writer(number)
        store.compact()

    @rule(run=st.sampled_from(RUNS))
    def delete(self, run) -> None:
        """Delete a run for good."""
        expected = bool(self.expected(run))
        assert (self.reader.delete_runs([run]) > 0) is expected
        self.deleted.add(run)

    @precondition(lambda self: not self.damaged)
    @rule(data=st.data())
    def damage(self, data) -> None:
        """Flip a bit of one record of a sealed segment: that record is lost, and nothing else."""
        lines = [
            (segment, line)
            for segment in LogReader(self.segments).segments()
            if segment.sealed
            for line in LogReader(self.segments).read(segment).lines
        ]
        if not lines:
            return
        segment, (_, offset, line) = data.draw(st.sampled_from(lines))
        content = bytearray(segment.path.read_bytes())
        content[offset + line.index(b'"value":') + 8] ^= 1
        segment.path.write_bytes(content)
        for own in self.model.values():
            for place, record in enumerate(own):
                if record is not None and b'"id":"%b"' % record["id"].encode() in line:
                    own[place] = None
        self.damaged = True
        # What was read before is remembered; damage shows to who reads anew.
        self.reader.close()
        self.reader = self.open()

    @rule()
    def export_and_import(self) -> None:
        """What is exported and imported elsewhere is the same, also when it is imported twice."""
        mode = ReplayMode.LENIENT if self.damaged else ReplayMode.STRICT
        target = self.folder / "export.jsonl"
        expected = self.expected()
        result = RecordStore.over(self.reader).export_jsonl(target, mode=mode)
        assert result.record_count == len(expected)
        with open_backend(OpenContext(root=self.folder / "other", durability="flush")) as other:
            store = RecordStore.over(other)
            assert store.import_jsonl(target).imported_count == len(expected)
            assert store.import_jsonl(target).repeated_count == len(expected)
            found = {each.flat["id"]: flatten(each.record) for each in store.scan()}
        assert found == expected
        shutil.rmtree(self.folder / "other", ignore_errors=True)

    @invariant()
    def everything_is_there_once_and_in_order(self) -> None:
        """A reader that has been there all along and a fresh one see the model."""
        if not hasattr(self, "reader"):
            return
        expected = self.expected()
        for store in (self.reader, self.open()):
            found = [stored.record for stored in store.scan()]
            assert {record["id"]: record for record in found} == expected
            assert len(found) == len(expected)
            for own in self.model.values():
                wanted = [
                    record["id"] for record in own if record is not None and record["run"] not in self.deleted
                ]
                assert [record["id"] for record in found if record["id"] in set(wanted)] == wanted
            store is self.reader or store.close()

    @invariant()
    def answers_agree(self) -> None:
        """Counts, points and summaries are those of the records."""
        if not hasattr(self, "reader"):
            return
        for run in RUNS:
            expected = self.expected(run).values()
            assert dict(self.reader.counts(run)) == ({"metric": len(expected)} if expected else {})
            keys = Counter(record["key"] for record in expected)
            assert {summary.key: summary.count for summary in self.reader.summaries(runs=[run])} == keys
            for key in keys:
                ids = {point.record_id for point in self.reader.points(run, key)}
                assert ids == {record["id"] for record in expected if record["key"] == key}
            assert len(list(self.reader.scan(ScanFilter(run_ref=run)))) == len(expected)

    @invariant()
    def damage_is_named_and_nothing_else_is(self) -> None:
        """The check is healthy but for the damage that was done, and torn tails."""
        if not hasattr(self, "reader"):
            return
        codes = {finding.code for finding in self.reader.check_integrity()}
        if self.damaged:
            assert codes - {"torn_tail"}
        else:
            assert codes <= {"torn_tail"}


TestRecordHistory = RecordHistory.TestCase
TestRecordHistory.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
