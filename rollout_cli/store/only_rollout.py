"""Which rollout is meant in a store, where nobody said."""

from collections.abc import Sequence

from rollout_cli.errors import StoreError


def only_rollout(names: Sequence[str], store: str, *, known: str | None = None) -> str | None:
    """The one that is there, or None where there is none yet.

    Args:
        names: all that are there.
        store: its shown name.
        known: the one that was the only one before: who follows it goes on doing so when others join.

    Raises:
        StoreError: there are several, and none was known.
    """
    if known in names:
        return known
    if len(names) > 1:
        raise StoreError(f"the store {store} holds several rollouts", hint=f"name one: {', '.join(names)}")
    return names[0] if names else None
