"""A snapshot compiled once, so that one decision is a few look-ups and at most one hash.

The order of the questions is a contract (docs/decisions.md): killed, enabled, prerequisites, denylist, allowlist,
percent, everybody. `is_enabled` gives the same answer as `decide` without building the explanation.
"""

from collections.abc import Callable, Iterable, Mapping

from rollout_cli.flags.bucketing import Generation, bucket_of_hash, hash_limit, hasher
from rollout_cli.flags.decision import Decision, Reason
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, FlagValue, Snapshot
from rollout_cli.flags.percent import percent_number

Predicate = Callable[[str | None], bool]


class CompiledFlag:
    """One flag of one snapshot, ready to be asked."""

    __slots__ = ("_definition", "_hash", "_killed", "_required", "_revision", "_state", "is_on", "on_value")

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
        self._hash = hasher(generation, salt)
        self.on_value: FlagValue = _on_value(definition, state)
        self.is_on: Predicate = self._compile()

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
        if not all(flag.is_on(key) for flag in self._required):
            return Reason.PREREQUISITE, None
        if key and key in state.denylist:
            return Reason.DENYLIST, None
        if key and key in state.allowlist:
            return Reason.ALLOWLIST, None
        if state.percent is not None:
            return (Reason.PERCENT, bucket_of_hash(self._hash(key))) if key else (Reason.TARGETING_KEY_MISSING, None)
        return (Reason.NOT_ALLOWLISTED if state.allowlist else Reason.GLOBAL), None

    def _outcome(self, reason: Reason, bucket: int | None) -> bool:
        if reason is Reason.PERCENT:
            return bucket is not None and self._state.percent is not None and bucket < self._state.percent
        if reason is Reason.KILLED:
            return self._definition.default is True
        return reason in (Reason.ALLOWLIST, Reason.GLOBAL)

    def _compile(self) -> Predicate:
        """Choose the shortest function that gives the answer; flags that are off or for everybody need no look-up."""
        state, required = self._state, tuple(flag.is_on for flag in self._required)
        if self._killed:
            return _always if self._definition.default is True else _never
        if not state.enabled:
            return _never
        inner = self._compile_targeting()
        if not required:
            return inner

        def with_prerequisites(key: str | None) -> bool:
            for is_on in required:
                if not is_on(key):
                    return False
            return inner(key)

        return with_prerequisites

    def _compile_targeting(self) -> Predicate:
        state, hashed = self._state, self._hash
        deny, allow = state.denylist - {""}, state.allowlist - {""}
        if state.percent is None:
            if state.allowlist:
                named = allow - deny
                return lambda key: key in named
            return (lambda key: key not in deny) if deny else _always
        limit = hash_limit(state.percent)

        def by_percent(key: str | None) -> bool:
            if not key or key in deny:
                return False
            return key in allow or hashed(key) < limit

        return by_percent


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


def _always(_key: str | None) -> bool:
    return True


def _never(_key: str | None) -> bool:
    return False


_OFF = CompiledFlag(
    FlagDefinition("", FlagType.BOOLEAN, default=False), FlagState(),
    required=(), killed=False, generation=Generation.FLAGD_V3, salt="", revision=0,
)  # fmt: skip
