"""Writing a project: every file is composed before the first one is written."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, NamedTuple

from contexta.errors import ConflictError
from contexta.log.failures import write_failure
from contexta.testing.scaffold.kinds import project_kind
from contexta.testing.scaffold.naming import project_names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.testing.scaffold.kinds import ProjectKind
    from contexta.testing.scaffold.naming import ProjectNames

__all__ = ["WrittenProject", "write_project"]

_REFERENCE = "contexta.testing.reference"


class WrittenProject(NamedTuple):
    """A project that was written.

    Args:
        kind: The kind of plugin.
        name: The plugin's word in a configuration; its import package as well.
        distribution: Name of the distribution.
        directory: Where it lies.
        files: Its files, relative to the directory, in order.
        configuration: The lines of ``contexta.toml`` that use it; empty where it is used as soon as it is installed.
    """

    kind: str
    name: str
    distribution: str
    directory: Path
    files: tuple[str, ...]
    configuration: str


def write_project(kind: str, name: str, directory: str | Path | None = None) -> WrittenProject:
    """Write the complete project of a plugin: metadata, module, tests and README.

    Args:
        kind: What it is to be: ``sink``, ``metadata-store``, ``record-store``, ``artifact-store``, ``interpreter``,
            ``check``, ``renderer`` or ``extension``.
        name: The plugin's word in a configuration, such as ``acme_lines``.
        directory: The project's directory, which is made; the distribution's name in the current directory when None.

    Returns:
        What was written.

    Raises:
        PluginError: There is no such kind of project.
        ValidationError: The name has another form, or is taken.
        ConflictError: The directory holds something already (``plugin_project_exists``).
        StoreAccessError: The directory cannot be written.
    """
    asked = project_kind(kind)
    names = project_names(asked.kind, name)
    place = Path(names.distribution if directory is None else directory)
    texts = _compose(asked, names)
    try:
        _refuse_what_is_there(place)
        for relative, text in texts.items():
            file = place / relative
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
    except OSError as error:
        raise write_failure(error, place, "write a project", code="plugin_project_not_written") from error
    configuration = Template(asked.configuration).substitute(names._asdict())
    return WrittenProject(asked.kind, names.name, names.distribution, place, tuple(texts), configuration)


def _refuse_what_is_there(place: Path) -> None:
    if place.is_dir():
        if not any(place.iterdir()):
            return
    elif not place.exists():
        return
    raise ConflictError(
        f"a project was to be written to {str(place)!r}, where something is already; name a directory that is empty or"
        " does not exist",
        code="plugin_project_exists",
        details={"directory": str(place)},
    )


def _compose(asked: ProjectKind, names: ProjectNames) -> dict[str, str]:
    """Return the text of each file by its place in the project."""
    values = _values(asked, names)
    package = f"src/{names.name}"
    texts = {
        "pyproject.toml": _filled("pyproject.toml", values),
        "README.md": _filled("README.md", values),
        "LICENSE": _filled("LICENSE", values),
        f"{package}/__init__.py": f'"""{asked.plugin_kind.title.capitalize()} ``{names.name}`` of Contexta."""\n',
        f"{package}/plugin.py": _filled("plugin.py", values),
        f"{package}/py.typed": "",
    }
    if asked.reference:
        texts[f"{package}/{asked.module}.py"] = _copied(asked, names, asked.reference) + _filled(
            "open_store.py", values
        )
        texts[f"{package}/lines.py"] = _copied(asked, names, "lines")
    else:
        texts[f"{package}/{asked.module}.py"] = _filled(f"{asked.module}.py", values)
    for each in asked.templates:
        texts[f"{package}/templates/{each}"] = _filled(each, values)
    tests = asked.kind if asked.reference else asked.module
    texts[f"tests/test_{asked.module}.py"] = _filled(f"test_{tests}.py", values)
    texts["tests/test_packaging.py"] = _filled("test_packaging.py", values)
    return texts


def _values(asked: ProjectKind, names: ProjectNames) -> dict[str, str]:
    kind = asked.plugin_kind
    offered = ""
    if asked.has_options:
        offered += f'            options="{names.name}.{asked.module}:{names.prefix}Options",\n'
    if asked.capabilities:
        words = ", ".join(f'"{word}"' for word in asked.capabilities)
        offered += f"            capabilities=frozenset({{{words}}}),\n"
    configuration = Template(asked.configuration).substitute(names._asdict())
    use = f"A `contexta.toml` uses it with:\n\n```toml\n{configuration}```\n"
    return {
        **names._asdict(),
        "extras": f"{asked.extra},testing" if asked.extra else "testing",
        "factory": asked.factory,
        "group": kind.group,
        "hook": str(kind.hook),
        "module": asked.module,
        "offered": offered,
        "origin": _filled("origin.md", names._asdict()) if asked.reference else "",
        "summary": asked.summary,
        "title": kind.title,
        "use": use if configuration else "It is used wherever it is installed.\n",
        "word": asked.word,
    }


def _filled(template: str, values: Mapping[str, str]) -> str:
    text = files("contexta.testing.scaffold").joinpath("templates", f"{template}.txt").read_text("utf-8")
    return Template(text).substitute(values)


def _copied(asked: ProjectKind, names: ProjectNames, module: str) -> str:
    """Return a module of the plainest stores under the project's own names.

    The plainest stores are held to the contracts in this repository, so that a project which begins as a copy of
    one keeps all promises before its author has written a line.
    """
    text = files(_REFERENCE).joinpath(f"{module}.py").read_text("utf-8")
    for old, new in (
        (f"{_REFERENCE}.lines", f"{names.name}.lines"),
        (asked.reference_class, f"{names.prefix}Store"),
        ("plain_store_", f"{names.name}_"),
        ("The plainest ", "A "),
        ("the plain stores keep", "the store keeps"),
    ):
        text = text.replace(old, new)
    return text
