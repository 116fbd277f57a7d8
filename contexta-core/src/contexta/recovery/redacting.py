"""Redaction for what recovery writes and shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from contexta.redaction import Redactor
from contexta.runtime.redaction_salt import redaction_salt

if TYPE_CHECKING:
    from contexta.config.models import UnifiedConfig

__all__ = ["workspace_redactor"]


def workspace_redactor(config: UnifiedConfig) -> Redactor:
    """Return the redactor of a workspace, as its configuration says."""
    security = config.security
    return Redactor(
        mode=security.redaction_mode,
        key_patterns=security.secret_key_patterns,
        salt=lambda: redaction_salt(Path(config.workspace.root_path)),
    )
