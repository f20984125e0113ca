"""Which way a shopper's deliveries go just now: five flags become one value."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from rollout_cli.flags.decision import Decision
from rollout_cli.flags.model import FlagValue

EVENTS = "WHATSAPP_CANONICAL_EVENTS_ENABLED"
SHADOW = "WHATSAPP_CANONICAL_SHADOW_MODE"
DUAL_RUN = "WHATSAPP_DUAL_RUN"
ROUTING = "WHATSAPP_ROUTING_ENABLED"
GROUP_ROUTING = "WHATSAPP_GROUP_ROUTING_ENABLED"
POLICY = "WHATSAPP_ASSIGNMENT_POLICY"


class Flags(Protocol):
    """Whoever answers for flags, never raising and never waiting: `RolloutClient`."""

    def is_enabled(self, flag: str, shopper_id: str | None = None, *, default: bool = False) -> bool:
        """Whether a flag is on."""
        ...  # pragma: no cover - a protocol

    def decide(self, flag: str, shopper_id: str | None = None, *, default: FlagValue | None = None) -> Decision:
        """The same, explained."""
        ...  # pragma: no cover - a protocol

    def value(self, flag: str, shopper_id: str | None = None, *, default: FlagValue | None = None) -> FlagValue | None:
        """The bare value."""
        ...  # pragma: no cover - a protocol


class Path(StrEnum):
    """What the new path does with a delivery."""

    OFF = "off"
    """Nothing at all."""
    SHADOW = "shadow"
    """It normalizes, logs and counts; nothing is stored or announced."""
    LIVE = "live"
    """It stores, routes and announces."""


@dataclass(frozen=True, slots=True)
class Mode:
    """One shopper's way, at one moment."""

    path: Path
    compares: bool = False
    routes: bool = False
    routes_groups: bool = False
    policy: str = "default"


_OFF = Mode(Path.OFF)


def mode_for(flags: Flags, shopper_id: str | None) -> Mode:
    """Which way a shopper's deliveries go. What cannot be answered is off."""
    events = flags.decide(EVENTS, shopper_id, default=False)
    if not events.enabled:
        return _OFF
    compares = flags.is_enabled(DUAL_RUN, shopper_id)
    if events.shadow or flags.is_enabled(SHADOW, shopper_id, default=True):
        return Mode(Path.SHADOW, compares)
    routes = flags.is_enabled(ROUTING, shopper_id)
    groups = routes and flags.is_enabled(GROUP_ROUTING, shopper_id)
    policy = flags.value(POLICY, shopper_id, default="default") if routes else "default"
    return Mode(Path.LIVE, compares, routes, groups, str(policy))
