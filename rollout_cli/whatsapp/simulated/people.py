"""Who and where: the chat, its counterpart and the author, each told by whichever ids there are."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast, get_args

from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import NOBODY, NOWHERE, Actor, Context, Routing
from rollout_cli.whatsapp.identity import (
    NO_ONE,
    Person,
    cloud_person,
    digits,
    is_broadcast,
    is_group,
    is_newsletter,
    person,
)
from rollout_cli.whatsapp.simulated.kinds import STATES
from rollout_cli.whatsapp.vocabulary import ChatType, EventType, Role
from rollout_cli.whatsapp.wire import known_truth, mapping, scalar, strings, text, truth

_ROLES: tuple[Role, ...] = get_args(Role)
_CHAT_TYPES: tuple[ChatType, ...] = get_args(ChatType)

Told = Mapping[str, Any]


class Place(NamedTuple):
    """Where an event belongs, and whose it is."""

    context: Context
    routing: Routing
    actor: Actor


def place_of(origin: Origin, kind: EventType, event: Told, *, member: str | None = None) -> Place:
    """The chat, the thread and the author of an event; who is told by nothing else may be the `member` of a group."""
    is_own = is_outbound(kind, event)
    sender, chat = mapping(event.get("from")), mapping(event.get("chat"))
    author, other = _person(sender or {"id": member}), _person(chat)
    chat_type = _chat_type(kind, chat.get("type"), other.wa_id, has_counterpart=bool(author.wa_id) and not is_own)
    others: tuple[Told, ...] = ()
    counterpart = NO_ONE
    if chat_type == "private":
        others, counterpart = ((chat,), other) if is_own else ((chat, sender), _merged(other, author))
    chat_id = other.wa_id or counterpart.wa_id
    group = chat_id if chat_type == "group" else None
    context = Context(
        chat_type,
        chat_id,
        group,
        text(event.get("reply_to")),
        _forwarded(kind, event.get("forwarded")),
        strings(event.get("mentions")),
        _aliases(others),
    )
    return Place(
        context,
        NOWHERE if chat_type not in ("private", "group") else origin.thread(group or counterpart.best),
        _actor(sender, author if author.wa_id else counterpart, chat_type, is_own=is_own),
    )


def is_outbound(kind: EventType, event: Told) -> bool:
    """Whether the business did it."""
    return kind.endswith(".outbound") or (not kind.endswith(".inbound") and event.get("direction") == "outbound")


def _chat_type(kind: EventType, told: Any, chat_id: str | None, *, has_counterpart: bool) -> ChatType | None:
    """The type as it is told, else that which the id's server or the kind says."""
    if told in _CHAT_TYPES:
        return cast("ChatType", told)
    if kind.startswith("whatsapp.group.") or (chat_id and is_group(chat_id)):
        return "group"
    if chat_id and (is_broadcast(chat_id) or is_newsletter(chat_id)):
        return "broadcast" if is_broadcast(chat_id) else "newsletter"
    return "private" if chat_id or has_counterpart else None


def _forwarded(kind: EventType, told: Any) -> bool | None:
    """Whether it was forwarded; null where it is no message, and nothing is told."""
    is_message = kind.startswith("whatsapp.message.") and kind not in STATES
    return truth(told) if is_message else known_truth(told)


def _actor(told: Told, who: Person, chat_type: ChatType | None, *, is_own: bool) -> Actor:
    if is_own and not told:
        return Actor("business")
    if not told and not who.wa_id and chat_type is None:
        return NOBODY
    usual: Role = "business" if is_own else "customer" if chat_type == "private" else "participant"
    role = told.get("role")
    return Actor(role if role in _ROLES else usual, who.wa_id, who.phone, who.lid, who.bsuid, text(told.get("name")))


def _person(told: Told) -> Person:
    """The somebody of `{id, phone, lid, bsuid}`: what the id does not say, the others may."""
    if not told:
        return NO_ONE
    written, lid, bsuid = scalar(told.get("id")), text(told.get("lid")), text(told.get("bsuid"))
    phone = digits(scalar(told.get("phone")) or "")
    is_jid_or_typed = written is not None and ("@" in written or written.startswith("+"))
    found = person((written or "",)) if is_jid_or_typed else cloud_person(written)
    return Person(
        written or phone or lid or bsuid, phone or found.phone, lid or found.lid, bsuid or found.bsuid
    )  # fmt: skip


def _merged(one: Person, other: Person) -> Person:
    """One somebody of two descriptions; what the first does not tell, the second may."""
    if other is NO_ONE or one is NO_ONE:
        return one if other is NO_ONE else other
    return Person(
        one.wa_id or other.wa_id, one.phone or other.phone, one.lid or other.lid, one.bsuid or other.bsuid
    )  # fmt: skip


def _aliases(people: Sequence[Told]) -> tuple[str, ...]:
    """Every id that is told of them, as it is written."""
    told = (scalar(each.get(name)) for each in people for name in ("id", "phone", "lid", "bsuid"))
    return tuple(dict.fromkeys(filter(None, told)))
