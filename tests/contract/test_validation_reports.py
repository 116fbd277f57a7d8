"""Reports and issues: what they hold, how they combine, and when they are true."""

from __future__ import annotations

import pickle

import pytest

from contexta.contract import VALIDATION_SEVERITIES, ValidationIssue, ValidationReport
from contexta.errors import ValidationError

ERROR = ValidationIssue("a.b", "$.x", "broken")
WARNING = ValidationIssue("c.d", "$", "odd", "warning")


def test_an_issue_is_stripped_and_an_error_by_default():
    """White space around the parts is dropped."""
    issue = ValidationIssue(" a.b ", " $.x ", " broken ")
    assert issue == ERROR
    assert issue.is_error
    assert not WARNING.is_error
    assert VALIDATION_SEVERITIES == ("error", "warning")


@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize("value", ["", "  ", None, 5])
def test_the_parts_of_an_issue_are_text(position, value):
    """Code, path and message must be given; the error's code says which is not."""
    parts = ["a", "$", "m"]
    parts[position] = value
    with pytest.raises(ValidationError) as caught:
        ValidationIssue(*parts)
    name = ("code", "path", "message")[position]
    assert caught.value.code == f"validation_issue_invalid_{name}"


@pytest.mark.parametrize("severity", ["fatal", "", None])
def test_there_are_two_severities(severity):
    """Anything but error and warning is refused."""
    with pytest.raises(ValidationError) as caught:
        ValidationIssue("a", "$", "m", severity)
    assert caught.value.code == "validation_issue_invalid_severity"


@pytest.mark.parametrize(
    ("path", "prefix", "expected"),
    [
        ("$", "$.root", "$.root"),
        ("$.foo", "$.root", "$.root.foo"),
        ("$[0]", "$.root", "$.root[0]"),
        ("foo", "$.root", "$.root.foo"),
        ("$.foo", "", "$.foo"),
        ("$.foo", " $ ", "$.foo"),
        ("$foo", "p", "p.$foo"),
    ],
)
def test_a_prefix_moves_the_path(path, prefix, expected):
    """The root is replaced by the place of the object inside another; an index stays an index."""
    assert ValidationIssue("a", path, "m").with_prefix(prefix).path == expected


def test_errors_make_a_report_invalid_and_false():
    """A report with an error is false, whatever it was told; one with warnings is true."""
    assert ValidationReport.ok().valid
    assert ValidationReport.ok()
    assert ValidationReport.from_issues([WARNING])
    assert not ValidationReport.from_issues([WARNING, ERROR])
    assert not ValidationReport(True, (ERROR,)).valid


def test_what_was_called_invalid_stays_invalid():
    """A report that was made invalid without an issue does not turn valid by itself."""
    report = ValidationReport(valid=False)
    assert report.valid is False
    assert not report
    with pytest.raises(ValidationError):
        report.raise_for_errors()


def test_a_report_parts_errors_from_warnings():
    """Errors and warnings are to be had separately, all of them by iteration."""
    report = ValidationReport.from_issues([WARNING, ERROR])
    assert report.errors == (ERROR,)
    assert report.warnings == (WARNING,)
    assert list(report) == [WARNING, ERROR]
    assert len(report) == 2


def test_merging_keeps_everything():
    """The merged report has all issues and is valid where all were."""
    merged = ValidationReport.merge(
        ValidationReport.from_issues([WARNING]), ValidationReport.from_issues([ERROR])
    )
    assert merged.issues == (WARNING, ERROR)
    assert not merged.valid
    assert ValidationReport.merge().valid
    assert not ValidationReport.merge(ValidationReport.ok(), ValidationReport(valid=False))


def test_strangers_are_refused():
    """What is no report cannot be merged, what is no issue cannot be held."""
    with pytest.raises(ValidationError) as caught:
        ValidationReport.merge(ERROR)
    assert caught.value.code == "validation_report_invalid_merge"
    for issues in (["x"], 5, [None]):
        with pytest.raises(ValidationError) as caught:
            ValidationReport.from_issues(issues)
        assert caught.value.code == "validation_report_invalid_issue"


def test_prefixing_a_report_moves_every_path():
    """All issues move, and the verdict stays."""
    report = ValidationReport(False, (WARNING, ERROR)).prefixed("$.runs[3]")
    assert [issue.path for issue in report] == ["$.runs[3]", "$.runs[3].x"]
    assert not report.prefixed("a").valid
    assert not ValidationReport(valid=False).prefixed("a").valid


def test_raising_names_the_errors():
    """The error lists errors only, as plain data, and its text starts with the first ones."""
    ValidationReport.from_issues([WARNING]).raise_for_errors()
    with pytest.raises(ValidationError) as caught:
        ValidationReport.from_issues([WARNING, *[ERROR] * 5]).raise_for_errors()
    assert caught.value.code == "validation_failed"
    assert caught.value.details["issues"] == [ERROR.to_dict()] * 5
    assert "$.x: broken" in str(caught.value)
    assert "2 more" in str(caught.value)


def test_reports_are_plain_values():
    """A report becomes plain data, and crosses process borders."""
    report = ValidationReport.from_issues([ERROR])
    assert report.to_dict() == {
        "valid": False,
        "issues": [{"code": "a.b", "path": "$.x", "message": "broken", "severity": "error"}],
    }
    assert pickle.loads(pickle.dumps(report)) == report
    assert hash(report) == hash(ValidationReport.from_issues([ERROR]))
