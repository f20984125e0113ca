"""The position a run is at: the flags as files, or a store, have them; asked, and never written."""

from collections.abc import Iterable, Mapping

from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.model import Snapshot
from rollout_cli.pipeline.switches import EVENTS, Mode, mode_for


class Standpoint:
    """Answers for flags as one snapshot has them."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.flags = Evaluator(snapshot)

    def mode_of(self, shopper_id: str | None) -> Mode:
        """Which way a shopper's deliveries go."""
        return mode_for(self.flags, shopper_id)

    def reasons(self, shoppers: Iterable[str]) -> Mapping[str, str]:
        """For each shopper, why."""
        return {each: self.flags.decide(EVENTS, each).reason for each in shoppers}

    def named(self) -> tuple[str, ...]:
        """Shoppers whom a flag names, on the list of those for whom it is on."""
        names = {each for state in self.snapshot.states.values() for each in state.allowlist}
        return tuple(sorted(names))
