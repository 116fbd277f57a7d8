"""Lazy public names for package ``__init__`` modules (PEP 562).

A package lists its public names with the module that defines each one; nothing is imported before a name is
touched.  That is what keeps ``import contexta`` free and lets one part be used without paying for the others.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["attach_lazy"]


def attach_lazy(
    package: str, exports: "Mapping[str, str]"
) -> "tuple[Callable[[str], object], Callable[[], list[str]], list[str]]":
    """Build ``__getattr__``, ``__dir__`` and ``__all__`` for a package with lazy names.

    Args:
        package: The package's ``__name__``.
        exports: Public name to the absolute module that defines it.

    Returns:
        The three module attributes, in the order of the summary.
    """
    names = sorted(exports)

    def __getattr__(name: str) -> object:  # noqa: N807 - the module protocol's own name
        module = exports.get(name)
        if module is None:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        import importlib
        import sys

        value = getattr(importlib.import_module(module), name)
        # Cached, so that the second access is an ordinary attribute access.
        setattr(sys.modules[package], name, value)
        return value

    def __dir__() -> list[str]:  # noqa: N807 - the module protocol's own name
        return names

    return __getattr__, __dir__, names
