"""A snapshot compiled once, so that one question is one look-up and one hash, however long the chain of prerequisites.

The order of the questions is a contract (docs/decisions.md): killed, enabled, prerequisites, denylist, allowlist,
percent, everybody. `is_enabled` gives the same answer as `decide` without building the explanation: lists, percents
and prerequisites come down to a limit below which the key's hash must be, and of several limits the lowest counts.
"""

from collections.abc import Callable, Iterable, Mapping

from rollout_cli.flags.bucketing import Generation, bucket_of_hash, hash_limit, hasher
from rollout_cli.flags.decision import Decision, Reason
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, FlagValue, Snapshot
from rollout_cli.flags.percent import EVERYBODY, percent_number

Predicate = Callable[[str | None], bool]
NEVER, ALWAYS = 0, hash_limit(EVERYBODY)


class CompiledFlag:
    """One flag of one snapshot, ready to be asked."""

    __slots__ = ("_definition", "_killed", "_required", "_revision", "_state", "chain", "hashed", "is_on", "on_value",
                 "salt")  # fmt: skip

    def __init__(
        self,
        definition: FlagDefinition,
        state: FlagState,
        *,
        required: tuple["CompiledFlag", ...],
        killed: bool,
        generation: Generation,
        salt: str,
        revision: int,
    ) -> None:
        self._definition = definition
        self._state = state
        self._required = required
        self._killed = killed
        self._revision = revision
        self.salt = salt
        self.hashed = hasher(generation, salt)
        self.on_value: FlagValue = _on_value(definition, state)
        self.chain: dict[str, CompiledFlag] = {definition.name: self}
        if not killed:
            for flag in required:
                self.chain |= flag.chain
        self.is_on: Predicate = _compile(self.chain.values())

    def decide(self, key: str | None) -> Decision:
        """Answer with the reason, the bucket and the rest of the explanation."""
        reason, bucket = self._explain(key)
        enabled = self._outcome(reason, bucket)
        if reason is Reason.KILLED:
            value = self._definition.default
        else:
            value = self.on_value if enabled else self._definition.off
        return Decision(
            self._definition.name, value, enabled, reason, None if bucket is None else percent_number(bucket),
            self._state.shadow, self._revision,
        )  # fmt: skip

    def value(self, key: str | None) -> FlagValue:
        """Answer with the bare value."""
        if self._killed:
            return self._definition.default
        return self.on_value if self.is_on(key) else self._definition.off

    def _explain(  # noqa: PLR0911 - one return for each reason, in their order
        self, key: str | None
    ) -> tuple[Reason, int | None]:
        state = self._state
        if self._killed:
            return Reason.KILLED, None
        if not state.enabled:
            return Reason.DISABLED, None
        if self._required and not all(flag.is_on(key) for flag in self._required):
            return Reason.PREREQUISITE, None
        if key and key in state.denylist:
            return Reason.DENYLIST, None
        if key and key in state.allowlist:
            return Reason.ALLOWLIST, None
        if state.percent is not None:
            return (Reason.PERCENT, bucket_of_hash(self.hashed(key))) if key else (Reason.TARGETING_KEY_MISSING, None)
        return (Reason.NOT_ALLOWLISTED if state.allowlist else Reason.GLOBAL), None

    def _outcome(self, reason: Reason, bucket: int | None) -> bool:
        if reason is Reason.PERCENT:
            return bucket is not None and self._state.percent is not None and bucket < self._state.percent
        if reason is Reason.KILLED:
            return self._definition.default is True
        return reason in (Reason.ALLOWLIST, Reason.GLOBAL)

    def named(self) -> frozenset[str]:
        """Whoever is on one of its lists."""
        return self._state.allowlist | self._state.denylist

    def limit(self, key: str | None) -> int:
        """The limit below which this key's hash must be, the flag's prerequisites left aside."""
        state = self._state
        if key and state.enabled and not self._killed:
            if key in state.denylist:
                return NEVER
            if key in state.allowlist:
                return ALWAYS
        if not key and state.percent is not None and not self._killed:
            return NEVER
        return self.limit_of_others()

    def limit_of_others(self) -> int:
        """The same for every key that no list names."""
        state = self._state
        if self._killed:
            return ALWAYS if self._definition.default is True else NEVER
        if not state.enabled:
            return NEVER
        if state.percent is not None:
            return hash_limit(state.percent)
        return NEVER if state.allowlist else ALWAYS


