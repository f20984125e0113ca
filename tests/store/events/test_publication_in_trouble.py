"""A store that is locked, full or whose process dies in a publication: nothing is lost or doubled by it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from rollout_cli.errors import StoreBusyError, StoreError
from rollout_cli.new_path import Installation
from rollout_cli.pipeline.delivery import Delivery
from tests.support.children import in_child, with_small_files
from tests.support.event_stores import new_events_file
from tests.support.routed import (
    all_conversations,
    cloud,
    open_ones,
    routed,
    said,
)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")


def test_while_somebody_holds_the_file_nothing_is_taken_and_afterwards_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rollout_cli.store.engine.WAIT_SECONDS", 0.01)
    store = new_events_file(tmp_path)
    path = routed(store, "round_robin")
    path.take([cloud(0)])
    for _ in range(2):
        with locked(tmp_path / "events.db"), pytest.raises(StoreBusyError):
            path.take([cloud(0), cloud(1), cloud(2, sender="5511970000002")])
        assert len(said(store)) == 1
    assert [each.new for each in path.take([cloud(0), cloud(1), cloud(2, sender="5511970000002")])] == [0, 1, 1]
    assert [each.skm_id for each in open_ones(store)] == ["ana", "bia"]


def test_a_full_disk_takes_whole_batches_or_nothing_and_afterwards_the_rest(tmp_path: Path) -> None:
    new_events_file(tmp_path).close()
    work = [[cloud(10 * batch + number, text="x" * 4_000) for number in range(10)] for batch in range(30)]

    def fill() -> list[int]:
        path = routed(new_events_file(tmp_path))
        return [number for number, some in enumerate(work) if took(path, some)]

    acknowledged = with_small_files(900_000, fill)
    assert 0 < len(acknowledged) < len(work)
    store = new_events_file(tmp_path)
    names = {f"wamid.T{10 * batch + number}" for batch in acknowledged for number in range(10)}
    assert {each.source.provider_message_id for each in said(store)} == names
    assert len(said(store)) == len(names)
    path = routed(store)
    for some in work:
        path.take(some)
    assert len(said(store)) == 300
    assert len({each.routing.conversation_id for each in said(store)}) == 1


def took(path: Installation, some: list[Delivery]) -> bool:
    try:
        path.take(some)
    except StoreError:
        return False
    return True


@pytest.mark.parametrize("moment", ["append", "open_conversations", "add_participants", "bury"])
def test_a_process_that_dies_in_the_middle_leaves_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    routed(new_events_file(tmp_path)).take([cloud(0)])

    def die() -> None:
        monkeypatch.setattr(f"rollout_cli.store.events.publishing.SqlPublication.{moment}", lambda *_: os._exit(1))
        routed(new_events_file(tmp_path)).take([cloud(1, sender="5511970000002")])

    with pytest.raises(AssertionError, match="the child died"):
        in_child(die)
    store = new_events_file(tmp_path)
    assert (len(said(store)), len(all_conversations(store))) == (1, 1)
    assert routed(store).take([cloud(1, sender="5511970000002")])[0].new == 1
