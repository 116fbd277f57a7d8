"""A contract cannot be passed by accident: what is missing or muted is an error before a test runs."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from contexta.errors import ContractError
from contexta.testing import MetadataStoreContract, SinkContract, deviates


def _define(bases=(MetadataStoreContract,), **members):
    members.setdefault("open_store", lambda self, context: None)
    return type("TestMine", bases, members)


def test_a_missing_piece_is_an_error():
    """A class that does not say how to open the store cannot be defined."""
    with pytest.raises(ContractError, match="must define open_store") as caught:
        type("TestMine", (MetadataStoreContract,), {})
    assert "testing_piece_missing" == caught.value.code


def test_a_piece_may_come_from_elsewhere():
    """A mixin of the author's may say how to open the store."""

    class Opening:
        def open_store(self, context):
            return None

    assert {} == type("TestMine", (Opening, MetadataStoreContract), {}).deviations()


def test_an_unknown_capability_is_an_error():
    """A capability that the contract does not know is refused, with those that it knows."""
    with pytest.raises(ContractError, match=r"declares telepathy; the contract knows .*deletion") as caught:
        _define(capabilities=frozenset({"telepathy"}))
    assert "testing_unknown_capability" == caught.value.code


@pytest.mark.parametrize("replacement", [None, lambda self: None], ids=["removed", "emptied"])
def test_a_silent_override_is_an_error(replacement):
    """A test that is replaced or removed without a reason is refused."""
    with pytest.raises(ContractError, match="replaces test_closing_twice_is_harmless") as caught:
        _define(test_closing_twice_is_harmless=replacement)
    assert "testing_silent_override" == caught.value.code


def test_a_mixin_cannot_mute_either():
    """A test that a mixin hides needs a reason as well."""

    class Muting:
        def test_closing_twice_is_harmless(self):
            """Do nothing."""

    with pytest.raises(ContractError, match="replaces test_closing_twice_is_harmless"):
        _define((Muting, MetadataStoreContract))


def test_a_deviation_has_a_reason():
    """With a reason a test may be replaced, and the reason is told; a blank one is none."""

    @deviates("the server closes late")
    def test_closing_twice_is_harmless(self):
        """Do nothing."""

    mine = _define(test_closing_twice_is_harmless=test_closing_twice_is_harmless)
    assert {"test_closing_twice_is_harmless": "the server closes late"} == mine.deviations()
    with pytest.raises(ContractError):
        deviates(" ")


def test_deviations_are_counted():
    """More deviations than allowed are an error, until the class says in the open that it has so many."""

    def replaced(name):
        @deviates(name)
        def test(self):
            return None

        return test

    four = {
        name: replaced(name)
        for name in (
            "test_a_capture_answers_a_receipt",
            "test_a_payload_is_not_changed",
            "test_threads_share_it",
            "test_it_supports_what_it_says",
        )
    }
    with pytest.raises(ContractError, match="deviates 4 times and may 3 times") as caught:
        _define((SinkContract,), open_sink=lambda self, directory: None, **four)
    assert "testing_too_many_deviations" == caught.value.code
    _define((SinkContract,), open_sink=lambda self, directory: None, max_deviations=4, **four)


SOURCE = """
    import pytest
    from contexta.capture.sinks import InMemorySink
    from contexta.testing import SinkContract, deviates

    class TestMine(SinkContract):
        def open_sink(self, directory):
            if MUTED:
                pytest.skip("not today")
            return InMemorySink()

        @deviates("it is a slow one")
        def test_threads_share_it(self, sink):
            assert sink

    MUTED = {muted}
"""


def _session(tmp_path, source, *arguments):
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (tmp_path / "test_mine.py").write_text(textwrap.dedent(source), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", "-q", "-c",
         tmp_path / "pytest.ini", *arguments, tmp_path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )  # fmt: skip


def test_a_skipped_test_is_a_failure(tmp_path):
    """With the plugin of pytest a test that is skipped although its ability is declared fails and says why."""
    done = _session(tmp_path, SOURCE.format(muted=True), "-p", "contexta.testing.plugin")
    assert 1 == done.returncode
    assert "a test of a contract that does not run proves nothing" in done.stdout
    assert "skipped" not in done.stdout.splitlines()[-1] or "3 skipped" in done.stdout.splitlines()[-1]


def test_deviations_are_told_at_the_end(tmp_path):
    """With the plugin of pytest the session ends with a list of the promises that are not kept, and passes."""
    done = _session(tmp_path, SOURCE.format(muted=False), "-p", "contexta.testing.plugin")
    assert 0 == done.returncode, done.stdout
    assert "TestMine.test_threads_share_it: it is a slow one" in done.stdout


def test_a_mistake_is_told_while_tests_are_collected(tmp_path):
    """A class that lacks a piece is a collection error of its module, not a test that passes."""
    source = "from contexta.testing import SinkContract\n\nclass TestMine(SinkContract):\n    pass\n"
    done = _session(tmp_path, source)
    assert 2 == done.returncode
    assert "must define open_sink" in done.stdout


def test_the_kit_costs_nothing_unasked():
    """Importing `contexta.testing` imports no pytest and no Hypothesis."""
    program = "import sys, contexta.testing; print(sorted({'pytest', 'hypothesis'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
