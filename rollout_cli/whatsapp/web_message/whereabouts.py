"""Who and where: every JID of a message's key, sorted by server. The names of its fields say nothing."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import NOBODY, NOWHERE, Actor, Context, Routing
from rollout_cli.whatsapp.identity import (
    NO_ONE,
    NO_PERSONS,
    Person,
    bare,
    cloud_person,
    is_broadcast,
    is_newsletter,
    person,
)
from rollout_cli.whatsapp.vocabulary import ChatType, Direction
from rollout_cli.whatsapp.wire import strings, text, truth, whole

QUOTING = frozenset({"stanzaId", "isForwarded", "forwardingScore", "mentionedJid"})
"""What a message's `contextInfo` tells of what it quotes."""
_LONGEST_BARE_PHONE = 13
"""Digits. What is longer and has no server may be a LID as well."""
_CHAT = ("remoteJid", "remoteJidAlt", "previousRemoteJid")
_SENDER = ("senderPn", "senderLid")
_PARTICIPANT = ("participant", "participantAlt", "participantPn", "participantLid")


class Whereabouts(Struct, frozen=True, gc=False):
    """What a key tells.

    Attributes:
        message_id: the key's id.
        is_own: whether the instance's own account wrote it; None where nobody says.
        chat: as written.
        counterpart: of a private chat.
        participant: who wrote it, in a group or broadcast.
        aliases: every JID of the counterpart, as written.
    """

    message_id: str | None
    is_own: bool | None
    chat: str | None
    chat_type: ChatType | None
    counterpart: Person
    participant: Person
    aliases: tuple[str, ...]

    @property
    def direction(self) -> Direction | None:
        """From the business's point of view."""
        return "outbound" if self.is_own else "inbound" if self.is_own is False else None

    @property
    def group(self) -> str | None:
        """The group, where it is one."""
        return self.chat if self.chat_type == "group" else None

    def routing(self, origin: Origin) -> Routing:
        """The thread: the group, or the counterpart; nothing for what is no conversation."""
        if self.chat_type == "private":
            return origin.thread(self.counterpart.best)
        return origin.thread(self.chat) if self.chat_type == "group" else NOWHERE

    def context(
        self, reply_to: str | None = None, *, forwarded: bool | None = None, mentions: tuple[str, ...] = ()
    ) -> Context:
        """The chat."""
        return Context(self.chat_type, self.chat, self.group, reply_to, forwarded, mentions, self.aliases)

    def quoting(self, info: Mapping[str, Any]) -> Context:
        """The chat, with what a message's `contextInfo` tells."""
        if QUOTING.isdisjoint(info):  # the usual case: it tells of something else
            return self.context(forwarded=False)
        return self.context(
            text(info.get("stanzaId")),
            forwarded=truth(info.get("isForwarded")) or (whole(info.get("forwardingScore")) or 0) > 0,
            mentions=strings(info.get("mentionedJid")),
        )

    def actor(self, origin: Origin, name: str | None) -> Actor:
        """Who wrote it."""
        if self.is_own:
            own = self.participant if self.participant.wa_id else person((origin.own,) if origin.own else ())
            return Actor("business", own.wa_id, own.phone, own.lid)
        if self.is_own is None and self.participant.wa_id is None:
            return NOBODY
        who = self.counterpart if self.chat_type == "private" else self.participant
        shown = None if name is None or name in (who.phone, (who.lid or "").removesuffix("@lid")) else name
        return Actor(
            "customer" if self.chat_type == "private" else "participant", who.wa_id, who.phone, who.lid, None, shown
        )


def whereabouts(key: Mapping[str, Any], participant: Any = None) -> Whereabouts:
    """Sort the JIDs of a key; `participant` is that of the message itself, for a key that has none."""
    chat = text(key.get("remoteJid"))
    is_own = truth(key.get("fromMe"))
    message_id = text(key.get("id"))
    if chat is None:
        chat = text(key.get("remoteJidAlt"))
    if chat is None or not chat.endswith(NO_PERSONS):
        ids = _told(key, _CHAT if is_own else _CHAT + _SENDER + _PARTICIPANT)
        kind: ChatType | None = "private" if chat else None
        who = person(ids)
        if who.wa_id is None and chat is not None and (len(chat) <= _LONGEST_BARE_PHONE or chat[0] == "+"):
            who = cloud_person(chat)  # without a server: Evolution's own channel has no other ids
        return Whereabouts(message_id, is_own, chat, kind, who, NO_ONE, ids)
    if is_newsletter(chat):
        return Whereabouts(message_id, is_own, chat, "newsletter", NO_ONE, NO_ONE, ())
    members = _told(key, _PARTICIPANT + _SENDER)
    if is_broadcast(chat):  # the pair crosses: the other JID of the participant stands beside the chat's
        members += _told(key, ("remoteJidAlt",))
    elif not members and (told := text(participant)):
        members = (told,)
    who = person(each for each in members if each != chat)  # Evolution's statuses name the group as its own member
    return Whereabouts(message_id, is_own, chat, "broadcast" if is_broadcast(chat) else "group", NO_ONE, who, ())


def whereabouts_of(chat: str | None) -> Whereabouts:
    """The same for what tells of a chat alone."""
    return whereabouts({"remoteJid": chat})


def reader_of(key: Mapping[str, Any], user: str | None) -> Whereabouts:
    """Where the message of a receipt is; its participant is `user`, who got or read it.

    The key may name them by other ids as well, or it names who wrote the message, which is somebody else.
    """
    where = whereabouts(key)
    if user is None:
        return where
    told = _told(key, _PARTICIPANT)
    is_named = bare(user) in map(bare, told)
    return replace(where, participant=person((user, *told) if is_named else (user,)))


def _told(key: Mapping[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for name in names:
        if name in key and type(each := key[name]) is str and each:
            found[each] = None
    return tuple(found)
