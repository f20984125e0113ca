"""A snapshot as a JSON-able document and back: what a revision keeps, so that it can be evaluated without any file."""

from collections.abc import Mapping
from typing import Any

from rollout_cli.flags.bucketing import Generation
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.flags.percent import percent_from_number, percent_number

Document = dict[str, Any]


def snapshot_document(snapshot: Snapshot) -> Document:
    """The snapshot in plain lists, dictionaries and numbers, with every collection in a fixed order."""
    return {
        "rollout": snapshot.rollout,
        "bucketing": snapshot.generation.value,
        "targeting_key": snapshot.targeting_key,
        "flags": {
            name: {
                "definition": definition_document(definition),
                "state": state_document(snapshot.state_of(name)),
            }
            for name, definition in snapshot.definitions.items()
        },
    }


def definition_document(definition: FlagDefinition) -> Document:
    """One flag's definition as a document."""
    return {
        "type": definition.type.value,
        "default": definition.default,
        "values": list(definition.values),
        "requires": list(definition.requires),
        "salt": definition.salt,
    }


def state_document(state: FlagState) -> Document:
    """One flag's state as a document, with its lists sorted and its percent as people write it."""
    return {
        "enabled": state.enabled,
        "percent": None if state.percent is None else percent_number(state.percent),
        "value": state.value,
        "shadow": state.shadow,
        "allowlist": sorted(state.allowlist),
        "denylist": sorted(state.denylist),
    }


def snapshot_from_document(document: Mapping[str, Any], *, revision: int) -> Snapshot:
    """Read a document back.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the document is not one that `snapshot_document` wrote.
    """
    flags = document["flags"]
    return Snapshot(
        rollout=document["rollout"],
        generation=Generation(document["bucketing"]),
        targeting_key=document["targeting_key"],
        definitions={name: _definition(name, flag["definition"]) for name, flag in flags.items()},
        states={name: _state(flag["state"]) for name, flag in flags.items()},
        revision=revision,
    )


def _definition(name: str, document: Mapping[str, Any]) -> FlagDefinition:
    return FlagDefinition(
        name=name,
        type=FlagType(document["type"]),
        default=document["default"],
        values=tuple(document["values"]),
        requires=tuple(document["requires"]),
        salt=document["salt"],
    )


def _state(document: Mapping[str, Any]) -> FlagState:
    percent = document["percent"]
    return FlagState(
        enabled=document["enabled"],
        percent=None if percent is None else percent_from_number(percent),
        allowlist=frozenset(document["allowlist"]),
        denylist=frozenset(document["denylist"]),
        value=document["value"],
        shadow=document["shadow"],
    )
