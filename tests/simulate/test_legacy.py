"""The legacy path of a simulation: the bundled one's faults, functions and endpoints of the user's."""

import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.ending import Terminated, heed
from rollout_cli.errors import UsageError
from rollout_cli.pipeline.delivery import Delivery, LegacyOutcome
from rollout_cli.pipeline.dual_run.comparing import DeclaredComparison
from rollout_cli.pipeline.dual_run.facts import UNTOLD, facts_of
from rollout_cli.pipeline.dual_run.observation import CandidateOutcome
from rollout_cli.simulate.diverging import Diverging, merged, shared
from rollout_cli.simulate.legacy import facts, handle
from rollout_cli.simulate.traffic.cast import lanes, shopper_ids
from rollout_cli.simulate.traffic.moments import moment_of
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.sources.legacy_path import LegacyRefusedError, legacy_path
from rollout_cli.sources.named_function import LegacyLeftError
from rollout_cli.whatsapp import PROVIDERS, normalize
from tests.support.lying_server import LyingServer, closed_port, replies

MODULE = """
import asyncio

def alone(body):
    return ("alone", body)

def with_headers(body, headers=None):
    return headers

def by_name(body, *, instance, provider="none"):
    return (provider, instance)

def whatever(body, **more):
    return sorted(more)

async def awaited(body, provider):
    await asyncio.sleep(0)
    return provider

def leaving(body):
    import sys
    sys.exit(0)

def stopped(body):
    import signal
    signal.raise_signal(signal.SIGTERM)

def talking(body):
    print("I am called")

number = 7
"""


def about(provider: str, body: bytes) -> Delivery:
    return Delivery(provider, body, moment_of(0))


def said(provider: str, body: bytes) -> list[dict[str, Any]]:
    return [dict(each) for each in facts(handle(body, provider), about(provider, body))]


# the bundled one


def test_every_status_is_delivered_to_it() -> None:
    body = b'{"kind": "message.status.read", "id": "s-1", "about": "m-1"}'
    assert said("simulated", body) == [{"kind": "status", "id": "m-1", "status.state": "delivered"}]


def test_a_picture_is_an_empty_text_to_it() -> None:
    body = b"""{"object": "whatsapp_business_account", "entry": [{"changes": [{"value": {"messages":
        [{"id": "wamid.A", "type": "image", "image": {"caption": "a shelf"}}]}}]}]}"""
    assert said("cloud_api", body) == [{"kind": "message", "id": "wamid.A", "message.text": ""}]


def test_it_reads_the_first_message_alone() -> None:
    body = b"""{"event": "messages.upsert", "data": {"messages": [
        {"key": {"id": "A1"}, "message": {"conversation": "one"}}, {"key": {"id": "A2"}}]}}"""
    assert said("baileys", body) == [{"kind": "message", "id": "A1", "message.text": "one"}]


def test_it_says_nothing_of_what_it_does_not_know() -> None:
    assert said("evolution", b'{"event": "connection.update", "data": {"state": "open"}}') == []


@pytest.mark.parametrize(
    "answer", ["EVENT_RECEIVED", None, {"ok": True}, {"message": {"id": "A"}}, {"status": "read"}, []]
)
def test_an_answer_of_another_shape_is_not_held_against_anybody(answer: Any) -> None:
    assert facts(answer, about("evolution", b"{}")) is UNTOLD


@given(
    st.sampled_from(PROVIDERS),
    st.binary(max_size=200) | st.from_regex(rb'\{"(event|data|entry|kind)": [\[\]{}"a0-9]*\}'),
)
def test_it_raises_nothing_but_value_errors_whatever_comes(provider: str, body: bytes) -> None:
    with suppress(ValueError):
        handle(body, provider)


def test_of_every_provider_it_reads_messages_and_statuses_as_the_new_path_names_them() -> None:
    for provider in PROVIDERS:
        profile = Profile.model_validate({"providers": {provider: 1}, "malformed": "0%"})
        agreed = Counter[str]()
        for each in traffic(lanes(profile, 3, 400, shopper_ids(2)), profile, 3):
            events = normalize(provider, each.body, event=each.event, received_at=moment_of(0))
            named = {fact.id for fact in facts_of(events)}
            agreed.update(fact["kind"] for fact in said(provider, each.body) if fact["id"] in named)
        assert agreed["message"] > 5, provider
        assert agreed["status"] > 5, provider


# what was found


def found_in(numbers: list[int]) -> Diverging:
    diverging = Diverging(DeclaredComparison(lambda response, _delivery: response, key=b"key"))
    for number in numbers:
        body = b'{"kind": "message.text", "id": "m-%d", "from": "5511900000001", "message": {"text": "x"}}' % number
        told = [] if number % 2 else [{"kind": "message", "id": "other", "message.text": "y"}]
        delivery = Delivery("simulated", body, moment_of(number), legacy=LegacyOutcome(told))
        diverging.compare(delivery, CandidateOutcome(normalize("simulated", body, received_at=moment_of(0))))
    return diverging


