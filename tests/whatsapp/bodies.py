"""Cloud API bodies of any mix: builders for tests that need one body, strategies for those that need all of them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hypothesis import strategies as st

from rollout_cli.whatsapp import CanonicalEvent, normalize

RECEIVED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
ACCOUNT, INSTANCE, OTHER_INSTANCE = "810200300400500", "700100200300400", "700100200300401"
SHOP, ANA, BRUNO = "551130000001", "5511970000001", "5521970000002"
ANA_ID, BRUNO_ID = "BR.7000000000000001", "BR.7000000000000002"
GROUP = "Y2FwaV9ncm91cDowMDAx"
SENT_AT = "1772366400"

Json = dict[str, Any]


def value(*, phone_number_id: str = INSTANCE, **lists: Any) -> Json:
    metadata = {"display_phone_number": SHOP, "phone_number_id": phone_number_id}
    return {"messaging_product": "whatsapp", "metadata": metadata, **lists}


def change(of: Any, field: str = "messages") -> Json:
    return {"value": of, "field": field}


def body(*changes: Json, account: str = ACCOUNT, **more: Any) -> Json:
    """One entry with these changes."""
    return {"object": "whatsapp_business_account", "entry": [{"id": account, **more, "changes": list(changes)}]}


def text(message_id: str, *, sender: str | None = ANA, **more: Any) -> Json:
    told = {"id": message_id, "timestamp": SENT_AT, "type": "text", "text": {"body": "oi"}, **more}
    return told if sender is None else {"from": sender, **told}


def status(message_id: str, state: str = "delivered", *, recipient: str | None = ANA, **more: Any) -> Json:
    told = {"id": message_id, "status": state, "timestamp": SENT_AT, **more}
    return told if recipient is None else {"recipient_id": recipient, **told}


def contact(name: str, wa_id: str | None = None, user_id: str | None = None) -> Json:
    ids = {"wa_id": wa_id, "user_id": user_id}
    return {"profile": {"name": name}, **{field: each for field, each in ids.items() if each is not None}}


def read(told: Any, *, tenant: str = "") -> list[CanonicalEvent]:
    data = told if isinstance(told, bytes) else json.dumps(told).encode()
    return normalize("cloud_api", data, received_at=RECEIVED_AT, tenant=tenant)


def element_of(event: CanonicalEvent) -> Any:
    """The element of a list that an event was read from; what stands elsewhere as it was kept."""
    return element_in(event.raw)


def element_in(raw: Any) -> Any:
    """The same of what was kept."""
    match raw:
        case {"entry": [{"changes": [{"value": dict() as told}]}]}:
            lists = [each for name, each in told.items() if name not in ("metadata", "contacts")]
            return lists[0][0] if len(lists) == 1 and isinstance(lists[0], list) else told
    return raw


def keys(told: Any, *, tenant: str = "") -> list[str]:
    return [event.trace.idempotency_key for event in read(told, tenant=tenant)]


def forms(told: Any) -> list[Json]:
    return [event.to_dict() for event in read(told)]


# any mix of facts


class Fact(NamedTuple):
    """One element of one list.

    Attributes:
        at: the list that it stands in.
        identity: equal for two elements exactly when they tell the same.
    """

    phone_number_id: str
    at: str
    element: Json
    identity: tuple[Any, ...]

    @property
    def field(self) -> str:
        return "smb_message_echoes" if self.at == "message_echoes" else "messages"


CONTENTS: dict[str, Json] = {
    "text": {"text": {"body": "um: dois"}},
    "image": {"image": {"id": "1", "mime_type": "image/png"}},
    "audio": {"audio": {"id": "2", "voice": True}},
    "location": {"location": {"latitude": 1.5, "longitude": 2}},
    "contacts": {"contacts": [{"name": {"formatted_name": "Eva"}}]},
    "interactive": {"interactive": {"type": "button_reply", "button_reply": {"id": "x", "title": "y"}}},
    "request_welcome": {},
    "unsupported": {"errors": [{"code": 131051}]},
    "of_tomorrow": {"of_tomorrow": {}},
}
IDS = st.sampled_from(["wamid.A", "wamid.B", "a:b", "a%3Ab", "a%b", "sent", "é"])
"""Few, so that facts meet; some with what separates the parts of a key."""
INSTANCES = st.sampled_from([INSTANCE, OTHER_INSTANCE])
PEOPLE: st.SearchStrategy[Json] = st.sampled_from([
    {"from": ANA}, {"from": BRUNO}, {"from": ANA, "from_user_id": ANA_ID}, {"from_user_id": BRUNO_ID},
    {"from": "", "from_user_id": ANA_ID}, {"from": ANA_ID}, {"from": ANA, "group_id": GROUP}, {},
])  # fmt: skip
CONTACTS = st.lists(
    st.sampled_from([
        contact("Ana", ANA), contact("Ana", ANA, ANA_ID), contact("Ana", None, ANA_ID), contact("Bruno", BRUNO),
        contact("Bruno", "", BRUNO_ID), {}, {"profile": {}},
    ]),
    max_size=3,
)  # fmt: skip
STATES = st.sampled_from(["sent", "delivered", "read", "played", "failed"])
PARTICIPANTS: st.SearchStrategy[Json] = st.sampled_from([
    {}, {"recipient_participant_id": ANA}, {"recipient_participant_id": BRUNO},
    {"recipient_participant_id": ANA, "recipient_participant_user_id": ANA_ID},
    {"recipient_participant_user_id": BRUNO_ID},
])  # fmt: skip
CODES = st.sampled_from([(), (131026,), (131047,), (131026, 131047)])


@st.composite
def said(draw: st.DrawFn) -> Fact:
    """A message, or an echo of one's own: with one id they are one fact."""
    instance, message_id, kind = draw(INSTANCES), draw(IDS), draw(st.sampled_from(sorted(CONTENTS)))
    at = draw(st.sampled_from(["messages", "message_echoes"]))
    whose = draw(PEOPLE) if at == "messages" else {"from": SHOP, "to": draw(st.sampled_from([ANA, BRUNO]))}
    element = {**whose, "id": message_id, "timestamp": SENT_AT, "type": kind, **CONTENTS[kind]}
    return Fact(instance, at, element, ("msg", instance, message_id))


