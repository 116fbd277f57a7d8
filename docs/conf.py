"""Sphinx configuration: Markdown pages (MyST), built with warnings as errors by `tox -e docs`."""

import tomllib
from pathlib import Path

_bundle = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))

project = "Contexta"
author = "The Contexta authors"
version = release = _bundle["project"]["version"]

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"Contexta {version}"

# Headings are link targets, as they are where the pages are read in the repository.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence", "deflist"]
# Links out of docs/ lead to files of the repository, which the built pages do not hold.
suppress_warnings = ["myst.xref_missing"]
nitpicky = True
