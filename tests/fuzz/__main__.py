"""The coverage-guided fuzzer: `python tests/fuzz [TARGET ...] [--seconds 60]`; it needs atheris (`tox -e fuzz`)."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from targets import TARGETS

#: What one input may take, in MiB and in seconds.
_MEMORY, _TIME = 2_048, 10


def fuzz(name: str, seconds: int, place: str) -> bool:
    """Feed one target for some seconds, say what became of it, and return whether all was well."""
    program = [sys.executable, "-P", str(Path(__file__).with_name("feeding.py")), name]
    options = [f"-max_total_time={seconds}", f"-rss_limit_mb={_MEMORY}", f"-timeout={_TIME}"]
    done = subprocess.run(
        [*program, *options, f"-artifact_prefix={place}/", "-print_final_stats=1"],
        env={"PYTHONPATH": str(Path(__file__).parent), "TMPDIR": place},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    said = done.stdout + done.stderr
    runs = re.findall(r"stat::number_of_executed_units: *(\d+)", said) or ["?"]
    coverage = re.findall(r"cov: (\d+)", said) or ["?"]
    print(
        f"{name:<14} {runs[-1]:>10} inputs  coverage {coverage[-1]:>6}  {'ok' if not done.returncode else 'FOUND'}"
    )
    if done.returncode:
        begin = done.stdout.find("=== Uncaught")
        print(done.stdout[begin:] if begin >= 0 else "\n".join(said.splitlines()[-30:]))
        for finding in sorted(Path(place).glob("*-*")):
            if finding.is_file():
                print(f"the input: {finding.read_bytes()!r}")
    return not done.returncode


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="tests/fuzz", description=__doc__)
    parser.add_argument(
        "target", nargs="*", metavar="TARGET", help=f"one of {', '.join(TARGETS)}; all without any"
    )
    parser.add_argument("--seconds", type=int, default=60, help="how long each is fed (default: 60)")
    given = parser.parse_args()
    unknown = [name for name in given.target if name not in TARGETS]
    if unknown:
        parser.error(f"no target {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    outcomes = []
    for name in given.target or TARGETS:
        with TemporaryDirectory(prefix="contexta-fuzz-") as place:
            outcomes.append(fuzz(name, given.seconds, place))
    return 0 if all(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
