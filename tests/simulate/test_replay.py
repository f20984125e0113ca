"""A recorded delivery comes back to the byte; events of a log and bare bodies are deliveries, too."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rollout_cli.simulate.replay import SHOPPER, RecordError, Whose, line_of, sent_of
from rollout_cli.simulate.traffic.cast import lanes, shopper_ids
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulate.traffic.sent import Sent
from rollout_cli.simulate.traffic.stream import traffic
from rollout_cli.whatsapp import PROVIDERS, normalize

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
NAMES = st.none() | WORDS
SENT = st.builds(
    Sent,
    st.integers(0, 253_402_300_799_999), st.just(0), st.just(1), st.sampled_from(PROVIDERS),
    st.binary() | st.text().map(lambda text: text.encode("utf-8", "replace")), WORDS, NAMES, NAMES,
    is_known=st.just(False), headers=st.none() | st.dictionaries(WORDS, WORDS, max_size=3),
)  # fmt: skip
NOW = datetime(2026, 2, 3, tzinfo=UTC)


@given(SENT)
def test_a_recorded_delivery_comes_back_as_it_was(sent: Sent) -> None:
    line = line_of(sent)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert sent_of(line, Whose(), 1) == sent


@given(SENT, st.integers(0, 2_000))
def test_a_line_that_was_cut_off_is_told_as_that_also_where_bodies_are_expected(sent: Sent, cut: int) -> None:
    line = line_of(sent).strip()
    with pytest.raises(RecordError, match="cut off"):
        sent_of(line[: min(max(cut, 8), len(line) - 1)], Whose("evolution"), 1)


def outcome(data: bytes, whose: Whose) -> bytes | str:
    """The body that is sent, or why none is."""
    try:
        sent = sent_of(data, whose, 1)
    except RecordError as error:
        return str(error)
    return b"" if sent is None else sent.body


@given(st.binary(min_size=1).filter(lambda data: not data.startswith(b'{"at":')))
def test_whatever_a_line_is_it_is_a_delivery_or_a_reason_without_a_word_of_it(data: bytes) -> None:
    assume(not data.startswith(b'{"'))  # what begins like a record is told to be a broken one
    assert outcome(data, Whose()) == "it says no provider: a bare body needs --provider"
    assert outcome(data, Whose("evolution", "shopper-1")) == data


def test_an_event_of_a_log_becomes_the_body_of_its_own_and_keeps_its_key() -> None:
    cast = lanes(Profile(), 3, 400, shopper_ids(5))
    seen = 0
    for each in traffic(cast, Profile(), 3):
        if each.is_malformed:
            continue
        told = {"instance": each.instance, "event": each.event, "tenant": each.shopper_id or ""}
        for event in normalize(each.provider, each.body, received_at=NOW, **told):  # type: ignore[arg-type]
            line = event.to_dict() | {"routing": {"shopper_id": each.shopper_id}}
            sent = sent_of(json.dumps(line).encode(), Whose(), 1)
            assert sent is not None
            assert (sent.provider, sent.shopper_id, sent.is_known) == (each.provider, each.shopper_id, False)
            again = normalize(
                sent.provider, sent.body, event=sent.event, instance=sent.instance, received_at=NOW,
                tenant=sent.shopper_id or "",
            )  # fmt: skip
            assert event.trace.idempotency_key in {one.trace.idempotency_key for one in again}
            seen += 1
    assert seen > 300


def event(**changes: object) -> bytes:
    line = {
        "event_id": "e", "event_type": "whatsapp.call", "occurred_at": "2026-01-31T12:00:00.5Z", "trace": {},
        "source": {"provider": "baileys", "instance": "store-1", "webhook_event": "call"},
        "routing": {"shopper_id": None}, "raw": {"a": [1]},
    }  # fmt: skip
    return json.dumps(line | changes).encode()


def test_of_an_event_its_time_its_place_and_its_raw_body_are_sent() -> None:
    assert sent_of(event(), Whose(), 7) == Sent(
        1_769_860_800_500, 0, 7, "baileys", b'{"a": [1]}', SHOPPER, "store-1", "call", is_known=False
    )


def test_what_the_router_told_is_not_sent_again() -> None:
    assert sent_of(event(event_type="whatsapp.conversation.opened"), Whose(), 1) is None


def test_what_does_not_say_whose_it_is_is_the_one_that_was_named() -> None:
    whose = Whose("simulated", "shopper-9", "store-9", at=5)
    assert sent_of(b'{"kind": "call"}', whose, 1) == Sent(
        5, 0, 1, "simulated", b'{"kind": "call"}', "shopper-9", "store-9", is_known=False
    )
    record = sent_of(b'{"provider": "baileys", "body": "{}", "shopper": "s"}', whose, 1)
    assert record == Sent(5, 0, 1, "baileys", b"{}", "s", "store-9", is_known=False)
    of_folder = sent_of(b"{}", whose, 1, "evolution")
    assert of_folder is not None
    assert of_folder.provider == "evolution"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{}", "needs --provider"),
        (b'{"provider": "telegram", "body": "{}"}', "no such provider"),
        (b'{"provider": "baileys", "body": 5}', r"no record: Expected `str \| object`"),
        (b'{"provider": "baileys", "body": {"base64": "?"}}', "no record"),
        (b'{"at": -1, "provider": "baileys", "body": ""}', "no record"),
        (event(raw=None), "not kept any more"),
        (event(occurred_at="yesterday"), "no record"),
    ],
)
def test_what_is_no_delivery_is_told_why(line: bytes, words: str) -> None:
    with pytest.raises(RecordError, match=words):
        sent_of(line, Whose(), 1)
