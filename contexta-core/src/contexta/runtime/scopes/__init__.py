"""Scopes: run, stage, batch, operation, sample and deployment, and what is captured in them."""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.runtime.scopes.base import BaseScope as BaseScope
    from contexta.runtime.scopes.batch import BatchScope as BatchScope
    from contexta.runtime.scopes.deployment import DeploymentScope as DeploymentScope
    from contexta.runtime.scopes.operation import OperationScope as OperationScope
    from contexta.runtime.scopes.run import RunScope as RunScope
    from contexta.runtime.scopes.sample import SampleScope as SampleScope
    from contexta.runtime.scopes.stage import StageScope as StageScope

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "BaseScope": "contexta.runtime.scopes.base",
        "BatchScope": "contexta.runtime.scopes.batch",
        "DeploymentScope": "contexta.runtime.scopes.deployment",
        "OperationScope": "contexta.runtime.scopes.operation",
        "RunScope": "contexta.runtime.scopes.run",
        "SampleScope": "contexta.runtime.scopes.sample",
        "StageScope": "contexta.runtime.scopes.stage",
    },
)
