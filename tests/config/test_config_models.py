"""The models: fields, order and defaults of the public page, and what a value may be."""

from __future__ import annotations

import dataclasses
import inspect
import pickle
import typing
from pathlib import Path

import pytest

from contexta.config import models
from contexta.config.rules import ChoiceRule
from contexta.config.section import rules_of
from contexta.errors import ConfigurationError

# Written down by hand from the public API page; `...` stands for "the section with its defaults".
PAGE = {
    "WorkspaceConfig": {
        "root_path": Path(".contexta"),
        "metadata_path": None,
        "records_path": None,
        "artifacts_path": None,
        "reports_path": None,
        "exports_path": None,
        "cache_path": None,
        "create_missing_dirs": True,
    },
    "ContractConfig": {
        "schema_version": "1.0.0",
        "validation_mode": "strict",
        "compatibility_mode": "strict",
        "deterministic_serialization": True,
    },
    "CaptureConfig": {
        "producer_ref": "sdk.python.local",
        "capture_environment_snapshot": True,
        "capture_installed_packages": True,
        "capture_code_revision": True,
        "capture_config_snapshot": True,
        "retry_attempts": 0,
        "retry_backoff_seconds": 0.0,
        "dispatch_failure_mode": "raise",
        "write_degraded_marker_on_partial_failure": True,
    },
    "MetadataStoreConfig": {
        "storage_adapter": "duckdb",
        "database_path": None,
        "auto_create": True,
        "read_only": False,
        "auto_migrate": False,
    },
    "RecordStoreConfig": {
        "root_path": None,
        "max_segment_bytes": 1_048_576,
        "durability_mode": "fsync",
        "layout_mode": "jsonl_segments",
        "layout_version": "1",
        "enable_indexes": True,
        "read_only": False,
    },
    "ArtifactStoreConfig": {
        "root_path": None,
        "default_ingest_mode": "copy",
        "verification_mode": "manifest_if_available",
        "create_missing_dirs": True,
        "layout_version": "v1",
        "chunk_size_bytes": 1_048_576,
        "read_only": False,
    },
    "ComparisonPolicy": {
        "metric_selection": "latest",
        "include_unchanged_metrics": False,
        "missing_stage_severity": "warning",
    },
    "DiagnosticsPolicy": {
        "require_metrics_for_completed_stages": True,
        "detect_degraded_records": True,
        "expected_terminal_stage_names": ("evaluate", "package"),
    },
    "ReportPolicy": {
        "include_completeness_notes": True,
        "include_lineage_summary": True,
        "include_evidence_summary": True,
    },
    "SearchPolicy": {
        "default_limit": 50,
        "text_match_fields": ("name", "tags", "status"),
        "case_sensitive": False,
    },
    "TrendPolicy": {"default_window_runs": 20, "metric_aggregation": "latest"},
    "AnomalyPolicy": {"z_score_threshold": 2.5, "min_baseline_runs": 3, "monitored_metrics": ()},
    "AlertPolicy": {"stop_on_first_trigger": False, "default_severity": "warning"},
    "InterpretationConfig": dict.fromkeys(
        ("comparison", "diagnostics", "reports", "search", "trend", "anomaly", "alert"), ...
    ),
    "RecoveryConfig": {
        "outbox_root": None,
        "backup_root": None,
        "restore_staging_root": None,
        "replay_mode_default": "tolerant",
        "require_plan_before_apply": True,
        "create_backup_before_restore": True,
    },
    "CLIConfig": {"default_output_format": "text", "verbosity": "normal", "color": True},
    "HTTPConfig": {"enabled": False, "host": "127.0.0.1", "port": 8765, "open_browser": False},
    "HTMLConfig": {"enabled": True, "inline_charts": True},
    "NotebookConfig": {"enabled": True},
    "ExportSurfaceConfig": {
        "csv_delimiter": ",",
        "html_inline_charts": True,
        "include_completeness_notes": True,
    },
    "SurfaceConfig": dict.fromkeys(("cli", "http", "html", "notebook", "export"), ...),
    "RetentionConfig": {
        "cache_ttl_days": 7,
        "report_ttl_days": None,
        "export_ttl_days": None,
        "artifact_retention_mode": "manual",
        "records_compaction_enabled": False,
    },
    "SecurityConfig": {
        "redaction_mode": "safe_default",
        "environment_variable_allowlist": (),
        "secret_key_patterns": ("token", "secret", "password", "passwd", "key"),
        "allow_unredacted_local_exports": False,
        "encryption_provider": None,
    },
    "UnifiedConfig": {
        "config_version": "1",
        "profile_name": "local",
        "project_name": "default",
        **dict.fromkeys(
            (
                "workspace",
                "contract",
                "capture",
                "metadata",
                "records",
                "artifacts",
                "interpretation",
                "recovery",
                "surfaces",
                "retention",
                "security",
            ),
            ...,
        ),
    },
}

