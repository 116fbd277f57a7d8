"""The context models, in one place to import from; each lives in the module of its kind."""

from __future__ import annotations

from contexta.contract.fields import DEFAULT_CONTRACT_SCHEMA_VERSION
from contexta.contract.models.deployment import DeploymentExecution
from contexta.contract.models.environment import EnvironmentSnapshot
from contexta.contract.models.execution import BatchExecution, StageExecution
from contexta.contract.models.observation import OperationContext, SampleObservation
from contexta.contract.models.project import Project
from contexta.contract.models.run import Run
from contexta.contract.vocabularies import RUN_STAGE_STATUSES

__all__ = [
    "DEFAULT_CONTRACT_SCHEMA_VERSION",
    "RUN_STAGE_STATUSES",
    "BatchExecution",
    "DeploymentExecution",
    "EnvironmentSnapshot",
    "OperationContext",
    "Project",
    "Run",
    "SampleObservation",
    "StageExecution",
]
