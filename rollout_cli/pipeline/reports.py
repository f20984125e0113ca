"""What is said of a store of events: frozen values for whoever shows them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EventView:
    """One event of the log, without anything of a person.

    Attributes:
        number: its place in the log.
        thread: a keyed pseudonym; None where it has none.
    """

    number: int
    event_id: str
    event_type: str
    occurred_at: datetime
    received_at: datetime
    provider: str
    shopper: str | None
    thread: str | None
    conversation_id: str | None
    skm: str | None


@dataclass(frozen=True, slots=True)
class EventsReport:
    """Some events.

    Attributes:
        more: whether there are more than these.
    """

    store: str
    events: list[EventView]
    more: bool


@dataclass(frozen=True, slots=True)
class DeadLetterView:
    """One dead letter, without a word of it.

    Attributes:
        times: how often it came.
        bytes: its length.
        signature_valid: what a check of its signature found; None where nobody looked.
        now: what this program makes of it: `still refused`, or how many events.
    """

    id: int
    at: datetime
    provider: str
    reason: str
    explanation: str
    times: int
    bytes: int
    signature_valid: bool | None
    now: str | None = None


@dataclass(frozen=True, slots=True)
class DeadLettersReport:
    """The dead letters."""

    store: str
    total: int
    letters: list[DeadLetterView]


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What became of dead letters that were given again.

    Attributes:
        asked: how many.
        become_events: how many are dead letters no more; with `applied` false, how many would be.
        events: how many events that were; those that were in the log already are not counted.
    """

    store: str
    applied: bool
    asked: int
    become_events: int
    still_refused: int
    events: int


@dataclass(frozen=True, slots=True)
class ForgetReport:
    """What was forgotten of a person, in numbers; never who it was.

    Attributes:
        emptied: events of the person, of which type, time and provider are left.
        blotted: events of others in which the person stood.
    """

    store: str
    applied: bool
    people: int
    emptied: int
    blotted: int
    conversations: int
    dead_letters: int


@dataclass(frozen=True, slots=True)
class PruneReport:
    """What was let go.

    Attributes:
        kept_for_subscribers: events that were old enough, and that a subscriber has not had yet.
    """

    store: str
    applied: bool
    raw: int
    events: int
    kept_for_subscribers: int
    dead_letters: int
    observations: int


@dataclass(frozen=True, slots=True)
class ClosedReport:
    """Conversations that were closed."""

    store: str
    closed: int
