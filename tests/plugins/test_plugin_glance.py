"""A glance at the names in a group: what it sees, what it passes over, and that it loads nothing."""

from __future__ import annotations

import os
import subprocess
import sys

from contexta.plugins.glance import names_at_a_glance


def test_names_are_seen_with_their_distributions(site):
    """The names of one group are returned, sorted, each with the distribution that is first on the path."""
    site.distribution("zz-b-tools", {"cli_command": {"zz_two": "m", "zz_one": "m"}, "sink": {"zz_sink": "m"}})
    site.distribution("zz-c", {"cli_command": {"zz_two": "m"}})
    seen = names_at_a_glance("contexta.cli_command")
    assert {"zz_one": "zz-b-tools", "zz_two": "zz-b-tools"} == {
        name: distribution for name, distribution in seen.items() if name.startswith("zz_")
    }
    assert sorted(seen) == list(seen)


def test_what_cannot_be_read_is_passed_over(site, monkeypatch):
    """A path that is not there, metadata without entry points, comments and broken bytes are no trouble."""
    monkeypatch.setattr(sys, "path", [str(site.directory / "gone"), str(site.directory), ""])
    folder = site.distribution("zz-a", {"cli_command": {"zz_one": "m", "; zz_no": "m", "# zz_no": "m"}})
    (folder / "entry_points.txt").write_text(
        (folder / "entry_points.txt").read_text(encoding="utf-8") + "no name\n", encoding="utf-8"
    )
    (site.directory / "zz_none-1.dist-info").mkdir()
    broken = site.directory / "zz_broken-1.dist-info"
    broken.mkdir()
    (broken / "entry_points.txt").write_bytes(b"[contexta.cli_command]\n\xff = x\n")
    monkeypatch.chdir(site.directory)
    assert {"zz_one": "zz-a"} == names_at_a_glance("contexta.cli_command")


def test_a_glance_loads_nothing(tmp_path):
    """Neither pluggy nor the reader of distributions is loaded."""
    program = (
        "import sys\nfrom contexta.plugins.glance import names_at_a_glance\nnames_at_a_glance('contexta.sink')\n"
        "print([name for name in ('pluggy', 'importlib_metadata', 'importlib.metadata') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert f"[]{os.linesep}" == done.stdout
