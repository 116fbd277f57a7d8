"""What importing the contract costs: the capture path pays for no model."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("attrs", "attr", "msgspec", "dataclasses", "json", "inspect")


def loaded_by(statement):
    """Return the heavy modules that a fresh interpreter has loaded after a statement."""
    program = f"import sys; {statement}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def baseline():
    """Give what the interpreter loads by itself (editable installs bring some)."""
    return loaded_by("pass")


@pytest.mark.parametrize(
    "module",
    [
        "refs",
        "vocabularies",
        "timestamps",
        "patterns",
        "text",
        "json_values",
    ],
)
def test_the_capture_path_needs_no_models(module, baseline):
    """Refs, words, times, patterns, text and JSON values load neither attrs nor msgspec."""
    assert loaded_by(f"import contexta.contract.{module}") <= baseline


def test_the_package_itself_loads_nothing(baseline):
    """Naming a ref through the package loads its module only."""
    assert loaded_by("from contexta.contract import StableRef, EVENT_LEVELS, utc_now_text") <= baseline


@pytest.mark.parametrize(
    "statement",
    [
        "from contexta.contract.refs import StableRef, CORE_STABLE_REF_KINDS, STABLE_REF_FIELD_KIND_MAP",
        "from contexta.contract.models.context import Project, Run, RUN_STAGE_STATUSES",
        "from contexta.contract.models.records import MetricRecord, EVENT_LEVELS, PRODUCER_REF_PATTERN",
        "from contexta.contract.models.artifacts import ArtifactManifest, ARTIFACT_KINDS",
        "from contexta.contract.models.lineage import LineageEdge, RELATION_TYPES, ASSERTION_MODES",
        "from contexta.contract.models import Run, DEFAULT_CONTRACT_SCHEMA_VERSION, RECORD_TYPES",
        "from contexta.contract.serialization import to_json, deserialize_run",
        "from contexta.contract.extensions import ExtensionFieldSet, MAX_EXTENSION_NAMESPACE_LENGTH",
        "from contexta.contract.registry import ExtensionRegistry, ExtensionRegistryEntry, OWNER_SLUG_PATTERN",
        "from contexta.contract.registry import EXTENSION_OWNERSHIP_CLASSES, EXTENSION_TARGET_MODELS",
        "from contexta.contract.registry import REGISTRY_STATUS_PATTERN, RESERVED_NAMESPACE_SEGMENTS",
        "from contexta.contract.validation import ValidationReport, validate_run, VALIDATION_SEVERITIES",
        "from contexta.contract.validation.report import ValidationIssue, VALIDATION_SEVERITIES",
        "from contexta.contract.vocabularies import *",
    ],
)
def test_documented_import_paths_exist(statement):
    """Programs import from these modules."""
    exec(statement, {})
