"""One question of the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contexta_web.api.parameters import Parameter

__all__ = ["Arguments", "Endpoint"]

#: What a question was given, by the names of its parameters.
Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One question of the API: where it is asked, what it takes and what answers it.

    Args:
        path: Its path; what stands in braces are parameters.
        name: Its name in the OpenAPI document.
        summary: What it answers.
        answer: Answers it, given the open workspace and the arguments.
        parameters: What it takes.
        fields: The fields of the answer, an object, that are always there.
    """

    path: str
    name: str
    summary: str
    answer: Callable[[Any, Arguments], Any]
    parameters: tuple[Parameter, ...] = ()
    fields: tuple[str, ...] = ()

    def read(self, path: Mapping[str, str], query: Mapping[str, str]) -> Arguments:
        """Return the arguments that a request gives; what it has no use for is ignored.

        Args:
            path: Texts of the path, by parameter.
            query: Texts of the query, by parameter.

        Raises:
            ValidationError: One of them cannot be meant.
        """
        return {
            each.name: each.read((path if each.is_in_path else query).get(each.name))
            for each in self.parameters
        }
