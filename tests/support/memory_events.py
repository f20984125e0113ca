"""A store of events in memory that keeps every promise of the real one; held to the same contract suite."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock

from rollout_cli.errors import ConflictError
from rollout_cli.pipeline.dual_run.observation import Observation
from rollout_cli.pipeline.event_store import Alias, Contact, Conversation, DeadLetter, Entry, Message, Participant
from rollout_cli.pipeline.routing.forgeries import is_trusted
from rollout_cli.pipeline.storable import storable
from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.keys import part


@dataclass
class Row:
    """One event of the log."""

    id: int
    key: str
    event: CanonicalEvent
    received_at: datetime
    shopper_id: str | None
    thread_key: str | None
    conversation_id: str | None
    skm_id: str | None

    @property
    def message(self) -> Message | None:
        name = self.event.source.provider_message_id
        return None if name is None else (self.shopper_id, storable(name))


@dataclass
class Tables:
    """All that is kept."""

    log: dict[str, Row] = field(default_factory=dict)
    people: dict[str, Contact] = field(default_factory=dict)
    aliases: dict[Alias, str] = field(default_factory=dict)
    heads: set[str] = field(default_factory=set)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    participants: dict[tuple[str, str], tuple[str, datetime, datetime]] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    letters: dict[tuple[object, ...], tuple[DeadLetter, int]] = field(default_factory=dict)
    observations: list[Observation] = field(default_factory=list)
    last_id: int = 0


class MemoryEvents:
    """A log in a dictionary. Several of one `tables` are stores of several processes."""

    def __init__(self, shared: "MemoryEvents | None" = None) -> None:
        self._state = _State() if shared is None else shared._state
        self._wrote = 0

    @property
    def tables(self) -> Tables:
        return self._state.tables

    @contextmanager
    def publication(self, *, by_router: bool = True) -> Iterator["MemoryPublication"]:
        state = self._state
        with state.turn:
            is_undisturbed = state.writer is self and state.turns == self._wrote
            self._wrote, before = 0, state.tables
            state.tables = deepcopy(before)
            try:
                yield MemoryPublication(state.tables, is_undisturbed=is_undisturbed)
            except BaseException:
                state.tables = before
                raise
            state.turns += 1
            state.writer = self if by_router else None
            self._wrote = state.turns

    def observe(self, observations: Sequence[Observation]) -> None:
        with self._state.turn:
            self._state.tables.observations += observations


class _State:
    def __init__(self) -> None:
        self.turn = Lock()
        self.tables = Tables()
        self.writer: MemoryEvents | None = None
        self.turns = 0


class MemoryPublication:
    """One transaction."""

    def __init__(self, tables: Tables, *, is_undisturbed: bool) -> None:
        self._tables = tables
        self.is_undisturbed = is_undisturbed

    def append(self, entries: Sequence[Entry]) -> list[Entry]:
        new = []
        for each in entries:
            if each.key not in self._tables.log:
                self._tables.last_id += 1
                each.id = self._tables.last_id
                self._tables.log[each.key] = Row(
                    each.id, each.key, each.event, each.received_at, each.shopper_id, each.thread_key,
                    each.conversation_id, each.skm_id,
                )  # fmt: skip
                new.append(each)
        return new

    def known_keys(self, keys: Collection[str]) -> set[str]:
        return {each for each in keys if each in self._tables.log}

    def place(self, entries: Iterable[Entry]) -> None:
        for each in entries:
            row = self._tables.log[each.key]
            row.thread_key, row.conversation_id, row.skm_id = each.thread_key, each.conversation_id, each.skm_id

    def rewrite(self, entries: Iterable[Entry]) -> None:
        for each in entries:
            self._tables.log[each.key].event = each.event

    def contacts(self, aliases: Collection[Alias]) -> Mapping[Alias, Contact]:
        known = self._tables.aliases
        return {each: replace(self._tables.people[known[each]]) for each in aliases if each in known}

    def add_contacts(self, contacts: Sequence[Contact]) -> None:
        for each in contacts:
            self._tables.people.setdefault(each.id, replace(each))

    def add_aliases(self, known: Mapping[Alias, str]) -> None:
        self._tables.aliases |= known

    def add_heads(self, heads: Collection[str]) -> None:
        self._tables.heads.update(heads)

    def merge_contacts(self, kept: Contact, other: Contact) -> None:
        tables = self._tables
        tables.aliases = {alias: kept.id if who == other.id else who for alias, who in tables.aliases.items()}
        for (conversation, who), (role, first, last) in list(tables.participants.items()):
            if who == other.id:
                del tables.participants[conversation, who]
                self._take_part(conversation, kept.id, role, first, last)
        threads = {each.thread_key for each in tables.conversations.values() if each.contact_id == other.id}
        for thread in sorted(threads | self._unopened(other)):
            self._move(thread, f"{thread.rpartition(':')[0]}:{part(kept.home)}", kept)
        tables.people.pop(other.id, None)

    def _unopened(self, other: Contact) -> set[str]:
        """Their threads, also where nothing opened a conversation."""
        heads = [each for each in self._tables.heads if each.partition(":")[0] == part(other.tenant)]
        theirs = {storable(f"{each}:{part(other.home)}") for each in heads}
        return {each.thread_key for each in self._tables.log.values() if each.thread_key in theirs}

    def _move(self, thread: str, to: str, kept: Contact) -> None:
        here, there = self._open_one(thread), self._open_one(to)
        if here is not None and there is not None and here is not there:
            older, younger = sorted((there, here), key=lambda each: each.opened_at)
            self._join(older, younger)
        for each in self._tables.conversations.values():
            if each.thread_key == thread:
                each.thread_key, each.contact_id = to, kept.id
        for row in self._tables.log.values():
            if row.thread_key == thread:
                row.thread_key = to

    def _join(self, older: Conversation, younger: Conversation) -> None:
        younger.closed_at = younger.opened_at
        ends = [each.last_event_at for each in (older, younger) if each.last_event_at is not None]
        older.last_event_at = max(ends, default=None)
        older.skm_id = older.skm_id or younger.skm_id
        older.assigned_by = older.assigned_by or younger.assigned_by
        older.assigned_at = older.assigned_at or younger.assigned_at
        for row in self._tables.log.values():
            if row.conversation_id == younger.id:
                row.conversation_id = older.id

    def _open_one(self, thread: str) -> Conversation | None:
        every = self._tables.conversations.values()
        return next((each for each in every if each.thread_key == thread and each.closed_at is None), None)

    def latest_conversations(self, thread_keys: Collection[str]) -> Mapping[str, Conversation]:
        found: dict[str, Conversation] = {}
        for each in sorted(self._tables.conversations.values(), key=_recency):
            if each.thread_key in thread_keys:
                found[each.thread_key] = replace(each)
        return found

    def conversations(self, ids: Collection[str]) -> Sequence[Conversation]:
        return [replace(self._tables.conversations[each]) for each in ids if each in self._tables.conversations]

    def idle_conversations(self, silent_since: datetime, limit: int) -> list[Conversation]:
        silent = [
            each
            for each in self._tables.conversations.values()
            if each.closed_at is None and _last(each) < silent_since
        ]  # fmt: skip
        return [replace(each) for each in sorted(silent, key=_last)[:limit]]

    def open_conversations(self, conversations: Sequence[Conversation]) -> None:
        for each in conversations:
            if each.closed_at is None and self._open_one(each.thread_key) is not None:
                raise ConflictError("its thread has an open one", hint="look again")
            self._tables.conversations[each.id] = replace(each)

    def gather(self, conversations: Sequence[Conversation]) -> None:
        opened = {each.thread_key: each for each in conversations}
        for row in self._tables.log.values():
            if row.thread_key in opened and row.conversation_id is None and is_trusted(row.event):
                row.conversation_id, row.skm_id = opened[row.thread_key].id, opened[row.thread_key].skm_id

    def save_conversations(self, conversations: Sequence[Conversation]) -> None:
        for each in conversations:
            if each.id in self._tables.conversations:
                self._tables.conversations[each.id] = replace(each)

    def hear_of(self, conversations: Sequence[Conversation]) -> None:
        for each in conversations:
            self._tables.conversations[each.id].last_event_at = each.last_event_at

    def add_participants(self, participants: Sequence[Participant]) -> None:
        for each in participants:
            self._take_part(each.conversation_id, each.contact_id, each.role, each.at, each.at)

    def _take_part(self, conversation: str, contact: str, role: str, first: datetime, last: datetime) -> None:
        known = self._tables.participants.get((conversation, contact))
        if known is not None:
            role, first, last = known[0], min(first, known[1]), max(last, known[2])
        self._tables.participants[conversation, contact] = role, first, last

    def threads_of_messages(self, messages: Collection[Message]) -> Mapping[Message, Sequence[str]]:
        found: dict[Message, dict[str, None]] = {}
        for row in self._tables.log.values():
            if row.message in messages and row.thread_key is not None and is_trusted(row.event):
                found.setdefault(row.message, {})[row.thread_key] = None
        return {message: list(threads) for message, threads in found.items()}

    def has_orphans(self) -> bool:
        return any(each.thread_key is None and each.message is not None for each in self._tables.log.values())

    def orphans(self, messages: Collection[Message]) -> list[Entry]:
        found = []
        for row in self._tables.log.values():
            if row.thread_key is None and row.message in messages:
                entry = Entry(row.event, row.received_at, row.shopper_id,
                              conversation_id=row.conversation_id, skm_id=row.skm_id)  # fmt: skip
                entry.id = row.id
                found.append(entry)
        return found

    def has_failed_before(self, entry: Entry) -> bool:
        earlier = (each for each in self._tables.log.values() if each.id < (entry.id or 0))
        message = entry.shopper_id, storable(entry.event.source.provider_message_id or "")
        return any(
            each.message == message
            and each.event.event_type == entry.event.event_type
            and each.thread_key in {None, entry.thread_key}
            and is_trusted(each.event)
            for each in earlier
        )

    def last_skm(self, thread_key: str) -> str | None:
        served = [each for each in self._tables.conversations.values() if each.thread_key == thread_key and each.skm_id]
        return max(served, key=lambda each: each.opened_at).skm_id if served else None

    def next_turn(self, shopper_id: str) -> int:
        self._tables.turns[shopper_id] = self._tables.turns.get(shopper_id, -1) + 1
        return self._tables.turns[shopper_id]

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        for each in letters:
            name = each.provider, each.instance, each.event, each.shopper_id, each.signature_valid, each.body
            first, times = self._tables.letters.get(name, (each, 0))
            last = replace(first, reason=each.reason, explanation=each.explanation)
            self._tables.letters[name] = last, times + (times == 0 or each.at != first.at)


def _recency(conversation: Conversation) -> tuple[bool, float]:
    closed_at = conversation.closed_at
    return closed_at is None, 0.0 if closed_at is None else closed_at.timestamp()


def _last(conversation: Conversation) -> datetime:
    return conversation.last_event_at or conversation.opened_at
