"""Two snapshots compared, and the denials made by hand laid over one."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rollout_cli.flags.document import definition_document, state_document
from rollout_cli.flags.model import Snapshot, default_state

Denials = Mapping[str, frozenset[str]]
"""For each flag, whom a person denied; also for flags that are not defined now, for when they come back."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one flag, before and after. `flag=None`: the whole rollout."""

    flag: str | None
    field: str
    before: Any
    after: Any


def with_denials(snapshot: Snapshot, denied_by_hand: Denials) -> Snapshot:
    """The snapshot as it is evaluated: whoever a person denied is on the denylists, too."""
    states = {
        name: replace(state, denylist=state.denylist | denied_by_hand.get(name, frozenset()))
        for name in snapshot.definitions
        for state in (snapshot.state_of(name),)
    }
    return replace(snapshot, states=states)


def denials_joined(denied_by_hand: Denials, known: Collection[str], joining: Collection[str]) -> Denials:
    """The denials by hand once more flags join: whoever is denied on every known flag is denied on a new one, too."""
    everywhere = [denied_by_hand.get(name, frozenset()) for name in known]
    taken_back = everywhere[0].intersection(*everywhere[1:]) if everywhere else frozenset()
    new = [name for name in joining if name not in known] if taken_back else []
    return {**denied_by_hand, **{name: denied_by_hand.get(name, frozenset()) | taken_back for name in new}}


def changes_between(before: Snapshot, after: Snapshot) -> Iterator[Change]:
    """Field by field, what differs; flags in the order of the files, then those that are gone."""
    for name, old, new in (
        ("bucketing", before.generation.value, after.generation.value),
        ("targeting_key", before.targeting_key, after.targeting_key),
    ):
        if old != new:
            yield Change(None, name, old, new)
    for name in after.definitions:
        yield from _flag_changes(name, before, after)
    for name in before.definitions:
        if name not in after.definitions:
            yield Change(name, "defined", before=True, after=False)


def _flag_changes(name: str, before: Snapshot, after: Snapshot) -> Iterator[Change]:
    new_definition = definition_document(after.definitions[name])
    if name in before.definitions:
        old_definition = definition_document(before.definitions[name])
        old_state = state_document(before.state_of(name))
        for key, value in new_definition.items():
            if value != old_definition[key]:
                yield Change(name, key, old_definition[key], value)
    else:
        yield Change(name, "defined", before=False, after=True)
        old_state = state_document(default_state(after.definitions[name]))
    for key, value in state_document(after.state_of(name)).items():
        if value != old_state[key]:
            yield Change(name, key, old_state[key], value)
