"""The encryption that a configuration asks for."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from contexta.errors import PluginLoadError
from contexta.spi.context import OpenContext
from contexta.spi.encryption import EncryptionProvider

if TYPE_CHECKING:
    from collections.abc import Iterator

    from contexta.config.models import UnifiedConfig

__all__ = ["open_cipher"]

_SETTING = "security.encryption_provider"


@contextmanager
def open_cipher(config: UnifiedConfig, word: str | None = None) -> Iterator[EncryptionProvider | None]:
    """Open the encryption provider that a configuration names.

    Args:
        config: The resolved configuration.
        word: A provider's name that wins over the configured one, as a backup names it.

    Yields:
        The provider; None where none is named.

    Raises:
        MissingPluginError: No installed plugin has that name.
        PluginError: It cannot be opened.
    """
    name = word or config.security.encryption_provider
    if name is None:
        yield None
        return
    from contexta.plugins import configured_host

    root = Path(config.workspace.root_path)
    host = configured_host(config)
    try:
        provider = host.open(
            "encryption_provider",
            name,
            OpenContext(root=root, workspace=root),
            options=config.security.encryption_options,
            required_by=_SETTING,
            path="security.encryption_options",
        )
        if not isinstance(provider, EncryptionProvider):
            raise PluginLoadError(
                f"{_SETTING} = {name!r} gave a {type(provider).__name__}, which is no EncryptionProvider; the plugin is"
                " at fault",
                code="plugin_wrong_component",
            )
        with provider:
            yield provider
    finally:
        host.close()
