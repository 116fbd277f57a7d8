"""Options and sinks: whatever a plugin accepts, immutable, hashable and picklable."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contexta.config import CaptureConfig, MetadataStoreConfig, SinkConfig, UnifiedConfig, load_config
from contexta.errors import ConfigurationError

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
KEYS = st.text(min_size=1).filter(str.strip)
OPTIONS = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@given(OPTIONS)
def test_options_come_back_as_they_were_given(options):
    """Freezing loses nothing: thawed, copied or pickled they are what was given, and hashable meanwhile."""
    frozen = MetadataStoreConfig(options=options).options
    assert options == frozen.to_dict()
    assert frozen == pickle.loads(pickle.dumps(frozen)) == copy.deepcopy(frozen)
    assert hash(frozen) == hash(MetadataStoreConfig(options=copy.deepcopy(options)).options)


def test_options_do_not_change_with_their_source():
    """A change to what was given does not reach the configuration, at any depth."""
    given_options = {"a": {"b": [1]}}
    config = MetadataStoreConfig(options=given_options)
    given_options["a"]["b"].append(2)
    assert {"a": {"b": [1]}} == config.options.to_dict()


def test_options_cannot_be_changed():
    """Options are read-only at every depth."""
    options = MetadataStoreConfig(options={"a": {"b": 1}}).options
    with pytest.raises(TypeError):
        options["x"] = 1
    with pytest.raises(TypeError):
        options["a"]["b"] = 2


def test_configurations_with_options_are_hashable():
    """Options do not cost the whole configuration its hash."""
    config = UnifiedConfig(metadata=MetadataStoreConfig(options={"a": [1, {"b": None}]}))
    assert hash(config) == hash(dataclasses.replace(config))
    assert config == pickle.loads(pickle.dumps(config))


def test_secrets_in_options_are_not_printed():
    """A printed configuration does not show passwords, at any depth."""
    config = MetadataStoreConfig(options={"password": "hunter2", "tls": {"api_key": "hunter2"}, "user": "me"})
    assert "hunter2" not in repr(config)
    assert "'me'" in repr(config)
    assert "hunter2" == config.options["password"]


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"a": object()}, "metadata.options.a"),
        ({"a": [1, {2}]}, "metadata.options.a[1]"),
        ({"a": b"x"}, "metadata.options.a"),
        ({"a": float("nan")}, "metadata.options.a"),
        ({1: 2}, "metadata.options"),
        ({"": 2}, "metadata.options"),
    ],
)
def test_options_are_plain_data(options, path):
    """What could not be written down, hashed or sent to another process is refused, with its place."""
    with pytest.raises(ConfigurationError) as caught:
        MetadataStoreConfig(options=options)
    assert path == caught.value.details["path"]


def test_endless_options_are_refused():
    """Options that contain themselves end in an error, not in a crash."""
    options = {}
    options["self"] = options
    with pytest.raises(ConfigurationError, match="too deep or too many"):
        MetadataStoreConfig(options=options)


def test_a_sinks_id_follows_its_use():
    """Without an id a sink is called by its plugin, also after a replacement; a given id stays."""
    assert "otel" == SinkConfig("otel").id
    assert "stdout" == dataclasses.replace(SinkConfig("otel"), use="stdout").id
    assert "mine" == dataclasses.replace(SinkConfig("otel", id="mine"), use="stdout").id


def test_sink_ids_are_unique():
    """Two sinks of one plugin need ids of their own."""
    with pytest.raises(
        ConfigurationError, match=r"^capture\.sinks\[1\]\.id: 'otel' is already the id of sink 0"
    ):
        CaptureConfig(sinks=[SinkConfig("otel"), SinkConfig("otel")])
    sinks = CaptureConfig(sinks=[SinkConfig("otel"), SinkConfig("otel", id="b")]).sinks
    assert ("otel", "b") == tuple(sink.id for sink in sinks)


def test_sinks_keep_their_order_and_forms():
    """In a mapping a sink is a mapping, a model, or just a name; the list's order is kept."""
    patch = {"capture": {"sinks": ["b", {"use": "a", "families": "record,payload"}, SinkConfig("c")]}}
    sinks = load_config(config=patch, env={}).capture.sinks
    assert ["b", "a", "c"] == [sink.use for sink in sinks]
    assert ("record", "payload") == sinks[1].families


@pytest.mark.parametrize(
    ("sink", "code", "path"),
    [
        ({"use": "a", "requird": True}, "unknown_config_field", "capture.sinks[0].requird"),
        ({}, "missing_config_field", "capture.sinks[0].use"),
        ({"use": ""}, "invalid_config_value", "capture.sinks[0].use"),
        (3, "invalid_config_value", "capture.sinks[0]"),
        ({"use": "a", "options": {"x": object()}}, "invalid_config_value", "capture.sinks[0].options.x"),
    ],
)
def test_bad_sinks_are_refused_with_their_place(sink, code, path):
    """A sink's mistake is located by its index and key."""
    with pytest.raises(ConfigurationError) as caught:
        load_config(config={"capture": {"sinks": [sink]}}, env={})
    assert (code, path) == (caught.value.code, caught.value.details["path"])
