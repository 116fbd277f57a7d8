"""What comparisons answer with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contexta.spi.freezing import freeze_fields
from contexta.spi.presentation import Presented
from contexta.spi.rendering import Rendered

if TYPE_CHECKING:
    from contexta.spi.reports import ReportDocument
    from contexta.spi.views import CompletenessNote, EvidenceLink, ProvenanceView

__all__ = [
    "ArtifactChange",
    "ArtifactKindCountRow",
    "MetricDelta",
    "MultiRunComparison",
    "MultiRunMetricRow",
    "ProvenanceComparison",
    "ReportComparison",
    "RunComparison",
    "SectionDiff",
    "StageComparison",
    "ValueChange",
]


@dataclass(frozen=True, slots=True)
class MetricDelta:
    """The difference of one metric between two runs.

    Args:
        metric_key: The metric's key.
        left_value: Its value on the left, or None where it is missing.
        right_value: Its value on the right, or None where it is missing.
        delta: Right minus left, or None.
        change_ratio: Right divided by left; None where the left is 0 or a side is missing.
        stage_name: Name of its stage, or None for a metric of the run itself.
        evidence_links: Where the values come from.
        completeness_notes: What is missing.
        higher_is_better: Whether the greater value is the better one, as declared, configured or told by the key;
            None where nothing tells.
        improved: Whether the right is better than the left; None where they are equal, one is missing, or nothing
            tells which is better.
    """

    metric_key: str
    left_value: float | None
    right_value: float | None
    delta: float | None
    change_ratio: float | None
    stage_name: str | None
    evidence_links: tuple[EvidenceLink, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()
    higher_is_better: bool | None = None
    improved: bool | None = None

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("evidence_links", "completeness_notes"))


@dataclass(frozen=True, slots=True)
class ArtifactChange:
    """A difference between the artifacts of one kind.

    Args:
        artifact_kind: The kind.
        left_ref: The artifact on the left, or None.
        right_ref: The artifact on the right, or None.
        change: ``added``, ``removed``, ``changed`` or ``ambiguous``.
        evidence_links: The artifacts that it is about.
        change_detail: What exactly differs.
    """

    artifact_kind: str
    left_ref: str | None
    right_ref: str | None
    change: str
    evidence_links: tuple[EvidenceLink, ...] = ()
    change_detail: str | None = None

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("evidence_links",))


@dataclass(frozen=True, slots=True)
class StageComparison:
    """The differences of one stage between two runs.

    Args:
        stage_name: Name of the stage; None for the row of the runs' own metrics.
        left_stage_id: The stage on the left, or None.
        right_stage_id: The stage on the right, or None.
        left_status: Its status on the left, or None.
        right_status: Its status on the right, or None.
        metric_deltas: Differences of its metrics, by key.
        completeness_notes: What is missing.
        evidence_links: The stages that it is about.
    """

    stage_name: str | None
    left_stage_id: str | None
    right_stage_id: str | None
    left_status: str | None
    right_status: str | None
    metric_deltas: tuple[MetricDelta, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()
    evidence_links: tuple[EvidenceLink, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("metric_deltas", "completeness_notes", "evidence_links"))


@dataclass(frozen=True, slots=True)
class ProvenanceComparison:
    """Whether what two runs were made from differs; a side that was not captured never counts as changed.

    Args:
        code_revision_changed: Whether the revision, or what was changed beside it, differs.
        config_hash_changed: Whether the configuration differs.
        environment_changed: Whether Python, platform, packages or variables differ.
        dataset_refs_changed: Whether the primary dataset differs.
        left_provenance: Provenance of the left run, or None.
        right_provenance: Provenance of the right run, or None.
    """

    code_revision_changed: bool
    config_hash_changed: bool
    environment_changed: bool
    dataset_refs_changed: bool
    left_provenance: ProvenanceView | None
    right_provenance: ProvenanceView | None


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A difference of one named value.

    Args:
        key: Its dotted name.
        left_value: Its value on the left, or None where it is missing.
        right_value: Its value on the right, or None where it is missing.
        change: ``added``, ``removed`` or ``changed``.
    """

    key: str
    left_value: Any
    right_value: Any
    change: str


