"""What a flag is (definition), how it stands (state), and both for a whole rollout (snapshot)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from rollout_cli.flags.bucketing import Generation
from rollout_cli.flags.percent import Percent

FlagValue = bool | str


class FlagType(StrEnum):
    """The type of a flag's value."""

    BOOLEAN = "boolean"
    STRING = "string"


@dataclass(frozen=True, slots=True)
class FlagDefinition:
    """What `flags.yaml` says once and for all phases about one flag."""

    name: str
    type: FlagType
    default: FlagValue
    values: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    salt: str | None = None

    @property
    def off(self) -> FlagValue:
        """What a flag says when it is off: false, or the declared default of a string flag."""
        return False if self.type is FlagType.BOOLEAN else self.default


@dataclass(frozen=True, slots=True)
class FlagState:
    """How a flag stands at one revision. `percent=None` means no percent, which is not 0 %."""

    enabled: bool = False
    percent: Percent | None = None
    allowlist: frozenset[str] = frozenset()
    denylist: frozenset[str] = frozenset()
    value: FlagValue | None = None
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything an evaluation needs to know, as of one revision of one rollout."""

    rollout: str
    generation: Generation = Generation.FLAGD_V3
    targeting_key: str = "shopper_id"
    definitions: Mapping[str, FlagDefinition] = field(default_factory=lambda: MappingProxyType({}))
    states: Mapping[str, FlagState] = field(default_factory=lambda: MappingProxyType({}))
    revision: int = 0

    def salt_of(self, name: str) -> str:
        """The salt of a flag: its own, or the rollout's name, so that flags move the same shoppers together."""
        own = self.definitions[name].salt
        return self.rollout if own is None else own

    def state_of(self, name: str) -> FlagState:
        """How a defined flag stands; at its default when nothing was said about it."""
        state = self.states.get(name)
        return default_state(self.definitions[name]) if state is None else state


def default_state(definition: FlagDefinition) -> FlagState:
    """The safe state of a flag: a boolean is on for everybody exactly when its default is true."""
    return FlagState(enabled=definition.default is True)
