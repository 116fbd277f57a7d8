"""The stores: metadata, records and artifacts, each a public face over a backend that a plugin provides."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contexta.store import artifacts as artifacts
    from contexta.store import metadata as metadata
    from contexta.store import records as records

__all__ = ["artifacts", "metadata", "records"]


def __getattr__(name: str) -> object:
    if name in __all__:
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return list(__all__)
