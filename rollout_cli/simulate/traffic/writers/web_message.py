"""What Evolution API and Baileys have in common: keys with the ids of persons, what stands beside a content, times."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache

from msgspec import Struct

from rollout_cli.simulate.traffic.happening import Happening
from rollout_cli.simulate.traffic.people import Person
from rollout_cli.simulate.traffic.told import Who, member_or_customer
from rollout_cli.simulate.traffic.writers.pattern import Fill, pattern

OTHER_ID, OTHER_EVENT = 1, 2
"""The spellings besides the usual one."""

_SECRET = b64encode(bytes(range(128, 160))).decode()
_DEVICES = (
    '"deviceListMetadata":{"senderKeyHash":"2GZdtdx4m0aiRQ==","senderTimestamp":"1767500000","senderAccountType":"E2EE",'
    '"receiverAccountType":"E2EE","recipientKeyHash":"aGIbAe0okuuVEw==","recipientTimestamp":"1767400000"}'
)
DEVICES = f'{{{_DEVICES},"deviceListMetadataVersion":2,"messageSecret":"{_SECRET}"}}'
"""What the devices say to each other."""
BESIDE = f'"messageContextInfo":{DEVICES}'
"""The same as it stands beside every content."""

PHONE = '"remoteJid":"<phone>@s.whatsapp.net"'
LID = '"remoteJid":"<lid>@lid"'
ALT_PHONE = '"remoteJidAlt":"<phone>@s.whatsapp.net"'
ALT_LID = '"remoteJidAlt":"<lid>@lid"'


class Spellings(Struct, frozen=True):
    """How a key tells the person of a private chat.

    Attributes:
        usual: with the phone; of a message by the customer.
        own: with the phone; of the business's own.
        other: of a second telling by the customer: by the LID alone, by one device, or with the phone elsewhere.
        own_other: of a second telling of the business's own.
        usual_names, other_names: for each of the customer's, whether it has the phone, and whether the LID.
    """

    usual: tuple[Fill, ...]
    own: tuple[Fill, ...]
    other: tuple[Fill, ...]
    own_other: tuple[Fill, ...]
    usual_names: tuple[tuple[bool, bool], ...]
    other_names: tuple[tuple[bool, bool], ...]

    def of(self, it: Happening) -> str:
        """The ids for a happening."""
        if it.spelling == OTHER_ID:
            ways = self.own_other if it.outbound else self.other
        else:
            ways = self.own if it.outbound else self.usual
        return ways[it.place % len(ways)](it.thread.person)

    def who(self, it: Happening) -> Who:
        """Whom the ids of a customer's happening name."""
        names = self.other_names if it.spelling == OTHER_ID else self.usual_names
        return _named("customer", it.thread.person, *names[it.place % len(names)])


def spellings(usual: tuple[str, ...], own: tuple[str, ...]) -> Spellings:
    """The spellings of a provider, from its usual patterns of a `Person`."""
    device = '"remoteJid":"<phone>:90@s.whatsapp.net"'
    other = (LID, device, f'{LID},"senderPn":"<phone>@s.whatsapp.net"')
    return Spellings(_fills(usual), _fills(own), _fills(other), _fills(other[:2]), _names(usual), _names(other))


def _fills(patterns: tuple[str, ...]) -> tuple[Fill, ...]:
    return tuple(map(pattern, patterns))


def _names(patterns: tuple[str, ...]) -> tuple[tuple[bool, bool], ...]:
    return tuple(("<phone>" in each, "<lid>" in each) for each in patterns)


def _named(role: str, who: Person, has_phone: bool, has_lid: bool) -> Who:  # noqa: FBT001 - as they are kept
    return Who(role, who.phone if has_phone else None, f"{who.lid}@lid" if has_lid else None)


_MEMBER: tuple[Fill, ...] = tuple(map(pattern, (
    '"participant":"<lid>@lid","participantAlt":"<phone>@s.whatsapp.net","addressingMode":"lid"',
    '"participant":"<lid>@lid"',
    '"participant":"<phone>@s.whatsapp.net"',
)))  # fmt: skip
"""How a group's key tells who wrote."""
_MEMBER_NAMES = ((True, True), (False, True), (True, False))
"""Whether each has the phone, and whether the LID."""


_POSTER: tuple[Fill, ...] = tuple(map(pattern, (
    '"participant":"<phone>@s.whatsapp.net"',
    '"participant":"<lid>@lid","remoteJidAlt":"<phone>@s.whatsapp.net","addressingMode":"lid"',
    '"participant":"<lid>@lid"',
)))  # fmt: skip
"""How the key of a status post or a list's message tells who wrote it: the other id stands beside the chat's."""
_POSTER_NAMES = ((True, False), (True, True), (False, True))
"""Whether each has the phone, and whether the LID."""


def key_of(it: Happening, known: Spellings) -> str:
    """The key of the happening's own message."""
    thread = it.thread
    if thread.audience is not None:
        where = f'"remoteJid":"{thread.audience}",{_poster(it)}'
    elif thread.group is None:
        where = known.of(it)
    elif it.outbound:
        where = f'"remoteJid":"{thread.group}@g.us","participant":"{thread.instance.phone}@s.whatsapp.net"'
    else:
        where = f'"remoteJid":"{thread.group}@g.us",{_MEMBER[(it.place + it.spelling) % 3](it.actor)}'
    return f'{{{where},"fromMe":{"true" if it.outbound else "false"},"id":"3EB0{it.id}"}}'


