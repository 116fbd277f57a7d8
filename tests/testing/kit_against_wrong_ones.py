"""Run by `test_wrong_plugins.py` in a pytest of its own: a contract class for each wrong plugin."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import wrong
import wrong_artifacts  # noqa: F401 - importing it registers
import wrong_findings  # noqa: F401 - importing it registers
import wrong_metadata  # noqa: F401 - importing it registers
import wrong_records  # noqa: F401 - importing it registers
import wrong_renderers  # noqa: F401 - importing it registers
import wrong_sinks  # noqa: F401 - importing it registers

from contexta import testing

if find_spec("contexta_web") is not None:
    # An extension is tried in a dashboard, and the kernel alone has none.
    import wrong_extensions  # noqa: F401 - importing it registers


def _pieces(case):
    """Give a contract what it asks for, with the wrong plugin in it."""
    plugin = case.plugin
    if case.contract == "SinkContract":
        return {
            "open_sink": lambda self, directory: plugin(),
            "arrivals": lambda self, sink: [entry.payload for entry in sink.entries],
        }
    if case.contract == "DiagnosticsCheckContract":
        return {"open_check": lambda self: plugin}
    if case.contract == "InterpreterContract":
        return {"word": "query", "open_service": lambda self, context: plugin(context.repository)}
    if case.contract == "ReportRendererContract":
        return {"open_renderer": lambda self: plugin()}
    if case.contract == "DashboardExtensionContract":
        return {
            "name": "acme_owners",
            "most_seconds": 0.5,
            "open_extension": lambda self, context: plugin(),
        }
    if case.contract == "SurfaceContract":
        return {"open_surface": lambda self: plugin}
    return {"open_store": lambda self, context: plugin(context)}


for _case in wrong.REGISTER:
    _name = f"Test_{_case.contract}_{_case.name}"
    globals()[_name] = type(
        _name, (getattr(testing, _case.contract),), {**_pieces(_case), "capabilities": _case.capabilities}
    )
