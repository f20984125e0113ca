"""The old import path, kept working: what calls `is_enabled` need not change."""

import rollout_cli


def is_enabled(name: str, shopper_id: str | None = None, default: bool = False) -> bool:  # noqa: FBT001, FBT002 - as it was
    """Whether a flag is on for a shopper.

    Args:
        name: the flag.
        shopper_id: the shopper; a number counts as it is written.
        default: the answer for a flag that nobody knows.
    """
    return rollout_cli.is_enabled(name, shopper_id, default=default)
