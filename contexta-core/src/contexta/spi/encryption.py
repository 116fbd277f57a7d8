"""What a plugin that encrypts backups implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, BinaryIO, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["EncryptionProvider"]


class EncryptionProvider(ABC):
    """Encrypts the bodies of backups, and decrypts them.

    The kernel decides what is encrypted and under which names it lies; a provider turns one stream into another.  It must
    detect changed bytes.  Every method may be called from any thread.
    """

    @abstractmethod
    def encrypt(self, plain: BinaryIO, sealed: BinaryIO) -> None:
        """Read ``plain`` to its end and write it encrypted.

        Raises:
            ConfigurationError: The options name no key to encrypt for.
        """

    @abstractmethod
    def decrypt(self, sealed: BinaryIO, plain: BinaryIO) -> None:
        """Read ``sealed`` to its end and write what it holds.

        Raises:
            ConfigurationError: The options name no key to decrypt with.
            IntegrityError: The bytes were changed, or encrypted for another key; what was written must not be used.
        """

    def describe(self) -> Mapping[str, str]:
        """Return what a backup may say in the open about how it was encrypted, such as the public key; no secret."""
        return {}

    def close(self) -> None:  # noqa: B027 - most providers hold nothing
        """Let go of every resource.  Closing twice is harmless."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
