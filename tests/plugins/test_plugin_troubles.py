from __future__ import annotations

import logging
import os
import stat
import sys

import pytest

from contexta.errors import CaptureError
from contexta.plugins import Trouble, Troubles

TROUBLE = Trouble("sink", "zz_one", "zz one/two", "zz-a", "2026-01-02T03:04:05Z", "ConnectionError: refused")


def test_a_trouble_is_kept_and_forgotten(tmp_path):
    """What was noted is read again, the newest of each component; what was cleared is gone."""
    troubles = Troubles(tmp_path)
    assert troubles.read() == []
    troubles.note(TROUBLE._replace(reason="older"))
    troubles.note(TROUBLE)
    troubles.note(TROUBLE._replace(id="other"))
    assert troubles.read() == [TROUBLE._replace(id="other"), TROUBLE]
    troubles.clear("sink", "other")
    troubles.clear("sink", "never there")
    assert troubles.read() == [TROUBLE]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_troubles_are_private(tmp_path):
    """The directory and its files are for their owner alone, and no other file is left."""
    Troubles(tmp_path).note(TROUBLE)
    [file] = (tmp_path / "plugins").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_no_workspace_is_made_for_a_trouble(tmp_path):
    """Where there is no workspace nothing is written."""
    Troubles(tmp_path / "none").note(TROUBLE)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_or_read_is_left_out(tmp_path):
    """A file in the directory's place, and files with half a trouble, harm nobody."""
    troubles = Troubles(tmp_path)
    (tmp_path / "plugins").write_text("a file")
    troubles.note(TROUBLE)
    troubles.clear("sink", "x")
    (tmp_path / "plugins").unlink()
    troubles.note(TROUBLE)
    for name, text in {"torn": "{", "list": "[]", "short": '{"kind": "sink"}'}.items():
        (tmp_path / "plugins" / f"{name}.json").write_text(text)
    assert troubles.read() == [TROUBLE]


def test_a_listing_tells_of_the_trouble(site, new_host, described, tmp_path):
    """A component that failed when it was last used is available, and the listing says what happened; no other."""
    site.sink("zz-a", "zz_one", "zz_module")
    site.sink("zz-b", "zz_two", "zz_module_two")
    Troubles(tmp_path).note(TROUBLE)
    host = new_host(troubles=Troubles(tmp_path))
    [plugin] = described(host)
    assert plugin.status == "available"
    assert plugin.reason == (
        "failed when it was last used, 2026-01-02T03:04:05Z, as 'zz one/two': ConnectionError: refused"
    )
    assert [plugin.reason for plugin in described(host, "zz_two")] == [None]


@pytest.mark.parametrize(
    ("name", "distribution", "is_told"), [("zz-one", "", True), ("zz_one", "zz-b", False)]
)
def test_a_trouble_is_that_of_its_distribution(
    site, new_host, described, tmp_path, name, distribution, is_told
):
    """The trouble of a distribution is not told of another's component with that name."""
    site.sink("zz-a", "zz_one", "zz_module")
    Troubles(tmp_path).note(TROUBLE._replace(name=name, distribution=distribution))
    [plugin] = described(new_host(troubles=Troubles(tmp_path)))
    assert (plugin.reason is not None) == is_told


def test_a_host_records_a_component_at_work(site, new_host, described, tmp_path, caplog):
    """A failure at work is in the host's failures, in its listing, in the log, and in the workspace."""
    site.sink("zz-a", "zz_one", "zz_module")
    host = new_host(troubles=Troubles(tmp_path))
    with caplog.at_level(logging.WARNING, logger="contexta.plugins"):
        host.note_trouble(TROUBLE, CaptureError("refused"))
    [failure] = host.failures
    assert (failure.stage, failure.kind, failure.name) == ("use", "sink", "zz one/two")
    assert "ConnectionError: refused" in described(host)[0].reason
    assert caplog.messages == ["the sink 'zz one/two' failed: ConnectionError: refused"]
    assert Troubles(tmp_path).read() == [TROUBLE]
    host.forget_trouble("sink", TROUBLE.id)
    assert Troubles(tmp_path).read() == []


def test_a_trouble_that_is_known_is_not_logged_again(new_host, caplog):
    """What was logged when the component was to be opened is not logged once more."""
    with caplog.at_level(logging.WARNING, logger="contexta.plugins"):
        new_host().note_trouble(TROUBLE, CaptureError("refused"), log=False)
    assert caplog.messages == []


def test_a_host_without_a_workspace_records_in_itself(new_host):
    """Without a place for it, a trouble stays in the host."""
    host = new_host()
    host.note_trouble(TROUBLE, CaptureError("refused"))
    host.forget_trouble("sink", TROUBLE.id)
    assert [failure.stage for failure in host.failures] == ["use"]
    assert "zz_module" not in sys.modules
