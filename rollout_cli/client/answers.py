"""All answers of one moment: three tables of functions, made when something changed and only looked up after that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from typing import NamedTuple

from rollout_cli.flags.compiled import Explainer, Predicate
from rollout_cli.flags.environment import answers_from_environment, undeclared_flag
from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import FlagValue, Snapshot

Valuer = Callable[[str | None], FlagValue | None]
Watch = Callable[[Explainer], Explainer]
"""Puts a watcher of decisions around a function that decides."""

_MOST_UNDECLARED = 1000


class Source(StrEnum):
    """Who answers."""

    STORE = "store"
    LAST_KNOWN_GOOD = "last_known_good"
    ENVIRONMENT = "environment"


class Asked(NamedTuple):
    """One flag's three functions."""

    is_on: Predicate
    decide: Explainer
    value: Valuer


Undeclared = Callable[[str, FlagValue | None], Asked | None]
"""What to ask about a flag that nobody declared, with the caller's default; None where nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What is answered until something changes. The tables are never written to.

    Attributes:
        phase: where the rollout stands: `off`, or the phase's number; empty where no store has said so.
    """

    snapshot: Snapshot
    kills: Kills
    source: Source
    is_on: Mapping[str, Predicate]
    decide: Mapping[str, Explainer]
    value: Mapping[str, Valuer]
    undeclared: Undeclared
    phase: str = ""


def answers_of_snapshot(
    snapshot: Snapshot, kills: Kills, source: Source, watch: Watch | None, phase: str = ""
) -> Answers:
    """The answers of one revision."""
    flags = Evaluator(snapshot, kills).flags
    asked = {name: _asked(Asked(flag.is_on, flag.decide, flag.value), watch) for name, flag in flags.items()}
    return _answers(snapshot, kills, source, asked, _nothing, phase=phase)


def answers_of_environment(
    snapshot: Snapshot, environment: Mapping[str, str], kills: Kills, watch: Watch | None
) -> Answers:
    """The answers of environment variables over declared defaults, and about flags that nobody declared."""

    def asked_of(declared: Snapshot) -> dict[str, Asked]:
        answers = answers_from_environment(declared, environment, kills)
        return {
            name: _asked(Asked(flag.is_on, partial(answers.decide, name), flag.value), watch)
            for name, flag in answers.evaluator.flags.items()
        }

    @lru_cache(maxsize=_MOST_UNDECLARED)
    def undeclared(flag: str, default: FlagValue | None) -> Asked | None:
        definition = undeclared_flag(flag, environment, default)
        if definition is None:
            return None
        alone = Snapshot(snapshot.rollout, snapshot.generation, snapshot.targeting_key, {flag: definition})
        return asked_of(alone)[flag]

    return _answers(snapshot, kills, Source.ENVIRONMENT, asked_of(snapshot), undeclared)


def changed_flags(before: Answers, after: Answers) -> frozenset[str]:
    """The flags that may answer differently, with all that require them."""
    if before.source is Source.ENVIRONMENT or after.source is Source.ENVIRONMENT:
        return frozenset() if before.source is after.source and before.kills == after.kills else _names(before, after)
    changed = {name for name in _names(before, after) if _stands(before, name) != _stands(after, name)}
    definitions = after.snapshot.definitions
    while more := {name for name in definitions if changed & {*definitions[name].requires}} - changed:
        changed |= more
    return frozenset(changed)


def _asked(asked: Asked, watch: Watch | None) -> Asked:
    if watch is None:
        return asked
    decide = watch(asked.decide)
    return Asked(lambda key: decide(key).enabled, decide, lambda key: decide(key).value)


def _answers(
    snapshot: Snapshot,
    kills: Kills,
    source: Source,
    asked: Mapping[str, Asked],
    undeclared: Undeclared,
    *,
    phase: str = "",
) -> Answers:
    return Answers(
        snapshot, kills, source,
        is_on={name: each.is_on for name, each in asked.items()},
        decide={name: each.decide for name, each in asked.items()},
        value={name: each.value for name, each in asked.items()},
        undeclared=undeclared,
        phase=phase,
    )  # fmt: skip


def _nothing(_flag: str, _default: FlagValue | None) -> None:
    return None


def _names(before: Answers, after: Answers) -> frozenset[str]:
    return frozenset({*before.snapshot.definitions, *after.snapshot.definitions})


def _stands(answers: Answers, name: str) -> object:
    """All that decides about one flag."""
    snapshot = answers.snapshot
    if name not in snapshot.definitions:
        return None
    definition = snapshot.definitions[name]
    return definition, snapshot.state_of(name), snapshot.generation, snapshot.salt_of(name), name in answers.kills
