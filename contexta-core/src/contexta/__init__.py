"""Contexta: local-first observability for machine learning.

>>> from contexta import Contexta
"""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta._facade import Contexta as Contexta
    from contexta.errors import ContextaError as ContextaError
    from contexta.notebook import load_ipython_extension as load_ipython_extension

__version__ = "2.0.0"

__getattr__, __dir__, _names = attach_lazy(
    __name__,
    {
        "Contexta": "contexta._facade",
        "ContextaError": "contexta.errors",
        "load_ipython_extension": "contexta.notebook",
    },
)
__all__ = ["Contexta", "ContextaError", "__version__", "load_ipython_extension"]
