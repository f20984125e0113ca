"""Who is meant: a phone, a LID or a business-scoped id, told apart by server and shape, never by the field's name."""

import re
from collections.abc import Iterable

from msgspec import Struct

PHONE_SERVERS = frozenset({"s.whatsapp.net", "c.us", "hosted"})
LID_SERVERS = frozenset({"lid", "hosted.lid"})
_GROUP, _BROADCAST, _NEWSLETTER = "@g.us", "@broadcast", "@newsletter"
NO_PERSONS = (_GROUP, _BROADCAST, _NEWSLETTER)
"""How the ids of what is not one person end."""
_BSUID = re.compile(r"(?:[A-Z]{2}\.(?:ENT\.)?|user\.)[0-9A-Za-z]{1,128}")
_LONGEST_PHONE = 20
_BETWEEN_DIGITS = str.maketrans("", "", "+-() .\u00a0")
"""What the Cloud API hands on where somebody typed it: whom a message went to is told as it was asked for."""


class Person(Struct, frozen=True, gc=False):
    """What is known of somebody. Nothing at all is `NO_ONE`."""

    wa_id: str | None = None
    phone: str | None = None
    lid: str | None = None
    bsuid: str | None = None

    @property
    def best(self) -> str | None:
        """The id for a thread: the phone if there is one, else the LID, the BSUID, or whatever was written."""
        return self.phone or self.lid or self.bsuid or self.wa_id


NO_ONE = Person()


def bare(jid: str) -> str:
    """A JID without its device and agent: `5511…_1:90@s.whatsapp.net` is `5511…@s.whatsapp.net`."""
    user, at, server = jid.rpartition("@")
    return f"{_without_device(user)}@{server}" if at else jid


def is_group(jid: str) -> bool:
    """Whether it is a group."""
    return jid.endswith(_GROUP)


def is_broadcast(jid: str) -> bool:
    """Whether it is a broadcast list, or the list of status posts."""
    return jid.endswith(_BROADCAST)


def is_newsletter(jid: str) -> bool:
    """Whether it is a channel."""
    return jid.endswith(_NEWSLETTER)


def person(ids: Iterable[str]) -> Person:
    """The somebody that several JIDs are of; the first of each server counts, and the first of all is the `wa_id`."""
    wa_id = phone = lid = None
    for jid in ids:
        user, _, server = jid.rpartition("@")
        if not user:
            continue
        wa_id = wa_id or jid
        if phone is None and server in PHONE_SERVERS:
            phone = digits(_without_device(user))
        elif lid is None and server in LID_SERVERS:
            lid = f"{_without_device(user)}@lid"
    return Person(wa_id, phone, lid)


def steady(who: Person) -> str:
    """What stands for a person in keys, whichever of their ids are told beside it, on whichever server and device.

    A LID or BSUID comes without a phone, but hardly a phone without one of them any more: so it is the LID or BSUID
    where one is told, else the phone, else what is written.
    """
    if who.phone and "@" in (who.wa_id or ""):
        return who.lid or f"{who.phone}@s.whatsapp.net"
    return who.lid or who.bsuid or who.phone or bare(who.wa_id or "")


def cloud_person(written: str | None, user_id: str | None = None) -> Person:
    """The somebody of a Cloud API field: `written` may be a phone, a BSUID or a stand-in, `user_id` is a BSUID."""
    if written is None:
        return Person(user_id, None, None, user_id) if user_id else NO_ONE
    phone = digits(written) or (digits(written.translate(_BETWEEN_DIGITS)) if written.startswith("+") else None)
    if user_id is None and phone is None and is_bsuid(written):
        user_id = written
    return Person(written, phone, None, user_id)


def is_bsuid(written: str) -> bool:
    """Whether an id has the shape of a business-scoped user id: `CC.…`, `CC.ENT.…`, or `user.…` of Meta's drafts."""
    return _BSUID.fullmatch(written) is not None


def digits(written: str) -> str | None:
    """A phone as WhatsApp has it, where it is one: ASCII digits only."""
    return written if written.isdecimal() and written.isascii() and len(written) <= _LONGEST_PHONE else None


def _without_device(user: str) -> str:
    return user if user.isdecimal() else user.partition(":")[0].partition("_")[0]
