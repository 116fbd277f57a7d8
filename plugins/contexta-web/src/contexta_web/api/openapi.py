"""The OpenAPI document, made from the table of questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from contexta_web.api.endpoint import Endpoint

__all__ = ["openapi_document"]

_FAILURES = {
    "400": "A parameter cannot be meant.",
    "401": "The token is missing.",
    "403": "The request comes from a page of somebody else.",
    "404": "What was named is not there.",
    "405": "Questions are asked with GET or HEAD.",
    "413": "The request has a body.",
    "421": "The host is not this server's.",
    "500": "The workspace could not answer.",
    "501": "No installed plugin answers this.",
    "503": "The answer took too long.",
}
_TEXT = {"type": "string"}
_ENVELOPE = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "details"],
            "properties": {"code": _TEXT, "message": _TEXT, "details": {"type": "object"}},
        }
    },
}


def openapi_document(endpoints: Iterable[Endpoint], version: str) -> dict[str, Any]:
    """Return the document (OpenAPI 3.1).

    Args:
        endpoints: The questions.
        version: Version of the API.
    """
    return {
        "openapi": "3.1.0",
        "info": {"title": "Contexta", "version": version},
        "paths": {each.path: {"get": _operation(each)} for each in endpoints},
        "components": {"schemas": {"Failure": _ENVELOPE}},
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    answer = {"type": "object", "required": list(endpoint.fields)} if endpoint.fields else {"type": "object"}
    failure = {"$ref": "#/components/schemas/Failure"}
    return {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": [each.described() for each in endpoint.parameters],
        "responses": {
            "200": {"description": endpoint.summary, "content": {"application/json": {"schema": answer}}},
            **{
                status: {"description": text, "content": {"application/json": {"schema": failure}}}
                for status, text in _FAILURES.items()
            },
        },
    }
