"""The snapshot as a flagd definition that flagd, of the generation pinned, evaluates to the same answers.

A flag is on when every flag it requires, directly or not, is on and it is on itself. So its rule is one conjunction
over all of them: nobody's denylist has the key, and each flag's allowlist has it or its percent takes it in. Most
flags of a rollout share allowlist, percent and salt; what they share is asked once.
"""

import json
from dataclasses import dataclass
from typing import Any

from rollout_cli.errors import UsageError
from rollout_cli.flags.bucketing import Generation
from rollout_cli.flags.flagd_split import EVALUATORS, KEY, joined_split, named_split, salted_split
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagValue, Snapshot
from rollout_cli.flags.percent import EVERYBODY, Percent

Logic = Any

_LINES_TO = 4
"""The definition is written a line an entry down to this depth (the fields of a flag), each rule on one line."""


def flagd_text(snapshot: Snapshot) -> str:
    """The definition as the text of a file: ASCII, so that no reader's encoding matters.

    Raises:
        UsageError: flagd cannot bucket as this rollout does.
    """
    return _laid_out(flagd_definition(snapshot)) + "\n"


def flagd_definition(snapshot: Snapshot) -> dict[str, Any]:
    """The definition as flagd's JSON document.

    Raises:
        UsageError: flagd cannot bucket as this rollout does.
    """
    flags = {name: _flag(name, snapshot) for name in snapshot.definitions}
    text = json.dumps(flags)
    used = {name: rule for name, rule in EVALUATORS.items() if json.dumps({"$ref": name}) in text}
    return {
        "$schema": "https://flagd.dev/schema/v0/flags.json",
        "metadata": {"rollout": snapshot.rollout, "revision": snapshot.revision},
        "flags": flags,
        **({"$evaluators": used} if used else {}),
    }


def _flag(name: str, snapshot: Snapshot) -> dict[str, Any]:
    definition, state = snapshot.definitions[name], snapshot.state_of(name)
    rule = _all_of(_conditions(name, snapshot))
    flag: dict[str, Any] = {
        "state": "ENABLED",  # a disabled one would answer the caller's default
        "variants": {"on": _on_value(definition, state), "off": definition.off},
        "defaultVariant": "on" if rule is True else "off",
    }
    if state.shadow:
        flag["metadata"] = {"shadow": True}
    if not isinstance(rule, bool):
        flag["targeting"] = {"if": [rule, "on", "off"]}
    return flag


def _on_value(definition: FlagDefinition, state: FlagState) -> FlagValue:
    if definition.off is False:
        return True
    return definition.default if state.value is None else state.value


def _conditions(name: str, snapshot: Snapshot) -> list[Logic]:
    """What must hold for the flag to be on: true, false, and rules."""
    involved = _with_prerequisites(name, snapshot)
    if involved is None or not all(snapshot.state_of(one).enabled for one in involved):
        return [False]
    states = {one: snapshot.state_of(one) for one in involved}
    denied = {key for state in states.values() for key in state.denylist} - {""}
    not_denied: Logic = {"!": [{"in": [KEY, sorted(denied)]}]} if denied else True
    different = dict.fromkeys((state.allowlist, state.percent, snapshot.salt_of(one)) for one, state in states.items())
    return [
        not_denied,
        *(
            _taken_in(allowlist, percent, _Split(snapshot.generation, salt, name))
            for allowlist, percent, salt in different
        ),
    ]


def _with_prerequisites(name: str, snapshot: Snapshot) -> list[str] | None:
    """The flag and all it requires, each once; None when one is unknown or needs itself: such a flag is off."""
    involved: dict[str, None] = {}

    def is_sound(one: str, path: tuple[str, ...]) -> bool:
        if one in involved:
            return True
        if one in path or one not in snapshot.definitions:
            return False
        sound = all(is_sound(need, (*path, one)) for need in snapshot.definitions[one].requires)
        involved[one] = None
        return sound

    return list(involved) if is_sound(name, ()) else None


def _taken_in(allowlist: frozenset[str], percent: Percent | None, split: "_Split") -> Logic:
    """The part of one flag's state that lets a key in."""
    allowed = sorted(allowlist - {""})
    on_the_list: Logic = {"in": [KEY, allowed]} if allowed else False
    if percent is None:
        return on_the_list if allowlist else True
    if percent == 0:
        return on_the_list
    has_key: Logic = {"!!": [KEY]}
    below: Logic = has_key if percent == EVERYBODY else {"and": [has_key, split.below(percent)]}
    return {"or": [on_the_list, below]} if allowed else below


@dataclass(frozen=True, slots=True)
class _Split:
    """How one flag's shoppers are split, in the rule of the flag that is evaluated."""

    generation: Generation
    salt: str
    evaluated: str

    def below(self, percent: Percent) -> Logic:
        """The rule for a percent that is neither nobody nor everybody."""
        match self.generation:
            case Generation.FLAGD_V2:
                return joined_split(self.salt, percent)
            case Generation.FLAGD_V3:
                return named_split(percent) if self.salt == self.evaluated else salted_split(self.salt, percent)
            case Generation.MD5_MOD_100:
                raise UsageError(
                    "flagd cannot bucket by md5-mod-100",
                    hint="export at 0 or 100 %, use another export, or begin a rollout with bucketing: flagd-v3",
                )


def _all_of(rules: list[Logic]) -> Logic:
    if False in rules:
        return False
    different: list[Logic] = []
    for rule in rules:
        if rule is not True and rule not in different:
            different.append(rule)
    if not different:
        return True
    return different[0] if len(different) == 1 else {"and": different}


def _laid_out(value: Any, depth: int = 1) -> str:
    if depth >= _LINES_TO or not isinstance(value, dict) or not value:
        return json.dumps(value)
    indent, entries = "  " * depth, value.items()
    lines = (f"{indent}{json.dumps(key)}: {_laid_out(entry, depth + 1)}" for key, entry in entries)
    return "{\n" + ",\n".join(lines) + "\n" + "  " * (depth - 1) + "}"
