"""The simulated provider: whatever its shape can tell comes back as it was told, and the id alone says what is one."""

import json
import string
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.whatsapp import CanonicalEvent, normalize
from rollout_cli.whatsapp.credentials import redacted
from rollout_cli.whatsapp.events import (
    Actor,
    Contact,
    Context,
    Interactive,
    Location,
    Media,
    Message,
    Order,
    OrderItem,
    Poll,
    Reaction,
    Source,
    Status,
)
from rollout_cli.whatsapp.simulated.kinds import KEYS, KINDS, STATES
from rollout_cli.whatsapp.vocabulary import ChatType, MessageType

RECEIVED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
MESSAGES = sorted(kind for kind in KINDS if kind.startswith("message.") and "status" not in kind)
STATUSES = sorted(kind for kind, event_type in KINDS.items() if event_type in STATES)
OTHERS = sorted(KINDS.keys() - {*MESSAGES, *STATUSES})

WORDS = st.text(min_size=1, max_size=12)
MAYBE_WORDS = st.none() | WORDS
WHOLE = st.none() | st.integers(0, 10**9)
NUMBER = st.none() | st.floats(-1e9, 1e9)
TRUTH = st.none() | st.booleans()
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.lists(WORDS, max_size=3).map(tuple)
MEDIA = st.builds(
    Media, MAYBE_WORDS, MAYBE_WORDS, MAYBE_WORDS, MAYBE_WORDS, WHOLE, MAYBE_WORDS, MAYBE_WORDS, WHOLE, WHOLE, WHOLE,
    TRUTH, TRUTH, MAYBE_WORDS, MAYBE_WORDS,
)  # fmt: skip
CONTENTS = st.builds(
    Message,
    type=st.sampled_from(get_args(MessageType)),
    text=MAYBE_WORDS,
    media=st.none() | MEDIA,
    location=st.none() | st.builds(Location, NUMBER, NUMBER, MAYBE_WORDS, MAYBE_WORDS, MAYBE_WORDS, WHOLE),
    contacts=st.lists(st.builds(Contact, MAYBE_WORDS, NAMES, NAMES, MAYBE_WORDS), max_size=2).map(tuple),
    interactive=st.none() | st.builds(Interactive, MAYBE_WORDS, MAYBE_WORDS, MAYBE_WORDS, MAYBE_WORDS, ANYTHING),
    order=st.none()
    | st.builds(
        Order,
        MAYBE_WORDS,
        MAYBE_WORDS,
        MAYBE_WORDS,
        st.lists(st.builds(OrderItem, MAYBE_WORDS, NUMBER, NUMBER, MAYBE_WORDS), max_size=2).map(tuple),
    ),
    poll=st.none() | st.builds(Poll, MAYBE_WORDS, NAMES, WHOLE, MAYBE_WORDS, NAMES),
    referral=ANYTHING,
    system=ANYTHING,
    errors=ANYTHING,
)
TIMES = st.datetimes(datetime(2009, 1, 2), datetime(2026, 11, 2), timezones=st.just(UTC))  # noqa: DTZ001 - zones beside


@dataclass(frozen=True)
class Somebody:
    """A person by the ids that are told."""

    ids: dict[str, str]
    name: str | None

    @property
    def told(self) -> dict[str, str]:
        return {**self.ids, **({"name": self.name} if self.name else {})}

    @property
    def first(self) -> str:
        return next(iter(self.ids.values()))

    def as_actor(self, role: Any) -> Actor:
        return Actor(
            role, self.first, self.ids.get("phone"), self.ids.get("lid"), self.ids.get("bsuid"), self.name
        )  # fmt: skip


@st.composite
def somebody(draw: st.DrawFn) -> Somebody:
    ids = {
        "phone": draw(st.integers(10**9, 10**14).map(str)),
        "lid": draw(st.integers(10**13, 10**15).map("{}@lid".format)),
        "bsuid": draw(st.text(string.ascii_letters + string.digits, min_size=1, max_size=20).map("BR.{}".format)),
    }
    names = draw(st.sets(st.sampled_from(sorted(ids)), min_size=1))
    return Somebody({name: ids[name] for name in ids if name in names}, draw(MAYBE_WORDS))


def read(*events: dict[str, Any], **beside: Any) -> list[CanonicalEvent]:
    body = json.dumps(events[0] if len(events) == 1 else {"events": events}).encode()
    return normalize("simulated", body, received_at=RECEIVED_AT, **beside)


def plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


# Round trips


