"""Two people turn out to be one: everything of the one becomes the other's."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, case, delete, select, update

from rollout_cli.pipeline.event_store import Contact
from rollout_cli.pipeline.storable import storable
from rollout_cli.store.events.inserting import Dialect
from rollout_cli.store.events.tables import aliases, contacts, conversations, events, heads, participants
from rollout_cli.whatsapp.keys import part

_AT_ONCE = 400
"""Values in one question."""


def merge(connection: Connection, dialect: Dialect, kept: Contact, other: Contact) -> None:
    """Aliases, participants, threads, conversations and events follow; then the other is no more."""
    connection.execute(update(aliases).where(aliases.c.contact_id == other.id).values(contact_id=kept.id))
    _participants(connection, dialect, kept, other)
    for thread in sorted(_threads(connection, kept, other) | _unopened(connection, other)):
        _conversations(connection, thread, rehomed(thread, other.home, kept.home), kept)
    connection.execute(delete(contacts).where(contacts.c.id == other.id))


def take_part(connection: Connection, dialect: Dialect, rows: Sequence[Mapping[str, Any]]) -> None:
    """Somebody was seen in a conversation: the first and the latest time are kept, and the first role."""
    statement = dialect.insert(participants)
    new, old = statement.excluded, participants.c
    earlier = case((new.first_at < old.first_at, new.first_at), else_=old.first_at)
    later = case((new.last_at > old.last_at, new.last_at), else_=old.last_at)
    seen = statement.on_conflict_do_update(
        index_elements=["conversation_id", "contact_id"], set_={"first_at": earlier, "last_at": later}
    )
    connection.execute(seen, rows)


def rehomed(thread_key: str, home: str, new_home: str) -> str:
    """A thread key with another home: it ends with it."""
    return thread_key.removesuffix(part(home)) + part(new_home)


def _participants(connection: Connection, dialect: Dialect, kept: Contact, other: Contact) -> None:
    rows = connection.execute(select(participants).where(participants.c.contact_id == other.id)).mappings().all()
    connection.execute(delete(participants).where(participants.c.contact_id == other.id))
    if rows:
        moved = [{**row, "contact_id": kept.id} for row in rows]
        take_part(connection, dialect, moved)


def _threads(connection: Connection, kept: Contact, other: Contact) -> set[str]:
    """The other's threads, wherever one of the two has opened a conversation."""
    query = select(conversations.c.thread_key, conversations.c.contact_id).where(
        conversations.c.contact_id.in_([kept.id, other.id])
    )
    return {
        key if contact == other.id else storable(rehomed(key, kept.home, other.home))
        for key, contact in connection.execute(query)
    }


def _unopened(connection: Connection, other: Contact) -> set[str]:
    """The other's threads in any instance of the tenant, also where nothing in them has opened a conversation."""
    begun = connection.execute(select(heads.c.head).where(heads.c.tenant == part(other.tenant))).scalars()
    keys = [storable(f"{each}:{part(other.home)}") for each in begun]
    found: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        query = select(events.c.thread_key).where(events.c.thread_key.in_(some)).distinct()
        found.update(connection.execute(query).scalars())
    return found


def _conversations(connection: Connection, thread: str, new_thread: str, kept: Contact) -> None:
    is_open = conversations.c.closed_at.is_(None)
    there = connection.execute(select(conversations).where(conversations.c.thread_key == new_thread, is_open)).first()
    here = connection.execute(select(conversations).where(conversations.c.thread_key == thread, is_open)).first()
    if there is not None and here is not None:
        older, younger = (there, here) if there.opened_at <= here.opened_at else (here, there)
        connection.execute(
            update(conversations).where(conversations.c.id == younger.id).values(closed_at=younger.opened_at)
        )
        ends = [each for each in (there.last_event_at, here.last_event_at) if each is not None]
        kept_on = {"last_event_at": max(ends, default=None), "skm_id": older.skm_id or younger.skm_id,
                   "assigned_by": older.assigned_by or younger.assigned_by,
                   "assigned_at": older.assigned_at or younger.assigned_at}  # fmt: skip
        connection.execute(update(conversations).where(conversations.c.id == older.id).values(kept_on))
        connection.execute(
            update(events).where(events.c.conversation_id == younger.id).values(conversation_id=older.id)
        )
    connection.execute(
        update(conversations).where(conversations.c.thread_key == thread)
        .values(thread_key=new_thread, contact_id=kept.id)
    )  # fmt: skip
    connection.execute(update(events).where(events.c.thread_key == thread).values(thread_key=new_thread))
