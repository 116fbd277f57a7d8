"""What each profile and each overlay sets, and how they are chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from contexta.config.names import PROFILE_NAMES, PROFILE_OVERLAY_NAMES
from contexta.config.problems import closest_name, config_error, shown

if TYPE_CHECKING:
    from contexta.config.names import ProfileName, ProfileOverlayName
    from contexta.errors import ConfigurationError

__all__ = ["OVERLAY_PATCHES", "PROFILE_PATCHES", "overlay_names", "profile_name"]

PROFILE_PATCHES: Mapping[ProfileName, Mapping[str, Any]] = {
    "local": {},
    "test": {
        "project_name": "test",
        "workspace": {"root_path": ".contexta-test"},
        "capture": {
            "capture_environment_snapshot": False,
            "capture_installed_packages": False,
            "capture_code_revision": False,
        },
        "records": {"durability_mode": "flush"},
        "artifacts": {"verification_mode": "strict"},
        "surfaces": {"html": {"enabled": False}, "notebook": {"enabled": False}},
        "security": {"redaction_mode": "strict"},
        "recovery": {"create_backup_before_restore": False},
    },
}

# The order of this table is the order of application, whatever order the caller names them in.
OVERLAY_PATCHES: Mapping[ProfileOverlayName, Mapping[str, Any]] = {
    "debug": {
        "surfaces": {"cli": {"verbosity": "debug"}},
        "interpretation": {
            "diagnostics": {"detect_degraded_records": True},
            "reports": {"include_evidence_summary": True},
        },
        "retention": {"cache_ttl_days": None},
    },
    "forensic": {
        "surfaces": {"cli": {"verbosity": "forensic"}},
        "interpretation": {"reports": {"include_lineage_summary": True, "include_evidence_summary": True}},
        "retention": {"cache_ttl_days": None, "export_ttl_days": None},
    },
    "ci": {
        "surfaces": {"cli": {"default_output_format": "json", "color": False}, "http": {"enabled": False}},
        "capture": {"retry_attempts": 0},
    },
    "readonly": {
        "metadata": {"read_only": True},
        "records": {"read_only": True},
        "artifacts": {"read_only": True},
    },
}


def profile_name(value: object, origin: str) -> ProfileName:
    """Return the profile that ``value`` names.

    Raises:
        ConfigurationError: With code ``invalid_profile_selector``, if there is no such profile.
    """
    name = value.strip() if isinstance(value, str) else None
    if name not in PROFILE_NAMES:
        raise _unknown("profile", value, PROFILE_NAMES, origin)
    return name


def overlay_names(value: object, origin: str) -> tuple[ProfileOverlayName, ...]:
    """Return the overlays that ``value`` names, in the order of their application.

    Args:
        value: Names, or one text with names separated by commas; blanks count for nothing.
        origin: Where the value came from, for errors.

    Raises:
        ConfigurationError: With code ``invalid_profile_selector``, if there is no such overlay.
    """
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, Iterable) or isinstance(words, (Mapping, bytes)):
        raise _unknown("overlays", value, PROFILE_OVERLAY_NAMES, origin)
    names = set()
    for word in words:
        name = word.strip() if isinstance(word, str) else word
        if name != "" and name not in PROFILE_OVERLAY_NAMES:
            raise _unknown("overlays", word, PROFILE_OVERLAY_NAMES, origin)
        names.add(name)
    return tuple(name for name in OVERLAY_PATCHES if name in names)


def _unknown(path: str, value: object, allowed: tuple[str, ...], origin: str) -> ConfigurationError:
    close = closest_name(value.strip(), allowed) if isinstance(value, str) else None
    hint = f"; did you mean {close!r}?" if close else ""
    problem = f"expected {', '.join(allowed)}, got {shown(value)}{hint}"
    return config_error(
        path,
        problem,
        code="invalid_profile_selector",
        origin=origin,
        value=shown(value),
        allowed=allowed,
        suggestion=close,
    )