# What 2.0 adds; it comes after the page's fields.
ADDED = {
    "CaptureConfig": {"sinks": ()},
    "MetadataStoreConfig": {"options": {}},
    "RecordStoreConfig": {"storage_adapter": "jsonl_segments", "options": {}},
    "ArtifactStoreConfig": {"storage_adapter": "files", "options": {}},
    "ComparisonPolicy": {"metric_directions": {}},
    "HTTPConfig": {"writable": False},
    "InterpretationConfig": {"services": {}, "lineage": ...},
    "DiagnosticsPolicy": {
        "disabled_checks": (),
        "stale_after_seconds": 3600.0,
        "curve_points": 10,
        "divergence_factor": 1.0,
        "plateau_points": 20,
        "plateau_tolerance": 0.01,
        "overfitting_gap": 0.1,
        "stall_factor": 10.0,
        "stall_seconds": 60.0,
        "duration_factor": 3.0,
        "duration_runs": 20,
        "artifact_verification": "presence",
    },
    "AnomalyPolicy": {"metric_aggregation": "latest"},
    "AlertPolicy": {"rules": ()},
    "SecurityConfig": {"encryption_options": {}},
    "UnifiedConfig": {"plugins": ...},
}

ALL_MODELS = [getattr(models, name) for name in models.__all__]
WITH_DEFAULTS = [kind for kind in ALL_MODELS if kind not in {models.AlertRuleConfig, models.SinkConfig}]


def _defaults(kind):
    return {
        field.name: ... if field.default_factory is not dataclasses.MISSING else field.default
        for field in dataclasses.fields(kind)
    }


@pytest.mark.parametrize("name", PAGE)
def test_fields_order_and_defaults_are_those_of_the_page(name):
    """Each model has the page's fields in the page's order with its defaults, and further ones only after them."""
    expected = {**PAGE[name], **ADDED.get(name, {})}
    assert list(expected.items()) == list(_defaults(getattr(models, name)).items())


@pytest.mark.parametrize("name", PAGE)
def test_constructor_parameters_are_positional_in_order(name):
    """A program may give the fields positionally, and sees them in the signature."""
    parameters = inspect.signature(getattr(models, name)).parameters.values()
    assert list(_defaults(getattr(models, name))) == [parameter.name for parameter in parameters]
    assert {inspect.Parameter.POSITIONAL_OR_KEYWORD} == {parameter.kind for parameter in parameters}


def test_there_are_the_pages_models_and_four_more():
    """The models are the page's 24 and those for sinks, plugins, lineage and alert rules."""
    assert {*PAGE, "SinkConfig", "PluginsConfig", "LineagePolicy", "AlertRuleConfig"} == set(models.__all__)


def test_new_sections_have_the_promised_fields():
    """A sink needs only its plugin's name; plugins are loaded, all allowed, and failures only warned about."""
    assert [
        "use",
        "id",
        "families",
        "required",
        "options",
        "close_timeout_seconds",
        "queue_capacity",
        "queue_deadline_seconds",
        "queue_when_full",
        "suspend_after_failures",
        "suspension_seconds",
    ] == list(_defaults(models.SinkConfig))
    assert {"autoload": True, "disabled": (), "allow": (), "on_error": "warn"} == _defaults(
        models.PluginsConfig
    )


@pytest.mark.parametrize("kind", WITH_DEFAULTS, ids=lambda kind: kind.__name__)
def test_models_are_frozen_slotted_dataclasses(kind):
    """A model cannot be changed, carries no dict, and works with the dataclasses module."""
    config = kind()
    field = dataclasses.fields(kind)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(config, field, None)
    assert not hasattr(config, "__dict__")
    assert config == dataclasses.replace(config)
    assert dataclasses.asdict(config).keys() == _defaults(kind).keys()


@pytest.mark.parametrize("kind", WITH_DEFAULTS, ids=lambda kind: kind.__name__)
def test_models_are_hashable_and_picklable(kind):
    """Equal models have one hash, and a pickled one comes back equal."""
    config = kind()
    assert config == pickle.loads(pickle.dumps(config))
    assert hash(config) == hash(kind())


def test_models_of_different_classes_are_never_equal():
    """Two sections with the same values but different meaning differ."""
    assert models.NotebookConfig() != models.HTMLConfig()
    assert models.ReportPolicy() != (True, True, True)


def test_repr_names_the_fields():
    """The text of a model is the expression that builds it."""
    expected = "HTTPConfig(enabled=False, host='127.0.0.1', port=8765, open_browser=False, writable=False)"
    assert expected == repr(models.HTTPConfig())


