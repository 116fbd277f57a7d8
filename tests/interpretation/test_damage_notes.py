"""Damage is never silent: what could not be read is said beside what could."""

from __future__ import annotations

from contexta import Contexta
from contexta.spi.repository import SupportsDamage


def change(directory, before: bytes, after: bytes) -> None:
    """Change the one place in a directory's files that reads so."""
    [path] = [path for path in directory.iterdir() if path.is_file() and before in path.read_bytes()]
    path.write_bytes(path.read_bytes().replace(before, after))


def test_answers_say_what_was_passed_over(ctx, tmp_path):
    """A changed point and a changed line of metadata are counted in the notes on the run and on the series."""
    with ctx.run("trial", run_id="r0"):
        for step in range(5):
            ctx.metric("loss", float(step), step=step)
    with ctx.run("other", run_id="r1", tags={"note": "untouched"}):
        pass
    snapshot = ctx.get_run_snapshot("r0")
    assert not [note for note in snapshot.completeness_notes if note.startswith("damaged")]
    assert ctx.get_step_series("r0", "loss").completeness_notes == ()
    ctx.close()
    workspace = tmp_path / "workspace"
    change(workspace / "records" / "segments", b'"value":3.0', b'"value":9.0')
    change(workspace / "metadata" / "journal", b"untouched", b"untoucked")
    with Contexta(workspace=str(workspace), config={"metadata": {"read_only": True}}) as again:
        assert isinstance(again.repository, SupportsDamage)
        notes = again.get_run_snapshot("r0").completeness_notes
        assert list(notes)[-2:] == ["damaged_metadata:1", "damaged_records:1"]
        series = again.get_step_series("r0", "loss")
        assert [point.value for point in series.points] == [0.0, 1.0, 2.0, 4.0]
        assert [(note.severity, note.summary) for note in series.completeness_notes] == [
            ("warning", "damaged_metadata:1"),
            ("warning", "damaged_records:1"),
        ]
        assert again.repository.damage_counts() == {"metadata": 1, "records": 1}
