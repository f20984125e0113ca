"""The position a run is at: the flags as files, or a store, have them; asked, and never written."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.model import FlagState, Snapshot
from rollout_cli.pipeline.switches import DUAL_RUN, EVENTS, GROUP_ROUTING, ROUTING, SHADOW, Mode, Path, mode_for


def with_everything_on(snapshot: Snapshot) -> Snapshot:
    """The flags with the new path on for everybody, as at the end of the rollout; the policy stays as it is."""
    on, off = FlagState(enabled=True), FlagState(enabled=False)
    wanted = {EVENTS: on, SHADOW: off, DUAL_RUN: off, ROUTING: on, GROUP_ROUTING: on}
    known = {name: state for name, state in wanted.items() if name in snapshot.definitions}
    return replace(snapshot, states={**snapshot.states, **known})


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

    @property
    def is_beside(self) -> bool:
        """Whether the new path runs beside the legacy one: it is compared, or in shadow and live for nobody."""
        modes = [self.mode_of(each) for each in (None, "anybody", *self.named())]
        paths = {each.path for each in modes}
        return any(each.compares for each in modes) or (Path.SHADOW in paths and Path.LIVE not in paths)

    def named(self) -> tuple[str, ...]:
        """Shoppers whom a flag names, on the list of those for whom it is on."""
        names = {each for state in self.snapshot.states.values() for each in state.allowlist}
        return tuple(sorted(names))
