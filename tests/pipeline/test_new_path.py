"""The new path: off, shadow, live; each fact once, however it comes; what cannot be published is not in the way."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs
from sqlalchemy import text

from rollout_cli.errors import StoreError
from rollout_cli.new_path import around
from rollout_cli.pipeline import metrics as names
from rollout_cli.pipeline.counting import Counts
from rollout_cli.pipeline.delivery import Delivery, LegacyOutcome
from rollout_cli.pipeline.dual_run.comparing import DeclaredComparison
from rollout_cli.pipeline.logs import PipelineLog
from rollout_cli.pipeline.new_path import NewPath, Outcome
from rollout_cli.pipeline.routing.router import Router
from rollout_cli.store.events.dead_letters import letters
from rollout_cli.store.events.observing import stored_observations
from rollout_cli.store.events.reading import Wanted, all_events, stored_events
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.whatsapp import CanonicalEvent, normalize
from tests.support.asked_to_end import OutOfTimeError, asked_to_end, give_up, heard_by
from tests.support.event_stores import NOW, cloud_text, new_events_file
from tests.support.examples import examples
from tests.support.flags_answering import Answering

EVENTS, SHADOW = "WHATSAPP_CANONICAL_EVENTS_ENABLED", "WHATSAPP_CANONICAL_SHADOW_MODE"
ROUTING, GROUPS, DUAL_RUN = "WHATSAPP_ROUTING_ENABLED", "WHATSAPP_GROUP_ROUTING_ENABLED", "WHATSAPP_DUAL_RUN"
LIVE = Answering({EVENTS: True, SHADOW: False, ROUTING: True, GROUPS: True})
IN_SHADOW = Answering({EVENTS: True, SHADOW: True})


def delivery(number: int, **more: Any) -> Delivery:
    return Delivery("cloud_api", cloud_text(number), NOW, **{"shopper_id": "shopper-1", **more})


def path_to(store: SqlEventStore | None, flags: Answering = LIVE, **more: Any) -> NewPath:
    return around(store, flags, environment={}, **more).path


def messages(store: SqlEventStore) -> list[str | None]:
    found = [each.event for each in all_events(store)]
    return [each.source.provider_message_id for each in found if each.event_type == "whatsapp.message.inbound"]


@pytest.fixture
def store(tmp_path: Path) -> SqlEventStore:
    return new_events_file(tmp_path)


def test_off_is_nothing_at_all(store: SqlEventStore) -> None:
    counts = Counts()
    (taken,) = path_to(store, Answering({}), metrics=counts).take([replace(delivery(1), body=b"no JSON at all")])
    assert taken.outcome is Outcome.OFF
    assert counts.measurements(names.LATENCY) == []
    assert list(all_events(store)) == []


class Interrupted(Router):
    """The signal comes within the transaction."""

    publish = asked_to_end


def test_what_an_application_was_asked_to_give_up_is_no_dead_letter(store: SqlEventStore) -> None:
    usual: dict[str, Any] = {"router": Router(), "metrics": Counts(), "log": PipelineLog(None)}
    for interrupted in ({"normalizer": asked_to_end}, {"router": Interrupted()}):
        path = NewPath(LIVE, store, **usual | interrupted)
        with heard_by(give_up), pytest.raises(OutOfTimeError):
            path.take([delivery(1)])
    assert (list(letters(store)), messages(store)) == ([], [])
    NewPath(LIVE, store, **usual).take([delivery(1)])
    assert (list(letters(store)), messages(store)) == ([], ["wamid.T1"])


_IN_SHADOW = """
import socket, sys
from datetime import UTC, datetime
from rollout_cli.new_path import around
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.new_path import Outcome
from tests.support.event_stores import NOW, cloud_text
from tests.support.flags_answering import Answering

path = around(None, Answering({"WHATSAPP_CANONICAL_EVENTS_ENABLED": True}), environment={}).path
work = [Delivery("cloud_api", cloud_text(number), NOW, shopper_id="s") for number in range(3)]
path.take(work)  # whatever is imported late is there now

def refuse(event, arguments):
    writes = event == "open" and (arguments[1] is None or set(str(arguments[1])) & set("wax+"))
    if event.startswith(("socket.", "sqlite3.", "subprocess.", "os.remove", "os.rename", "os.mkdir")) or writes:
        raise SystemExit(f"shadow does {event} {arguments}")