@pytest.mark.parametrize("kind", ALL_MODELS, ids=lambda kind: kind.__name__)
def test_type_hints_resolve_and_choices_agree_with_them(kind):
    """The annotations can be read at run time, and a Literal lists exactly what the field accepts."""
    hints = typing.get_type_hints(kind)
    for name, path, rule in rules_of(kind):
        if typing.get_origin(hints[name]) is typing.Literal and path != "records.layout_mode":
            assert isinstance(rule, ChoiceRule)
            assert typing.get_args(hints[name]) == rule.choices


@pytest.mark.parametrize("kind", ALL_MODELS, ids=lambda kind: kind.__name__)
def test_every_field_has_a_rule(kind):
    """No field escapes the checks."""
    assert [field.name for field in dataclasses.fields(kind)] == [name for name, _, _ in rules_of(kind)]


def _rule(**fields):
    """Return the fields of an alert rule with some of them replaced."""
    return {"metric_key": "loss", "operator": "gt", "threshold": -1.5} | fields


REFUSED = [
    (models.WorkspaceConfig, {"root_path": ""}, "workspace.root_path"),
    (models.WorkspaceConfig, {"root_path": None}, "workspace.root_path"),
    (models.WorkspaceConfig, {"root_path": "a\0b"}, "workspace.root_path"),
    (models.WorkspaceConfig, {"cache_path": 3}, "workspace.cache_path"),
    (models.WorkspaceConfig, {"create_missing_dirs": "yes"}, "workspace.create_missing_dirs"),
    (models.ContractConfig, {"validation_mode": "Strict"}, "contract.validation_mode"),
    (models.ContractConfig, {"schema_version": " "}, "contract.schema_version"),
    (models.CaptureConfig, {"retry_attempts": -1}, "capture.retry_attempts"),
    (models.CaptureConfig, {"retry_attempts": "3"}, "capture.retry_attempts"),
    (models.CaptureConfig, {"retry_attempts": True}, "capture.retry_attempts"),
    (models.CaptureConfig, {"retry_attempts": 1.0}, "capture.retry_attempts"),
    (models.CaptureConfig, {"retry_attempts": 2**63}, "capture.retry_attempts"),
    (models.CaptureConfig, {"retry_backoff_seconds": -0.5}, "capture.retry_backoff_seconds"),
    (models.CaptureConfig, {"retry_backoff_seconds": float("inf")}, "capture.retry_backoff_seconds"),
    (models.CaptureConfig, {"retry_backoff_seconds": 10**400}, "capture.retry_backoff_seconds"),
    (models.CaptureConfig, {"producer_ref": "a..b"}, "capture.producer_ref"),
    (models.CaptureConfig, {"sinks": "otel"}, "capture.sinks"),
    (models.CaptureConfig, {"sinks": [{"use": "otel"}]}, "capture.sinks[0]"),
    (models.MetadataStoreConfig, {"storage_adapter": ""}, "metadata.storage_adapter"),
    (models.MetadataStoreConfig, {"options": [1]}, "metadata.options"),
    (models.RecordStoreConfig, {"max_segment_bytes": 0}, "records.max_segment_bytes"),
    (models.RecordStoreConfig, {"durability_mode": "sometimes"}, "records.durability_mode"),
    (models.ArtifactStoreConfig, {"chunk_size_bytes": 0}, "artifacts.chunk_size_bytes"),
    (models.SearchPolicy, {"default_limit": 0}, "interpretation.search.default_limit"),
    (models.SearchPolicy, {"text_match_fields": "name"}, "interpretation.search.text_match_fields"),
    (models.SearchPolicy, {"text_match_fields": ["a", ""]}, "interpretation.search.text_match_fields[1]"),
    (models.TrendPolicy, {"default_window_runs": 0}, "interpretation.trend.default_window_runs"),
    (models.AnomalyPolicy, {"z_score_threshold": 0}, "interpretation.anomaly.z_score_threshold"),
    (models.AnomalyPolicy, {"z_score_threshold": float("nan")}, "interpretation.anomaly.z_score_threshold"),
    (models.AnomalyPolicy, {"min_baseline_runs": 0}, "interpretation.anomaly.min_baseline_runs"),
    (models.AlertPolicy, {"rules": {"metric_key": "loss"}}, "interpretation.alert.rules"),
    (models.AlertPolicy, {"rules": [{"metric_key": "loss"}]}, "interpretation.alert.rules[0]"),
    (models.AlertRuleConfig, _rule(operator=">"), "interpretation.alert.rules[].operator"),
    (models.AlertRuleConfig, _rule(threshold=float("inf")), "interpretation.alert.rules[].threshold"),
    (models.AlertRuleConfig, _rule(metric_key=" "), "interpretation.alert.rules[].metric_key"),
    (models.AlertRuleConfig, _rule(severity="bad"), "interpretation.alert.rules[].severity"),
    (models.InterpretationConfig, {"services": {"compare": 1}}, "interpretation.services.compare"),
    (models.InterpretationConfig, {"trend": {"default_window_runs": 1}}, "interpretation.trend"),
    (models.HTTPConfig, {"port": 65_536}, "surfaces.http.port"),
    (models.HTTPConfig, {"host": ""}, "surfaces.http.host"),
    (models.ExportSurfaceConfig, {"csv_delimiter": ",,"}, "surfaces.export.csv_delimiter"),
    (models.ExportSurfaceConfig, {"csv_delimiter": '"'}, "surfaces.export.csv_delimiter"),
    (models.RetentionConfig, {"cache_ttl_days": -1}, "retention.cache_ttl_days"),
    (models.SecurityConfig, {"encryption_provider": ""}, "security.encryption_provider"),
    (models.PluginsConfig, {"on_error": "panic"}, "plugins.on_error"),
    (models.UnifiedConfig, {"config_version": "2"}, "config_version"),
    (models.UnifiedConfig, {"config_version": ""}, "config_version"),
    (models.UnifiedConfig, {"profile_name": "prod"}, "profile_name"),
    (models.UnifiedConfig, {"project_name": "  "}, "project_name"),
    (models.UnifiedConfig, {"project_name": "x" * 257}, "project_name"),
    (models.UnifiedConfig, {"records": models.ArtifactStoreConfig()}, "records"),
]


