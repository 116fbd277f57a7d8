"""Streams through age."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from contexta.errors import ConfigurationError, DependencyError, IntegrityError
from contexta.spi.encryption import EncryptionProvider
from contexta_encryption_age.options import AgeOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contexta.spi.context import OpenContext

__all__ = ["AgeProvider", "open_provider"]


def open_provider(context: OpenContext, options: AgeOptions | None = None) -> AgeProvider:
    """Open the provider; the factory that the plugin names.

    Args:
        context: The surroundings; nothing is kept there.
        options: ``[security.encryption_options]``.
    """
    del context
    return AgeProvider(AgeOptions() if options is None else options)


class AgeProvider(EncryptionProvider):
    """Encrypts for public keys, decrypts with private ones.

    Args:
        options: The keys.
    """

    def __init__(self, options: AgeOptions) -> None:
        self._options = options

    def encrypt(self, plain: BinaryIO, sealed: BinaryIO) -> None:
        """Encrypt for every recipient."""
        recipients = [_recipient(text) for text in self._options.recipients]
        if not recipients:
            raise ConfigurationError(
                "security.encryption_options.recipients names no public key to encrypt for; `age-keygen` makes a pair",
                code="encryption_key_missing",
            )
        # By way of bytes where a stream is no file: the library checks each kind for itself.
        _age().encrypt_io(plain, sealed, recipients)

    def decrypt(self, sealed: BinaryIO, plain: BinaryIO) -> None:
        """Decrypt with whichever private key fits."""
        identities = self._identities()
        pyrage = _age()
        try:
            pyrage.decrypt_io(sealed, plain, identities)
        except (pyrage.DecryptError, OSError) as error:
            raise IntegrityError(
                f"the backup cannot be decrypted: {error}. It was encrypted for another key than those in"
                f" {self._options.identity_file!r}, or its bytes were changed",
                code="encryption_failed",
            ) from error

    def _identities(self) -> list[Any]:
        path = self._options.identity_file
        if path is None:
            raise ConfigurationError(
                "security.encryption_options.identity_file names no file with a private key to decrypt with",
                code="encryption_key_missing",
            )
        try:
            lines = Path(path).expanduser().read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"the private key {path!r} cannot be read: {error}", code="encryption_key_unreadable"
            ) from error
        identity = _age().x25519.Identity
        keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        try:
            return [identity.from_str(key) for key in keys]
        except _age().IdentityError as error:
            raise ConfigurationError(
                f"{path!r} holds a line that is no age identity: {error}", code="encryption_key_unreadable"
            ) from error

    def describe(self) -> Mapping[str, str]:
        """Say for which public keys it encrypts."""
        return {"recipients": " ".join(self._options.recipients)}


def _recipient(text: str) -> Any:
    """Return a public key from its text."""
    pyrage = _age()
    kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise ConfigurationError(
            f"security.encryption_options.recipients: {text[:80]!r} is no public key: {error}",
            code="encryption_key_unreadable",
        ) from error


def _age() -> Any:
    """Import the library.

    Raises:
        DependencyError: It is not installed.
    """
    try:
        import pyrage
    except ImportError as error:
        raise DependencyError(
            "encrypting backups with age needs the package pyrage: pip install 'contexta[encryption]>=2'",
            code="encryption_library_missing",
        ) from error
    return pyrage