class Evaluator:
    """All flags of one snapshot, compiled. Frozen in effect: a new revision gets a new evaluator."""

    __slots__ = ("_flags", "revision", "snapshot")

    def __init__(self, snapshot: Snapshot, kills: Kills = Kills()) -> None:  # noqa: B008 - frozen value
        self.snapshot = snapshot
        self.revision = snapshot.revision
        self._flags = _compile_all(snapshot, kills)

    def is_enabled(self, flag: str, key: str | None = None, *, default: bool = False) -> bool:
        """Whether the flag is on for this key; `default` when there is no such flag."""
        compiled = self._flags.get(flag)
        return default if compiled is None else compiled.is_on(key)

    def decide(self, flag: str, key: str | None = None, *, default: FlagValue | None = None) -> Decision:
        """The decision with its explanation; `default` is the value when there is no such flag."""
        compiled = self._flags.get(flag)
        if compiled is None:
            return Decision(flag, default, default is True, Reason.FLAG_NOT_FOUND, revision=self.revision)
        return compiled.decide(key)

    def value(self, flag: str, key: str | None = None, *, default: FlagValue | None = None) -> FlagValue | None:
        """The bare value; `default` when there is no such flag."""
        compiled = self._flags.get(flag)
        return default if compiled is None else compiled.value(key)

    def names(self) -> Iterable[str]:
        """The names of all flags, in the order of their definition."""
        return self.snapshot.definitions.keys()


def _on_value(definition: FlagDefinition, state: FlagState) -> FlagValue:
    if definition.off is False:
        return True
    return definition.default if state.value is None else state.value


def _compile_all(snapshot: Snapshot, kills: Kills) -> Mapping[str, CompiledFlag]:
    done: dict[str, CompiledFlag] = {}

    def compile_one(name: str, path: tuple[str, ...]) -> CompiledFlag:
        if name not in done:
            definition = snapshot.definitions[name]
            # Files with an unknown or circular prerequisite are refused; in a store, one is read as "off".
            sound = all(need in snapshot.definitions and need not in (*path, name) for need in definition.requires)
            required = tuple(compile_one(need, (*path, name)) for need in definition.requires) if sound else (_OFF,)
            done[name] = CompiledFlag(
                definition, snapshot.state_of(name), required=required, killed=name in kills,
                generation=snapshot.generation, salt=snapshot.salt_of(name), revision=snapshot.revision,
            )  # fmt: skip
        return done[name]

    return {name: compile_one(name, ()) for name in snapshot.definitions}


def _compile(chain: Iterable[CompiledFlag]) -> Predicate:
    """One look-up for each salt in a chain of flags; nearly always there is one salt."""
    by_salt: dict[str, list[CompiledFlag]] = {}
    for flag in chain:
        by_salt.setdefault(flag.salt, []).append(flag)
    parts = [_compile_of_one_salt(flags) for flags in by_salt.values()]
    if _never in parts:
        return _never
    parts = [part for part in parts if part is not _always]
    if len(parts) <= 1:
        return parts[0] if parts else _always
    return lambda key: all(part(key) for part in parts)


def _compile_of_one_salt(flags: list[CompiledFlag]) -> Predicate:
    """Whoever is named gets a limit of their own, as does the lack of a key; all others share one."""
    keys = {None, "", *(key for flag in flags for key in flag.named())}
    limits = {key: min(flag.limit(key) for flag in flags) for key in keys}
    others = min(flag.limit_of_others() for flag in flags)
    if set(limits.values()) == {others}:  # no percent is in it, for without a key that would be "never"
        return _always if others else _never
    limit_of, hashed = limits.get, flags[0].hashed

    def is_below_limit(key: str | None) -> bool:
        limit = limit_of(key, others)
        if limit == ALWAYS or not limit:
            return limit != NEVER
        return key is not None and hashed(key) < limit

    return is_below_limit


def _always(_key: str | None) -> bool:
    return True


def _never(_key: str | None) -> bool:
    return False


_OFF = CompiledFlag(
    FlagDefinition("", FlagType.BOOLEAN, default=False), FlagState(),
    required=(), killed=False, generation=Generation.FLAGD_V3, salt="", revision=0,
)  # fmt: skip
