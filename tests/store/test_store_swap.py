"""One line of configuration swaps a store: tiny backends of this file in the place of the stock ones."""

from __future__ import annotations

import threading

import pytest

from contexta import Contexta
from contexta.contract.timestamps import instant
from contexta.errors import (
    ConfigurationError,
    MissingPluginError,
    PluginError,
    PluginLoadError,
)
from contexta.log.liveness import Liveness
from contexta.plugins import Provider, hookimpl
from contexta.spi.merge import document_of, merge_patch
from contexta.spi.metadata import Entity, EntityKind, EntityQuery, MetadataBackend
from contexta.spi.participation import fold_participations
from contexta.spi.records import RecordBackend, StoredFlatRecord


class TinyMetadata(MetadataBackend):
    """A metadata store that is a dictionary."""

    def __init__(self):
        self.states = {}
        self.claims = set()
        self.clock = 0
        self.closed = 0
        self.lock = threading.Lock()

    @property
    def writer(self):
        return "tiny"

    def claim_run(self, run_ref):
        with self.lock:
            is_free = run_ref not in self.claims
            self.claims.add(run_ref)
            return is_free

    def apply(self, mutations):
        with self.lock:
            for mutation in mutations:
                self.clock += 1
                state = self.states.setdefault((mutation.kind, mutation.ref), {})
                merge_patch(state, f"{self.clock:020}", mutation.fields)

    def get(self, kind, ref):
        state = self.states.get((kind, ref))
        if state is None:
            return None
        return Entity(kind, ref, fold_participations(document_of(state), lambda _: Liveness.ALIVE))

    def find(self, query):
        found = [self.get(kind, ref) for kind, ref in self.states if kind == query.kind]
        found = [each for each in found if self.matches(each, query)]
        found.sort(key=lambda each: each.ref)
        if query.order_by != "ref":
            is_time = query.order_by.endswith("_at")
            with_it = [each for each in found if each.document.get(query.order_by) is not None]
            with_it.sort(
                key=lambda each: (
                    instant(each.document[query.order_by]) if is_time else each.document[query.order_by]
                ),
                reverse=query.descending,
            )
            found = with_it + [each for each in found if each.document.get(query.order_by) is None]
        end = None if query.limit is None else query.offset + query.limit
        return found[query.offset : end]

    @staticmethod
    def matches(entity, query):
        document = entity.document
        started = document.get("started_at")
        return (
            (query.refs is None or entity.ref in query.refs)
            and all(document.get(name) == value for name, value in query.fields.items())
            and all((document.get("tags") or {}).get(name) == value for name, value in query.tags.items())
            and query.status in {None, document.get("status")}
            and (query.started_after is None or instant(started) >= instant(query.started_after))
            and (query.started_before is None or instant(started) <= instant(query.started_before))
        )

    def check_integrity(self, *, full=True):
        return []

    def close(self):
        self.closed += 1


class TinyRecords(RecordBackend):
    """A record store that is a list, without any fast path."""

    def __init__(self):
        self.records = []

    def append(self, records):
        start = len(self.records)
        self.records.extend(records)
        return [StoredFlatRecord(each, "list", start + place) for place, each in enumerate(records)]

    def scan(self, scan_filter=None):
        for place, record in enumerate(list(self.records)):
            if scan_filter is None or scan_filter.matches(record):
                yield StoredFlatRecord(record, "list", place)

    def check_integrity(self):
        return []

    def close(self):
        pass


class TinyPlugin:
    """Offers the stores of this file, and some that do not work."""

    def __init__(self):
        self.metadata = TinyMetadata()
        self.records = TinyRecords()
        self.contexts = []

    def give(self, backend):
        def factory(context, options):
            self.contexts.append(context)
            return backend

        return factory

    @hookimpl
    def contexta_metadata_stores(self):
        def explode(context, options):
            raise RuntimeError("no server")

        return [
            Provider("tiny", self.give(self.metadata)),
            Provider("exploding", explode),
            Provider("wrong", self.give(object())),
        ]

    @hookimpl
    def contexta_record_stores(self):
        return [Provider("tiny", self.give(self.records))]


@pytest.fixture
def plugin():
    """Make the plugin with empty stores."""
    return TinyPlugin()


@pytest.fixture
def opened(tmp_path, plugin):
    """Open a workspace whose stores the plugin provides."""
    made = []

    def open_workspace(**config):
        ctx = Contexta(workspace=str(tmp_path / "ws"), config=config, plugins=[plugin])
        made.append(ctx)
        return ctx

    yield open_workspace
    for ctx in made:
        ctx.close()


SWAPS = {
    "stock": {},
    "metadata": {"metadata": {"storage_adapter": "tiny"}},
    "records": {"records": {"storage_adapter": "tiny"}},
    "both": {"metadata": {"storage_adapter": "tiny"}, "records": {"storage_adapter": "tiny"}},
}


