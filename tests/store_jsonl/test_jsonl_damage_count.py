"""How many damaged lines the record store has passed over."""

from __future__ import annotations

from contexta.log import LogWriter
from contexta.spi.records import ScanFilter

RUN = "run:p.r"


def fill(store) -> None:
    """Append twenty points with the step as their value."""
    series = store.open_series({"type": "metric", "run": RUN, "key": "loss"})
    for i in range(20):
        store.append_point(series, f"m{i:02}", float(i), f"2026-03-01T10:00:{i:02}Z", i)


def segment_in(tmp_path):
    """Return the store's one segment."""
    (segment,) = (tmp_path / "records" / "segments").iterdir()
    return segment


def test_a_damaged_line_counts_once_however_often_it_is_read(open_store, tmp_path) -> None:
    """Each way of reading passes over the two changed lines; before the first nothing is known of them."""
    with open_store() as store:
        fill(store)
        assert len(list(store.scan())) == 20
        assert store.damage_count == 0
    segment = segment_in(tmp_path)
    data = segment.read_bytes()
    for value in (b"7.0", b"8.0"):
        data = data.replace(b'"value":' + value, b'"value":9.5')
    segment.write_bytes(data)
    for read in (
        lambda store: list(store.scan()),
        lambda store: list(store.scan(ScanFilter(run_ref=RUN))),
        lambda store: store.points(RUN, "loss"),
        lambda store: store.summaries(),
        lambda store: store.counts(RUN),
    ):
        store = open_store(read_only=True)
        assert store.damage_count == 0
        for _ in range(2):
            read(store)
            assert store.damage_count == 2
    assert len(store.points(RUN, "loss")) == 18
    assert len(list(store.scan())) == 18
    assert store.damage_count == 2


def test_a_chunk_that_begins_behind_damage_counts_nothing_anew(open_store, tmp_path, monkeypatch) -> None:
    """Wherever the pieces that are read at once end, one changed line is one damaged line."""
    with open_store() as store:
        fill(store)
    segment = segment_in(tmp_path)
    segment.write_bytes(segment.read_bytes().replace(b'"value":7.0', b'"value":9.0'))
    for size in range(100, 600, 20):
        monkeypatch.setattr("contexta_store_jsonl.tail.CHUNK_BYTES", size)
        monkeypatch.setattr("contexta_store_jsonl.places.CHUNK_BYTES", size)
        store = open_store(read_only=True)
        assert store.counts(RUN) == {"metric": 19}
        assert len(store.points(RUN, "loss")) == len(list(store.scan())) == 19
        assert store.damage_count == 1


def test_a_whole_line_that_is_no_flat_record_counts(open_store, tmp_path) -> None:
    """What is passed over for its content counts as what is passed over for its checksum."""
    with open_store() as store:
        fill(store)
    with LogWriter(tmp_path / "records" / "segments", durability="flush") as log:
        log.append(b'"type":"verdict","id":"v1","run":"run:p.r","time":"2026-03-01T10:00:00Z"')
    scanning, folding = open_store(read_only=True), open_store(read_only=True)
    assert len(list(scanning.scan(ScanFilter(run_ref=RUN)))) == 20
    assert folding.counts(RUN) == {"metric": 20}
    assert (scanning.damage_count, folding.damage_count) == (1, 1)


def test_the_torn_tail_of_a_dead_writer_does_not_count(open_store, tmp_path) -> None:
    """An incomplete last line was never acknowledged, so nothing is missing."""
    with open_store() as store:
        fill(store)
    segment = segment_in(tmp_path)
    data = segment.read_bytes()
    segment.unlink()
    segment.with_suffix(".open").write_bytes(data[: data.index(b'{"n":11,') + 30])
    store = open_store(read_only=True)
    assert (len(list(store.scan())), store.counts(RUN)) == (10, {"metric": 10})
    assert store.damage_count == 0
