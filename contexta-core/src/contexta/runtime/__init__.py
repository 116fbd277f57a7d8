"""The runtime: sessions and scopes, the identity of runs, and what is known of their surroundings."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.runtime.scopes.base import BaseScope as BaseScope
    from contexta.runtime.session import RuntimeSession as RuntimeSession

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {"BaseScope": "contexta.runtime.scopes.base", "RuntimeSession": "contexta.runtime.session"},
)