def _poster(it: Happening) -> str:
    """Who says something to many; of a newsletter nobody, but the number that its server gives each message."""
    thread = it.thread
    if thread.is_newsletter:
        return f'"server_id":"{100 + it.place}"'
    if it.outbound:
        return f'"participant":"{thread.instance.phone}@s.whatsapp.net"'
    return _POSTER[(it.place + it.spelling) % 3](it.actor)


def who_wrote(it: Happening, known: Spellings) -> Who:
    """Whom the key of a message that is not the business's own names."""
    thread = it.thread
    if thread.audience is not None:
        names = (False, False) if thread.is_newsletter else _POSTER_NAMES[(it.place + it.spelling) % 3]
        return _named("participant", it.actor, *names)
    if thread.group is None:
        return known.who(it)
    return _named("participant", it.actor, *_MEMBER_NAMES[(it.place + it.spelling) % 3])


def whose_status(it: Happening) -> Who:
    """Whom a status names: in a group, or where it was said to many, the member's LID, else the chat."""
    if not it.thread.is_private:
        return Who("participant", lid=f"{it.actor.lid}@lid")
    has_phone = it.spelling != OTHER_ID or it.place % 3 == 0
    return _named("customer", it.thread.person, has_phone, not has_phone)


def who_calls(it: Happening) -> Who:
    """Whom a call names: by one id."""
    return _named(member_or_customer(it), it.actor, it.spelling != OTHER_ID, it.spelling == OTHER_ID)


def chat_of(it: Happening) -> str:
    """The chat's JID: of a second telling in a private chat, the LID, or the phone with a device."""
    thread = it.thread
    if thread.group is not None:
        return f"{thread.group}@g.us"
    if thread.audience is not None:
        return thread.audience
    if it.spelling != OTHER_ID:
        return f"{thread.person.phone}@s.whatsapp.net"
    return f"{thread.person.phone}:90@s.whatsapp.net" if it.place % 3 == 0 else f"{thread.person.lid}@lid"


def member_of(it: Happening) -> str:
    """Who in a group a status is of: one member has one id in all statuses of a message, whatever the device."""
    return f"{it.actor.lid}:12@lid" if it.spelling == OTHER_ID else f"{it.actor.lid}@lid"


def target_of(it: Happening) -> str:
    """The key of the message that it is about, from the business's side."""
    member = ""
    if not it.thread.is_private and not it.about_outbound:
        member = f',"participant":"{it.thread.person.lid}@lid"'
    mine = "true" if it.about_outbound else "false"
    return f'{{"remoteJid":"{chat_of(it)}","fromMe":{mine},"id":"3EB0{it.about}"{member}}}'


def inner_target_of(it: Happening) -> str:
    """The same key inside of a message: from the side of whoever sent that."""
    if not it.thread.is_private:
        chat = f'{chat_of(it)}","participant":"{it.actor.lid}@lid'
    else:
        chat = f"{it.thread.person.lid}@lid" if it.outbound else f"{it.thread.instance.phone}@s.whatsapp.net"
    mine = "true" if it.about_outbound == it.outbound else "false"
    return f'{{"remoteJid":"{chat}","fromMe":{mine},"id":"3EB0{it.about}"}}'


def newcomer(it: Happening) -> Person:
    """Somebody who joins or leaves a group: another one each time, for that is all that tells one time from another."""
    number = int(it.id, 16) % 10**10
    return Person(0, f"5541{number:010d}", "", f"3{number:014d}", "", "")


HEART = "\\u2764\\ufe0f"
"""As JSON of plain letters: one other letter in it makes every string wide that it is put into."""


def reaction_of(it: Happening) -> str:
    """A `reactionMessage`; now and then it takes one back."""
    emoji = HEART if it.place % 8 else ""
    return f'"reactionMessage":{{"key":{inner_target_of(it)},"text":"{emoji}","senderTimestampMs":"{it.at}"}}'


def said_now(it: Happening) -> str:
    """What an edited message reads now, as a message's inside."""
    if it.place % 5 == 0:
        return f'"extendedTextMessage":{{"text":"{it.words}","previewType":"NONE"}}'
    return f'"conversation":"{it.words}"'


def iso(at: int, hours: int = 0) -> str:
    """A time in milliseconds as ISO 8601 without an offset, some hours later; milliseconds shown."""
    return f"{_second(at // 1000 + hours * 3600)}.{_THOUSANDTHS[at % 1000]}"


@lru_cache(maxsize=4096)
def _second(number: int) -> str:
    return datetime.fromtimestamp(number, UTC).strftime("%Y-%m-%dT%H:%M:%S")


_THOUSANDTHS = tuple(f"{number:03d}" for number in range(1000))
STATE_NUMBERS: Mapping[str, tuple[int, str]] = {
    "sent": (2, "SERVER_ACK"),
    "delivered": (3, "DELIVERY_ACK"),
    "read": (4, "READ"),
    "played": (5, "PLAYED"),
    "failed": (0, "ERROR"),
}
"""How each state is written: Baileys' number, and its name."""
