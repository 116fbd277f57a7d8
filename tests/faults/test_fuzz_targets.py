"""The targets of the coverage-guided fuzzer take noise without it: what they begin with, and that damaged."""

from __future__ import annotations

import random
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[1] / "fuzz"


def _targets():
    spec = spec_from_file_location("fuzz_targets", FUZZ / "targets.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.TARGETS


TARGETS = _targets()


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_takes_noise(name, tmp_path):
    """A parser takes its seeds, and them damaged at random, or refuses them with an error of the tree."""
    choose, target = random.Random(name), TARGETS[name]
    inputs = [b"", *target.seeds]
    for _ in range(60):
        data = choose.choice(target.seeds)
        begin = choose.randrange(len(data))
        end = min(len(data), begin + choose.choice([0, 1, 4, 20]))
        inputs.append(data[:begin] + choose.choice([b"", choose.randbytes(2), b'"', b"}"]) + data[end:])
    for number, data in enumerate(inputs):
        assert target.feed(data, tmp_path) is None, number


def test_an_unknown_target_is_refused():
    """The command says which targets there are."""
    done = subprocess.run(
        [sys.executable, "-P", FUZZ, "colour"], capture_output=True, text=True, check=False, timeout=100
    )
    assert 2 == done.returncode
    assert f"there are {', '.join(TARGETS)}" in done.stderr
