"""What this distribution offers to the plugin host; light, so that listing plugins costs nothing."""

from __future__ import annotations

from contexta.plugins import Provider, hookimpl

__all__ = ["contexta_encryption_providers"]


@hookimpl
def contexta_encryption_providers() -> list[Provider]:
    """Offer the encryption provider ``age``."""
    return [
        Provider(
            name="age",
            factory="contexta_encryption_age.provider:open_provider",
            options="contexta_encryption_age.options:AgeOptions",
            summary="Encrypts backups for public keys with age; only decrypting needs a private key.",
        )
    ]
