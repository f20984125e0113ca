"""Fields: what an event says besides its type, its message and its words, held against what was told."""

from rollout_cli.simulate.traffic.happening import Happening
from rollout_cli.simulate.traffic.people import Person
from rollout_cli.simulate.traffic.told import File, Told, Who
from rollout_cli.simulate.traffic.words import spoken
from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.events import Actor, Context, Message, Status

TYPE, MEDIA, ACTOR, CHAT, STATUS, TIME = "message.type", "message.media", "actor", "context", "status", "occurred_at"
"""What is held: the names of the fields, or of what they are in."""


def mistaken(what: Happening, told: Told, event: CanonicalEvent) -> str | None:
    """The first field in which an event says something else than was told; None where it says the same.

    Args:
        what: what happened.
        told: what its telling says of it.
        event: what became of that.
    """
    message, status = event.message, event.status
    if (None if message is None else message.type) != told.type:
        return TYPE
    if not _is_file(told.file, message):
        return MEDIA
    if not _is_who(what, told.who, event.actor):
        return ACTOR
    if not _is_where(what, told.has_chat, event.context):
        return CHAT
    if status is not None and not _is_whose(what, told.who, status):
        return STATUS
    return None if told.at is None or event.occurred_at.timestamp() // 1 == told.at // 1000 else TIME


def _is_file(file: File | None, message: Message | None) -> bool:
    media = None if message is None else message.media
    if media is None or message is None or file is None:
        return media is None and file is None
    caption = spoken(file.caption) or None
    return (
        media.mime_type == file.mime_type
        and media.id == file.id
        and media.filename == file.name
        and media.caption == caption
        and message.text == (caption if file.is_read else None)
        and file.address in (media.direct_path or "")
    )


def _is_who(what: Happening, who: Who | None, actor: Actor) -> bool:
    """Whether it is who it was: by each id that was told, and by none of anybody else.

    One that was told of the same person elsewhere in the body may be there, too.
    """
    it = what.actor
    if who is None:
        known = (None, *_ids(it), *_ids(what.thread.person), what.thread.instance.phone)
        return actor.phone in known and _bare(actor.lid) in known and actor.bsuid in known
    return (
        actor.role == who.role
        and (actor.phone == who.phone or (who.phone is None and actor.phone == it.phone))
        and (actor.lid == who.lid or (who.lid is None and _bare(actor.lid) == it.lid))
        and (actor.bsuid == who.bsuid or (who.bsuid is None and actor.bsuid == it.bsuid))
    )


def _is_where(what: Happening, has_chat: bool, context: Context) -> bool:  # noqa: FBT001 - as it is told
    group, audience = what.thread.group, what.thread.audience
    if context.chat_type is None:
        return not has_chat
    if audience is not None:
        chat_type = "newsletter" if what.thread.is_newsletter else "broadcast"
        return context.chat_type == chat_type and context.group_id is None and context.chat_id == audience
    if context.chat_type == "group":
        return group is not None and _bare(context.chat_id) == group == _bare(context.group_id)
    if group is not None and has_chat:
        return False
    return context.chat_type == "private" and context.group_id is None and _bare(context.chat_id) in _ids(what.actor)


def _is_whose(what: Happening, who: Who | None, status: Status) -> bool:
    """Whether a status is of whom it was sent to; of many, of the one whose it is, where that was told."""
    chat = what.thread.group or what.thread.audience
    if chat is None:
        return status.participant_id is None and _bare(status.recipient_id) in _ids(what.actor)
    if status.participant_id is None:
        return who is None or who.role != "participant"
    return _bare(status.recipient_id) == _bare(chat) and _bare(status.participant_id) in _ids(what.actor)


def _ids(person: Person) -> tuple[str, str, str, str]:
    return person.phone, person.typed, person.lid, person.bsuid


def _bare(told: str | None) -> str | None:
    """An id without its server and device."""
    return None if told is None else told.partition("@")[0].partition(":")[0]
