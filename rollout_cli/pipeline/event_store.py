"""What the new path needs of a store of events, and what passes between them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from rollout_cli.pipeline.dual_run.observation import Observation
from rollout_cli.pipeline.storable import storable
from rollout_cli.whatsapp import CanonicalEvent

Alias = tuple[str, str]
"""A tenant, and one id of a person in the one spelling that all of its spellings share (`routing.threads.spelling`)."""

Message = tuple[str | None, str]
"""A shopper, and the provider's id of a message."""


class Entry:
    """One event on its way into the log.

    Attributes:
        key: its idempotency key; the log holds each once.
        thread_key: its thread, with the counterpart's home in place of the id that the body happened to have.
        id: its place in the log, once it has one.
    """

    __slots__ = (
        "conversation_id", "event", "id", "key", "received_at", "shopper_id", "skm_id", "thread_key",
    )  # fmt: skip

    def __init__(
        self,
        event: CanonicalEvent,
        received_at: datetime,
        shopper_id: str | None = None,
        *,
        thread_key: str | None = None,
        conversation_id: str | None = None,
        skm_id: str | None = None,
    ) -> None:
        self.event = event
        self.key = storable(event.trace.idempotency_key)
        self.received_at = received_at
        self.shopper_id = shopper_id
        self.thread_key = thread_key
        self.conversation_id = conversation_id
        self.skm_id = skm_id
        self.id: int | None = None


@dataclass(slots=True)
class Contact:
    """One person of a tenant, however many ids they go by.

    Attributes:
        id: of ours.
        home: the id that stands for the person in thread keys: the first that was met.
    """

    id: str
    tenant: str
    home: str
    display_name: str | None = None


@dataclass(slots=True)
class Conversation:
    """A thread's conversation, from its opening to its closing. At most one of a thread is open.

    Attributes:
        provider, instance: where it was opened.
        skm_id: who serves it; None until it is assigned.
        assigned_by: what assigned it: a policy's name, `entry_point`, `mention`, `reaction`, or a person's word.
        last_event_at: the provider's time of the latest event.
        failures: how many messages in a row could not be delivered.
    """

    id: str
    thread_key: str
    chat_type: str
    provider: str
    opened_at: datetime
    shopper_id: str | None = None
    instance: str | None = None
    contact_id: str | None = None
    skm_id: str | None = None
    assigned_by: str | None = None
    assigned_at: datetime | None = None
    closed_at: datetime | None = None
    last_event_at: datetime | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in a conversation."""

    conversation_id: str
    contact_id: str
    role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that could not become events, kept so that it can be explained and given again.

    Attributes:
        reason: a code of `rollout_cli.whatsapp.Reason`, or `unpublishable`.
        explanation: one line, without a word of the body.
        signature_valid: as of the delivery: a forged one stays forged when it is given again.
    """

    at: datetime
    provider: str
    reason: str
    explanation: str
    body: bytes
    instance: str | None = None
    event: str | None = None
    shopper_id: str | None = None
    signature_valid: bool | None = None
    id: int | None = None