sys.addaudithook(refuse)
taken = path.take(work + [Delivery("cloud_api", b"no JSON", NOW, shopper_id="s")])
assert [each.outcome for each in taken] == [Outcome.SHADOW] * 3 + [Outcome.MALFORMED]
"""


def test_in_shadow_nothing_is_written_sent_or_stored() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IN_SHADOW], capture_output=True, text=True, check=False, cwd=os.curdir
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_in_shadow_a_store_that_is_there_stays_empty(store: SqlEventStore, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "rollout.pipeline"):
        taken = path_to(store, IN_SHADOW).take([delivery(1), replace(delivery(2), body=b"{")])
    assert [each.outcome for each in taken] == [Outcome.SHADOW, Outcome.MALFORMED]
    assert list(all_events(store)) == []
    assert letters(store) == []
    assert caplog.text.count("[SHADOW MODE]") == 1


def test_a_flag_with_shadow_alone_is_shadow_whatever_the_shadow_flag_says(store: SqlEventStore) -> None:
    shadowed = Answering({EVENTS: True, SHADOW: False}, shadow={EVENTS})
    assert path_to(store, shadowed).take([delivery(1)])[0].outcome is Outcome.SHADOW


def test_a_delivery_is_stored_once_in_a_batch_again_and_after_a_restart(tmp_path: Path) -> None:
    store = new_events_file(tmp_path)
    path = path_to(store)
    taken = path.take([delivery(1), delivery(1), delivery(2)])
    assert [each.outcome for each in taken] == [Outcome.PUBLISHED, Outcome.REPEATED, Outcome.PUBLISHED]
    assert path.take([delivery(1)])[0].outcome is Outcome.REPEATED
    store.close()
    again = new_events_file(tmp_path)
    assert path_to(again).take([delivery(2)])[0].outcome is Outcome.REPEATED
    assert messages(again) == ["wamid.T1", "wamid.T2"]


def test_twenty_at_once_leave_one_event(tmp_path: Path) -> None:
    paths = [path_to(new_events_file(tmp_path)) for _ in range(4)]
    with ThreadPoolExecutor(20) as pool:
        taken = list(pool.map(lambda number: paths[number % 4].take([delivery(1)])[0], range(20)))
    assert sum(each.new for each in taken) == 1
    assert messages(new_events_file(tmp_path)) == ["wamid.T1"]


def business(number: int) -> bytes:
    """The same message as Evolution's business channel hands it on."""
    data = {
        "key": {"remoteJid": "5511970000001@s.whatsapp.net", "fromMe": False, "id": f"wamid.T{number}"},
        "message": {"conversation": "good morning"}, "messageType": "conversation",
        "messageTimestamp": 1_793_000_000 + number, "instanceId": "7d1f5c1e-0000-4000-8000-000000000001",
    }  # fmt: skip
    return json.dumps({"event": "messages.upsert", "instance": "loja-centro", "data": data}).encode()


def test_two_channels_of_one_line_leave_one_event_each_and_one_thread(store: SqlEventStore) -> None:
    path = path_to(store, same_line={("evolution", "loja-centro"): ("cloud_api", "700100")})
    both = [
        each
        for number in range(4)
        for each in (delivery(number), Delivery("evolution", business(number), NOW, shopper_id="shopper-1"))
    ]
    assert sum(each.new for each in path.take(both[::-1])) == 4
    assert len(messages(store)) == 4
    assert len({each.event.routing.thread_key for each in all_events(store)}) == 1


def test_without_being_declared_they_are_two_instances(store: SqlEventStore) -> None:
    evolution = Delivery("evolution", business(1), NOW, shopper_id="shopper-1")
    assert sum(each.new for each in path_to(store).take([delivery(1), evolution])) == 2


def test_a_malformed_delivery_is_a_dead_letter_once_and_the_others_go_on(store: SqlEventStore) -> None:
    counts = Counts()
    broken = replace(delivery(9), body=b'{"half":')
    later = replace(broken, received_at=NOW + timedelta(seconds=1))
    taken = path_to(store, metrics=counts).take([delivery(1), broken, later, delivery(2)])
    assert [each.reason for each in taken] == [None, "not_json", "not_json", None]
    ((letter, times),) = letters(store)
    assert (letter.body, letter.reason, letter.shopper_id, times) == (broken.body, "not_json", "shopper-1", 2)
    assert counts.of(names.FAILED, outcome="malformed") == 2
    assert messages(store) == ["wamid.T1", "wamid.T2"]


