"""A snapshot as a flagd definition that flagd, of the pinned generation, evaluates to the same answers."""

from typing import Any

from rollout_cli.errors import UsageError
from rollout_cli.flags.bucketing import BUCKETS, Generation
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagValue, Snapshot
from rollout_cli.flags.percent import EVERYBODY

Logic = Any
KEY: Logic = {"var": "targetingKey"}


def flagd_definition(snapshot: Snapshot) -> dict[str, Any]:
    """The definition as flagd's JSON document.

    Raises:
        UsageError: flagd cannot bucket as this rollout does.
    """
    return {
        "$schema": "https://flagd.dev/schema/v0/flags.json",
        "metadata": {"rollout": snapshot.rollout, "revision": snapshot.revision},
        "flags": {name: _flag(name, snapshot) for name in snapshot.definitions},
    }


def _flag(name: str, snapshot: Snapshot) -> dict[str, Any]:
    definition, state = snapshot.definitions[name], snapshot.state_of(name)
    return {
        "state": "ENABLED",
        "variants": {"on": _on_value(definition, state), "off": definition.off},
        "defaultVariant": "off",
        "targeting": {"if": [_is_on(name, snapshot, ()), "on", "off"]},
    }


def _on_value(definition: FlagDefinition, state: FlagState) -> FlagValue:
    if definition.off is False:
        return True
    return definition.default if state.value is None else state.value


def _is_on(name: str, snapshot: Snapshot, path: tuple[str, ...]) -> Logic:
    """The condition under which a flag is on, its prerequisites written out."""
    if name not in snapshot.definitions or name in path:
        return False
    state = snapshot.state_of(name)
    if not state.enabled:
        return False
    conditions = [_is_on(need, snapshot, (*path, name)) for need in snapshot.definitions[name].requires]
    if state.denylist:
        conditions.append({"!": [{"in": [KEY, sorted(state.denylist)]}]})
    conditions.append(_targeting(state, snapshot.generation, snapshot.salt_of(name)))
    return {"and": conditions}


def _targeting(state: FlagState, generation: Generation, salt: str) -> Logic:
    allowed: Logic = {"in": [KEY, sorted(state.allowlist)]} if state.allowlist else False
    if state.percent is None:
        return allowed if state.allowlist else True
    return {"or": [allowed, _below(state.percent, generation, salt)]}


def _below(percent: int, generation: Generation, salt: str) -> Logic:
    if percent == 0:
        return False
    if percent == EVERYBODY:
        return {"!!": [KEY]}
    if generation is Generation.MD5_MOD_100:
        raise UsageError(
            "flagd cannot bucket by md5-mod-100",
            hint="export at 0 or 100 %, use another export, or begin a rollout with bucketing: flagd-v3",
        )
    split = {"fractional": [{"cat": [salt, KEY]}, ["in", percent], ["out", BUCKETS - percent]]}
    return {"and": [{"!!": [KEY]}, {"==": [split, "in"]}]}