@st.composite
def about_another(draw: st.DrawFn) -> Fact:
    """A reaction, an edit or a revoke. Who revokes what is revoked already says nothing new."""
    instance, message_id, other = draw(INSTANCES), draw(IDS), draw(IDS)
    kind, content = draw(
        st.sampled_from(
            [
                ("reaction", {"message_id": other, "emoji": "🙏"}),
                ("reaction", {"message_id": other}),
                ("edit", {"original_message_id": other, "message": {"type": "text", "text": {"body": "novo"}}}),
                ("revoke", {"original_message_id": other}),
            ]
        )
    )
    element = {**draw(PEOPLE), "id": message_id, "timestamp": SENT_AT, "type": kind, kind: content}
    return Fact(instance, "messages", element, (kind, instance, other if kind == "revoke" else message_id))


@st.composite
def became(draw: st.DrawFn) -> Fact:
    """A status: of a person, or of one member of a group."""
    instance, message_id, state, codes = draw(INSTANCES), draw(IDS), draw(STATES), draw(CODES)
    member = draw(PARTICIPANTS)
    where: Json = {"recipient_type": "group", "recipient_id": GROUP, **member} if member else {"recipient_id": ANA}
    element = {"id": message_id, "status": state, "timestamp": SENT_AT, **where}
    if state == "failed":
        element["errors"] = [{"code": code, "title": "no"} for code in codes]
    whose = member.get("recipient_participant_user_id") or member.get("recipient_participant_id")
    why = codes if state == "failed" else None
    return Fact(instance, "statuses", element, ("status", instance, message_id, state, whose, why))


FACTS = st.one_of(said(), about_another(), became())


@st.composite
def deliveries(draw: st.DrawFn, facts: list[Fact]) -> list[bytes]:
    """The same facts as somebody else might deliver them.

    Spread over any bodies, entries and changes, with any contacts beside them, in any order of keys.
    """
    places = st.tuples(st.integers(0, 1), st.integers(0, 1))
    spread: dict[tuple[int, int, str, str], list[Fact]] = {}
    for fact in draw(st.permutations(facts)):
        spread.setdefault((*draw(places), fact.phone_number_id, fact.field), []).append(fact)
    bodies: dict[int, list[Json]] = {}
    for (number, account, _, _), together in spread.items():
        one = body(_change_of(together, draw(CONTACTS)), account=f"{ACCOUNT}{account}")
        bodies.setdefault(number, []).extend(one["entry"])
    is_reversed, is_ascii = draw(st.booleans()), draw(st.booleans())
    return [
        json.dumps(backwards(told) if is_reversed else told, ensure_ascii=is_ascii).encode()
        for told in ({"object": "whatsapp_business_account", "entry": entries} for entries in bodies.values())
    ]


def _change_of(facts: list[Fact], contacts: list[Json]) -> Json:
    lists: dict[str, list[Json]] = {}
    for fact in facts:
        lists.setdefault(fact.at, []).append(fact.element)
    return change(value(phone_number_id=facts[0].phone_number_id, contacts=contacts, **lists), facts[0].field)


def backwards(told: Any) -> Any:
    """The same JSON with the keys of every object in the opposite order."""
    if isinstance(told, dict):
        return {name: backwards(told[name]) for name in reversed(told)}
    return [backwards(each) for each in told] if isinstance(told, list) else told


def objects_of(told: Any) -> Iterator[Json]:
    """Every object of some JSON, at any depth."""
    if isinstance(told, dict):
        yield told
    for each in told.values() if isinstance(told, dict) else told if isinstance(told, list) else ():
        yield from objects_of(each)
