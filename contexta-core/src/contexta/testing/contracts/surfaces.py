"""The contract of surfaces."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from contexta.testing.contracts.contract import Contract

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from contexta.spi.surfaces import Surface

__all__ = ["SurfaceContract"]

_NONSENSE = ["--there-is-no-such-option"]


class SurfaceContract(Contract, contract=True):
    """What a surface promises (``contexta.spi.surfaces.Surface``).

    ::

        class TestMyCommand(SurfaceContract):
            def open_surface(self):
                return my_command.main
    """

    required: ClassVar[tuple[str, ...]] = ("open_surface",)

    def open_surface(self) -> Surface:
        """Make the surface that is tested; every subclass gives this."""
        raise AssertionError  # never called: a subclass without it cannot be defined

    def test_it_answers_an_exit_code(self) -> None:
        """It answers a number, also for help, and ends no process."""
        code: object = self.open_surface()(["--help"])
        assert isinstance(code, int)
        assert 0 <= code < 256

    def test_help_is_no_error(self) -> None:
        """Asked for help it answers 0."""
        assert 0 == self.open_surface()(["--help"])

    def test_an_unknown_argument_is_refused(self) -> None:
        """An argument that it does not know is answered with another number than 0; it does not raise."""
        assert 0 != self.open_surface()(_NONSENSE)

    def test_an_unknown_argument_is_told(self, capfd: pytest.CaptureFixture[str]) -> None:
        """What is wrong with the arguments is told on stderr, without a traceback."""
        self.open_surface()(_NONSENSE)
        told = capfd.readouterr().err
        assert told.strip()
        assert "Traceback" not in told

    def test_help_leaves_nothing_behind(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Asking for help makes no workspace, and changes no environment variable."""
        monkeypatch.chdir(tmp_path)
        before = dict(os.environ)
        self.open_surface()(["--help"])
        assert [] == list(tmp_path.iterdir())
        assert before == dict(os.environ)
