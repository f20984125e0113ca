"""What the files want, read and put together: definitions, phases, positions, and the states at each of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from rollout_cli.flags.bucketing import Generation
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, default_state
from rollout_cli.flags.percent import Percent
from rollout_cli.plan.models import FlagEntry, FlagSetting, FlagsFile, PhaseFile, RampStep
from rollout_cli.plan.position import Position


@dataclass(frozen=True, slots=True)
class Wanted:
    """The files of one project, found sound.

    Attributes:
        file: `flags.yaml`.
        phases: in the order in which they are entered.
        digest: changes exactly when what the files say changes.
    """

    file: FlagsFile
    phases: tuple[PhaseFile, ...]
    digest: str

    @property
    def rollout(self) -> str:
        """The rollout's name."""
        return self.file.rollout

    @property
    def generation(self) -> Generation:
        """The pinned bucketing."""
        return self.file.generation

    def definitions(self) -> dict[str, FlagDefinition]:
        """The flags, by name, in the order of the file."""
        return {name: definition_of(name, entry) for name, entry in self.file.flags.items()}

    def positions(self) -> tuple[Position, ...]:
        """Every position from the first to the last."""
        return tuple(position for phase in self.phases for position in positions_of(phase))

    def phase_of(self, position: Position) -> PhaseFile | None:
        """The file that speaks for a position; None when it is gone."""
        return next((phase for phase in self.phases if phase.phase == position.phase), None)

    def soak_at(self, position: Position) -> timedelta:
        """How long to stay at a position before moving on; for a step that is gone, as long as at any that is left."""
        phase = self.phase_of(position)
        if phase is None:
            return timedelta(0)
        step = next((step for step in _steps(phase) if step.percent == position.percent), None)
        told = [each.soak for each in ([step] if step else _steps(phase)) if each.soak is not None]
        return max(told, default=phase.soak or timedelta(0))

    def states_at(self, position: Position | None) -> dict[str, FlagState]:
        """How every flag is to stand at a position; off is the safe state."""
        states = {name: default_state(definition) for name, definition in self.definitions().items()}
        phase = None if position is None else self.phase_of(position)
        if phase is None or position is None:
            return states
        for name, setting in phase.flags.items():
            states[name] = _state(states[name], setting)
        for name in phase.ramp.flags if phase.ramp else ():
            # A step is missing where the ramp came after the position was entered: nobody but the lists, then.
            states[name] = replace(states[name], enabled=True, percent=position.percent or Percent(0))
        return states


def definition_of(name: str, entry: FlagEntry) -> FlagDefinition:
    """An entry of `flags.yaml` as the flags room knows it."""
    return FlagDefinition(
        name=name,
        type=FlagType(entry.type),
        default=entry.default,
        values=tuple(entry.values),
        requires=tuple(entry.requires),
        salt=entry.salt,
    )


def positions_of(phase: PhaseFile) -> Iterator[Position]:
    """The positions of one phase: one, or one for each step of its ramp."""
    if phase.ramp is None:
        yield Position(phase.phase, phase.name)
    for step in _steps(phase):
        yield Position(phase.phase, phase.name, Percent(step.percent))


def in_order(phases: Mapping[str, PhaseFile]) -> tuple[PhaseFile, ...]:
    """Phases by number, whatever their files are called."""
    return tuple(sorted(phases.values(), key=lambda phase: phase.phase))


def _steps(phase: PhaseFile) -> list[RampStep]:
    return [] if phase.ramp is None else phase.ramp.steps


def _state(default: FlagState, setting: FlagSetting) -> FlagState:
    enabled = setting.enabled
    if enabled is None:
        enabled = default.enabled or setting.value is not None
    return FlagState(
        enabled=enabled,
        percent=None if setting.percent is None else Percent(setting.percent),
        allowlist=frozenset(setting.allowlist),
        denylist=frozenset(setting.denylist),
        value=setting.value,
        shadow=setting.shadow,
    )