class Buggy(Router):
    """A router with a bug that one delivery runs into."""

    def publish(self, publication: Any, entries: Sequence[Any]) -> Any:
        if any("wamid.T2" in entry.key for entry, _ in entries):
            raise KeyError("a bug")
        return super().publish(publication, entries)


def test_a_delivery_that_runs_into_a_bug_becomes_a_dead_letter_and_holds_up_no_other(store: SqlEventStore) -> None:
    path = path_to(store)
    path._router = Buggy()
    taken = path.take([delivery(number) for number in range(4)])
    assert [each.reason for each in taken] == [None, None, "unpublishable", None]
    assert messages(store) == ["wamid.T0", "wamid.T1", "wamid.T3"]
    ((letter, _),) = letters(store)
    assert (letter.reason, letter.explanation) == ("unpublishable", "its events could not be published: KeyError")


def test_a_store_that_is_away_takes_nothing_and_the_same_may_be_given_again(
    store: SqlEventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_to(store)
    path.take([delivery(1)])
    real = SqlEventStore._take_turn
    monkeypatch.setattr(SqlEventStore, "_take_turn", lambda *_: (_ for _ in ()).throw(StoreError("away", hint="wait")))
    with pytest.raises(StoreError, match="away"):
        path.take([delivery(2), delivery(3)])
    monkeypatch.setattr(SqlEventStore, "_take_turn", real)
    assert [each.new for each in path.take([delivery(1), delivery(2), delivery(3)])] == [0, 1, 1]


def test_what_a_delivery_waited_is_told_apart_from_what_the_new_path_took(store: SqlEventStore) -> None:
    counts = Counts()
    path = path_to(store, metrics=counts)
    path._clock = lambda: NOW + timedelta(seconds=90)
    late = replace(delivery(3), received_at=NOW + timedelta(hours=1))  # the clock was set back
    path.take([delivery(1), replace(delivery(2), received_at=NOW + timedelta(seconds=60)), late])
    assert counts.measurements(names.WAITED, path="live", outcome="published") == [0, 30_000, 90_000]
    assert counts.measurements(names.LATENCY)[-1] < 30_000


def test_what_is_off_waits_for_nothing_and_a_time_without_a_zone_is_no_trouble() -> None:
    counts = Counts()
    path_to(None, Answering({}), metrics=counts).take([delivery(1)])
    assert counts.measurements(names.WAITED) == []
    naive = replace(delivery(1), received_at=NOW.replace(tzinfo=None))
    path_to(None, IN_SHADOW, metrics=counts).take([naive])
    assert len(counts.measurements(names.WAITED, path="shadow")) == 1


def test_without_a_store_live_deliveries_are_refused_and_not_swallowed() -> None:
    with pytest.raises(StoreError, match="no store of events"):
        path_to(None).take([delivery(1)])


def test_a_bad_signature_is_stored_flagged_and_opens_nothing(store: SqlEventStore) -> None:
    path_to(store).take([delivery(1, signature_valid=False)])
    (event,) = [each.event for each in all_events(store)]
    assert event.security.risk_flags == ("invalid_signature",)
    assert event.routing.conversation_id is None


def test_the_third_failure_in_a_row_and_the_first_good_one_after_it_are_flagged(store: SqlEventStore) -> None:
    path = path_to(store)
    good = [delivery(number, instance="i") for number in range(5)]
    bad = [replace(each, signature_valid=False) for each in good]
    path.take([good[0], bad[1], bad[2], bad[3], good[4]])
    flags = [each.event.security.risk_flags for each in all_events(store) if each.event.message is not None]
    assert flags == [
        (), ("invalid_signature",), ("invalid_signature",), ("invalid_signature", "multiple_failures"),
        ("multiple_failures",),
    ]  # fmt: skip


def test_both_results_are_compared_where_the_flags_say_so(store: SqlEventStore) -> None:
    flags = Answering({EVENTS: True, SHADOW: True, DUAL_RUN: True})
    told = [{"kind": "message", "id": "wamid.T1", "message.text": "good evening"}]
    comparison = DeclaredComparison(lambda response, _: response, key=b"key")
    path_to(store, flags, comparison=comparison).take([delivery(1, legacy=LegacyOutcome(told, None, 0.001))])
    (found,) = stored_observations(store, NOW - timedelta(days=9999))
    assert (found.kind, found.path) == ("field_difference", "message.text")
    assert list(all_events(store)) == []


def test_a_comparison_that_fails_harms_nothing(store: SqlEventStore) -> None:
    class Broken:
        def compare(self, *_: object) -> list[Any]:
            raise ZeroDivisionError

    flags = Answering({EVENTS: True, SHADOW: False, DUAL_RUN: True})
    taken = path_to(store, flags, comparison=Broken()).take([delivery(1, legacy=LegacyOutcome("ok"))])
    assert taken[0].outcome is Outcome.PUBLISHED


def test_deliveries_of_several_shoppers_go_each_its_way(store: SqlEventStore) -> None:
    flags = Answering({EVENTS: True, SHADOW: False}, allow={EVENTS: {"shopper-1"}})
    taken = path_to(store, flags).take([delivery(1), delivery(2, shopper_id="shopper-2"), delivery(3, shopper_id=None)])
    assert [each.outcome for each in taken] == [Outcome.PUBLISHED, Outcome.OFF, Outcome.OFF]


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    numbers=st.lists(st.integers(0, 5), min_size=1, max_size=12),
    cuts=st.sets(st.integers(1, 11), max_size=4),
)
def test_in_whatever_order_batches_and_number_they_come_each_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int], cuts: set[int]
) -> None:
    store = new_events_file(tmp_path_factory.mktemp("any-order"))
    path = path_to(store)
    places = sorted({0, *cuts, len(numbers)})
    for start, end in pairwise(places):
        path.take([delivery(number) for number in numbers[start:end]])
    assert sorted(messages(store)) == sorted(f"wamid.T{number}" for number in set(numbers))  # type: ignore[type-var]
    by_time = [each.event for each in stored_events(store, Wanted(event_type="whatsapp.message"))]
    assert by_time == sorted(by_time, key=lambda event: event.occurred_at)
    assert len({each.routing.conversation_id for each in by_time}) == 1
    assert None not in {each.routing.conversation_id for each in by_time}
    store.close()


