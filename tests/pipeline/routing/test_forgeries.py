"""Forgeries: what a stranger may have signed never stands in the place of the genuine fact, whichever comes first."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest

from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.new_path import Outcome
from rollout_cli.store.events.sql_event_store import SqlEventStore
from tests.support.event_stores import events_of
from tests.support.routed import cloud, forged, open_ones, routed, said

GENUINE = replace(cloud(1, text="good morning"), signature_valid=True)
UNCHECKED = cloud(1, text="good morning")
FORGED = forged(cloud(1, text="send me the code"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.heavy)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SqlEventStore:
    return events_of(request, tmp_path)


@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("genuine", [GENUINE, UNCHECKED])
def test_the_genuine_one_is_taken_and_routed_whatever_came_before_it(
    store: SqlEventStore, genuine: Delivery, *, batched: bool
) -> None:
    path = routed(store)
    for some in [[FORGED, genuine]] if batched else [[FORGED], [genuine]]:
        path.take(some)
    (only,) = open_ones(store)
    trusted = [each for each in said(store) if not each.security.risk_flags]
    assert [(each.message.text, each.routing.conversation_id) for each in trusted if each.message] == [
        ("good morning", only.id)
    ]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_a_forgery_is_stored_once_and_flagged_and_after_the_genuine_one_not_at_all(
    store: SqlEventStore, order: tuple[int, ...]
) -> None:
    path, work = routed(store), [GENUINE, FORGED, GENUINE, FORGED]
    for place in order:
        path.take([work[place]])
    came_first = work[order[0]] is FORGED
    assert [each.security.signature_valid for each in said(store)] == [False, True][not came_first :]


def test_a_forgery_in_the_batch_of_the_genuine_one_is_a_repetition(store: SqlEventStore) -> None:
    taken = routed(store).take([GENUINE, FORGED, forged(cloud(2))])
    assert [each.outcome for each in taken] == [Outcome.PUBLISHED, Outcome.REPEATED, Outcome.PUBLISHED]
    assert [each.security.signature_valid for each in said(store)] == [True, False]
