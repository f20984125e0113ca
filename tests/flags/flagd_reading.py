"""What flagd's own evaluator says about an exported file, and for which keys it must say what we say."""

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext

from rollout_cli.flags.bucketing import Generation, cbor_text
from rollout_cli.flags.flagd import flagd_text
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, FlagValue, Snapshot
from rollout_cli.flags.percent import Percent


class Flagd:
    """flagd's evaluator with an exported snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._definitions = snapshot.definitions
        self._core = FlagdCore()
        self._core.set_flags(flagd_text(snapshot))

    def value(self, flag: str, key: str | None) -> FlagValue:
        """What flagd answers; the caller's default, which it must never use, is a value that no flag has."""
        context = EvaluationContext(key)
        if self._definitions[flag].type is FlagType.STRING:
            return self._core.resolve_string_value(flag, "the caller's default", context).value
        off_is_said = self._core.resolve_boolean_value(flag, True, context).value
        on_is_said = self._core.resolve_boolean_value(flag, False, context).value
        assert off_is_said == on_is_said, "flagd used the caller's default"
        return on_is_said


def at_percent(percent: float, salt: str, generation: Generation = Generation.FLAGD_V3, name: str = "FLAG") -> Snapshot:
    """One flag at a percent."""
    return Snapshot(
        salt,
        generation,
        definitions={name: FlagDefinition(name, FlagType.BOOLEAN, default=False)},
        states={name: FlagState(enabled=True, percent=Percent(round(percent * 1000)))},
    )


def is_promised(salt: str, key: str) -> bool:
    """Whether flagd's generation 3 knows this key's bucket under a salt that is not the flag's name: docs/flagd.md."""
    length = len(key.encode())
    if length > 127 or not length:
        return not length
    return key.isascii() or has_a_text(salt, length)


def has_a_text(salt: str, length: int) -> bool:
    """Whether there are two whole blocks before an id of this length, and a CBOR text as long as our array."""
    before = 1 + len(cbor_text(salt.encode())) + (1 if length < 24 else 2)
    return before >= 8 and before + length not in (25, 258)