@given(st.sampled_from(MESSAGES), WORDS, CONTENTS, st.booleans(), WORDS)
def test_every_content_of_a_message_comes_back(
    kind: str, own_id: str, content: Message, is_own: bool, about: str
) -> None:
    """Whatever a canonical message can hold, with the event's own id and direction."""
    direction = kind.rpartition(".")[2]
    if direction not in ("inbound", "outbound"):
        direction = "outbound" if is_own else "inbound"
    original = about if kind in ("message.edited", "message.revoked") else None
    reaction = Reaction(about, "x") if kind == "message.reaction" else None
    expected = msgspec.structs.replace(
        content, message_id=own_id, direction=direction, original_message_id=original, reaction=reaction
    )
    told = {"kind": kind, "id": own_id, "about": about, "direction": direction, "message": plain(content)}
    (event,) = read({**told, "emoji": "x"} if reaction else told)
    assert event.event_type == KINDS[kind]
    assert plain(event.message) == plain(expected)
    assert event.source.provider_message_id == about


@given(st.sampled_from(sorted(KINDS)), WORDS, TIMES, WORDS, MAYBE_WORDS, st.dictionaries(st.text(max_size=8), ANYTHING))
def test_every_kind_comes_back_with_its_own_time_and_place(
    kind: str, own_id: str, at: datetime, instance: str, account: str | None, details: dict[str, Any]
) -> None:
    told = {"kind": kind, "id": own_id, "at": at.isoformat(), "instance": instance, "account": account}
    (event,) = read({**told, "details": details})
    assert (event.event_type, event.occurred_at, event.security.risk_flags) == (KINDS[kind], at, ())
    assert event.source == Source("simulated", instance, account, event.source.provider_message_id, kind)
    assert event.details == (redacted(details) or None)
    assert event.raw["id"] == own_id


@given(st.sampled_from(STATUSES), WORDS, WORDS, MAYBE_WORDS, MAYBE_WORDS, ANYTHING, MAYBE_WORDS)
def test_every_status_comes_back(
    kind: str, own_id: str, about: str, recipient: str | None, member: str | None, more: Any, data: str | None
) -> None:
    told = {"message_id": about, "recipient_id": recipient, "participant_id": member, "callback_data": data}
    told |= {"errors": more, "pricing": more, "conversation": more}
    (event,) = read({"kind": kind, "id": own_id, "status": told})
    state = STATES[KINDS[kind]]
    assert plain(event.status) == plain(Status(state, about, event.context.chat_id, member, more, more, more, data)) | {
        "recipient_id": recipient or event.context.chat_id
    }
    assert event.message is None


@given(st.sampled_from(MESSAGES), somebody(), st.booleans(), WORDS, st.booleans(), NAMES)
def test_in_a_private_chat_the_thread_is_the_other_side_whoever_writes(
    kind: str, other: Somebody, is_own: bool, quoted: str, forwarded: bool, mentions: tuple[str, ...]
) -> None:
    is_own = kind == "message.outbound" or (is_own and kind != "message.inbound")
    told: dict[str, Any] = {"chat": other.ids} if is_own else {"from": other.told}
    more = {"reply_to": quoted, "forwarded": forwarded, "mentions": mentions}
    (event,) = read({"kind": kind, "id": "1", "direction": "outbound" if is_own else "inbound", **told, **more})
    aliases = tuple(other.ids.values())
    assert event.context == Context("private", other.first, None, quoted, forwarded, mentions, aliases)
    assert event.routing.thread_key == f"::{other.first}"
    assert event.actor == (Actor("business") if is_own else other.as_actor("customer"))


@given(st.sampled_from(sorted(KINDS)), somebody(), st.sampled_from(get_args(ChatType)), WORDS)
def test_elsewhere_the_author_is_a_participant_and_only_a_group_is_a_thread(
    kind: str, author: Somebody, chat_type: ChatType, chat: str
) -> None:
    (event,) = read({"kind": kind, "chat": {"type": chat_type, "id": chat}, "from": author.told})
    assert (event.context.chat_type, event.context.chat_id) == (chat_type, chat)
    if chat_type != "private":
        is_own = kind == "message.outbound"
        assert event.actor == author.as_actor("business" if is_own else "participant")
        assert event.context.group_id == (chat if chat_type == "group" else None)
        assert (event.routing.thread_key is None) == (chat_type != "group")


@pytest.mark.parametrize(
    ("chat", "chat_type", "thread"),
    [
        ("5541999990101@s.whatsapp.net", "private", "::5541999990101"),
        ("900000000000101@lid", "private", "::900000000000101@lid"),
        ("120363000000000101@g.us", "group", "::120363000000000101@g.us"),
        ("status@broadcast", "broadcast", None),
        ("120363000000000101@newsletter", "newsletter", None),
    ],
)
def test_the_type_of_a_chat_follows_from_its_id(chat: str, chat_type: str, thread: str | None) -> None:
    (event,) = read({"kind": "message.inbound", "id": "1", "chat": {"id": chat}})
    assert (event.context.chat_type, event.routing.thread_key) == (chat_type, thread)


