"""Distributions that are installed for one test: a ``.dist-info`` directory and some files on ``sys.path``."""

from __future__ import annotations

import importlib
import sys
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

__all__ = ["FakeDistributions"]


class FakeDistributions:
    """Writes distributions into a directory that stands on ``sys.path``.

    It is called: ``fake_dist("acme-sink", {"sink": {"acme": "acme_sink"}}, {"acme_sink.py": "..."})``.

    Args:
        directory: The directory; it exists.
    """

    def __init__(self, directory: Path) -> None:
        #: Where they are written.
        self.directory = directory

    def __call__(
        self,
        name: str,
        entry_points: Mapping[str, Mapping[str, str]] | None = None,
        files: Mapping[str, str] | None = None,
        *,
        version: str = "1.0",
        requires: Iterable[str] = (),
        headers: Iterable[str] = (),
    ) -> Path:
        """Install a distribution.

        Args:
            name: Its name.
            entry_points: By the kind of plugin, such as ``"sink"``, what each name is served by, such as
                ``"acme_sink"``.
            files: Text by path below the directory, with ``/``; common indentation is taken away.
            version: Its version.
            requires: What it requires, such as ``"contexta>=2"``.
            headers: Further lines of its ``METADATA``.

        Returns:
            Its ``.dist-info`` directory.
        """
        folder = self.directory / f"{name.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {requirement}" for requirement in requires]
        (folder / "METADATA").write_text("\n".join([*lines, *headers, ""]), encoding="utf-8")
        sections = [
            "\n".join([f"[contexta.{kind}]", *(f"{key} = {value}" for key, value in named.items()), ""])
            for kind, named in (entry_points or {}).items()
        ]
        (folder / "entry_points.txt").write_text("".join(sections), encoding="utf-8")
        for path, text in (files or {}).items():
            self.write(path, text)
        importlib.invalidate_caches()
        return folder

    def write(self, path: str, text: str) -> None:
        """Write a file below the directory.

        Args:
            path: Its path, with ``/``.
            text: What is in it; common indentation is taken away.
        """
        place = self.directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(textwrap.dedent(text), encoding="utf-8")
        importlib.invalidate_caches()

    def forget_modules(self) -> None:
        """Forget what was imported from the directory, so that the next test imports its own."""
        for name, module in list(sys.modules.items()):
            if (getattr(module, "__file__", None) or "").startswith(str(self.directory)):
                del sys.modules[name]
