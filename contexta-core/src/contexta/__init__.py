"""Contexta: local-first observability for machine learning.

>>> from contexta import Contexta
"""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta._facade import Contexta as Contexta
    from contexta.errors import ContextaError as ContextaError

__version__ = "2.0.0"

__getattr__, __dir__, _names = attach_lazy(
    __name__, {"Contexta": "contexta._facade", "ContextaError": "contexta.errors"}
)
__all__ = ["Contexta", "ContextaError", "__version__"]
