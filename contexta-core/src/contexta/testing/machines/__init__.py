"""State machines of Hypothesis: a plugin, used at random, against a model in memory."""

from contexta._lazy import attach_lazy
from contexta.errors import DependencyError

try:
    import hypothesis  # noqa: F401 - only to see whether it is there
    import pytest
except ImportError as error:
    raise DependencyError(
        "The state machines of contexta.testing are tests of Hypothesis under pytest: install Contexta with its extra"
        " 'testing'.",
        details={"package": "hypothesis", "extra": "testing"},
        cause=error,
    ) from error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.testing.machines.metadata import MetadataStoreMachine as MetadataStoreMachine
    from contexta.testing.machines.metadata_model import MetadataModel as MetadataModel

_EXPORTS = {
    "MetadataModel": "contexta.testing.machines.metadata_model",
    "MetadataStoreMachine": "contexta.testing.machines.metadata",
}
# Before it is imported: only then does a failing assertion show its values.
pytest.register_assert_rewrite("contexta.testing.machines.metadata")

__getattr__, __dir__, __all__ = attach_lazy(__name__, _EXPORTS)
