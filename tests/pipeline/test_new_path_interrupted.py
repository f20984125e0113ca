"""A store that goes away within a batch: nothing is lost or stored twice, and no sender is blamed for it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from rollout_cli.errors import StoreError
from rollout_cli.pipeline import metrics as names
from rollout_cli.pipeline.counting import Counts
from rollout_cli.pipeline.new_path import NewPath
from rollout_cli.pipeline.routing.router import Router
from rollout_cli.store.events.dead_letters import letters
from rollout_cli.store.events.reading import all_events
from rollout_cli.store.events.sql_event_store import SqlEventStore
from tests.pipeline.test_new_path import delivery, messages, path_to, store
from tests.support.event_stores import new_events_file

__all__ = ["store"]
_WORK = [delivery(0), replace(delivery(9), body=b"{"), delivery(1), delivery(2), delivery(3)]
"""One of them is malformed, and the router has its bug with another one: so each is published by itself."""
_PUBLICATIONS = 7
"""All together, each alone, and the dead letter of the one with the bug."""


class Interrupted(Router):
    """A router with a bug that one delivery runs into; after so many publications the store is away."""

    def __init__(self, publications: float = float("inf")) -> None:
        super().__init__()
        self.left = publications

    def publish(self, publication: Any, entries: Sequence[Any]) -> Any:
        self.left -= 1
        if self.left < 0:
            raise StoreError("away", hint="wait")
        if any("wamid.T2" in entry.key for entry, _ in entries):
            raise KeyError("a bug")
        return super().publish(publication, entries)


def a_path_to(store: SqlEventStore, router: Router) -> tuple[NewPath, Counts]:
    counts = Counts()
    path = path_to(store, metrics=counts)
    path._router = router
    return path, counts


def left_by(store: SqlEventStore, counts: Counts) -> list[Any]:
    """What a run leaves and counts once, however often deliveries are given."""
    reasons = sorted(letter.reason for letter, _ in letters(store))
    return [messages(store), reasons, counts.of(names.PUBLISHED), counts.of(names.ASSIGNED)]


@pytest.mark.parametrize("publications", range(1, _PUBLICATIONS))
def test_deliveries_that_are_taken_apart_are_stored_and_published_once_each_wherever_the_store_goes_away(
    tmp_path_factory: pytest.TempPathFactory, publications: int
) -> None:
    smooth = new_events_file(tmp_path_factory.mktemp("smooth"))
    path, counts = a_path_to(smooth, Interrupted())
    path.take(_WORK)
    wanted = left_by(smooth, counts)

    store, router = new_events_file(tmp_path_factory.mktemp("interrupted")), Interrupted(publications)
    path, counts = a_path_to(store, router)
    with pytest.raises(StoreError, match="away"):
        path.take(_WORK)
    router.left = min(1, _PUBLICATIONS - 1 - publications)
    with pytest.raises(StoreError, match="away"):
        path.take(_WORK)
    router.left = float("inf")
    path.take(_WORK)
    assert left_by(store, counts) == wanted


@contextmanager
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The store is away, and says so."""
    with monkeypatch.context() as patch:
        patch.setattr(SqlEventStore, "_take_turn", lambda *_: (_ for _ in ()).throw(StoreError("away", hint="wait")))
        with pytest.raises(StoreError):
            yield


def risks(store: SqlEventStore) -> list[tuple[str, ...]]:
    return [each.event.security.risk_flags for each in all_events(store) if each.event.message is not None]


def test_tries_that_a_store_refuses_are_no_failures_in_a_row(
    store: SqlEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_to(store)
    bad = [delivery(number, instance="i", signature_valid=False) for number in range(2)]
    path.take(bad[:1])
    for _ in range(3):
        with away(monkeypatch):
            path.take(bad[1:])
    path.take(bad[1:])
    assert risks(store) == [("invalid_signature",)] * 2


def test_the_first_good_one_after_three_failures_is_flagged_also_where_the_store_was_away(
    store: SqlEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_to(store)
    path.take([delivery(number, instance="i", signature_valid=False) for number in range(3)])
    with away(monkeypatch):
        path.take([delivery(3, instance="i")])
    path.take([delivery(3, instance="i"), delivery(4, instance="i")])
    assert risks(store)[3:] == [("multiple_failures",), ()]
