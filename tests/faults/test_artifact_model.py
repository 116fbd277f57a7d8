"""Two openings of one artifact store, used at random, against a dictionary: every answer is the dictionary's."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contexta.errors import ConflictError
from contexta.spi.artifacts import BoundArtifact
from contexta.spi.context import OpenContext
from contexta_store_files.backend import open_backend

NAMES = st.sampled_from(["a", "b", "c"])
#: Small ones, one above the size at which files are copied instead of read, and a directory.
CONTENTS = st.sampled_from([b"one", b"two", b"", b"large" * 250_000, {"x": b"one", "d/y": b"three"}])
WHO = st.integers(0, 1)


def digest_of(data):
    """Return the digest of some bytes."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


class ArtifactMachine(RuleBasedStateMachine):
    """Holds the store against what was put into it."""

    @initialize()
    def open_both(self):
        """Open the store twice on an empty place."""
        self.place = Path(tempfile.mkdtemp(prefix="contexta-model-"))
        self.stores = [self.opened(), self.opened()]
        self.bound = {}
        # What an opening has taken in and not bound.
        self.pending = [[], []]
        self.sources = 0

    def opened(self):
        """Open the store once more."""
        return open_backend(OpenContext(root=self.place / "store", durability="flush"), None)

    def teardown(self):
        """Close the store and remove it."""
        for store in getattr(self, "stores", ()):
            store.close()
        if hasattr(self, "place"):
            shutil.rmtree(self.place)

    def source(self, content):
        """Write a content and return its path."""
        self.sources += 1
        path = self.place / f"source-{self.sources}"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            for name, data in content.items():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_bytes(data)
        return path

    def binding(self, name, content):
        """Build a binding."""
        ref = f"artifact:p.r.{name}"
        return BoundArtifact(ref, {"artifact_ref": ref, "run_ref": "run:p.r", "artifact_kind": "k"}, content)

    @rule(who=WHO, content=CONTENTS, mode=st.sampled_from(["copy", "move", "adopt"]))
    def take_in(self, who, content, mode):
        """Take a file or directory in, and bind it later or never."""
        path = self.source(content)
        taken = self.stores[who].ingest(path, mode=mode)
        assert path.exists() == (mode == "copy")
        if isinstance(content, bytes):
            assert (taken.digest, taken.size_bytes) == (digest_of(content), len(content))
        self.pending[who].append((content, taken))

    @rule(who=WHO, parts=st.lists(st.binary(max_size=5), max_size=3))
    def stream(self, who, parts):
        """Take a stream in."""
        ingest = self.stores[who].begin_ingest()
        for part in parts:
            ingest.write(part)
        self.pending[who].append((b"".join(parts), ingest.commit()))

    @precondition(lambda self: any(self.pending))
    @rule(name=NAMES, data=st.data())
    def bind(self, name, data):
        """Bind something that was taken in: new, the same, or other content, which is refused."""
        who = data.draw(st.sampled_from([who for who in (0, 1) if self.pending[who]]))
        at = data.draw(st.integers(0, len(self.pending[who]) - 1))
        content, taken = self.pending[who][at]
        if name in self.bound and self.bound[name][1].digest != taken.digest:
            with pytest.raises(ConflictError):
                self.stores[who].bind(self.binding(name, taken))
            return
        self.stores[who].bind(self.binding(name, taken))
        del self.pending[who][at]
        self.bound.setdefault(name, (content, taken))

    @precondition(lambda self: any(self.pending))
    @rule(name=NAMES, data=st.data())
    def rebind(self, name, data):
        """Bind something in place of whatever was bound."""
        who = data.draw(st.sampled_from([who for who in (0, 1) if self.pending[who]]))
        content, taken = self.pending[who].pop()
        self.stores[who].rebind(self.binding(name, taken))
        self.bound[name] = (content, taken)

    @rule(who=WHO, names=st.lists(NAMES, max_size=2))
    def unbind(self, who, names):
        """Let go of some."""
        self.stores[who].unbind([f"artifact:p.r.{name}" for name in names])
        for name in names:
            self.bound.pop(name, None)

    @rule(who=WHO)
    def collect(self, who):
        """Collect the garbage: exactly what is neither bound nor about to be bound goes."""
        counted = self.stores[who].collect_garbage(dry_run=True)
        done = self.stores[who].collect_garbage()
        assert (counted.body_count, counted.freed_bytes) == (done.body_count, done.freed_bytes)
        kept = [content for content, _ in self.bound.values()]
        kept += [content for pending in self.pending for content, _ in pending]
        expected = {digest_of(content) for content in kept if isinstance(content, bytes)}
        for content in kept:
            if not isinstance(content, bytes):
                expected |= {digest_of(data) for data in content.values()}
        trees = {taken.digest for _, taken in [*self.bound.values(), *self.pending[0], *self.pending[1]]}
        found = {f"sha256:{path.name}" for path in (self.place / "store" / "blobs").glob("*/*")}
        assert found == expected | trees

    @rule(who=WHO)
    def reopen(self, who):
        """Close one opening and open it again: what it was about to bind is not protected any more."""
        self.stores[who].close()
        self.stores[who] = self.opened()
        self.pending[who] = []

    @precondition(lambda self: self.bound)
    @rule(who=WHO, name=NAMES)
    def damage_and_mend(self, who, name):
        """A damaged body is found and isolated, and the same content mends it for all."""
        content, taken = self.bound.get(name, (None, None))
        if not isinstance(content, bytes):
            return
        path = self.place / "store" / "blobs" / taken.digest[7:9] / taken.digest[7:]
        path.chmod(0o600)
        path.write_bytes(content + b"!")
        store = self.stores[who]
        assert store.verify(f"artifact:p.r.{name}").code == "artifact_digest_mismatch"
        assert any(each.applied for each in store.apply_repairs(store.plan_repairs()))
        self.pending[who].append((content, store.ingest(self.source(content))))
        assert store.verify(f"artifact:p.r.{name}") is None

    @invariant()
    def all_see_the_same(self):
        """Both openings list what is bound, and every body is what was put in."""
        for store in getattr(self, "stores", ()):
            listed = {each.artifact_ref.rpartition(".")[2]: each for each in store.list_artifacts()}
            assert listed.keys() == self.bound.keys()
            for name, (content, taken) in self.bound.items():
                assert listed[name].content == taken
                if isinstance(content, bytes):
                    with store.open_body(listed[name].artifact_ref) as body:
                        assert body.read() == content
                else:
                    for path, data in content.items():
                        with store.open_member(listed[name].artifact_ref, path) as body:
                            assert body.read() == data


COMMON = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}


def check_histories(examples, steps):
    """Run the machine so often, with so many steps."""
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        ArtifactMachine, settings=settings(max_examples=examples, stateful_step_count=steps, **COMMON)
    )


def test_some_histories():
    """A few random histories end as the dictionary says."""
    check_histories(15, 15)


@pytest.mark.campaign
def test_many_histories():
    """Hundreds of longer ones."""
    check_histories(400, 40)
