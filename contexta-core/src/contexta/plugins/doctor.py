"""``contexta plugins doctor``: looks at everything that can be wrong with plugins, and says what to do.

It needs nothing but the kernel, so that it works where every plugin is broken.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from contexta.errors import ContextaError, PluginError
from contexta.plugins.check import Check
from contexta.plugins.checks import configured, installed, kernel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from contexta.config.models import UnifiedConfig
    from contexta.plugins.host import PluginHost

__all__ = ["Diagnosis", "diagnose"]


class Diagnosis(NamedTuple):
    """What the doctor found.

    Args:
        checks: Every finding, in the order of looking.
    """

    checks: tuple[Check, ...]

    @property
    def problems(self) -> tuple[Check, ...]:
        """The findings that need doing something about."""
        return tuple(check for check in self.checks if check.status == "problem")

    @property
    def exit_code(self) -> int:
        """0 without a problem, 1 with one."""
        return 1 if self.problems else 0

    @property
    def verdict(self) -> str:
        """How many problems and warnings there are, in words."""
        counts = {word: sum(check.status == word for check in self.checks) for word in ("problem", "warning")}
        words = [f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts.items() if count]
        return ", ".join(words) if words else "no problems"


def diagnose(
    host: PluginHost,
    config: UnifiedConfig | None = None,
    *,
    config_error: ContextaError | None = None,
    environ: Mapping[str, str] | None = None,
) -> Diagnosis:
    """Look at the kernel, at everything installed, and at what the configuration names.

    Every plugin that may be imported is imported; no component is opened but by a plugin's own checks.

    Args:
        host: Where plugins are resolved.
        config: The configuration; None where it cannot be read.
        config_error: Why it cannot be read.
        environ: Environment variables; the process's own when None.
    """
    variables = os.environ if environ is None else environ
    steps: list[tuple[str, Callable[[], Iterable[Check]]]] = [
        ("kernel", kernel.kernel_owners),
        ("kernel", kernel.kernel_files),
        ("kernel", kernel.machinery),
        ("plugins", lambda: installed.components(host)),
        ("plugins", lambda: installed.distributions(host)),
        ("plugins", lambda: installed.slow_imports(host)),
        ("plugins", lambda: _contributed(host)),
        ("configuration", lambda: configured.switches(host, config, variables)),
    ]
    if config is not None:
        steps.append(("configuration", lambda: configured.named_components(host, config)))
    checks: list[Check] = []
    if config_error is not None:
        checks.append(Check("configuration", "problem", str(config_error), "correct the configuration"))
    for subject, step in steps:
        checks.extend(_findings(subject, step))
    return Diagnosis(tuple(checks))


def _findings(subject: str, step: Callable[[], Iterable[Check]]) -> list[Check]:
    """Return what one step finds; where the environment is so broken that it raises, that is the finding."""
    found: list[Check] = []
    try:
        found.extend(step())
    except Exception as error:  # noqa: BLE001 - a doctor that falls ill helps nobody
        found.append(Check(subject, "problem", f"could not be looked at: {type(error).__name__}: {error}"))
    return found


def _contributed(host: PluginHost) -> Iterator[Check]:
    """Return what the plugins check themselves."""
    before = {id(failure) for failure in host.failures}
    try:
        answers = host.call_all("contexta_doctor_checks", host=host)
    except PluginError as error:
        yield Check("plugins", "problem", str(error))
        return
    for failure in host.failures:
        if id(failure) not in before and failure.name == "contexta_doctor_checks":
            yield Check(failure.distribution, "problem", failure.reason, "tell its author")
    for plugin, answer in answers:
        yield from _checked(plugin, answer)


def _checked(plugin: str, answer: Any) -> Iterator[Check]:
    try:
        for check in answer:
            if not isinstance(check, Check):
                text = f"contexta_doctor_checks gave a {type(check).__name__} instead of a Check"
                yield Check(plugin, "problem", text, "tell its author")
                continue
            yield check
    except Exception as error:  # noqa: BLE001 - the checks of one plugin must not hide those of the others
        text = f"contexta_doctor_checks raised {type(error).__name__}: {error}"
        yield Check(plugin, "problem", text, "tell its author")
