"""One publication: one transaction in which deliveries become rows, with all that they change."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from rollout_cli.pipeline.event_store import Alias, Contact, Conversation, DeadLetter, Entry, Message, Participant
from rollout_cli.pipeline.storable import storable
from rollout_cli.store.events.burying import bury
from rollout_cli.store.events.inserting import Dialect
from rollout_cli.store.events.merging import merge, take_part
from rollout_cli.store.events.rows import entry_of, payload_of, row_of
from rollout_cli.store.events.tables import aliases, contacts, conversations, events, heads, turns

_AT_ONCE = 400
"""Values in one question: SQLite takes no more than some thousands of parameters."""
_CONVERSATION = tuple(column.name for column in conversations.columns)
_CHANGED = (
    "thread_key", "contact_id", "skm_id", "assigned_by", "assigned_at", "opened_at", "closed_at", "last_event_at",
    "failures",
)  # fmt: skip
_CHANGES = update(conversations).where(conversations.c.id == bindparam("b_id")).values(
    {name: bindparam(f"b_{name}") for name in _CHANGED}
)  # fmt: skip
_PLACE = update(events).where(events.c.id == bindparam("b_id")).values(
    thread_key=bindparam("b_thread"), conversation_id=bindparam("b_conversation"), skm_id=bindparam("b_skm")
)  # fmt: skip
_IS_TRUSTED = ~events.c.payload.contains('"signature_valid":false')
_ORPHANS = (
    select(events)
    .where(events.c.thread_key.is_(None), events.c.message_id.is_not(None))
    .with_hint(events, "INDEXED BY whatsapp_events_orphans_idx", "sqlite")  # it would go through all without a thread
)
_GATHER = (
    update(events)
    .where(events.c.thread_key == bindparam("b_thread"), events.c.conversation_id.is_(None), _IS_TRUSTED)
    .values(conversation_id=bindparam("b_conversation"), skm_id=bindparam("b_skm"))
)
_REWRITE = update(events).where(events.c.id == bindparam("b_id")).values(payload=bindparam("b_payload"))


class SqlPublication:
    """What `SqlEventStore.publication` hands out."""

    def __init__(self, connection: Connection, dialect: Dialect, *, is_undisturbed: bool) -> None:
        self._connection = connection
        self._dialect = dialect
        self.is_undisturbed = is_undisturbed

    def append(self, entries: Sequence[Entry]) -> list[Entry]:
        """Insert, or ignore what is there already."""
        if not entries:
            return []
        moment = self._dialect.moment
        new = self._dialect.insert_events(self._connection, [row_of(entry, moment) for entry in entries])
        if isinstance(new, range):
            for entry, number in zip(entries, new, strict=True):
                entry.id = number
            return list(entries)
        numbers = {key: number for number, key in new}
        fresh = []
        for entry in entries:
            own = numbers.pop(entry.key, 0)  # a second one of the same key is a repetition, too
            if own:
                entry.id = own
                fresh.append(entry)
        return fresh

    def known_keys(self, keys: Collection[str]) -> set[str]:
        """Those of some idempotency keys that are in the log."""
        key = events.c.idempotency_key
        queries = (select(key).where(key.in_(some)) for some in _chunks(keys))
        return {each for query in queries for each in self._connection.execute(query).scalars()}

    def place(self, entries: Iterable[Entry]) -> None:
        """Write down where entries belong."""
        rows = [
            {"b_id": each.id, "b_thread": each.thread_key, "b_conversation": each.conversation_id, "b_skm": each.skm_id}
            for each in entries
        ]
        if rows:
            self._connection.execute(_PLACE, rows)

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Write down the events of entries anew."""
        rows = [{"b_id": each.id, "b_payload": payload_of(each.event, each.event.event_id)} for each in entries]
        if rows:
            self._connection.execute(_REWRITE, rows)

    def contacts(self, wanted: Collection[Alias]) -> Mapping[Alias, Contact]:
        """Whose ids these are."""
        found: dict[Alias, Contact] = {}
        who: dict[str, Contact] = {}
        by_tenant: dict[str, list[str]] = {}
        for tenant, alias in wanted:
            by_tenant.setdefault(tenant, []).append(alias)
        for tenant, some in ((tenant, some) for tenant, every in by_tenant.items() for some in _chunks(every)):
            query = (  # tenant by tenant: for pairs of both, SQLite goes through everybody that there is
                select(aliases.c.tenant, aliases.c.alias, contacts)
                .join(contacts, contacts.c.id == aliases.c.contact_id)
                .where(aliases.c.tenant == tenant, aliases.c.alias.in_(some))
            )
            for row in self._connection.execute(query):
                one = who.setdefault(row[2], Contact(row[2], row[3], row[4], row[5]))
                found[row[0], row[1]] = one
        return found

    def add_contacts(self, new: Sequence[Contact]) -> None:
        """Meet people."""
        rows = [
            {"id": each.id, "tenant": each.tenant, "home": each.home, "display_name": each.display_name} for each in new
        ]
        if rows:
            self._connection.execute(self._dialect.insert(contacts).on_conflict_do_nothing(), rows)

    def add_aliases(self, known: Mapping[Alias, str]) -> None:
        """Say whose ids these are."""
        rows = [{"tenant": tenant, "alias": alias, "contact_id": who} for (tenant, alias), who in known.items()]
        if rows:
            statement = self._dialect.insert(aliases)
            statement = statement.on_conflict_do_update(
                index_elements=["tenant", "alias"], set_={"contact_id": statement.excluded.contact_id}
            )
            self._connection.execute(statement, rows)

    def add_heads(self, new: Collection[str]) -> None:
        """Remember what thread keys begin with; not one that is too long for that: its keys are hashes."""
        rows = [{"tenant": each.partition(":")[0], "head": each} for each in sorted(new) if storable(each) == each]
        if rows:
            self._connection.execute(self._dialect.insert(heads).on_conflict_do_nothing(), rows)

    def merge_contacts(self, kept: Contact, other: Contact) -> None:
        """Two people have turned out to be one."""
        merge(self._connection, self._dialect, kept, other)

    def latest_conversations(self, thread_keys: Collection[str]) -> Mapping[str, Conversation]:
        """The open conversation of each thread, or the one that was closed last."""
        found: dict[str, Conversation] = {}
        is_open = case((conversations.c.closed_at.is_(None), 1), else_=0)
        for some in _chunks(thread_keys):
            query = select(conversations).where(conversations.c.thread_key.in_(some))
            for row in self._connection.execute(query.order_by(is_open, conversations.c.closed_at)):
                found[row.thread_key] = conversation_of(row)
        return found

    def conversations(self, ids: Collection[str]) -> Sequence[Conversation]:
        """Conversations by their ids."""
        return [
            conversation_of(row)
            for some in _chunks(ids)
            for row in self._connection.execute(select(conversations).where(conversations.c.id.in_(some)))
        ]

    def idle_conversations(self, silent_since: datetime, limit: int) -> list[Conversation]:
        """Open conversations without an event since a time."""
        last = func.coalesce(conversations.c.last_event_at, conversations.c.opened_at)
        query = select(conversations).where(conversations.c.closed_at.is_(None), last < silent_since)
        return [conversation_of(row) for row in self._connection.execute(query.order_by(last).limit(limit))]

    def open_conversations(self, new: Sequence[Conversation]) -> None:
        """Insert conversations."""
        rows = [{name: getattr(each, name) for name in _CONVERSATION} for each in new]
        if rows:
            self._connection.execute(insert(conversations), rows)

    def gather(self, opened: Sequence[Conversation]) -> None:
        """Put what came before into conversations that were just opened."""
        rows = [{"b_thread": each.thread_key, "b_conversation": each.id, "b_skm": each.skm_id} for each in opened]
        if rows:
            self._connection.execute(_GATHER, rows)

    def save_conversations(self, changed: Sequence[Conversation]) -> None:
        """Write down what has changed of conversations."""
        rows = [{f"b_{name}": getattr(each, name) for name in ("id", *_CHANGED)} for each in changed]
        if rows:
            self._connection.execute(_CHANGES, rows)

    def hear_of(self, heard: Sequence[Conversation]) -> None:
        """Write down the time of the latest event of conversations, of which nothing else has changed."""
        if heard:
            self._dialect.hear_of(self._connection, [(each.last_event_at, each.id) for each in heard])

    def add_participants(self, seen: Sequence[Participant]) -> None:
        """Somebody was seen in a conversation."""
        rows = [
            {"conversation_id": each.conversation_id, "contact_id": each.contact_id, "role": each.role,
             "first_at": each.at, "last_at": each.at}
            for each in seen
        ]  # fmt: skip
        if rows:
            take_part(self._connection, self._dialect, rows)

    def threads_of_messages(self, messages: Collection[Message]) -> Mapping[Message, Sequence[str]]:
        """The thread keys of messages."""
        found: dict[Message, list[str]] = {}
        columns = (events.c.shopper_id, events.c.message_id, events.c.thread_key)
        for some in _chunks(messages):
            query = (
                select(*columns)
                .where(or_(*(_is_message(shopper, message) for shopper, message in some)))
                .where(events.c.thread_key.is_not(None), _IS_TRUSTED)
                .group_by(*columns)
                .order_by(func.min(events.c.id))
            )
            for shopper, message, thread in self._connection.execute(query):
                found.setdefault((shopper, message), []).append(thread)
        return found

    def has_orphans(self) -> bool:
        """Whether there is any event about a message that has no thread."""
        return self._connection.execute(_ORPHANS.with_only_columns(events.c.id).limit(1)).first() is not None

    def orphans(self, messages: Collection[Message]) -> list[Entry]:
        """The events about messages that have no thread."""
        found = []
        for some in _chunks({message for _, message in messages}):
            query = _ORPHANS.where(events.c.message_id.in_(some)).order_by(events.c.id)
            rows = self._connection.execute(query)
            found += [entry_of(row) for row in rows if (row.shopper_id, row.message_id) in messages]
        return found

    def has_failed_before(self, entry: Entry) -> bool:
        """Whether an earlier event of the same type is about the same message."""
        event, columns = entry.event, events.c
        query = select(columns.id).where(
            _is_message(entry.shopper_id, storable(event.source.provider_message_id or "")),
            columns.event_type == event.event_type,
            or_(columns.thread_key == entry.thread_key, columns.thread_key.is_(None)),  # it may get its thread just now
            columns.id < entry.id,
            _IS_TRUSTED,
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def last_skm(self, thread_key: str) -> str | None:
        """Who served the thread last."""
        query = (
            select(conversations.c.skm_id)
            .where(conversations.c.thread_key == thread_key, conversations.c.skm_id.is_not(None))
            .order_by(conversations.c.opened_at.desc())
            .limit(1)
        )
        skm: str | None = self._connection.execute(query).scalar()
        return skm

    def next_turn(self, shopper_id: str) -> int:
        """Count one on."""
        statement = self._dialect.insert(turns).values(shopper_id=shopper_id, turn=0)
        counted = statement.on_conflict_do_update(index_elements=["shopper_id"], set_={"turn": turns.c.turn + 1})
        turn: int = self._connection.execute(counted.returning(turns.c.turn)).scalar_one()
        return turn

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Keep what could not become events."""
        bury(self._connection, self._dialect, letters)


def conversation_of(row: Any) -> Conversation:
    """A conversation, as its row has it."""
    return Conversation(**{name: getattr(row, name) for name in _CONVERSATION})


def _is_message(shopper: str | None, message: str) -> ColumnElement[bool]:
    whose = events.c.shopper_id.is_(None) if shopper is None else events.c.shopper_id == literal(shopper)
    return and_(events.c.message_id == message, whose)


def _chunks(values: Collection[Any]) -> Iterator[list[Any]]:
    every = list(values)
    for start in range(0, len(every), _AT_ONCE):
        yield every[start : start + _AT_ONCE]