def test_what_is_no_phone_is_kept_as_an_id_and_called_none() -> None:
    (event,) = read({"kind": "message.inbound", "id": "1", "from": {"id": "+55 41 99999-0101"}})
    assert (event.actor.wa_id, event.actor.phone) == ("+55 41 99999-0101", None)


# Keys

HARD_WORDS = st.text(":%a", min_size=1, max_size=3)


@dataclass(frozen=True)
class Fact:
    """What must tell one fact from another."""

    kind: str
    instance: str
    own_id: str
    about: str
    member: str

    @property
    def identity(self) -> tuple[str, ...]:
        if self.kind in STATUSES:
            return self.kind, self.instance, self.about, self.member
        if self.kind == "message.revoked":
            return self.kind, self.instance, self.about
        is_content = self.kind in ("message.inbound", "message.outbound")
        return "content" if is_content else self.kind, self.instance, self.own_id

    @property
    def body(self) -> dict[str, Any]:
        status = {"status": {"participant_id": self.member}} if self.kind in STATUSES else {}
        return {"kind": self.kind, "instance": self.instance, "id": self.own_id, "about": self.about, **status}


FACTS = st.builds(Fact, st.sampled_from(sorted(KINDS)), HARD_WORDS, HARD_WORDS, HARD_WORDS, HARD_WORDS)


@given(FACTS, FACTS)
def test_two_events_have_one_key_exactly_when_they_are_one_fact(first: Fact, second: Fact) -> None:
    one, other = read(first.body, second.body)
    assert (one.trace.idempotency_key == other.trace.idempotency_key) == (first.identity == second.identity)
    assert (one.event_id == other.event_id) == (first.identity == second.identity)


@given(FACTS, TIMES, WORDS, WORDS)
def test_the_same_id_is_the_same_event_however_else_it_is_told(
    fact: Fact, at: datetime, tenant: str, word: str
) -> None:
    (once,) = read(fact.body, tenant=tenant)
    again = {"unheard of": word, **fact.body, "at": at.isoformat(), "details": {"again": True}}
    first, _, third = read(again, {"kind": "call", "id": word}, again, tenant=tenant)
    keys = {each.trace.idempotency_key for each in (once, first, third)}
    assert len(keys) == 1


@given(st.lists(FACTS, min_size=2, max_size=6).flatmap(lambda facts: st.tuples(st.just(facts), st.permutations(facts))))
def test_events_come_in_the_order_of_the_body_and_depend_on_none_of_the_others(
    orders: tuple[list[Fact], list[Fact]],
) -> None:
    facts, shuffled = orders
    alone = {fact: read(fact.body)[0] for fact in facts}
    assert [event.to_dict() for event in read(*[fact.body for fact in shuffled])] == [
        alone[fact].to_dict() for fact in shuffled
    ]


@given(FACTS)
def test_a_key_has_the_parts_that_the_table_names(fact: Fact) -> None:
    (event,) = read(fact.body)
    parts = event.trace.idempotency_key.split(":")[2:]
    named = KEYS[fact.kind].split(":")
    assert len(parts) == len(named)
    assert parts[0] == named[0]


def test_without_an_id_what_is_said_stands_for_it_and_it_is_flagged() -> None:
    one, other, same = read(*[{"kind": "call", "details": {"n": n}} for n in (1, 2, 1)])
    assert one.security.risk_flags == ("time_missing", "no_id")
    assert one.trace.idempotency_key == same.trace.idempotency_key != other.trace.idempotency_key


@pytest.mark.parametrize("reason", [None, [{"code": 1}], [{"code": 2}], "no code"])
def test_a_failure_for_another_reason_is_another_fact(reason: Any) -> None:
    told = {"kind": "message.status.failed", "about": "m", "id": "1"}
    one, other = read({**told, "status": {"errors": reason}}, {**told, "status": {"errors": [{"code": 3}]}})
    assert one.trace.idempotency_key != other.trace.idempotency_key


# Whatever comes


@given(ANYTHING)
def test_anything_in_place_of_an_event_is_an_event(value: Any) -> None:
    (event,) = read({"events": [value]})
    assert event.raw == redacted(value if isinstance(value, dict) else {"events": [value]})
    assert "unreadable" not in event.security.risk_flags


@given(st.dictionaries(st.sampled_from(["id", "at", "chat", "from", "message", "status", "about", "emoji", "details",
       "mentions", "reply_to", "forwarded", "direction", "instance", "account"]), ANYTHING),
       st.sampled_from(sorted(KINDS)))  # fmt: skip
def test_anything_in_place_of_a_field_is_read_or_unknown_and_no_mistake_of_ours(
    body: dict[str, Any], kind: str
) -> None:
    (event,) = read({**body, "kind": kind})
    assert event.event_type in (KINDS[kind], "whatsapp.unknown")
    assert "unreadable" not in event.security.risk_flags
    assert CanonicalEvent.from_json(event.to_json()).to_dict() == event.to_dict()
