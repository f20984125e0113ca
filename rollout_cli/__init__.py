"""Moves a live webhook pipeline to its successor in checked, recorded, reversible steps."""

from typing import TYPE_CHECKING, Any

from rollout_cli.version import VERSION

if TYPE_CHECKING:
    from rollout_cli.client import RolloutClient as RolloutClient
    from rollout_cli.client import configure as configure
    from rollout_cli.client import decide as decide
    from rollout_cli.client import is_enabled as is_enabled
    from rollout_cli.client import value as value

__version__ = VERSION
__all__ = ["RolloutClient", "__version__", "configure", "decide", "is_enabled", "value"]


def __getattr__(name: str) -> Any:
    """What applications import; the program itself does not, so it is not loaded for it."""
    if name in __all__ or name == "client":
        from importlib import import_module  # noqa: PLC0415

        client = import_module("rollout_cli.client")
        if name == "client":
            return client
        found = globals()[name] = getattr(client, name)
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
