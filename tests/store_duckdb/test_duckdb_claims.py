"""Claims of run references."""

from __future__ import annotations

import shutil
import stat

import pytest

from contexta.spi.metadata import EntityKind, Mutation
from contexta_store_duckdb import claims
from contexta_store_duckdb.claims import claim_name

RUN = EntityKind.RUN


def test_a_reference_is_claimed_once(open_store) -> None:
    """The first claim is granted, every later one refused, also by another backend and after closing."""
    store = open_store()
    assert store.claim_run("run:p.r")
    assert not store.claim_run("run:p.r")
    store.close()
    assert not open_store().claim_run("run:p.r")


def test_a_claim_is_private_and_empty(root, open_store) -> None:
    """The file is empty, readable by its owner only, and named by the reference's value."""
    open_store(durability="fsync").claim_run("run:p.r")
    path = root / "claims" / "p.r"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_bytes() == b""


def test_of_eight_processes_one_wins_each_reference(start) -> None:
    """Eight processes race for fifty references: each is granted exactly once."""
    racers = [
        start(
            """
print("ready", flush=True)
sys.stdin.readline()
print(" ".join(str(n) for n in range(50) if backend.claim_run(f"run:p.r{n}")))
"""
        )
        for _ in range(8)
    ]
    for racer in racers:
        racer.stdout.readline()
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    won = [int(n) for racer in racers for n in racer.communicate()[0].split()]
    assert sorted(won) == list(range(50))


def test_a_run_that_was_journaled_without_a_claim_is_taken(open_store) -> None:
    """A run that came from elsewhere, an import say, cannot be claimed by any process."""
    open_store().apply([Mutation(RUN, "run:p.r", {"name": "r"})])
    assert not open_store().claim_run("run:p.r")


def test_claims_are_rebuilt_from_the_journal(root, open_store) -> None:
    """A workspace restored without its claims still knows which references are taken, from the first claim on."""
    store = open_store()
    for n in range(3):
        store.claim_run(f"run:p.r{n}")
        store.apply([Mutation(RUN, f"run:p.r{n}", {"name": "r"})])
    store.close()
    shutil.rmtree(root / "claims")
    restored = open_store()
    assert restored.claim_run("run:p.new")
    assert [restored.claim_run(f"run:p.r{n}") for n in range(3)] == [False, False, False]
    assert sorted(path.name for path in (root / "claims").iterdir()) == ["p.new", "p.r0", "p.r1", "p.r2"]
    assert sorted(path.name for path in root.iterdir()) == ["claims", "journal"]


def test_claims_removed_under_a_running_process_are_rebuilt(root, open_store) -> None:
    """The next claim of a process that had seen the directory brings it back, with the journal's runs."""
    store = open_store()
    assert store.claim_run("run:p.a")
    store.apply([Mutation(RUN, "run:p.a", {"name": "a"})])
    shutil.rmtree(root / "claims")
    assert store.claim_run("run:p.b")
    assert not open_store().claim_run("run:p.a")


def _lose_power(directory, *names):
    """Leave the directory as a loss of power may: without its last names, and with the mark of a boot that is over."""
    for name in names:
        (directory / name).unlink()
    [mark] = directory.glob(".boot-*")
    mark.rename(directory / ".boot-of-yesterday")


def test_claims_that_a_loss_of_power_took_are_made_up_for(root, open_store) -> None:
    """The first claim of a boot finds every run of the journal taken; what never got there is free."""
    store = open_store(durability="fsync")
    for name in ("kept", "lost"):
        store.claim_run(f"run:p.{name}")
        store.apply([Mutation(RUN, f"run:p.{name}", {"name": name})])
    store.claim_run("run:p.unused")
    store.close()
    _lose_power(root / "claims", "p.lost", "p.unused")
    store = open_store(durability="fsync")
    assert [store.claim_run(f"run:p.{name}") for name in ("lost", "kept", "unused")] == [False, False, True]


def test_claims_are_completed_once_in_a_boot(root, open_store) -> None:
    """Later processes of a boot find its mark, and claim without reading the journal; a mark is no claim."""
    open_store(durability="fsync").apply([Mutation(RUN, "run:p.a", {"name": "a"})])
    _lose_power(root / "claims", "p.a")
    assert open_store(durability="fsync").claim_run("run:p.b")
    (root / "claims" / "p.a").unlink()
    later = open_store(durability="fsync")
    assert later.claim_run("run:p.a")
    later.apply([Mutation(RUN, "run:p.b", {"name": "b"})])
    assert [finding for finding in later.check_integrity() if ".boot" in str(finding)] == []


@pytest.mark.parametrize(
    ("durability", "boot", "syncs"),
    [("fsync", "", 1), ("fsync", "b00t", 0), ("flush", "b00t", 0), ("flush", "", 0)],
)
def test_a_claim_is_synced_where_the_boot_is_not_told(
    open_store, monkeypatch, durability, boot, syncs
) -> None:
    """Without an id of the boot nobody could tell a loss of power, so each claim is synced."""
    place = claims.this_place()._replace(boot=boot)
    monkeypatch.setattr(claims, "this_place", lambda: place)
    store = open_store(durability=durability)
    store.claim_run("run:p.first")
    synced = []
    monkeypatch.setattr(claims.filesystem, "sync_directory", synced.append)
    store.claim_run("run:p.second")
    assert len(synced) == syncs


@pytest.mark.parametrize(
    "ref", ["run:../../x", "run:", "nonsense", "run:p.r/x", "run:.hidden", f"run:{'a' * 300}", "run:P.R"]
)
def test_a_strange_reference_makes_a_safe_file_name(ref) -> None:
    """What is no well-formed value becomes a hash, which no well-formed value can equal."""
    name = claim_name(ref)
    assert name.startswith("_")
    assert len(name) == 65
    assert "/" not in name


def test_a_well_formed_reference_names_its_file() -> None:
    """The value is the name, up to the length that a reference can have."""
    value = ".".join(["a" * 62] * 4)[:250]
    assert claim_name(f"run:{value}") == value
    assert claim_name("run:demo.r-1") == "demo.r-1"