@given(st.lists(st.integers(0, 9), max_size=12), st.integers(0, 12))
def test_groups_of_two_workers_are_those_of_one(numbers: list[int], cut: int) -> None:
    one, two, whole = found_in(numbers[:cut]), found_in(numbers[cut:]), found_in(numbers)
    both = shared(merged([*one.groups(), *two.groups()]), one.compared + two.compared)

    def counts(groups: Any) -> list[tuple[Any, ...]]:
        return [(each.kind, each.path, each.count, each.share) for each in groups]

    assert counts(both) == counts(shared(whole.groups(), whole.compared))


# a function


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A module of the user's, in the current folder."""
    (tmp_path / "shop_of_somebody.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "shop_that_breaks.py").write_text("1 / 0", encoding="utf-8")
    (tmp_path / "shop_that_leaves.py").write_text("raise SystemExit(0)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield "shop_of_somebody"
    sys.modules.pop("shop_of_somebody", None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("alone", ("alone", b"body")),
        ("with_headers", None),
        ("by_name", ("evolution", "sales")),
        ("whatever", ["instance", "provider"]),
        ("awaited", "evolution"),
    ],
)
def test_a_function_gets_the_body_and_what_it_asks_for_by_name(shop: str, name: str, expected: object) -> None:
    with legacy_path(f"{shop}:{name}") as path:
        assert path.handle(b"body", "evolution", "sales") == expected


@pytest.mark.parametrize(
    "name",
    [
        "shop",
        "shop_of_somebody:",
        "shop_of_somebody:number",
        "shop_of_somebody:none",
        "shop_that_breaks:f",
        ":f",
        "shop_that_leaves:f",
    ],
)
@pytest.mark.usefixtures("shop")
def test_what_is_no_function_is_refused_before_anything_runs(name: str) -> None:
    with pytest.raises(UsageError), legacy_path(name):
        pass


def test_a_function_that_wants_to_end_the_process_does_not_but_a_signal_does(shop: str) -> None:
    with legacy_path(f"{shop}:leaving") as path, pytest.raises(LegacyLeftError):
        path.handle(b"body", "evolution", "sales")
    before = signal.getsignal(signal.SIGTERM)
    heed(signal.SIGTERM)
    try:
        with legacy_path(f"{shop}:stopped") as path, pytest.raises(Terminated):
            path.handle(b"body", "evolution", "sales")
    finally:
        signal.signal(signal.SIGTERM, before)


def test_what_a_function_prints_is_not_put_into_the_report(shop: str, capsys: pytest.CaptureFixture[str]) -> None:
    with legacy_path(f"{shop}:talking") as path:
        path.handle(b"body", "evolution", "sales")
    assert capsys.readouterr() == ("", "I am called\n")


# a URL


@pytest.mark.parametrize("url", ["ftp://somewhere/x", "http://", "http://host:port/"])
def test_what_is_no_url_of_http_is_refused(url: str) -> None:
    with pytest.raises(UsageError), legacy_path(url):
        pass


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(b'{"ok": true}', {"ok": True}), (b"EVENT_RECEIVED", "EVENT_RECEIVED"), (b"\xff", "\ufffd")],
)
def test_an_endpoint_is_sent_bodies_and_its_answers_are_read(answer: bytes, expected: object) -> None:
    with LyingServer(replies(answer)) as server, legacy_path(f"{server.url}/hooks/{{provider}}?a=1") as path:
        assert [path.handle(b"{}", "evolution", None) for _ in range(3)] == [expected] * 3


def test_what_an_endpoint_refuses_is_an_exception() -> None:
    refused = pytest.raises(LegacyRefusedError)
    with LyingServer(replies(b"no", 400)) as server, legacy_path(server.url) as path, refused:
        path.handle(b"{}", "evolution", None)


def test_an_endpoint_that_is_not_there_is_an_exception() -> None:
    with closed_port() as port, legacy_path(f"http://127.0.0.1:{port}/") as path, pytest.raises(ConnectionError):
        path.handle(b"{}", "evolution", None)


def test_what_is_more_than_an_answer_may_have_is_not_taken_for_the_next_one() -> None:
    with LyingServer(replies(b"a" * (1 << 20) + b"HTTP/1.1 200 OK\r\n\r\n")) as server, legacy_path(server.url) as path:
        assert [len(path.handle(b"{}", "evolution", None)) for _ in range(2)] == [1 << 20] * 2
