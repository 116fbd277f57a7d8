"""The package: its public names, signatures, and what importing it costs."""

from __future__ import annotations

import inspect
import subprocess
import sys

import contexta.config
from contexta.config import models

VERSION_1_NAMES = """
load_config load_profile make_local_config make_test_config PROFILE_NAMES ProfileName ProfileOverlayName
PROFILE_OVERLAY_NAMES CANONICAL_ENV_PREFIX PROFILE_ENV_KEY PROFILE_OVERLAYS_ENV_KEY UnifiedConfig WorkspaceConfig
ContractConfig CaptureConfig MetadataStoreConfig RecordStoreConfig ArtifactStoreConfig InterpretationConfig
ComparisonPolicy DiagnosticsPolicy ReportPolicy SearchPolicy TrendPolicy AnomalyPolicy AlertPolicy RecoveryConfig
SurfaceConfig CLIConfig HTTPConfig HTMLConfig NotebookConfig ExportSurfaceConfig RetentionConfig SecurityConfig
apply_env_overrides build_schema_defaults build_unified_config replace_unified_config config_to_mapping
merge_config_patch
""".split()  # noqa: SIM905 - forty-one lines would say no more
ADDED_NAMES = {
    "AlertRuleConfig",
    "ConfigFileReport",
    "ConfigProblem",
    "ConfigSetting",
    "ConfigurationWarning",
    "LineagePolicy",
    "PluginsConfig",
    "ResolvedConfig",
    "SinkConfig",
    "check_config_file",
    "find_config_file",
    "list_settings",
    "resolve",
}


def test_the_names_of_version_1_are_there():
    """All 41 public names of version 1 are exported, and those that came since."""
    assert 41 == len(VERSION_1_NAMES)
    assert {*VERSION_1_NAMES, *ADDED_NAMES} == set(contexta.config.__all__)
    assert [] == [name for name in contexta.config.__all__ if not hasattr(contexta.config, name)]


def test_models_are_the_same_objects_in_both_places():
    """contexta.config.models and contexta.config offer the same classes."""
    for name in models.__all__:
        assert getattr(models, name) is getattr(contexta.config, name)


def test_constants_have_their_documented_values():
    """Profiles, overlays and the environment's keys are those that are documented."""
    assert ("local", "test") == contexta.config.PROFILE_NAMES
    assert ("debug", "ci", "readonly", "forensic") == contexta.config.PROFILE_OVERLAY_NAMES
    assert "CONTEXTA_" == contexta.config.CANONICAL_ENV_PREFIX
    assert "CONTEXTA_PROFILE" == contexta.config.PROFILE_ENV_KEY
    assert "CONTEXTA_PROFILE_OVERLAYS" == contexta.config.PROFILE_OVERLAYS_ENV_KEY


LOADER_PARAMETERS = {
    "overlays": None,
    "config_file": None,
    "config": None,
    "workspace": None,
    "project_name": None,
    "env": None,
    "use_env": True,
}


def _parameters(function):
    return [(item.name, item.default, item.kind) for item in inspect.signature(function).parameters.values()]


def test_signatures_are_those_of_the_page():
    """Names, order, kinds and defaults of the four loading functions are the page's."""
    keyword, positional = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    shared = [(name, default, keyword) for name, default in LOADER_PARAMETERS.items()]
    isolated = [*shared[:-1], ("use_env", False, keyword)]
    assert [("profile", None, keyword), *shared] == _parameters(contexta.config.load_config)
    assert shared == _parameters(contexta.config.make_local_config)
    assert isolated == _parameters(contexta.config.make_test_config)
    assert [
        ("name", inspect.Parameter.empty, positional),
        ("overlays", (), keyword),
        ("workspace", None, keyword),
        ("project_name", None, keyword),
    ] == _parameters(contexta.config.load_profile)


def test_the_default_configuration_loads_no_library():
    """Loading without a file imports no third-party package, no parser, and nothing that only errors need."""
    program = """
import sys
from contexta.config import load_config
load_config(env={"CONTEXTA_PROJECT_NAME": "x"})
unwanted = {"attr", "attrs", "cattrs", "msgspec", "pluggy", "yaml", "tomllib", "json", "difflib", "datetime",
            "importlib_metadata", "importlib.metadata"}
print(sorted(unwanted & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", _with_path(program)], capture_output=True, text=True, check=True
    )
    assert "[]" == done.stdout.strip()


def _with_path(program):
    """Run without site, as its .pth files may import anything; the path is handed over instead."""
    return f"import sys\nsys.path[:] = {sys.path!r}\n{program}"
