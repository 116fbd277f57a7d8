"""What surrounds a run: Python, platform, hardware, packages, code and configuration.

Gathered once for a process, in a thread of its own that ends when it is done, so that the first run does not wait for
it.  It is readable when the run is closed, and usually within a tenth of a second of its start; later runs of the
process have it from their first moment.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from contexta.contract.text import display_safe
from contexta.contract.timestamps import utc_now_text
from contexta.errors import ContextaError
from contexta.runtime.surroundings.gathered import GATHERED
from contexta.spi.metadata import EntityKind, Mutation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.runtime.scopes.run import RunScope
    from contexta.runtime.session import RuntimeSession

__all__ = ["Surroundings"]

#: How long closing a run waits for the first gathering, in seconds; a hanging git must not hang the program.
_PATIENCE = 15.0


class Surroundings:
    """Writes the surroundings of one run.

    Args:
        session: The session of the run; its configuration says what is captured.
        run: The run.
    """

    def __init__(self, session: RuntimeSession, run: RunScope) -> None:
        self._session = session
        self._run = run
        self._thread: threading.Thread | None = None
        self._written = not self._wants_anything()

    def _wants_anything(self) -> bool:
        capture = self._session.config.capture
        return (
            capture.capture_environment_snapshot
            or capture.capture_code_revision
            or capture.capture_config_snapshot
            or self._run.config_snapshot != {}
        )

    def known(self) -> list[Mutation]:
        """Return the mutation, if everything is known already; it then goes with the run's own."""
        if self._written or not GATHERED.is_ready(self._session.config.capture):
            return []
        self._written = True
        return [self._mutation()]

    def start(self) -> None:
        """Gather and write in a thread, unless that is done; without threads, at once."""
        if self._written:
            return
        thread = threading.Thread(target=self._write, name="contexta-surroundings", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # The interpreter ends, or no thread can be had: the run waits.
            self._write()
        else:
            self._thread = thread

    def finish(self) -> None:
        """Wait until the surroundings are written."""
        if self._thread is not None:
            self._thread.join(_PATIENCE)
            self._thread = None

    def _write(self) -> None:
        try:
            self._session.metadata.apply([self._mutation()])
        except (ContextaError, OSError):
            # A run is worth more than the description of its surroundings; the capture path tells of a bad store.
            return

    def _mutation(self) -> Mutation:
        config = self._session.config
        redactor = self._session.redactor
        fields: dict[str, Any] = {"run_ref": self._run.ref, "captured_at": utc_now_text()}
        if config.capture.capture_environment_snapshot:
            fields |= GATHERED.environment()
            if config.capture.capture_installed_packages:
                fields["packages"] = GATHERED.packages()
            fields["environment_variables"] = self._variables()
        if config.capture.capture_code_revision:
            code = GATHERED.code(redactor)
            if code is not None:
                fields["code"] = code
        snapshot = self._snapshot()
        if snapshot is not None:
            fields["config_snapshot"] = snapshot
        return Mutation(EntityKind.ENVIRONMENT, self._run.environment_ref, fields)

    def _variables(self) -> dict[str, str]:
        """Return the allow-listed environment variables; even their values pass redaction."""
        import os

        names = self._session.config.security.environment_variable_allowlist
        # Values may hold bytes that are no UTF-8; nothing else of the surroundings must be lost for them.
        present = {name: display_safe(os.environ[name]) for name in names if name in os.environ}
        return self._session.redactor.mapping(present)

    def _snapshot(self) -> Mapping[str, Any] | None:
        from contexta.contract.json_values import thaw_json

        if self._run.config_snapshot:
            return self._session.redactor.mapping(thaw_json(self._run.config_snapshot))
        if not self._session.config.capture.capture_config_snapshot:
            return None
        return self._session.redacted_config
