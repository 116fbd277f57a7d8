"""Feed one target, guided by the coverage of our modules: `python feeding.py TARGET [options of libFuzzer]`."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import mkdtemp

import atheris

with atheris.instrument_imports(include=["contexta", "contexta_interpretation"]):
    from targets import TARGETS


def main() -> None:
    """Feed the target until libFuzzer has had enough; it ends the process itself, so whoever started it tidies up."""
    name, *options = sys.argv[1:]
    target = TARGETS[name]
    corpus, place = (Path(mkdtemp(prefix="contexta-fuzz-")) for _ in range(2))
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup([sys.argv[0], *options, str(corpus)], lambda data: target.feed(data, place))
    atheris.Fuzz()


main()
