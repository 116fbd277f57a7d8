"""Who a plugin is, in its own words."""

from __future__ import annotations

from dataclasses import dataclass

from contexta.errors import PluginError

__all__ = ["PluginInfo"]


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """What ``contexta_plugin_info`` returns.

    Args:
        title: Its name for people.
        summary: One line.
        docs_url: Where its documentation is.
        api: The version of the plugin interface it was written for: a later one than the kernel's is refused.

    Raises:
        PluginError: ``api`` is no pair of whole numbers.
    """

    title: str = ""
    summary: str = ""
    docs_url: str = ""
    api: tuple[int, int] = (1, 0)

    def __post_init__(self) -> None:
        # Plugins come untyped: what the annotation promises is looked at once, here.
        api: object = self.api
        if not isinstance(api, tuple) or [type(number) for number in api] != [int, int]:
            raise PluginError(
                f"invalid PluginInfo: api must be two whole numbers as in (1, 0), got {api!r}",
                code="plugin_invalid",
            )
