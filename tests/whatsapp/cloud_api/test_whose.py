"""Whose a message is: contacts are found by their ids, and the thread is the counterpart whoever speaks."""

import pytest

from rollout_cli.whatsapp import CanonicalEvent
from tests.whatsapp.bodies import (
    ANA,
    ANA_ID,
    BRUNO,
    BRUNO_ID,
    GROUP,
    INSTANCE,
    OTHER_INSTANCE,
    SENT_AT,
    SHOP,
    Json,
    body,
    change,
    contact,
    read,
    status,
    text,
    value,
)


def people(events: list[CanonicalEvent]) -> list[tuple[str | None, str | None]]:
    """The name and the business-scoped id that each event tells of its actor."""
    return [(event.actor.display_name, event.actor.bsuid) for event in events]


def threads(told: Json, *, tenant: str = "") -> list[str | None]:
    return [event.routing.thread_key for event in read(told, tenant=tenant)]


# contacts


def test_contacts_are_found_by_id_and_not_by_place() -> None:
    contacts = [contact("Bruno", BRUNO), contact("Ana", ANA, ANA_ID)]
    told = body(change(value(contacts=contacts, messages=[text("a"), text("b", sender=BRUNO)])))
    assert people(read(told)) == [("Ana", ANA_ID), ("Bruno", None)]


def test_a_contact_is_found_by_its_user_id_where_there_is_no_phone() -> None:
    contacts = [contact("Bruno", "", BRUNO_ID), contact("Ana", None, ANA_ID)]
    messages = [text("a", sender=None, from_user_id=ANA_ID), text("b", sender="", from_user_id=BRUNO_ID)]
    assert people(read(body(change(value(contacts=contacts, messages=messages))))) == [
        ("Ana", ANA_ID),
        ("Bruno", BRUNO_ID),
    ]


@pytest.mark.parametrize(
    ("sender", "wa_id"),
    [("554170000003", "5541970000003"), ("5491130000003", "541130000003"), ("5215530000003", "525530000003")],
    ids=["Brazil", "Argentina", "Mexico"],
)
def test_a_contact_is_found_where_its_phone_is_spelled_another_way(sender: str, wa_id: str) -> None:
    contacts = [contact("Bruno", BRUNO), contact("Carla", wa_id)]
    for written, known in ((sender, wa_id), (wa_id, sender)):
        contacts[1] = contact("Carla", known)
        told = body(change(value(contacts=contacts, messages=[text("c", sender=written)])))
        assert people(read(told)) == [("Carla", None)]
        assert read(told)[0].actor.phone == written, "an id is never rewritten"


ONLY_ANA = [contact("Ana", ANA, ANA_ID)]
BOTH = (ANA, BRUNO)
SECONDS = 1772366400


@pytest.mark.parametrize(
    "lists",
    [
        {"messages": [text("a"), text("b", sender=BRUNO)]},
        {"statuses": [status("a"), status("b", "failed", recipient=BRUNO)]},
        {"messages": [text("a")], "statuses": [status("b", "failed", recipient=BRUNO)]},
        {"calls": [{"id": each, "from": each, "event": "connect", "timestamp": SENT_AT} for each in BOTH]},
        {"user_preferences": [{"wa_id": each, "value": "stop", "timestamp": SECONDS} for each in BOTH]},
        {"history": [{"threads": [{"id": each, "messages": [text(each, sender=each)]} for each in BOTH]}]},
    ],
    ids=["messages", "statuses", "a message and a status", "calls", "user_preferences", "history"],
)
def test_the_only_contact_is_not_taken_for_somebody_else(lists: Json) -> None:
    hers, his = people(read(body(change(value(contacts=ONLY_ANA, **lists)))))
    assert hers == ("Ana", ANA_ID)
    assert his == (None, None)


