"""A snapshot compiled once, so that one question is one look-up and one hash, however long the chain of prerequisites.

The order of the questions is a contract (docs/decisions.md): killed, enabled, prerequisites, denylist, allowlist,
percent, everybody.
"""

from collections.abc import Iterable, Mapping

from rollout_cli.flags.compiled import OFF, CompiledFlag
from rollout_cli.flags.decision import Decision, Reason
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import FlagValue, Snapshot


class Evaluator:
    """All flags of one snapshot, compiled. Frozen in effect: a new revision gets a new evaluator."""

    __slots__ = ("flags", "revision", "snapshot")

    def __init__(self, snapshot: Snapshot, kills: Kills = Kills()) -> None:  # noqa: B008 - frozen value
        self.snapshot = snapshot
        self.revision = snapshot.revision
        self.flags: Mapping[str, CompiledFlag] = _compile_all(snapshot, kills)

    def is_enabled(self, flag: str, key: str | None = None, *, default: bool = False) -> bool:
        """Whether the flag is on for this key; `default` when there is no such flag."""
        compiled = self.flags.get(flag)
        return default if compiled is None else compiled.is_on(key)

    def decide(self, flag: str, key: str | None = None, *, default: FlagValue | None = None) -> Decision:
        """The decision with its explanation; `default` is the value when there is no such flag."""
        compiled = self.flags.get(flag)
        if compiled is None:
            return not_found(flag, default, self.revision)
        return compiled.decide(key)

    def value(self, flag: str, key: str | None = None, *, default: FlagValue | None = None) -> FlagValue | None:
        """The bare value; `default` when there is no such flag."""
        compiled = self.flags.get(flag)
        return default if compiled is None else compiled.value(key)

    def names(self) -> Iterable[str]:
        """The names of all flags, in the order of their definition."""
        return self.snapshot.definitions.keys()


def not_found(flag: str, default: FlagValue | None, revision: int) -> Decision:
    """The decision about a flag that there is not: the caller's default."""
    return Decision(flag, default, default is True, Reason.FLAG_NOT_FOUND, revision=revision)


def _compile_all(snapshot: Snapshot, kills: Kills) -> Mapping[str, CompiledFlag]:
    done: dict[str, CompiledFlag] = {}

    def compile_one(name: str, path: tuple[str, ...]) -> CompiledFlag:
        if name not in done:
            definition = snapshot.definitions[name]
            # Files with an unknown or circular prerequisite are refused; in a store, one is read as "off".
            sound = all(need in snapshot.definitions and need not in (*path, name) for need in definition.requires)
            required = tuple(compile_one(need, (*path, name)) for need in definition.requires) if sound else (OFF,)
            done[name] = CompiledFlag(
                definition, snapshot.state_of(name), required=required, killed=name in kills,
                generation=snapshot.generation, salt=snapshot.salt_of(name), revision=snapshot.revision,
            )  # fmt: skip
        return done[name]

    return {name: compile_one(name, ()) for name in snapshot.definitions}