@pytest.mark.parametrize("swap", SWAPS)
def test_the_same_work_on_every_backend(opened, tmp_path, plugin, swap):
    """Capture, query and comparison give the same answers whichever backend one line of configuration names."""
    ctx = opened(**SWAPS[swap])
    for name, loss in (("one", 1.0), ("two", 0.5)):
        with ctx.run(name, tags={"kind": "test"}, metadata={"n": 1}) as run:
            run.params(lr=loss)
            with run.stage("fit") as stage:
                stage.metric("loss", loss, step=1)
                stage.emit_metrics([{"key": "loss", "value": loss / 2, "step": 2}])
            run.event("done", message="m")
    assert ctx.list_projects() == ("default",)
    assert {each.name: each.status for each in ctx.list_runs(tags={"kind": "test"})} == {
        "one": "completed",
        "two": "completed",
    }
    assert [each.name for each in ctx.list_runs(sort_by="name", sort_desc=False, limit=1)] == ["one"]
    series = ctx.get_step_series("run:default.two", "loss")
    assert [(each.step, each.value) for each in series.points] == [(1, 0.5), (2, 0.25)]
    best = ctx.select_best_run(["run:default.one", "run:default.two"], "loss", higher_is_better=False)
    assert str(best).endswith("two")
    assert [each.name for each in ctx.get_run_snapshot("one").stages] == ["fit"]
    uses_metadata = bool(plugin.metadata.states)
    assert uses_metadata is (swap in {"metadata", "both"})
    assert (len(plugin.records.records) == 6) is (swap in {"records", "both"})
    assert (tmp_path / "ws" / "metadata").exists() is (swap in {"stock", "records"})
    assert (tmp_path / "ws" / "records").exists() is (swap in {"stock", "metadata"})


def test_a_backend_is_told_where_it_is(opened, tmp_path, plugin):
    """The factory gets the plane's root, the workspace and the durability, and the store is closed once."""
    ctx = opened(
        metadata={"storage_adapter": "tiny"}, records={"storage_adapter": "tiny", "durability_mode": "flush"}
    )
    with ctx.run("r") as run:
        run.metric("loss", 1.0)
    ctx.close()
    ctx.close()
    roots = {(each.root, each.workspace, each.durability) for each in plugin.contexts}
    workspace = tmp_path / "ws"
    assert roots == {
        (workspace / "metadata", workspace, "flush"),
        (workspace / "records", workspace, "flush"),
    }
    assert plugin.metadata.closed == 1


def test_a_name_that_nobody_offers_is_a_clear_error(opened):
    """The error names the word, where it was configured and what there is instead; no store stands in for it."""
    ctx = opened(metadata={"storage_adapter": "duckbd"})
    with pytest.raises(MissingPluginError) as caught:
        ctx.run("r")
    assert caught.value.code == "plugin_missing"
    assert "duckbd" in str(caught.value)
    assert "metadata.storage_adapter" in str(caught.value)
    assert "duckdb" in str(caught.value)


@pytest.mark.parametrize(("word", "kind"), [("exploding", PluginError), ("wrong", PluginLoadError)])
def test_a_backend_that_fails_is_a_clear_error(opened, word, kind):
    """A factory that raises, or gives something else, is the plugin's fault and says so."""
    ctx = opened(metadata={"storage_adapter": word})
    with pytest.raises(kind) as caught:
        ctx.run("r")
    assert word in str(caught.value)
    assert ctx.current_run() is None


def test_an_option_that_nobody_knows_is_a_clear_error(opened):
    """A typo in the options of a store names the option."""
    ctx = opened(metadata={"storage_adapter": "tiny", "options": {"jurnal_mode": "wal"}})
    with pytest.raises(ConfigurationError, match="jurnal_mode"):
        ctx.run("r")


def test_a_store_that_fails_at_closing_does_not_keep_the_others_open(opened, plugin):
    """Each store is closed, whatever the others raise."""
    ctx = opened(metadata={"storage_adapter": "tiny"}, records={"storage_adapter": "tiny"})
    with ctx.run("r") as run:
        run.metric("loss", 1.0)
    closed = []
    plugin.records.close = lambda: closed.append("records")

    def fail():
        closed.append("metadata")
        raise RuntimeError("cannot close")

    plugin.metadata.close = fail
    with pytest.raises(RuntimeError, match="cannot close"):
        ctx.close()
    assert sorted(closed) == ["metadata", "records"]
    ctx.close()


def test_queries_of_the_tiny_store(opened, plugin):
    """The tiny store itself keeps to the SPI where the tests above need it: order and limits."""
    ctx = opened(metadata={"storage_adapter": "tiny"}, records={"storage_adapter": "tiny"})
    for name in ("b", "a", "c"):
        with ctx.run(name):
            pass
    query = EntityQuery(EntityKind.RUN, order_by="name", descending=True, limit=2)
    assert [each.document["name"] for each in plugin.metadata.find(query)] == ["c", "b"]