@pytest.mark.parametrize("name", ["\0" * 3, "x" * 10_000, "\U0001f600" * 3_000])
def test_names_that_no_index_takes_are_stored_and_found_again(store: SqlEventStore, name: str) -> None:
    body = json.loads(cloud_text(1))
    message = body["entry"][0]["changes"][0]["value"]["messages"][0]
    message["id"] = message["from"] = name
    work = replace(delivery(1), body=json.dumps(body).encode())
    path = path_to(store)
    assert [path.take([work])[0].new for _ in range(2)] == [1, 0]
    with store.reading() as connection:
        longest = connection.execute(text("SELECT max(length(idempotency_key)) FROM whatsapp_events")).scalar_one()
    assert longest <= 500


@pytest.mark.skipif("ROLLOUT_CORPUS" not in os.environ, reason="ROLLOUT_CORPUS names no folder of recorded bodies")
def test_recorded_bodies_sent_twice_leave_each_key_once(store: SqlEventStore) -> None:
    folder = Path(os.environ["ROLLOUT_CORPUS"])
    rows = [line.split("\t") for line in (folder / "INDEX.tsv").read_text().splitlines()]
    columns = rows[0]
    path = path_to(store)
    work = []
    for row in rows[1:]:
        told = dict(zip(columns, row, strict=False))
        body = (folder / told["file"]).read_bytes()
        work.append(Delivery(told["provider"], body, NOW, instance=told["file"], event=told.get("event") or None,
                             shopper_id="shopper-1"))  # fmt: skip
    first, second = path.take(work), path.take(work[::-1])
    assert sum(each.new for each in first) > len(work) / 2
    assert sum(each.new for each in second) == 0
    with store.reading() as connection:
        counts = text("SELECT count(*), count(DISTINCT idempotency_key) FROM whatsapp_events")
        assert len(set(connection.execute(counts).one())) == 1


def test_an_event_that_the_log_cannot_hold_becomes_a_dead_letter_and_is_not_taken_for_a_repetition(
    store: SqlEventStore,
) -> None:
    def nobodys(provider: str, body: bytes, **more: Any) -> list[CanonicalEvent]:
        found = normalize(provider, body, **more)
        if b"wamid.T1" not in body:
            return found
        return [structs.replace(each, source=structs.replace(each.source, provider=None)) for each in found]

    path = path_to(store)
    path._normalizer = nobodys
    taken = path.take([delivery(1), delivery(2)])
    assert [each.outcome for each in taken] == [Outcome.MALFORMED, Outcome.PUBLISHED]
    assert [letter.reason for letter, _ in letters(store)] == ["unpublishable"]
    assert messages(store) == ["wamid.T2"]
