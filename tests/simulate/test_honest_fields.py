"""What an event says besides its type and its words is held against what was told, field by field."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from rollout_cli.simulate.fields import ACTOR, CHAT, MEDIA, STATUS, TIME, TYPE, mistaken
from rollout_cli.simulate.traffic.writing import writer_of
from rollout_cli.whatsapp import CanonicalEvent
from tests.simulate.test_writers import cases, happening, posts, told
from tests.support.for_each import for_each
from tests.support.planted import IN_SHADOW, failing

Change = Callable[[CanonicalEvent], CanonicalEvent]
FEW = 300
"""Events, of which all kinds that are struck here are some."""


def in_message(**fields: Any) -> Change:
    """Another message, of events that have one with all of these fields."""

    def change(event: CanonicalEvent) -> CanonicalEvent:
        message = event.message
        has_all = message is not None and all(getattr(message, name) is not None for name in fields)
        return replace(event, message=replace(message, **fields)) if message is not None and has_all else event

    return change


def in_media(**fields: Any) -> Change:
    """Another file, of events with all of these fields of one."""

    def change(event: CanonicalEvent) -> CanonicalEvent:
        media = None if event.message is None else event.message.media
        if media is None or any(getattr(media, name) is None for name in fields):
            return event
        return in_message(media=replace(media, **fields))(event)

    return change


def in_actor(**fields: Any) -> Change:
    """Another actor, of events whose actor has these fields."""

    def change(event: CanonicalEvent) -> CanonicalEvent:
        is_one = all(getattr(event.actor, name) is not None for name in fields) and event.actor.role != "business"
        return replace(event, actor=replace(event.actor, **fields)) if is_one else event

    return change


def swapped(event: CanonicalEvent) -> CanonicalEvent:
    """A customer's message as the business's, and the other way round; its type is left."""
    other = {"business": "customer", "customer": "business", "participant": "business"}
    role = event.actor.role
    return event if role not in other else replace(event, actor=replace(event.actor, role=other[role]))  # type: ignore[arg-type]


def in_chat(**fields: Any) -> Change:
    """Another chat, of events whose chat has these fields."""

    def change(event: CanonicalEvent) -> CanonicalEvent:
        is_one = all(getattr(event.context, name) is not None for name in fields)
        return replace(event, context=replace(event.context, **fields)) if is_one else event

    return change


def in_status(**fields: Any) -> Change:
    """Another status, of those that have these fields."""

    def change(event: CanonicalEvent) -> CanonicalEvent:
        status = event.status
        is_one = status is not None and all(getattr(status, name) is not None for name in fields)
        return replace(event, status=replace(status, **fields)) if status is not None and is_one else event

    return change


def later(event: CanonicalEvent) -> CanonicalEvent:
    return replace(event, occurred_at=event.occurred_at + timedelta(seconds=1))


STRANGER = "5541900000000"
FAULTS: dict[str, tuple[str, Change]] = {
    "a type": (TYPE, in_message(type="unsupported")),
    "a file's type": (MEDIA, in_media(mime_type="application/octet-stream")),
    "a file's id": (MEDIA, in_media(id="1")),
    "a file's name": (MEDIA, in_media(filename="file")),
    "a file's address": (MEDIA, in_media(direct_path="/v/t62/0.enc")),
    "a caption": (MEDIA, in_media(caption="other words")),
    "a caption as text": (MEDIA, lambda it: in_message(media=it.message and it.message.media, text="other words")(it)),
    "no file": (MEDIA, in_message(media=None)),
    "a role": (ACTOR, swapped),
    "a phone": (ACTOR, in_actor(phone=STRANGER)),
    "a lid": (ACTOR, in_actor(lid=f"{STRANGER}@lid")),
    "a user id": (ACTOR, in_actor(bsuid=f"BR.{STRANGER}")),
    "an empty phone": (ACTOR, in_actor(phone="")),
    "a chat": (CHAT, in_chat(chat_id=f"{STRANGER}@s.whatsapp.net")),
    "a group": (CHAT, in_chat(group_id="120363999999999999@g.us")),
    "a kind of chat": (CHAT, in_chat(chat_type="broadcast")),
    "no chat": (
        CHAT,
        lambda it: it if it.message is None else replace(it, context=replace(it.context, chat_type=None)),
    ),
    "a recipient": (STATUS, in_status(recipient_id=f"{STRANGER}@s.whatsapp.net")),
    "a participant": (STATUS, in_status(participant_id=f"{STRANGER}@s.whatsapp.net")),
    "a time": (TIME, later),
}
"""What is wrong of some events, and how that is named."""


@for_each("provider, kind, group, out", cases())
def test_every_telling_of_every_kind_is_found_in_its_event(provider: str, kind: str, group: bool, out: bool) -> None:
    writer = writer_of(provider)
    for spelling in (0, *writer.respelled.get(kind, ())):
        for place in range(6):
            what = happening(kind, place, provider=provider, group=group, out=out, spelling=spelling)
            (event,) = told(writer, what)
            assert mistaken(what, writer.told(what), event) is None, (spelling, place)


@for_each("provider, sort, kind, out", posts())
def test_every_telling_of_what_is_said_to_many_is_found_in_its_event(
    provider: str, sort: str, kind: str, out: bool
) -> None:
    writer = writer_of(provider)
    for spelling in (0, *writer.respelled.get(kind, ())):
        for place in range(6):
            what = happening(kind, place, provider=provider, sort=sort, out=out, spelling=spelling)
            (event,) = told(writer, what)
            assert mistaken(what, writer.told(what), event) is None, (spelling, place)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_is_named(fault: str) -> None:
    field, change = FAULTS[fault]
    named = set()
    for provider, kind, group, out in cases():
        what, writer = happening(kind, provider=provider, group=group, out=out), writer_of(provider)
        event = told(writer, what)[0]
        struck = change(event)
        if struck is not event:
            named.add(mistaken(what, writer.told(what), struck))
    assert named - {None} == {field}


@pytest.mark.parametrize("fault", ["a type", "a file's type", "a phone", "a chat", "a participant", "a time"])
def test_an_event_that_says_something_else_than_was_told_is_not_correct(fault: str, in_normalizer: Any) -> None:
    in_normalizer(FAULTS[fault][1])
    assert failing(snapshot=IN_SHADOW, events=FEW) == {"fields_correct"}
