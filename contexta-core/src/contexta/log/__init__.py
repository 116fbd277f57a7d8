"""The segment log: the one durable primitive below every plane.

A log is a directory of append-only segments.  Each writer owns its segments, so writers never lock each other;
each line is one self-contained JSON object with a sequence number and a checksum, so damage is found and located.
"""

from contexta._lazy import attach_lazy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.log.adoption import adopt_dead as adopt_dead
    from contexta.log.chunks import START as START
    from contexta.log.chunks import Chunk as Chunk
    from contexta.log.chunks import Cursor as Cursor
    from contexta.log.clock import HybridClock as HybridClock
    from contexta.log.compaction import LogCompaction as LogCompaction
    from contexta.log.compaction import compact_log as compact_log
    from contexta.log.damage import Damage as Damage
    from contexta.log.damage import DamageKind as DamageKind
    from contexta.log.durability import Durability as Durability
    from contexta.log.liveness import Liveness as Liveness
    from contexta.log.reader import LogReader as LogReader
    from contexta.log.segments import Segment as Segment
    from contexta.log.writer import LogWriter as LogWriter
    from contexta.log.writer import Position as Position

__getattr__, __dir__, __all__ = attach_lazy(
    __name__,
    {
        "START": "contexta.log.chunks",
        "Chunk": "contexta.log.chunks",
        "Cursor": "contexta.log.chunks",
        "Damage": "contexta.log.damage",
        "DamageKind": "contexta.log.damage",
        "Durability": "contexta.log.durability",
        "HybridClock": "contexta.log.clock",
        "Liveness": "contexta.log.liveness",
        "LogCompaction": "contexta.log.compaction",
        "LogReader": "contexta.log.reader",
        "LogWriter": "contexta.log.writer",
        "Position": "contexta.log.writer",
        "Segment": "contexta.log.segments",
        "adopt_dead": "contexta.log.adoption",
        "compact_log": "contexta.log.compaction",
    },
)
