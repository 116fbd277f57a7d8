"""The interpretation services of one workspace, resolved by name and built when they are first asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contexta.errors import InterpretationError, MissingPluginError, PluginNotUsableError
from contexta.log.fork_lock import ForkLock
from contexta.spi.context import InterpretationContext

if TYPE_CHECKING:
    from contexta.config.models import InterpretationConfig
    from contexta.plugins import PluginHost
    from contexta.spi.repository import CompositeRepository

__all__ = ["Services"]

#: The word in the configuration that switches a service off.
OFF = "off"


class Services:
    """Finds services by their word; the configuration may name another plugin for one, or switch it off.

    Args:
        repository: The read model that services ask.
        config: The interpretation section of the configuration.
        host: Where plugins are resolved.
    """

    def __init__(
        self, repository: CompositeRepository, config: InterpretationConfig, host: PluginHost
    ) -> None:
        self._repository = repository
        self._config = config
        self._host = host
        self._lock = ForkLock(level=5)
        self._built: dict[str, Any] = {}
        self._building: list[str] = []

    def get(self, word: str) -> Any:
        """Return a service.

        Args:
            word: Its word: ``"query"``, ``"compare"``, ``"trend"`` …

        Raises:
            MissingPluginError: No installed plugin provides it.
            PluginNotUsableError: The configuration switches it off.
            InterpretationError: Services need each other in a circle.
        """
        built = self._built.get(word)
        if built is not None:
            return built
        with self._lock:
            if word in self._built:
                return self._built[word]
            if word in self._building:
                circle = " -> ".join([*self._building, word])
                raise InterpretationError(
                    f"the services need each other in a circle: {circle}",
                    code="interpretation_service_circle",
                )
            self._building.append(word)
            try:
                self._built[word] = self._build(word)
            finally:
                self._building.pop()
            return self._built[word]

    def _build(self, word: str) -> Any:
        name = str(self._config.services.get(word, word))
        setting = f"interpretation.services.{word}"
        if name == OFF:
            raise PluginNotUsableError(
                f"the service {word!r} is switched off by {setting} = 'off'",
                code="interpretation_service_off",
            )
        context = InterpretationContext(self._repository, self._config, self.get, self._host)
        try:
            return self._host.open("interpreter", name, context, required_by=setting)
        except MissingPluginError as error:
            if not _is_bundle_without(name, error):
                raise
            raise _not_in_this_version(name, error) from error


def _is_bundle_without(name: str, error: MissingPluginError) -> bool:
    """Whether the bundle is installed and this service, which has a name of ours, is not in it."""
    from importlib_metadata import PackageNotFoundError, distribution

    from contexta.plugins.install_hints import OUR_NAMES

    ours = OUR_NAMES["interpreter"]
    installed = (error.details or {}).get("installed") or ()
    if name not in ours or not any(each in ours for each in installed):
        return False
    try:
        distribution("contexta")
    except PackageNotFoundError:
        # Parts of it are installed one by one: what brings the others can be named.
        return False
    return True


def _not_in_this_version(name: str, error: MissingPluginError) -> MissingPluginError:
    # To install once more what is installed already would bring nothing.
    found = error.message.partition("; install: ")[0]
    return MissingPluginError(
        f"{found}; the installed version of contexta has no service {name!r}: use a version that has it, or install "
        "a plugin that provides it",
        details=error.details,
    )
