"""The options of the provider."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AgeOptions"]


@dataclass(frozen=True, slots=True)
class AgeOptions:
    """``[security.encryption_options]`` for the provider ``age``.

    Args:
        recipients: Public keys to encrypt for: ``age1...``, or SSH keys.
        identity_file: File with the private keys to decrypt with; read only where something is decrypted.
    """

    recipients: tuple[str, ...] = ()
    identity_file: str | None = None
