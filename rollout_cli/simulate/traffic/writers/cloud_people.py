"""Who it was, in the Cloud API's words: by the phone, by the id that Meta gives, or by both."""

from typing import NamedTuple

from rollout_cli.simulate.traffic.happening import STATES, Happening
from rollout_cli.simulate.traffic.told import IN_CHATS, Told, Who, member_or_customer, message_type
from rollout_cli.simulate.traffic.writers.cloud_contents import file_of

OTHER_ID = 1


class _Names(NamedTuple):
    """The fields in which a list tells who it was: the phone, and the id that Meta gives."""

    phone: str
    user_id: str


SENDER, WHOM, RECIPIENT = (
    _Names("from", "from_user_id"), _Names("to", "to_user_id"), _Names("recipient_id", "recipient_user_id"),
)  # fmt: skip


def _named(it: Happening) -> tuple[str | None, str | None]:
    """By which phone and which user id.

    Usually by the phone; now and then by both ids, and so the one becomes known as the other's. What was told before
    may come again without a phone, as of people with a user name; or with the phone as people write it.
    """
    who = it.actor
    if it.spelling == OTHER_ID:
        return (None, who.bsuid) if is_by_user_id(it) else (who.typed, None)
    return who.phone, who.bsuid if it.place % 3 == 0 else None


def is_by_user_id(it: Happening) -> bool:
    """Whether something that comes again is told without a phone."""
    return it.spelling == OTHER_ID and (it.place % 2 == 1 or it.actor.typed == it.actor.phone)


def who_is(it: Happening, names: _Names) -> tuple[str, str]:
    """Who it was, as a contact, and as fields of those names with a comma behind."""
    who = it.actor
    phone, user_id = _named(it)
    name = f'"name":"{who.name}"' if it.place % 11 else ""
    if phone is None:
        profile = f'{name}{"," if name else ""}"username":"cliente.{who.number}"'
        return f'{{"profile":{{{profile}}},"user_id":"{user_id}"}}', f'"{names.user_id}":"{user_id}",'
    if user_id is None:
        return f'{{"profile":{{{name}}},"wa_id":"{phone}"}}', f'"{names.phone}":"{phone}",'
    return (
        f'{{"profile":{{{name}}},"wa_id":"{phone}","user_id":"{user_id}"}}',
        f'"{names.phone}":"{phone}","{names.user_id}":"{user_id}",',
    )


def changes_number(it: Happening) -> bool:
    """Whether somebody's new identity is a new number: that is told by a message of the system."""
    return it.place % 2 == 1 and it.thread.group is None


def told(it: Happening) -> Told:
    """What the Cloud API's telling of a happening says."""
    at = None if it.kind == "unknown" else it.at
    kind = message_type("system" if it.kind == "identity" and changes_number(it) else it.kind)
    return Told(kind, at, _who(it), file_of(it), it.kind in IN_CHATS)


def _who(it: Happening) -> Who | None:
    kind, role = it.kind, member_or_customer(it)
    if kind == "stub":
        return Who(role, it.actor.phone)
    if kind not in IN_CHATS and kind != "call":
        return None
    if kind in STATES and it.thread.group is not None:
        return Who(role, None if is_by_user_id(it) else it.actor.phone, bsuid=it.actor.bsuid)
    if it.outbound and kind not in STATES:
        return Who("business", it.thread.instance.phone)
    phone, user_id = _named(it)
    return Who("customer" if kind == "call" else role, phone, bsuid=user_id)  # a call does not say in which group
