"""Flags that answer as a test tells them to, at once: what `rollout_cli.pipeline.switches.Flags` asks for."""

from collections.abc import Collection, Mapping

from rollout_cli.flags.decision import Decision, Reason
from rollout_cli.flags.model import FlagValue


class Answering:
    """Answers from a dictionary; may be told otherwise at any time."""

    def __init__(
        self,
        values: Mapping[str, FlagValue] | None = None,
        *,
        allow: Mapping[str, Collection[str]] | None = None,
        shadow: Collection[str] = (),
    ) -> None:
        """Say what is on.

        Args:
            values: by flag: whether it is on, or the text of a string flag.
            allow: by flag that is on: for whom alone.
            shadow: the flags that are marked as to run in shadow only.
        """
        self.values = dict(values or {})
        self.allow = {flag: set(shoppers) for flag, shoppers in (allow or {}).items()}
        self.shadow = set(shadow)
        self.asked = 0

    def is_enabled(self, flag: str, shopper_id: str | None = None, *, default: bool = False) -> bool:
        """Whether a flag is on."""
        return self.decide(flag, shopper_id, default=default).enabled

    def value(self, flag: str, shopper_id: str | None = None, *, default: FlagValue | None = None) -> FlagValue | None:
        """The bare value."""
        return self.decide(flag, shopper_id, default=default).value

    def decide(self, flag: str, shopper_id: str | None = None, *, default: FlagValue | None = None) -> Decision:
        """The same, with a reason."""
        self.asked += 1
        if flag not in self.values:
            return Decision(flag, default, default is True, Reason.FLAG_NOT_FOUND)
        value = self.values[flag]
        if value is False:
            return Decision(flag, False, False, Reason.DISABLED)
        if flag not in self.allow:
            return Decision(flag, value, True, Reason.GLOBAL, shadow=flag in self.shadow)
        if shopper_id in self.allow[flag]:
            return Decision(flag, value, True, Reason.ALLOWLIST, shadow=flag in self.shadow)
        return Decision(flag, default if isinstance(value, str) else False, False, Reason.NOT_ALLOWLISTED)
