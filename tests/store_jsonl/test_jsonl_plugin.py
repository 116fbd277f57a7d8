"""What the distribution offers to the plugin host."""

from __future__ import annotations

import subprocess
import sys

from contexta.spi.context import OpenContext
from contexta_store_jsonl.backend import JsonlRecordBackend
from contexta_store_jsonl.plugin import contexta_record_stores


def test_the_provider_opens_the_store(tmp_path) -> None:
    """The word of the configuration leads to a store with the abilities that the descriptor names."""
    (provider,) = contexta_record_stores()
    assert provider.name == "jsonl_segments"
    store = provider.create(OpenContext(root=tmp_path))
    assert isinstance(store, JsonlRecordBackend)
    assert store.capabilities == provider.capabilities


def test_listing_the_plugin_loads_none_of_its_machinery() -> None:
    """Describing the plugin imports neither the store nor the codec."""
    program = (
        "import sys; import contexta_store_jsonl.plugin as plugin; plugin.contexta_record_stores();"
        "print(sorted({'msgspec', 'contexta_store_jsonl.backend', 'contexta.log.writer'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