def test_a_contact_without_a_name_names_nobody() -> None:
    for profile in ({}, {"name": ""}, {"name": None}, {"username": "ana.cafe"}, None):
        told = body(change(value(contacts=[{"profile": profile, "wa_id": ANA}], messages=[text("a")])))
        assert read(told)[0].actor.display_name is None


def test_an_echo_is_the_businesses_own_and_never_bears_the_name_of_its_reader() -> None:
    echo = text("e", sender=SHOP, to=ANA)
    (event,) = read(body(change(value(contacts=ONLY_ANA, message_echoes=[echo]), "smb_message_echoes")))
    assert (event.actor.role, event.actor.phone, event.actor.display_name) == ("business", SHOP, None)


@pytest.mark.parametrize("user_id", [ANA_ID, "BR.ENT.9000000000000001", "BR.1234567890123"])
def test_a_business_scoped_id_is_never_a_phone(user_id: str) -> None:
    for whose in ({"sender": user_id}, {"sender": None, "from_user_id": user_id}):
        (event,) = read(body(change(value(messages=[text("a", **whose)]))))
        assert (event.actor.phone, event.actor.bsuid) == (None, user_id)


# threads


def everything_about(phone: str) -> Json:
    """What can be told of one person: said to us, said by us, become of it, called, wished, and said before."""
    past = {"threads": [{"id": phone, "messages": [text("h1", sender=SHOP), text("h2", sender=phone)]}]}
    return body(
        change(value(messages=[text("in", sender=phone)], statuses=[status("out", recipient=phone)])),
        change(value(message_echoes=[text("echo", sender=SHOP, to=phone)]), "smb_message_echoes"),
        change(value(calls=[{"id": "c", "from": phone, "to": SHOP, "event": "connect"}]), "calls"),
        change(
            value(
                calls=[{"id": "d", "from": SHOP, "to": phone, "event": "connect", "direction": "BUSINESS_INITIATED"}]
            ),
            "calls",
        ),
        change(value(user_preferences=[{"wa_id": phone, "value": "stop"}]), "user_preferences"),
        change(value(history=[past]), "history"),
    )


@pytest.mark.parametrize("phone", [ANA, BRUNO])
def test_the_thread_is_the_counterpart_whoever_speaks(phone: str) -> None:
    found = threads(everything_about(phone))
    assert found == [f":{INSTANCE}:{phone}"] * 8


def test_the_thread_of_a_person_without_phone_is_their_business_scoped_id() -> None:
    told = body(
        change(
            value(
                messages=[text("a", sender=None, from_user_id=ANA_ID), text("b", sender=ANA_ID)],
                statuses=[
                    status("c", recipient=None, recipient_user_id=ANA_ID),
                    status("d", recipient="", recipient_user_id=ANA_ID),
                ],
            )
        ),
        change(value(message_echoes=[text("e", sender=SHOP, to_user_id=ANA_ID)]), "smb_message_echoes"),
    )
    assert threads(told) == [f":{INSTANCE}:{ANA_ID}"] * 5


def test_a_group_is_one_thread_for_all_of_its_members() -> None:
    of_group = {"recipient_type": "group", "recipient_participant_id": BRUNO}
    told = body(
        change(
            value(
                messages=[text("a", group_id=GROUP), text("b", sender=BRUNO, group_id=GROUP)],
                statuses=[status("c", recipient=GROUP, **of_group)],
            )
        ),
        change(
            value(groups=[{"group_id": GROUP, "type": "group_suspend", "timestamp": 1772366400}]), "group_status_update"
        ),
    )
    assert threads(told) == [f":{INSTANCE}:{GROUP}"] * 4


def test_two_phones_of_a_business_and_two_tenants_have_threads_of_their_own() -> None:
    told = body(
        change(value(messages=[text("a")])), change(value(phone_number_id=OTHER_INSTANCE, messages=[text("a")]))
    )
    found = threads(told) + threads(told, tenant="t1") + threads(told, tenant="t2")
    assert len(set(found)) == len(found)
