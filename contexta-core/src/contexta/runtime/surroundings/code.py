"""The state of the repository around the program."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

__all__ = ["LARGEST_DIFF", "describe_code"]

#: Most characters of a diff that are kept; what is longer is cut, and says so.
LARGEST_DIFF = 131_072

_GIT = "git"

#: How the file begins that stands for a repository's directory.
_GITDIR = b"gitdir:"

#: How long one git command is given, in seconds.
_PATIENCE = 5.0


def describe_code(start: Path | None = None) -> dict[str, Any] | None:
    """Return revision, branch, dirty flag and diff of the repository, or None where there is none.

    Remote addresses are not read: they may hold credentials.

    Args:
        start: Where to look for the repository; the program's own folder, then the working directory, when None.
    """
    for place in [start] if start is not None else _places():
        with contextlib.suppress(OSError):  # a folder on the way up may be closed to us
            root = _repository(place)
            if root is not None:
                return _describe(root)
    return None


def _places() -> list[Path]:
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    places = [Path(main).resolve().parent] if main else []
    with contextlib.suppress(OSError):  # the working directory may have been removed
        places.append(Path.cwd())
    # A console script lives among the interpreter's own files; the repository around those is not the user's.
    return [place for place in places if not place.is_relative_to(sys.prefix)]


def _repository(place: Path) -> Path | None:
    """Return the repository that git would find, without starting it where there is none."""
    for each in (place, *place.parents):
        entry = each / ".git"
        if entry.is_dir():
            return each
        if entry.exists():
            # A file stands for the directory in a worktree and in a submodule; any other ends the search, as for git.
            return each if entry.read_bytes().startswith(_GITDIR) else None
    return None


def _describe(root: Path) -> dict[str, Any] | None:
    revision = _git(root, "rev-parse", "HEAD")
    if revision is None:
        return None
    status = _git(root, "status", "--porcelain", "--untracked-files=normal") or ""
    code: dict[str, Any] = {
        "revision": revision.strip(),
        "branch": (_git(root, "rev-parse", "--abbrev-ref", "HEAD") or "").strip() or None,
        "dirty": bool(status.strip()),
    }
    if code["dirty"]:
        diff = _git(root, "diff", "--no-color", "--no-ext-diff", "--no-textconv", "HEAD") or ""
        code["diff_truncated"] = len(diff) > LARGEST_DIFF
        # Cut between lines: redaction cannot recognise half a secret.
        code["diff"] = diff[:LARGEST_DIFF].rpartition("\n")[0] if code["diff_truncated"] else diff
    return code


def _git(root: Path, *arguments: str) -> str | None:
    # Imported here: where there is no repository, nothing is started.
    import subprocess

    # No optional locks: looking at a repository must never disturb a git command of the user's.
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        answer = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            [_GIT, "-C", str(root), "-c", "core.fsmonitor=false", *arguments],
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.decode("utf-8", "replace")
