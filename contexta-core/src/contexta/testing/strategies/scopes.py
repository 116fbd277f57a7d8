"""Strategies for the models of the scopes: project, run, stage, batch, sample, operation and their surroundings."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

from contexta.contract.models.context import (
    BatchExecution,
    DeploymentExecution,
    EnvironmentSnapshot,
    OperationContext,
    Project,
    Run,
    SampleObservation,
    StageExecution,
)
from contexta.contract.refs import StableRef
from contexta.contract.timestamps import text_from_ns
from contexta.contract.vocabularies import RUN_STAGE_STATUSES
from contexta.testing.strategies.values import (
    components,
    extensions,
    instants,
    json_mappings,
    string_mappings,
    texts,
    timestamps,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = [
    "Scope",
    "batch_executions",
    "deployment_executions",
    "environment_snapshots",
    "operation_contexts",
    "projects",
    "runs",
    "sample_observations",
    "scopes",
    "stage_executions",
    "time_spans",
]

_ORDER = st.none() | st.integers(0, 2**63 - 1)


class Scope(NamedTuple):
    """Where something happened: a run, and the deployment, stage, batch, sample and operation it happened in."""

    run: StableRef
    deployment: StableRef | None
    stage: StableRef | None
    batch: StableRef | None
    sample: StableRef | None
    operation: StableRef | None

    def fields(self) -> dict[str, Any]:
        """Return the scope as the fields of a record's envelope or of an artifact manifest."""
        return {
            "run_ref": self.run,
            "deployment_execution_ref": self.deployment,
            "stage_execution_ref": self.stage,
            "batch_execution_ref": self.batch,
            "sample_observation_ref": self.sample,
            "operation_context_ref": self.operation,
        }


@cache
@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    """Generate scopes in which every ref lies under the one around it."""
    project, run = draw(components()), draw(components())
    stage = draw(st.none() | components())
    batch = None if stage is None else draw(st.none() | components())
    run_ref = StableRef.run(project, run)
    deployment = draw(st.none() | components().map(lambda name: StableRef.deployment(project, name)))
    if stage is None:
        return Scope(run_ref, deployment, None, None, None, None)
    named = st.none() | components()
    sample, operation = draw(named), draw(named)
    return Scope(
        run_ref,
        deployment,
        StableRef.stage(project, run, stage),
        None if batch is None else StableRef.batch(project, run, stage, batch),
        None if sample is None else StableRef.sample(project, run, stage, sample, batch=batch),
        None if operation is None else StableRef.op(project, run, stage, operation, batch=batch),
    )


@cache
@st.composite
def time_spans(draw: st.DrawFn) -> tuple[str, str]:
    """Generate two times of which the second is not before the first."""
    first, second = sorted((draw(instants()), draw(instants())))
    return text_from_ns(first), text_from_ns(second)


@cache
@st.composite
def _lifecycles(draw: st.DrawFn) -> dict[str, Any]:
    """Generate status, start and end."""
    started, ended = draw(time_spans())
    status = draw(st.sampled_from(RUN_STAGE_STATUSES))
    return {"status": status, "started_at": started, "ended_at": None if status == "open" else ended}


@cache
def projects() -> SearchStrategy[Project]:
    """Generate projects."""
    return st.builds(
        Project,
        components().map(StableRef.project),
        texts(),
        timestamps(),
        description=st.none() | texts(),
        tags=string_mappings(),
        extensions=extensions(),
    )


@cache
@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Generate runs, open and closed."""
    project, name = draw(components()), draw(components())
    return Run(
        StableRef.run(project, name),
        StableRef.project(project),
        draw(texts()),
        **draw(_lifecycles()),
        description=draw(st.none() | texts()),
        extensions=draw(extensions()),
        tags=draw(string_mappings()),
        metadata=draw(json_mappings()),
        dataset_ref=draw(st.none() | texts()),
        code_revision=draw(st.none() | texts()),
        config_snapshot_ref=draw(st.none() | st.just(StableRef.artifact(project, name, "config"))),
        parameters=draw(json_mappings()),
    )


@cache
@st.composite
def deployment_executions(draw: st.DrawFn) -> DeploymentExecution:
    """Generate deployments, with and without a run."""
    project, name, run = draw(components()), draw(components()), draw(components())
    with_run = draw(st.booleans())
    return DeploymentExecution(
        StableRef.deployment(project, name),
        StableRef.project(project),
        name,
        **draw(_lifecycles()),
        order_index=draw(_ORDER),
        run_ref=StableRef.run(project, run) if with_run else None,
        artifact_ref=draw(st.none() | st.just(StableRef.artifact(project, run, "model"))),
        environment_snapshot_ref=draw(st.none() | st.just(StableRef.environment(project, run, "env"))),
        extensions=draw(extensions()),
    )


@cache
@st.composite
def stage_executions(draw: st.DrawFn) -> StageExecution:
    """Generate stages."""
    project, run, name = draw(components()), draw(components()), draw(components())
    return StageExecution(
        StableRef.stage(project, run, name),
        StableRef.run(project, run),
        name,
        **draw(_lifecycles()),
        order_index=draw(_ORDER),
        extensions=draw(extensions()),
    )


@cache
@st.composite
def batch_executions(draw: st.DrawFn) -> BatchExecution:
    """Generate batches."""
    project, run, stage, name = (draw(components()) for _ in range(4))
    return BatchExecution(
        StableRef.batch(project, run, stage, name),
        StableRef.run(project, run),
        StableRef.stage(project, run, stage),
        name,
        **draw(_lifecycles()),
        order_index=draw(_ORDER),
        extensions=draw(extensions()),
    )


@cache
@st.composite
def sample_observations(draw: st.DrawFn) -> SampleObservation:
    """Generate samples, of a stage or of a batch."""
    project, run, stage, name = (draw(components()) for _ in range(4))
    batch = draw(st.none() | components())
    return SampleObservation(
        StableRef.sample(project, run, stage, name, batch=batch),
        StableRef.run(project, run),
        StableRef.stage(project, run, stage),
        name,
        draw(timestamps()),
        None if batch is None else StableRef.batch(project, run, stage, batch),
        draw(st.none() | texts()),
        draw(st.none() | texts()),
        extensions=draw(extensions()),
    )


@cache
@st.composite
def operation_contexts(draw: st.DrawFn) -> OperationContext:
    """Generate operations, of a stage or of a batch."""
    project, run, stage, name = (draw(components()) for _ in range(4))
    batch = draw(st.none() | components())
    return OperationContext(
        StableRef.op(project, run, stage, name, batch=batch),
        StableRef.run(project, run),
        StableRef.stage(project, run, stage),
        name,
        draw(timestamps()),
        None if batch is None else StableRef.batch(project, run, stage, batch),
        extensions=draw(extensions()),
    )


@cache
@st.composite
def environment_snapshots(draw: st.DrawFn) -> EnvironmentSnapshot:
    """Generate environment snapshots."""
    project, run, name = draw(components()), draw(components()), draw(components())
    return EnvironmentSnapshot(
        StableRef.environment(project, run, name),
        StableRef.run(project, run),
        draw(timestamps()),
        draw(texts()),
        draw(texts()),
        draw(string_mappings()),
        draw(string_mappings()),
        extensions=draw(extensions()),
    )