class Publication(Protocol):
    """One transaction on the log. One writer at a time: nobody else changes anything meanwhile."""

    @property
    def is_undisturbed(self) -> bool:
        """Whether nobody else has written since this store's last publication: what was remembered still holds."""
        ...  # pragma: no cover - a protocol

    def append(self, entries: Sequence[Entry]) -> list[Entry]:
        """Insert, or ignore what is there already.

        Returns:
            The new ones, in order, each with its `id`.
        """
        ...  # pragma: no cover - a protocol

    def known_keys(self, keys: Collection[str]) -> set[str]:
        """Those of some idempotency keys that are in the log."""
        ...  # pragma: no cover - a protocol

    def place(self, entries: Iterable[Entry]) -> None:
        """Write down the thread, conversation and SKM of entries that are in the log."""
        ...  # pragma: no cover - a protocol

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Write down the events of entries that are in the log anew: they were flagged."""
        ...  # pragma: no cover - a protocol

    def contacts(self, aliases: Collection[Alias]) -> Mapping[Alias, Contact]:
        """Whose ids these are; those that nobody knows are left out."""
        ...  # pragma: no cover - a protocol

    def add_contacts(self, contacts: Sequence[Contact]) -> None:
        """Meet people. Their home is no alias yet."""
        ...  # pragma: no cover - a protocol

    def add_aliases(self, known: Mapping[Alias, str]) -> None:
        """Say whose ids these are: contact ids. One that is somebody's already becomes the new one's."""
        ...  # pragma: no cover - a protocol

    def add_heads(self, heads: Collection[str]) -> None:
        """Remember what thread keys begin with: `tenant:instance`, escaped."""
        ...  # pragma: no cover - a protocol

    def merge_contacts(self, kept: Contact, other: Contact) -> None:
        """Two people have turned out to be one: aliases, participants, threads, conversations and events follow.

        Threads follow wherever they begin with one of the tenant's heads, also where nothing opened a conversation.

        Where both have an open conversation in what is one thread now, the older one stays open and takes the events
        of the other, which is closed.
        """
        ...  # pragma: no cover - a protocol

    def latest_conversations(self, thread_keys: Collection[str]) -> Mapping[str, Conversation]:
        """The open conversation of each thread, or the one that was closed last."""
        ...  # pragma: no cover - a protocol

    def conversations(self, ids: Collection[str]) -> Sequence[Conversation]:
        """Conversations by their ids; those that nobody knows are left out."""
        ...  # pragma: no cover - a protocol

    def idle_conversations(self, silent_since: datetime, limit: int) -> list[Conversation]:
        """Open conversations without an event since a time, the most silent ones first."""
        ...  # pragma: no cover - a protocol

    def open_conversations(self, conversations: Sequence[Conversation]) -> None:
        """Insert conversations.

        Raises:
            ConflictError: one's thread has an open one.
        """
        ...  # pragma: no cover - a protocol

    def gather(self, conversations: Sequence[Conversation]) -> None:
        """Put what came before a thread's conversation was opened into it, but what a stranger may have signed."""
        ...  # pragma: no cover - a protocol

    def save_conversations(self, conversations: Sequence[Conversation]) -> None:
        """Write down what has changed of conversations."""
        ...  # pragma: no cover - a protocol

    def hear_of(self, conversations: Sequence[Conversation]) -> None:
        """Write down `last_event_at` of conversations, of which nothing else has changed."""
        ...  # pragma: no cover - a protocol

    def add_participants(self, participants: Sequence[Participant]) -> None:
        """Somebody was seen in a conversation: the first and the latest time are kept."""
        ...  # pragma: no cover - a protocol

    def threads_of_messages(self, messages: Collection[Message]) -> Mapping[Message, Sequence[str]]:
        """The thread keys of messages, those told first first: two instances may have a message of one id.

        What a stranger may have signed tells none.
        """
        ...  # pragma: no cover - a protocol

    def has_orphans(self) -> bool:
        """Whether there is any event about a message that has no thread."""
        ...  # pragma: no cover - a protocol

    def orphans(self, messages: Collection[Message]) -> list[Entry]:
        """The events about these messages that have no thread, as entries that `place` takes."""
        ...  # pragma: no cover - a protocol

    def has_failed_before(self, entry: Entry) -> bool:
        """Whether an event of the same type, earlier in the log, is about the same message of the same thread."""
        ...  # pragma: no cover - a protocol

    def last_skm(self, thread_key: str) -> str | None:
        """Who served the thread last, in whichever conversation."""
        ...  # pragma: no cover - a protocol

    def next_turn(self, shopper_id: str) -> int:
        """Count one on: 0 for the first, then 1, …: whose turn it is in a round."""
        ...  # pragma: no cover - a protocol

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Keep what could not become events; the same body of the same instance once."""
        ...  # pragma: no cover - a protocol


class EventStore(Protocol):
    """A log of events, with everything that belongs to it."""

    def publication(self, *, by_router: bool = True) -> AbstractContextManager[Publication]:
        """One transaction: all of it when the block ends well, else nothing. Waits for its turn.

        Args:
            by_router: whether it is the router of this store; what routers remember is void after anybody else's.

        Raises:
            StoreError: nothing was written.
        """
        ...  # pragma: no cover - a protocol

    def observe(self, observations: Sequence[Observation]) -> None:
        """Keep what comparisons have found.

        Raises:
            StoreError: nothing was written.
        """
        ...  # pragma: no cover - a protocol
