"""What is replaced before the first write: secrets in names and values.

Nothing here knows a store or a sink; whatever hands data to one passes it through a :class:`Redactor` first.
"""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.redaction.markers import redaction_rules as redaction_rules
    from contexta.redaction.redactor import Redactor as Redactor

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {"Redactor": "contexta.redaction.redactor", "redaction_rules": "contexta.redaction.markers"},
)