@dataclass(frozen=True, slots=True)
class RunComparison(Presented):
    """The differences between two runs.

    Args:
        left_run_id: The run on the left.
        right_run_id: The run on the right.
        summary: The whole in one sentence.
        stage_comparisons: One row for the runs themselves, if they have metrics of their own, then one for each stage.
        artifact_changes: Differences of the artifacts, by kind.
        completeness_notes: What is missing.
        evidence_links: What the comparison rests on.
        provenance_comparison: Whether what they were made from differs; None where neither run tells.
        parameter_changes: Differences of the parameters, by name.
        environment_changes: Differences of Python, platform, hardware, packages, variables and code, by dotted name.
        configuration_changes: Differences of the captured configuration, by dotted name.
        source_changes: Differences of what the caller named: ``code_revision`` and ``dataset_ref``.
    """

    left_run_id: str
    right_run_id: str
    summary: str
    stage_comparisons: tuple[StageComparison, ...] = ()
    artifact_changes: tuple[ArtifactChange, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()
    evidence_links: tuple[EvidenceLink, ...] = ()
    provenance_comparison: ProvenanceComparison | None = None
    parameter_changes: tuple[ValueChange, ...] = ()
    environment_changes: tuple[ValueChange, ...] = ()
    configuration_changes: tuple[ValueChange, ...] = ()
    source_changes: tuple[ValueChange, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(
            self,
            sequences=(
                "stage_comparisons",
                "artifact_changes",
                "completeness_notes",
                "evidence_links",
                "parameter_changes",
                "environment_changes",
                "configuration_changes",
                "source_changes",
            ),
        )


@dataclass(frozen=True, slots=True)
class MultiRunMetricRow:
    """One metric over several runs.

    Args:
        metric_key: The metric's key.
        stage_name: Name of its stage, or None for a metric of the runs themselves.
        values: One value for each run, None where it is missing.
        best_run_id: The run with the best value, in the metric's direction; of equal ones the first listed.
        higher_is_better: Whether the greater value counted as the better one.
    """

    metric_key: str
    stage_name: str | None
    values: tuple[float | None, ...]
    best_run_id: str | None = None
    higher_is_better: bool = True

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("values",))


@dataclass(frozen=True, slots=True)
class ArtifactKindCountRow:
    """How many artifacts of one kind each run has.

    Args:
        artifact_kind: The kind.
        counts: One number for each run.
    """

    artifact_kind: str
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("counts",))


@dataclass(frozen=True, slots=True)
class MultiRunComparison(Presented):
    """Several runs side by side.

    Args:
        run_ids: The runs, as listed.
        run_names: Their names.
        metric_table: One row for each stage and metric.
        artifact_kind_counts: One row for each kind of artifact.
        completeness_notes: What is missing; the details name the run.
        evidence_links: What the comparison rests on.
        summary: The whole in one sentence.
    """

    run_ids: tuple[str, ...]
    run_names: tuple[str, ...]
    metric_table: tuple[MultiRunMetricRow, ...] = ()
    artifact_kind_counts: tuple[ArtifactKindCountRow, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()
    evidence_links: tuple[EvidenceLink, ...] = ()
    summary: str = ""

    def __post_init__(self) -> None:
        freeze_fields(
            self,
            sequences=(
                "run_ids",
                "run_names",
                "metric_table",
                "artifact_kind_counts",
                "completeness_notes",
                "evidence_links",
            ),
        )


@dataclass(frozen=True, slots=True)
class SectionDiff:
    """One section of two reports.

    Args:
        section_title: Its title.
        left_body: Its body on the left, or None where it is missing.
        right_body: Its body on the right, or None where it is missing.
        changed: Whether the bodies differ.
    """

    section_title: str
    left_body: Any
    right_body: Any
    changed: bool

    @property
    def change(self) -> str:
        """What became of the section: ``same``, ``changed``, ``added`` or ``removed``."""
        if not self.changed:
            return "same"
        if self.left_body is None:
            return "added"
        return "removed" if self.right_body is None else "changed"


@dataclass(frozen=True, slots=True)
class ReportComparison(Rendered, Presented):
    """The differences between two reports; rendered as a report is, and shown by a notebook.

    Args:
        left_title: Title on the left.
        right_title: Title on the right.
        section_diffs: One row for each section of either, by title.
        completeness_notes: What is missing.
    """

    left_title: str
    right_title: str
    section_diffs: tuple[SectionDiff, ...] = ()
    completeness_notes: tuple[CompletenessNote, ...] = ()

    def __post_init__(self) -> None:
        freeze_fields(self, sequences=("section_diffs", "completeness_notes"))

    def to_report(self) -> ReportDocument:
        """Return the differences as a report: which sections differ, and the lines of each that do."""
        from contexta.spi.report_difference import report_of_difference

        return report_of_difference(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the differences as plain data; a body that JSON cannot hold stays what it is."""
        return {
            "left_title": self.left_title,
            "right_title": self.right_title,
            "section_diffs": [
                {
                    "section_title": each.section_title,
                    "change": each.change,
                    "left_body": each.left_body,
                    "right_body": each.right_body,
                }
                for each in self.section_diffs
            ],
            "completeness_notes": [
                {"severity": note.severity, "summary": note.summary, "details": dict(note.details or {})}
                for note in self.completeness_notes
            ],
        }

    def to_json(self) -> dict[str, Any]:
        """Return the differences as plain data; ``render("json")`` returns the text of the rendered report."""
        return self.to_dict()
