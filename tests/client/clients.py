"""Clients to test with: over a store in memory or a file, looking only when they are told to, and what is in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rollout_cli.client import RolloutClient
from rollout_cli.client.last_known_good import LastKnownGood
from rollout_cli.control.record import Draft, Revision
from rollout_cli.flags.decision import Decision
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from tests.support.memory_feed import MemoryFeed, MemoryStore
from tests.support.stores import draft, open_sqlite

SELDOM = 60.0
"""Seconds between two looks for a client that a test tells when to look."""
OFTEN = 0.005

DEFINITIONS = {
    "EVENTS": FlagDefinition("EVENTS", FlagType.BOOLEAN, default=False),
    "SHADOW": FlagDefinition("SHADOW", FlagType.BOOLEAN, default=True),
    "ROUTING": FlagDefinition("ROUTING", FlagType.BOOLEAN, default=False, requires=("EVENTS",)),
    "POLICY": FlagDefinition("POLICY", FlagType.STRING, "default", values=("default", "sticky")),
}
OVERRIDES = {"ROUTING": "false", "POLICY": "round_robin"}
"""What the environment says where neither store nor file answer."""
ON, OFF = FlagState(enabled=True), FlagState()


def standing(**states: FlagState) -> Draft:
    """A change after which the named flags stand like this and all others are at their defaults."""
    return draft(snapshot=Snapshot("test-rollout", definitions=DEFINITIONS, states=states))


EVENTS_ON = standing(EVENTS=ON, ROUTING=ON, POLICY=FlagState(enabled=True, value="sticky"))
EVENTS_OFF = standing()


def write(path: Path, change: Draft = EVENTS_ON) -> Revision:
    """Commit a change to a file's store."""
    with open_sqlite(path).ledger("test-rollout").writing() as writing:
        return writing.append(change)


@contextmanager
def client_of(path: Path, **options: Any) -> Iterator[RolloutClient]:
    """A client of a SQLite store, which looks when it is told to."""
    settings: dict[str, Any] = {"project": path.parent, "environment": {}, "refresh_seconds": SELDOM}
    with RolloutClient.connect(f"sqlite:///{path}", **{**settings, **options}) as client:
        yield client


@contextmanager
def client_over(store: MemoryStore, project: Path | None = None, **options: Any) -> Iterator[RolloutClient]:
    """A client of a store in memory, which looks when it is told to."""
    settings: dict[str, Any] = {"project": project or "/nowhere", "environment": {}, "refresh_seconds": SELDOM}
    with (
        patch("rollout_cli.client.assembly.open_feed", lambda _url, rollout: MemoryFeed(store, rollout)),
        RolloutClient.connect("memory", **{**settings, **options}) as client,
    ):
        try:
            yield client
        finally:
            store.come_back()  # whoever waits for it goes on


def everything(client: RolloutClient, key: str | None = "shopper-1") -> object:
    """All that a client answers, but for how old it is."""
    decisions = client.decide_all(key)
    return {
        name: (
            client.is_enabled(name, key),
            client.value(name, key),
            without_age(client.decide(name, key)),
            without_age(decision),
        )
        for name, decision in decisions.items()
    }


def without_age(decision: Decision) -> Decision:
    """The decision, how old it is left aside."""
    return decision._replace(stale=False, age_seconds=None)


@contextmanager
def client_without_store(file: Path, **options: object) -> Iterator[RolloutClient]:
    """A client whose store is away from the start."""
    away = MemoryStore()
    away.go_away()
    with client_over(away, last_known_good=file, **{"environment": OVERRIDES, **options}) as client:
        yield client


def number_in(file: Path) -> int:
    """The revision that is kept in a file; 0 for none."""
    remembered = LastKnownGood(file).load(None)
    return 0 if remembered is None else remembered.revision.number
