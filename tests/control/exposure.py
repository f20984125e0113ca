"""Whom the flags of a rollout are on for."""

from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.model import Snapshot

SHOPPERS = ("beta-1", "beta-2", "friend", *(f"shopper-{number}" for number in range(12)))


def exposure(snapshot: Snapshot, keys: tuple[str | None, ...] = (*SHOPPERS, None)) -> set[tuple[str, str | None]]:
    """Whom which flag tells something else than when it is off, those that are on by default left aside."""
    answers = Evaluator(snapshot)
    off = {name: each.off for name, each in snapshot.definitions.items() if each.default is not True}
    return {(name, key) for name in off for key in keys if answers.value(name, key) != off[name]}
