"""Checking a configuration file: every problem at once, each with its path, its line and what was probably meant."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.config.draft import ConfigDraft
from contexta.config.files import PYPROJECT_NAME, config_file_text, parse_config_file
from contexta.config.positions import line_of, line_of_syntax_error, setting_lines
from contexta.config.problems import closest_name
from contexta.config.resolution import lay_selected, split_selectors
from contexta.config.schema import section_classes
from contexta.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from contexta.config.files import ConfigFile
    from contexta.config.models.unified import UnifiedConfig

__all__ = ["ConfigFileReport", "ConfigProblem", "check_config_file"]

#: The word that switches a service off; it is the name of no plugin.
_OFF = "off"
_SERVICES = "interpretation.services."


class ConfigProblem(NamedTuple):
    """Something that is wrong in a configuration file.

    Attributes:
        path: Dotted path of the setting; empty where the file as a whole is at fault.
        line: Its line, from 1; None where the format's parser tells none.
        code: Stable identifier of the kind of problem.
        message: What was found and what is allowed.
        suggestion: What was probably meant, or None.
    """

    path: str
    line: int | None
    code: str
    message: str
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class ConfigFileReport:
    """What the check of one configuration file found.

    Args:
        file: The file, absolute.
        problems: What is wrong, in the order of the lines; empty for a file that can be used.
    """

    file: Path
    problems: tuple[ConfigProblem, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain data."""
        problems = [problem._asdict() for problem in self.problems]
        return {"file": str(self.file), "ok": self.ok, "problems": problems}


def check_config_file(
    path: str | Path, *, plugin_names: Callable[[str], Iterable[str]] | None = None
) -> ConfigFileReport:
    """Check a configuration file, and report all of its problems instead of raising the first.

    Args:
        path: The file.
        plugin_names: Tells the names of the installed plugins of a kind (``"sink"``, ``"record_store"`` …), as a plugin
            host's ``names`` does; plugins' names are not checked when None.

    Returns:
        The report.

    Raises:
        ConfigurationError: If there is no such file, or it is of an unknown format or cannot be read.
        DependencyError: If it is YAML and PyYAML is not installed.
    """
    file, text = config_file_text(path)
    try:
        config_file = parse_config_file(file, text)
    except ConfigurationError as error:
        line = line_of_syntax_error(error.__cause__, text)
        # Whoever shows the problem puts the file before it.
        message = error.message.removeprefix(f"{file} ").removeprefix("is ")
        return ConfigFileReport(file, (ConfigProblem("", line, error.code, message),))
    lines = setting_lines(file, text)
    prefix = "tool.contexta." if file.name == PYPROJECT_NAME else ""
    check = _Check(config_file)
    found = [
        problem._replace(line=line_of(problem.path, lines, prefix))
        for problem in check.problems(plugin_names)
    ]
    found.sort(key=lambda problem: problem.line or 0)
    return ConfigFileReport(file, tuple(found))


class _Check:
    """Lays the settings of a file one by one, and keeps what each of them raises."""

    def __init__(self, file: ConfigFile) -> None:
        self._file = file
        self._problems: list[ConfigProblem] = []

    def problems(self, plugin_names: Callable[[str], Iterable[str]] | None) -> list[ConfigProblem]:
        """Return every problem, in the order of finding."""
        draft = ConfigDraft()
        for patch in _single_settings(self._without_selectors(draft)):
            with self._kept():
                draft.lay(patch, self._file.origin, folder=self._file.folder)
        with self._kept():
            config = draft.build()
            if plugin_names is not None:
                set_here = {path for path, origin in draft.origins().items() if origin == self._file.origin}
                named = [*_named_plugins(config, set_here), *_named_sinks(self._file.values)]
                self._problems.extend(_plugin_problems(named, plugin_names))
        return self._problems

    def _without_selectors(self, draft: ConfigDraft) -> Mapping[Any, Any]:
        """Lay the profile and the overlays that the file selects, and return the rest of it."""
        try:
            selectors, values = split_selectors(self._file.values, self._file.origin)
        except ConfigurationError as error:
            self._keep(error)
            names = {"profile", "profile_name", "overlays"}
            return {key: value for key, value in self._file.values.items() if key not in names}
        for name, chosen in selectors.items():
            with self._kept():
                lay_selected(draft, {name: chosen})
        return values

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except ConfigurationError as error:
            self._keep(error)

    def _keep(self, error: ConfigurationError) -> None:
        details = error.details or {}
        suggestion = details.get("suggestion")
        self._problems.append(
            ConfigProblem(
                str(details.get("path", "")),
                None,
                error.code,
                str(details.get("problem", error.message)),
                None if suggestion is None else str(suggestion),
            )
        )


