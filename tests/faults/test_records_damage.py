"""Damage at random places of a record store (R7, R8): detected, located, and the rest is read by every way of asking."""

from __future__ import annotations

import random
import re
import shutil
from statistics import median

import pytest

from contexta.spi.context import OpenContext
from contexta_store_jsonl.backend import open_backend
from contexta_store_jsonl.index import coverage

RUNS = 3
POINTS = 300


def opened(root, **changes):
    """Open the store."""
    return open_backend(OpenContext(root=root, durability="flush", max_segment_bytes=9_000, **changes))


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Write a store of three runs by three writers, each in several sealed segments."""
    root = tmp_path_factory.mktemp("template") / "records"
    for run in range(RUNS):
        with opened(root) as store:
            for number in range(POINTS):
                store.append(
                    [
                        {
                            "type": "metric", "id": f"r{run}i{number:04d}", "run": f"run:p.r{run}", "key": "loss",
                            "value": (number * 37 + run) / 1_000, "step": number,
                            "time": f"2026-03-01T10:00:{number % 60:02d}.{number + 1:06d}Z",
                        }
                    ]
                )  # fmt: skip
    return root


def flip_bit(data, chance):
    """Flip one bit."""
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def flip_digit(data, chance):
    """Change one digit of one value into another one."""
    places = [each.start() for each in re.finditer(rb'(?<="value":)\d', bytes(data))]
    place = chance.choice(places)
    data[place] = 48 + (data[place] - 48 + chance.randint(1, 9)) % 10


def zero_block(data, chance):
    """Overwrite some bytes with zeros."""
    place, size = chance.randrange(len(data)), chance.randint(1, 300)
    data[place : place + size] = bytes(min(size, len(data) - place))


def cut(data, chance):
    """Cut the end off."""
    del data[chance.randrange(1, len(data)) :]


def lines_of(data):
    """Return the lines with their ends."""
    return bytes(data).splitlines(keepends=True)


def drop_line(data, chance):
    """Take one line out."""
    lines = lines_of(data)
    del lines[chance.randrange(len(lines))]
    data[:] = b"".join(lines)


def repeat_line(data, chance):
    """Write one line twice."""
    lines = lines_of(data)
    place = chance.randrange(len(lines))
    lines.insert(place, lines[place])
    data[:] = b"".join(lines)


def swap_lines(data, chance):
    """Exchange two lines."""
    lines = lines_of(data)
    one, other = sorted(chance.sample(range(len(lines)), 2))
    lines[one], lines[other] = lines[other], lines[one]
    data[:] = b"".join(lines)


def insert_garbage(data, chance):
    """Insert some bytes."""
    place = chance.randrange(len(data))
    data[place:place] = chance.randbytes(chance.randint(1, 200))


def empty(data, chance):
    """Leave nothing."""
    del chance
    data.clear()


KINDS = (
    flip_bit, flip_digit, zero_block, cut, drop_line, repeat_line, swap_lines, insert_garbage, empty,
)  # fmt: skip


def found_by_scan(store):
    """Return the points that a scan yields, by identifier."""
    return {each.record["id"]: each.record["value"] for each in store.scan()}


def trial(template, root, kind, seed, monkeypatch, *, indexed):
    """Damage one segment, and return how large a share of the untouched records is read."""
    chance = random.Random(seed)
    shutil.copytree(template, root)
    if indexed:
        monkeypatch.setattr(coverage, "DUE_BYTES", 1)
        with opened(root) as store:
            assert store.rebuild_indexes().performed
    with opened(root, read_only=True) as store:
        before = found_by_scan(store)
    path = chance.choice(sorted((root / "segments").glob("*.seg")))
    data = bytearray(path.read_bytes())
    original = set(lines_of(data))
    kind(data, chance)
    path.write_bytes(data)
    # Only what stands whole in the file can be read; a line that moved may be told to be out of place.
    touched = len(original - set(lines_of(data)))
    with opened(root) as store:
        findings = store.check_integrity()
        after = found_by_scan(store)
        # Nothing is invented, and nothing is missing without a finding.
        assert after.items() <= before.items()
        assert findings, (kind, seed)
        assert all(finding.location for finding in findings)
        if len(after) < len(before):
            assert store.damage_count or any(path.stem in each.location for each in findings)
        for run in range(RUNS):
            points = {point.record_id: point.value for point in store.points(f"run:p.r{run}", "loss")}
            assert points.items() <= before.items()
            assert {key for key in after if key.startswith(f"r{run}")} <= points.keys()
        store.append([{"type": "event", "id": "later", "run": "run:p.later", "time": "2026-03-01T11:00:00Z"}])
        assert store.counts("run:p.later") == {"event": 1}
    shutil.rmtree(root)
    untouched = len(before) - touched
    return min(1.0, len(after) / untouched)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("trials", [2, pytest.param(25, marks=pytest.mark.campaign)])
def test_damage_at_a_random_place(template, tmp_path, monkeypatch, kind, trials):
    """Nothing is silent, nothing is invented, what was not touched is read, and the next append can be read."""
    shares = [
        trial(template, tmp_path / "records", kind, seed, monkeypatch, indexed=seed % 3 == 0)
        for seed in range(trials)
    ]
    assert median(shares) >= 0.98


@pytest.mark.parametrize("trials", [10, pytest.param(100, marks=pytest.mark.campaign)])
def test_every_flipped_digit_is_noticed(template, tmp_path, trials):
    """A value that became another number is left out and reported with its segment, however small the change."""
    for seed in range(trials):
        chance = random.Random(1_000 + seed)
        root = tmp_path / str(seed)
        shutil.copytree(template, root)
        path = chance.choice(sorted((root / "segments").glob("*.seg")))
        data = bytearray(path.read_bytes())
        flip_digit(data, chance)
        path.write_bytes(data)
        with opened(root, read_only=True) as store:
            assert len(found_by_scan(store)) == RUNS * POINTS - 1
            assert store.damage_count == 1
            assert any(path.stem in finding.location for finding in store.check_integrity())
        shutil.rmtree(root)
