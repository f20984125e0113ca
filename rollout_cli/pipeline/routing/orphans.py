"""Orphans: statuses and the like that tell no chat. They belong where the message is that they are about."""

from collections.abc import Sequence

from rollout_cli.pipeline.event_store import Entry, Message, Publication
from rollout_cli.pipeline.routing.memory import Memory
from rollout_cli.pipeline.storable import storable
from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.keys import part


def is_about_a_message(event: CanonicalEvent) -> bool:
    """Whether there is, or will be, a message whose thread is the event's."""
    return event.source.provider_message_id is not None and event.event_type.startswith("whatsapp.message.")


def adopt(publication: Publication, memory: Memory, orphans: Sequence[Entry], entries: Sequence[Entry]) -> None:
    """Give orphans the thread of their message: one that is stored, or comes with them among `entries`."""
    wanted = {_message_of(each) for each in orphans}
    threads: dict[tuple[str, Message], str] = {}
    for message, known in publication.threads_of_messages(wanted).items():
        for thread in known:
            threads.setdefault((_instance_of(thread), message), thread)
    for entry in entries:
        if entry.thread_key is not None and _message_of(entry) in wanted:
            threads.setdefault((_instance_of(entry.thread_key), _message_of(entry)), entry.thread_key)
    for each in orphans:  # two instances may rightly both have a message of one id
        found = (threads.get((instance, _message_of(each))) for instance in _instances_of(each.event))
        each.thread_key = next(filter(None, found), None)
        if each.thread_key is None:
            memory.has_orphans = True


def claim(publication: Publication, memory: Memory, parents: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    """Stored orphans that turn out to be about messages of these entries, each with its entry."""
    if memory.has_orphans is None:
        memory.has_orphans = publication.has_orphans()
    if not memory.has_orphans:
        return []
    told: dict[tuple[str, Message], Entry] = {}
    for each in parents:
        if each.thread_key is not None and is_about_a_message(each.event):
            told.setdefault((_instance_of(each.thread_key), _message_of(each)), each)
    claimed = []
    for orphan in publication.orphans({message for _, message in told}):
        found = (told.get((instance, _message_of(orphan))) for instance in _instances_of(orphan.event))
        parent = next(filter(None, found), None)
        if parent is not None and is_about_a_message(orphan.event):
            claimed.append((orphan, parent))
    return claimed


def _message_of(entry: Entry) -> Message:
    return entry.shopper_id, storable(entry.event.source.provider_message_id or "")


def _instance_of(thread_key: str) -> str:
    """The instance in a thread key, escaped as it is there."""
    return thread_key.split(":", 2)[1] if thread_key.count(":") > 1 else ""


def _instances_of(event: CanonicalEvent) -> tuple[str, str]:
    """Which instance an event's threads have: its name; where it is the second channel of a line, the first's."""
    parts = event.trace.idempotency_key.split(":", 4)
    return part(event.source.instance or ""), parts[3] if len(parts) > 3 else ""  # noqa: PLR2004 - the instance's place
