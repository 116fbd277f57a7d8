"""What a workspace holds, as plain data: entities, flat records and bodies; nothing here opens a store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contexta.spi.metadata import EntityKind, Mutation

__all__ = ["Body", "Book", "RunPage", "time_text"]


def time_text(day, seconds=0.0):
    """Return an instant: so many seconds after midnight (UTC) of a day of 2026, counted from the first of January."""
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day - 1, seconds=seconds)
    return at.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class Body:
    """An artifact and its content.

    Args:
        ref: Its reference.
        manifest: Its manifest as plain data.
        content: Its bytes; None for one that was registered before it existed.
        damage: ``"missing"`` where the body is to be removed from the store, ``"truncated"`` where it is cut.
    """

    ref: str
    manifest: dict
    content: bytes | None
    damage: str | None = None


class Book:
    """Everything that one workspace is to hold, in the order in which it is written."""

    def __init__(self):
        self.mutations = []
        self.flats = []
        self.bodies = []
        self._projects = set()

    @property
    def run_count(self):
        """Number of runs."""
        return sum(each.kind is EntityKind.RUN for each in self.mutations)

    def run(self, name, day, /, *, seconds=600.0, status="completed", project="golden", **fields):
        """Begin a run ``run:<project>.<name>`` at midnight of a day, and return its page.

        Args:
            name: Last component of its reference, and its name unless ``fields`` holds another.
            day: The day of the year.
            seconds: How long it took; None where it has not ended.
            status: Its status.
            project: Its project.
            **fields: More fields of the run.
        """
        if project not in self._projects:
            self._projects.add(project)
            self.mutations.append(Mutation(EntityKind.PROJECT, f"project:{project}", {"name": project}))
        page = RunPage(self, f"run:{project}.{name}", day)
        known = {"project_ref": f"project:{project}", "project_name": project, "name": name}
        known |= {"status": status, "started_at": time_text(day)}
        if seconds is not None:
            known["ended_at"] = time_text(day, seconds)
        self.entity(EntityKind.RUN, page.ref, {**known, **fields})
        return page

    def entity(self, kind, ref, fields):
        """Add an entity; a field that is None is left out."""
        kept = {name: value for name, value in fields.items() if value is not None}
        self.mutations.append(Mutation(kind, ref, kept))

    def relation(self, name, source, relation_type, target, day=60, asserted=None):
        """Add a recorded relation, and with ``asserted`` a day, an assertion about it."""
        fields = {"relation_type": relation_type, "source_ref": source, "target_ref": target}
        fields |= {"recorded_at": time_text(day), "origin_marker": "explicit", "confidence_marker": "high"}
        self.entity(EntityKind.RELATION, f"relation:{name}", fields)
        if asserted is not None:
            assertion = {"relation_ref": f"relation:{name}", "assertion_mode": "explicit"}
            assertion |= {
                "asserted_at": time_text(asserted),
                "evidence_bundle_ref": f"evidence_bundle:{name}",
            }
            self.entity(EntityKind.PROVENANCE, f"provenance:{name}", assertion)


class RunPage:
    """One run of the book; times are seconds after its day's midnight.

    Args:
        book: The book.
        ref: Reference of the run.
        day: The day of the year.
    """

    def __init__(self, book, ref, day):
        self.book = book
        self.ref = ref
        self.day = day
        self._inside = ref.removeprefix("run:")

    def stage(self, name, begin=0.0, end=None, status="completed"):
        """Add a stage and return its reference."""
        ref = f"stage:{self._inside}.{name}"
        order = sum(each.kind is EntityKind.STAGE and each.ref.startswith(f"stage:{self._inside}.") for each in self.book.mutations)  # fmt: skip
        fields = {"run_ref": self.ref, "name": name, "status": status, "order_index": order}
        times = {"started_at": self._time(begin), "ended_at": None if end is None else self._time(end)}
        self.book.entity(EntityKind.STAGE, ref, fields | times)
        return ref

    def batch(self, name, stage, status, begin=0.0, end=None):
        """Add a batch."""
        ref = f"batch:{stage.partition(':')[2]}.{name}"
        fields = {"run_ref": self.ref, "stage_ref": stage, "name": name, "status": status}
        times = {"started_at": self._time(begin), "ended_at": None if end is None else self._time(end)}
        self.book.entity(EntityKind.BATCH, ref, fields | times)
        return ref

    def deployment(self, name, status, artifact=None):
        """Add a deployment of the run."""
        project = self._inside.partition(".")[0]
        ref = f"deployment:{project}.{name}"
        fields = {"project_ref": f"project:{project}", "run_ref": self.ref, "name": name, "status": status}
        fields |= {"artifact_ref": artifact, "started_at": self._time(0.0), "ended_at": self._time(60.0)}
        self.book.entity(EntityKind.DEPLOYMENT, ref, fields)
        return ref

    def environment(self, **fields):
        """Add what surrounded the run."""
        known = {"run_ref": self.ref, "captured_at": self._time(0.0)}
        self.book.entity(EntityKind.ENVIRONMENT, f"environment:{self._inside}.env", known | fields)

    def metric(self, key, value, at, stage=None, **more):
        """Add one point of a metric."""
        self._record("metric", key, at, stage, value=value, **more)

    def series(self, key, values, begin, every, stage=None):
        """Add a point every so many seconds, with steps from 0."""
        for step, value in enumerate(values):
            self.metric(key, value, begin + every * step, stage, step=step)

    def event(self, key, message, at, stage=None, **more):
        """Add an event."""
        self._record("event", key, at, stage, message=message, **more)

    def degraded(self, key, summary, at, **more):
        """Add a degraded marker."""
        more = {"category": "capture", "severity": "warning", "degradation": "partial_failure", **more}
        self._record("degraded", key, at, None, message=summary, **more)

    def artifact(self, name, kind, content, stage=None, damage=None, at=590.0):
        """Add an artifact and return its reference."""
        ref = f"artifact:{self._inside}.{name}"
        manifest = {"artifact_ref": ref, "artifact_kind": kind, "created_at": self._time(at)}
        manifest |= {
            "producer_ref": "sdk.python.local",
            "run_ref": self.ref,
            "location_ref": f"vault://{name}",
        }
        if stage is not None:
            manifest["stage_execution_ref"] = stage
        self.book.bodies.append(Body(ref, manifest, content, damage))
        return ref

    def _record(self, kind, key, at, stage, **more):
        flat = {"type": kind, "id": f"r{len(self.book.flats):05}", "run": self.ref, "key": key}
        flat |= {"time": at if isinstance(at, str) else self._time(at), **more}
        if stage is not None:
            flat["stage"] = stage
        self.book.flats.append(flat)

    def _time(self, seconds):
        return time_text(self.day, seconds)
