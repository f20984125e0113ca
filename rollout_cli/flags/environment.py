"""The answers of environment variables, for when there is no store: `NAME`, `NAME_ALLOWLIST`, `NAME_PERCENT`, ….

The same variables that the old deployments set by hand. A flag is read from the environment when one of its
variables is set. What cannot be read counts as the safe side: a flag is at its declared default, a percent is
nobody, shadow is on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from rollout_cli.flags.bucketing import Generation
from rollout_cli.flags.decision import ENVIRONMENT_PREFIX, Decision, Reason
from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, FlagValue, Snapshot
from rollout_cli.flags.percent import EVERYBODY, Percent, percent_from_number

_WORDS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
SUFFIXES = ("", "_ALLOWLIST", "_DENYLIST", "_PERCENT", "_SHADOW_MODE")


def variables_of(flag: str) -> tuple[str, ...]:
    """The variables that speak for a flag."""
    return tuple(flag + suffix for suffix in SUFFIXES)


def is_set(flag: str, environment: Mapping[str, str]) -> bool:
    """Whether the environment says anything about a flag."""
    return any(variable in environment for variable in variables_of(flag))


def undeclared_flag(
    name: str, environment: Mapping[str, str], default: FlagValue | None = None
) -> FlagDefinition | None:
    """What a flag must be that nobody declared and that the environment mentions: of two values, unless it has others.

    Args:
        name: the flag.
        environment: the variables.
        default: what the caller falls back on; a text flag says it when it is off.

    Returns:
        Its definition, with the safe default; None when the environment does not mention it.
    """
    if not is_set(name, environment):
        return None
    text = environment.get(name, "").strip()
    if not text or text.lower() in _WORDS:
        return FlagDefinition(name, FlagType.BOOLEAN, default=False)
    return FlagDefinition(name, FlagType.STRING, default=default if isinstance(default, str) else "")


def state_from_environment(definition: FlagDefinition, environment: Mapping[str, str]) -> FlagState:
    """How the environment says that a flag stands."""
    name = definition.name
    text = environment.get(name, "").strip()
    shadow = environment.get(f"{name}_SHADOW_MODE", "").strip().lower()
    is_string = definition.type is FlagType.STRING
    is_value = is_string and bool(text) and text in (definition.values or (text,))
    return FlagState(
        enabled=is_value if is_string else _WORDS.get(text.lower(), definition.default is True),
        percent=_percent(environment.get(f"{name}_PERCENT")),
        allowlist=_ids(environment.get(f"{name}_ALLOWLIST", "")),
        denylist=_ids(environment.get(f"{name}_DENYLIST", "")),
        value=text if is_value else None,
        shadow=_WORDS.get(shadow, bool(shadow)),
    )


@dataclass(frozen=True, slots=True)
class EnvironmentAnswers:
    """Decisions from environment variables over the defaults of known definitions.

    Flags that the environment does not mention answer with their declared default.
    """

    evaluator: Evaluator
    mentioned: frozenset[str]

    def decide(self, flag: str, key: str | None = None, *, default: FlagValue | None = None) -> Decision:
        """The decision, its reason prefixed `ENV_` where the environment spoke."""
        decision = self.evaluator.decide(flag, key, default=default)
        if flag not in self.mentioned or decision.reason == Reason.KILLED:
            return decision
        return decision._replace(reason=ENVIRONMENT_PREFIX + decision.reason)


def answers_from_environment(
    snapshot: Snapshot,
    environment: Mapping[str, str],
    kills: Kills = Kills(),  # noqa: B008 - frozen value
) -> EnvironmentAnswers:
    """Overlay the environment on a snapshot that holds definitions only."""
    mentioned = frozenset(name for name in snapshot.definitions if is_set(name, environment))
    states = {
        name: _with_a_salt(snapshot, name, state_from_environment(snapshot.definitions[name], environment))
        if name in mentioned
        else snapshot.state_of(name)
        for name in snapshot.definitions
    }
    return EnvironmentAnswers(Evaluator(replace(snapshot, states=states), kills), mentioned)


def _with_a_salt(snapshot: Snapshot, name: str, state: FlagState) -> FlagState:
    """The state, where its percent can be told: without a salt it would not let in whom the store would let in."""
    needs_salt = state.percent not in (None, 0, EVERYBODY) and snapshot.generation is not Generation.MD5_MOD_100
    return replace(state, percent=Percent(0)) if needs_salt and not snapshot.salt_of(name) else state


def _ids(text: str) -> frozenset[str]:
    return frozenset(_words(text.split(",")))


def _words(parts: Iterable[str]) -> Iterable[str]:
    return filter(None, (part.strip() for part in parts))


def _percent(text: str | None) -> Percent | None:
    if text is None or not text.strip():
        return None
    try:
        return percent_from_number(float(text))
    except ValueError:
        return Percent(0)
