"""One flag of one snapshot, compiled to three functions of a targeting key: is it on, what is its value, and why.

`is_on` gives the same answer as `decide` without building the explanation: lists, percents and prerequisites come
down to a limit below which the key's hash must be, and of several limits the lowest counts.
"""

from collections.abc import Callable, Iterable

from rollout_cli.flags.bucketing import BUCKETS, Generation, below, hash_limit, hasher
from rollout_cli.flags.decision import Decision, Reason
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, FlagValue
from rollout_cli.flags.percent import EVERYBODY

Predicate = Callable[[str | None], bool]
Explainer = Callable[[str | None], Decision]
Valuer = Callable[[str | None], FlagValue]
NEVER, ALWAYS = 0, hash_limit(EVERYBODY)

_ON = frozenset({Reason.ALLOWLIST, Reason.GLOBAL})


class CompiledFlag:
    """One flag of one snapshot, ready to be asked.

    Attributes:
        is_on: whether the flag is on for a key.
        decide: the same with its reason.
        value: the bare value.
        chain: the flag and all that it requires, however far.
    """

    __slots__ = ("_definition", "_killed", "_revision", "_state", "chain", "decide", "generation", "hashed", "is_on",
                 "on_value", "salt", "value")  # fmt: skip

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
        self._killed = killed
        self._revision = revision
        self.generation = generation
        self.salt = salt
        self.hashed = hasher(generation, salt)
        self.on_value: FlagValue = _on_value(definition, state)
        others = {} if killed else {name: each for flag in required for name, each in flag.chain.items()}
        self.chain: dict[str, CompiledFlag] = {definition.name: self, **others}
        self.is_on: Predicate = _predicate(self.chain.values())
        self.decide: Explainer = self._explainer(_predicate(others.values()))
        self.value: Valuer = self._valuer()

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

    def _explainer(self, required: Predicate) -> Explainer:
        """The function that decides. Every answer that no bucket is in is made once, and given to all."""
        if self._killed:
            return _constant(self._decision(Reason.KILLED))
        if not self._state.enabled:
            return _constant(self._decision(Reason.DISABLED))
        by_lists = self._explainer_of_lists()
        if required is _always:
            return by_lists
        missing = self._decision(Reason.PREREQUISITE)
        if required is _never:
            return _constant(missing)
        return lambda key: by_lists(key) if required(key) else missing

    def _explainer_of_lists(self) -> Explainer:
        state = self._state
        denied, allowed = self._decision(Reason.DENYLIST), self._decision(Reason.ALLOWLIST)
        lists = {key: denied if key in state.denylist else allowed for key in self.named() if key}
        if state.percent is None:
            others = self._decision(Reason.NOT_ALLOWLISTED if state.allowlist else Reason.GLOBAL)
            listed = lists.get
            return (lambda key: listed(key, others)) if lists else _constant(others)  # type: ignore[arg-type]
        return self._explainer_of_percent(lists, hash_limit(state.percent))

    def _explainer_of_percent(self, lists: dict[str, Decision], limit: int) -> Explainer:
        listed, hashed, new = lists.get, self.hashed, tuple.__new__
        nobody = self._decision(Reason.TARGETING_KEY_MISSING)
        name, off, on, reason = self._definition.name, self._definition.off, self.on_value, Reason.PERCENT
        shadow, revision = self._state.shadow, self._revision

        def decide(key: str | None) -> Decision:
            if not key:
                return nobody
            decision = listed(key)
            if decision is not None:
                return decision
            number = hashed(key)
            thousandths = number * BUCKETS >> 32
            bucket = thousandths / 1000 if thousandths % 1000 else thousandths // 1000
            enabled = number < limit
            value = on if enabled else off
            return new(Decision, (name, value, enabled, reason, bucket, shadow, revision, False, None))

        return decide

    def _decision(self, reason: Reason) -> Decision:
        definition = self._definition
        enabled = definition.default is True if reason is Reason.KILLED else reason in _ON
        value = definition.default if reason is Reason.KILLED else self.on_value if enabled else definition.off
        return Decision(definition.name, value, enabled, reason, None, self._state.shadow, self._revision)

    def _valuer(self) -> Valuer:
        is_on, on, off = self.is_on, self.on_value, self._definition.off
        if self._killed or is_on is _never:
            answer = self._definition.default if self._killed else off
            return lambda _key: answer
        return lambda key: on if is_on(key) else off


def _on_value(definition: FlagDefinition, state: FlagState) -> FlagValue:
    if definition.off is False:
        return True
    return definition.default if state.value is None else state.value


def _constant(decision: Decision) -> Explainer:
    return lambda _key: decision


def _predicate(flags: Iterable[CompiledFlag]) -> Predicate:
    """One look-up for each salt in a chain of flags; nearly always there is one salt."""
    by_salt: dict[str, list[CompiledFlag]] = {}
    for flag in flags:
        by_salt.setdefault(flag.salt, []).append(flag)
    parts = [_predicate_of_one_salt(flags) for flags in by_salt.values()]
    if _never in parts:
        return _never
    parts = [part for part in parts if part is not _always]
    if len(parts) <= 1:
        return parts[0] if parts else _always
    return lambda key: all(part(key) for part in parts)


def _predicate_of_one_salt(flags: list[CompiledFlag]) -> Predicate:
    """Whoever is named gets a limit of their own, as does the lack of a key; all others share one."""
    keys = {None, "", *(key for flag in flags for key in flag.named())}
    limits = {key: min(flag.limit(key) for flag in flags) for key in keys}
    others = min(flag.limit_of_others() for flag in flags)
    if set(limits.values()) == {others}:  # no percent is in it, for without a key that would be "never"
        return _always if others else _never
    limit_of = limits.get
    if {others, *limits.values()} <= {NEVER, ALWAYS}:
        return lambda key: limit_of(key, others) != NEVER
    return below(flags[0].generation, flags[0].salt, limit_of, others, without_key=limits[None] != NEVER)


def _always(_key: str | None) -> bool:
    return True


def _never(_key: str | None) -> bool:
    return False


OFF = CompiledFlag(
    FlagDefinition("", FlagType.BOOLEAN, default=False), FlagState(),
    required=(), killed=False, generation=Generation.FLAGD_V3, salt="", revision=0,
)  # fmt: skip
"""Stands for a prerequisite that there is not."""
