from __future__ import annotations

import subprocess
import sys

import importlib_metadata

from contexta.plugins import PluginIndex


def ours(index, prefix="zz_"):
    """Leave out what the environment of the test run has installed."""
    return [ref for ref in index.entries() if ref.name.startswith(prefix)]


def test_entry_points_of_our_groups_are_found_without_import(site):
    """Every entry point of a contexta group is listed with its distribution; no plugin module is imported."""
    site.module("zz_never_imported", "raise AssertionError('imported')")
    site.distribution(
        "zz-dist",
        {"sink": {"zz_a": "zz_never_imported"}, "surface": {"zz_b": "zz_never_imported:x"}},
        version="3.1",
    )
    found = [(ref.kind, ref.name, ref.distribution, ref.version, ref.value) for ref in ours(PluginIndex())]
    assert found == [
        ("sink", "zz_a", "zz-dist", "3.1", "zz_never_imported"),
        ("surface", "zz_b", "zz-dist", "3.1", "zz_never_imported:x"),
    ]
    assert "zz_never_imported" not in sys.modules


def test_other_groups_are_left_out(site):
    """A distribution whose entry points belong to somebody else gives nothing."""
    folder = site.distribution("zz-other", {})
    (folder / "entry_points.txt").write_text("[console_scripts]\nzz_cmd = contexta.x:y\n[other]\nzz_x = y\n")
    assert ours(PluginIndex()) == []


def test_entries_are_listed_by_kind(site):
    """Asking for a kind leaves out the others."""
    site.distribution("zz-dist", {"sink": {"zz_a": "m"}, "surface": {"zz_b": "m"}})
    assert [ref.name for ref in PluginIndex().entries("surface") if ref.name.startswith("zz_")] == ["zz_b"]


def test_same_entry_point_of_two_distributions_is_one(site):
    """A bundle beside the project it is made of declares the same thing, not a rival; both names are kept."""
    site.distribution("zz-bundle", {"sink": {"zz_a": "m"}})
    site.distribution("zz-part", {"sink": {"zz_a": "m"}})
    [ref] = ours(PluginIndex())
    assert (ref.distribution, ref.also_in) == ("zz-bundle", ("zz-part",))


def test_two_values_for_one_name_stay_two(site):
    """Two distributions with different modules for one name are rivals."""
    site.distribution("zz-one", {"sink": {"zz_a": "m1"}})
    site.distribution("zz-two", {"sink": {"zz_a": "m2"}})
    assert [ref.value for ref in ours(PluginIndex())] == ["m1", "m2"]


def test_name_repeated_within_one_distribution_is_one(site):
    """A line that stands twice in one distribution is no second origin of the entry point."""
    folder = site.distribution("zz-one", {"sink": {"zz_a": "m1"}})
    (folder / "entry_points.txt").write_text("[contexta.sink]\nzz_a = m1\nzz_a = m1\n")
    [ref] = ours(PluginIndex())
    assert ref.also_in == ()


def test_older_copy_later_on_the_path_is_shadowed(site, tmp_path, monkeypatch):
    """Of two copies of one distribution only the one that Python would import counts."""
    site.distribution("zz-dist", {"sink": {"zz_a": "new"}}, version="2.0")
    later = tmp_path / "later"
    later.mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(later)])
    type(site)(later).distribution("zz-dist", {"sink": {"zz_a": "old", "zz_gone": "old"}}, version="1.0")
    assert [(ref.name, ref.version, ref.value) for ref in ours(PluginIndex())] == [("zz_a", "2.0", "new")]


def test_unreadable_distribution_is_recorded_and_spoils_no_other(site):
    """Broken bytes, a line without '=', no metadata and no name each become a failure; the sound one is listed."""
    site.distribution("zz-sound", {"sink": {"zz_ok": "m"}})
    for name, content in {
        "zz-bytes": b"[contexta.sink]\n\xff = m\n",
        "zz-line": b"[contexta.sink]\nnonsense\n",
    }.items():
        (site.distribution(name, {}) / "entry_points.txt").write_bytes(content)
    (site.distribution("zz-bare", {"sink": {"zz_c": "m"}}) / "METADATA").unlink()
    (site.distribution("zz-anonymous", {"sink": {"zz_d": "m"}}) / "METADATA").write_text(
        "Version: 1.0\n\nName: x\n"
    )
    index = PluginIndex()
    assert [ref.name for ref in ours(index)] == ["zz_ok"]
    broken = [failure for failure in index.failures if "zz_" in failure.distribution]
    assert sorted(failure.distribution.rpartition("/")[2] for failure in broken) == [
        "zz_anonymous-1.0.dist-info",
        "zz_bare-1.0.dist-info",
        "zz_bytes-1.0.dist-info",
        "zz_line-1.0.dist-info",
    ]
    assert {failure.stage for failure in broken} == {"metadata"}


def test_headers_end_at_the_description(site):
    """A description that looks like a header is none: name and requirements come from above the first empty line."""
    folder = site.distribution("zz-dist", {"sink": {"zz_a": "m"}}, requires=["Contexta>=2", "numpy"])
    with (folder / "METADATA").open("a") as stream:
        stream.write("\nName: other\nRequires-Dist: contexta>=9\n")
    [ref] = ours(PluginIndex())
    assert (ref.distribution, ref.requirements) == ("zz-dist", ("Contexta>=2",))


def test_failing_finder_is_recorded(monkeypatch):
    """A finder of somebody else that raises is a failure, not a crash."""

    class BrokenFinder:
        @staticmethod
        def find_spec(*_):
            return None

        @staticmethod
        def find_distributions(_context):
            raise RuntimeError("finder is broken")

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, BrokenFinder])
    index = PluginIndex()
    assert [failure.reason for failure in index.failures if "finder is broken" in failure.reason] == [
        "looking for distributions failed: RuntimeError: finder is broken"
    ]


def test_scan_happens_once_per_path(site, monkeypatch):
    """Nothing is read before the first question; a changed sys.path or refresh() reads again, nothing else does."""
    scans = []
    distributions = importlib_metadata.distributions

    def counted(**how):
        # A look for one name is no scan.
        scans.extend([1] if "name" not in how else [])
        return distributions(**how)

    monkeypatch.setattr(importlib_metadata, "distributions", counted)
    index = PluginIndex()
    assert len(scans) == 0
    index.entries()
    index.entries("sink")
    assert len(scans) == 1
    monkeypatch.setattr(sys, "path", [*sys.path, str(site.directory / "more")])
    index.entries()
    assert len(scans) == 2
    index.refresh()
    index.entries()
    assert len(scans) == 3


def test_what_is_not_there_is_not_looked_into():
    """The archive that every path names and hardly anybody has costs nothing: what reads archives is not loaded."""
    program = """
import sys
from contexta.plugins import PluginIndex
assert any(place.endswith(".zip") for place in sys.path)
assert PluginIndex().entries("sink")
print(sorted({"zipp", "zipfile"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