@pytest.mark.parametrize(("kind", "values", "path"), REFUSED, ids=lambda value: str(value)[:60])
def test_bad_values_are_refused_with_the_fields_path(kind, values, path):
    """A constructor refuses a value out of range or of another type, and the text begins with the field's path."""
    with pytest.raises(ConfigurationError) as caught:
        kind(**values)
    assert "invalid_config_value" == caught.value.code
    assert str(caught.value).startswith(f"{path}: ")
    assert path == caught.value.details["path"]


ACCEPTED = [
    (models.HTTPConfig, "port", 0, 0),
    (models.HTTPConfig, "port", 65_535, 65_535),
    (models.ExportSurfaceConfig, "csv_delimiter", "\t", "\t"),
    (models.RetentionConfig, "cache_ttl_days", None, None),
    (models.RetentionConfig, "cache_ttl_days", 0, 0),
    (models.RecordStoreConfig, "max_segment_bytes", 1, 1),
    (models.RecordStoreConfig, "durability_mode", "interval", "interval"),
    (models.CaptureConfig, "retry_backoff_seconds", 1, 1.0),
    (models.SearchPolicy, "text_match_fields", ["name"], ("name",)),
    pytest.param(models.SecurityConfig, "environment_variable_allowlist", {"B", "A"}, ("A", "B"), id="a set"),
    (models.UnifiedConfig, "project_name", "My Project_2", "My Project_2"),
    (models.MetadataStoreConfig, "database_path", ":memory:", Path(":memory:")),
]


@pytest.mark.parametrize(("kind", "name", "given", "kept"), ACCEPTED, ids=lambda value: str(value)[:60])
def test_edge_values_are_accepted(kind, name, given, kept):
    """The bounds themselves, empty optional fields and looser containers are values; they are kept in one form."""
    value = getattr(kind(**{name: given}), name)
    assert kept == value
    assert type(kept) is type(value)


def test_a_misspelt_choice_is_met_with_the_right_one():
    """A word that is nearly one of the choices brings the suggestion."""
    with pytest.raises(ConfigurationError, match="did you mean 'fsync'"):
        models.RecordStoreConfig(durability_mode="fsynk")


def test_an_integer_type_of_another_library_is_accepted():
    """Whatever is an integer by Python's protocol (NumPy's, for one) is kept as a plain int."""

    class Count:
        def __index__(self):
            return 7

    assert 7 == models.SearchPolicy(default_limit=Count()).default_limit


def test_layout_mode_is_an_alias_of_the_storage_adapter():
    """The page's name for the record store's plugin works, and both read alike."""
    config = models.RecordStoreConfig(layout_mode="acme")
    assert ("acme", "acme") == (config.storage_adapter, config.layout_mode)
    assert "acme" == models.RecordStoreConfig(storage_adapter="acme").layout_mode


def test_the_alias_follows_a_replaced_adapter():
    """Replacing the adapter takes the alias along, back to the default too."""
    config = dataclasses.replace(models.RecordStoreConfig(layout_mode="acme"), storage_adapter="other")
    assert ("other", "other") == (config.storage_adapter, config.layout_mode)
    assert models.RecordStoreConfig() == dataclasses.replace(config, storage_adapter="jsonl_segments")


def test_alias_and_adapter_must_not_contradict():
    """Two different plugins under the two names are refused."""
    with pytest.raises(ConfigurationError, match=r"^records\.layout_mode: 'a' differs"):
        models.RecordStoreConfig(layout_mode="a", storage_adapter="b")
