"""What an answer says of damage that was passed over on the way to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contexta.spi.repository import SupportsDamage

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["damage_words", "known_damage"]


def known_damage(repository: object) -> Mapping[str, int]:
    """Return the number of damaged lines that were passed over so far, by plane, where there are any.

    Args:
        repository: The read model; one that cannot tell has none.
    """
    if not isinstance(repository, SupportsDamage):
        return {}
    return {plane: count for plane, count in sorted(repository.damage_counts().items()) if count}


def damage_words(repository: object) -> list[str]:
    """Return the notes on damage, as stable words such as ``damaged_records:1``; none when nothing is damaged.

    Args:
        repository: The read model.
    """
    return [f"damaged_{plane}:{count}" for plane, count in known_damage(repository).items()]