def _single_settings(values: Mapping[Any, Any], prefix: tuple[Any, ...] = ()) -> Iterator[dict[Any, Any]]:
    """Take a mapping of sections apart: one nested mapping for each setting in it."""
    for key, value in values.items():
        path = (*prefix, key)
        if isinstance(value, Mapping) and ".".join(map(str, path)) in section_classes():
            yield from _single_settings(value, path)
            continue
        patch: Any = value
        for name in reversed(path):
            patch = {name: patch}
        yield patch


def _plugin_problems(
    named: Iterable[tuple[str, str, str]], plugin_names: Callable[[str], Iterable[str]]
) -> Iterator[ConfigProblem]:
    """Yield a problem for each plugin that the file names and nobody has installed."""
    installed: dict[str, list[str]] = {}
    for path, kind, word in named:
        if kind not in installed:
            installed[kind] = sorted(plugin_names(kind))
        names = installed[kind]
        is_service = path.startswith(_SERVICES)
        if is_service:
            yield from _service_problem(path, names)
        # A pin names the distribution before the plugin.
        name = word.rpartition(":")[2].replace("-", "_")
        if name in names or (is_service and word == _OFF):
            continue
        close = closest_name(name, names)
        hint = f"did you mean {close!r}?" if close else f"installed are {', '.join(names) or 'none'}"
        message = f"no {kind.replace('_', ' ')} named {word!r} is installed; {hint}"
        yield ConfigProblem(path, None, "plugin_missing", message, close)


def _service_problem(path: str, names: list[str]) -> Iterator[ConfigProblem]:
    """Yield a problem where a service is none of ours by a slip; a plugin may bring services of its own."""
    service = path.removeprefix(_SERVICES)
    close = None if service in names else closest_name(service, names)
    if close:
        message = f"nothing asks for a service of this name; did you mean {_SERVICES + close!r}?"
        yield ConfigProblem(path, None, "unknown_config_field", message, _SERVICES + close)


def _named_sinks(values: Mapping[Any, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the sinks' plugins, also of entries in which something else is wrong."""
    capture = values.get("capture")
    sinks = capture.get("sinks") if isinstance(capture, Mapping) else None
    for index, entry in enumerate(sinks if isinstance(sinks, (list, tuple)) else ()):
        word = entry.get("use") if isinstance(entry, Mapping) else entry
        if isinstance(word, str) and word.strip():
            path = f"capture.sinks[{index}]"
            yield f"{path}.use" if isinstance(entry, Mapping) else path, "sink", word.strip()


def _named_plugins(config: UnifiedConfig, set_here: set[str]) -> Iterator[tuple[str, str, str]]:
    for plane, kind in {
        "metadata": "metadata_store",
        "records": "record_store",
        "artifacts": "artifact_store",
    }.items():
        path = f"{plane}.storage_adapter"
        alias = "records.layout_mode" if plane == "records" else path
        if {path, alias} & set_here:
            yield path, kind, getattr(config, plane).storage_adapter
    if "interpretation.services" in set_here:
        for service, word in config.interpretation.services.items():
            yield f"{_SERVICES}{service}", "interpreter", word
