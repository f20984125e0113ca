"""Which rollout is meant in a store, where nobody said."""

from collections.abc import Sequence

from rollout_cli.errors import StoreError


def only_rollout(names: Sequence[str], store: str) -> str | None:
    """The one that is there, or None where there is none yet.

    Raises:
        StoreError: there are several.
    """
    if len(names) > 1:
        raise StoreError(f"the store {store} holds several rollouts", hint=f"name one: {', '.join(names)}")
    return names[0] if names else None
