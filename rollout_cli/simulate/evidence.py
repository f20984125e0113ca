"""What a store of events shows after a run, and what that says: read once, in the order of keys."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

from msgspec import Struct, field

from rollout_cli.simulate.judging import MESSAGE
from rollout_cli.simulate.ledger import Ledger
from rollout_cli.simulate.traffic.ids import unmixed
from rollout_cli.simulate.truth import ThreadTruth

_DIGITS = re.compile(r"(?:3EB0)?([0-9A-F]{16})(?![0-9A-F])")
OF_THE_ROUTER = frozenset({"whatsapp.thread.assigned", "whatsapp.conversation.opened", "whatsapp.conversation.closed"})
_CONTENT = frozenset({"whatsapp.message.inbound", "whatsapp.message.outbound"})


class Row(NamedTuple):
    """One stored event."""

    key: str
    event_type: str
    shopper_id: str | None
    thread_key: str | None
    conversation_id: str | None
    message_id: str | None


class Held(NamedTuple):
    """One stored conversation."""

    id: str
    thread_key: str
    chat_type: str
    shopper_id: str | None
    skm_id: str | None


class Mark(NamedTuple):
    """A moment of a store: the numbers of its latest event and its latest dead letter."""

    event: int
    letter: int


class Evidence(Protocol):
    """What a run has left in a store."""

    def rows(self) -> Iterator[Row]:
        """The events of the run, in the order of their keys."""
        ...  # pragma: no cover - a protocol

    def conversations(self) -> Iterator[Held]:
        """The conversations of the run."""
        ...  # pragma: no cover - a protocol

    def letters(self) -> Iterator[str | None]:
        """The dead letters of the run: of each, whose it is."""
        ...  # pragma: no cover - a protocol

    def signals(self) -> Ledger:
        """The events that a subscriber was told of."""
        ...  # pragma: no cover - a protocol


class Audit(Struct):
    """What the store shows. Two add up.

    Attributes:
        rows: events, those of the router included.
        told: how many of them are the router's.
        duplicates: rows whose key another has.
        stored: events that are not the router's, of shoppers who are live.
        foreign: events, dead letters and conversations of shoppers who are not live.
        signals: events that a subscriber was told of.
        unsignalled, unfounded: events that it was not told of; those that are not there, or that it was told of again.
        threads, threads_wrong: judged; told apart, or thrown together.
        conversing, conversations_wrong: threads that have a conversation or ought to; those of them that ought not to,
            or have not the one that they ought to.
        conversations, unassigned: that were judged; that have not the SKM they ought to.
    """

    rows: int = 0
    told: int = 0
    duplicates: int = 0
    stored: Ledger = field(default_factory=Ledger)
    foreign: int = 0
    signals: int = 0
    unsignalled: int = 0
    unfounded: int = 0
    threads: int = 0
    threads_wrong: int = 0
    conversing: int = 0
    conversations_wrong: int = 0
    conversations: int = 0
    unassigned: int = 0

    def merge(self, other: "Audit") -> None:
        """Add what another store shows."""
        for name in self.__struct_fields__:
            mine, its = getattr(self, name), getattr(other, name)
            setattr(self, name, mine + its)


class _Thread(Struct):
    """What the rows say of one thread of the traffic."""

    key: str | None
    conversation: str | None
    is_wrong: bool = False
    is_split: bool = False


class Expected(Protocol):
    """Who ought to serve whom."""

    def wrong(self, conversations: Iterable[Held]) -> int:
        """How many conversations have another SKM than they ought to."""
        ...  # pragma: no cover - a protocol


def audit(
    evidence: Evidence, truth: Mapping[int, ThreadTruth], live: Mapping[str, bool], seed: int, expected: Expected | None
) -> Audit:
    """Read a store.

    Args:
        evidence: of the run.
        truth: what the traffic knows of its threads; nothing of a recording's.
        live: for each shopper, whether they are live.
        seed: of the traffic.
        expected: who ought to serve whom; None where nobody knows.
    """
    found, others, signals = Audit(), Ledger(), evidence.signals()
    threads, orphans = _read_rows(evidence.rows(), truth, live, seed, found, others)
    found.signals = signals.count
    found.unsignalled, found.unfounded = (found.stored + others).against(signals)
    if orphans:
        _judge_orphans(evidence.rows(), threads, orphans, seed)
    held = list(evidence.conversations()) if truth or expected is not None else []
    owners = (*evidence.letters(), *(each.shopper_id for each in held))
    found.foreign += sum(not live.get(each or "", False) for each in owners)
    _judge_threads(threads, truth, found)
    _judge_conversations(threads, truth, held, found)
    if expected is not None:
        found.conversations = len(held)
        found.unassigned = expected.wrong(held)
    return found


def _read_rows(  # noqa: PLR0917 - as `audit` has them
    rows: Iterable[Row],
    truth: Mapping[int, ThreadTruth],
    live: Mapping[str, bool],
    seed: int,
    found: Audit,
    others: Ledger,
) -> tuple[dict[int, _Thread], set[str]]:
    """Count what there is; what is the router's, or of somebody who is not live, is entered among the others.

    Returns:
        What the rows say of each thread, and the ids of messages of which something was told that has no thread.
    """
    threads: dict[int, _Thread] = {}
    orphans: set[str] = set()
    last = None
    for row in rows:
        found.rows += 1
        is_duplicate = row.key == last
        last = row.key
        is_foreign = not live.get(row.shopper_id or "", False)
        found.duplicates += is_duplicate
        found.foreign += is_foreign
        if is_duplicate:
            continue  # each is told of once, under its own name
        is_of_router = row.event_type in OF_THE_ROUTER
        (others if is_foreign or is_of_router else found.stored).enter(row.event_type, row.key)
        if is_foreign:
            continue
        if is_of_router:
            found.told += 1
            continue
        number = thread_of(row, seed)
        if number not in truth:
            continue
        if not truth[number].has_thread:
            _read_threadless(row, threads.setdefault(number, _Thread(None, None)))
            continue
        if row.thread_key is None and row.event_type not in _CONTENT:
            orphans.add(row.message_id or "")
            continue
        thread = threads.get(number)
        if thread is None:
            threads[number] = _Thread(row.thread_key, row.conversation_id, row.thread_key is None)
            continue
        thread.is_wrong = thread.is_wrong or row.thread_key != thread.key
        thread.is_split = thread.is_split or row.conversation_id != thread.conversation
    return threads, orphans


def _read_threadless(row: Row, found: _Thread) -> None:
    """What is said to many at once must be in no thread and no conversation; whichever it got is kept."""
    found.key = found.key or row.thread_key
    found.conversation = found.conversation or row.conversation_id
    found.is_wrong = found.key is not None


def _judge_orphans(rows: Iterable[Row], threads: Mapping[int, _Thread], orphans: set[str], seed: int) -> None:
    """What names no chat belongs where its message is: where that is there, it ought to have joined it."""
    for row in rows:
        if row.event_type in _CONTENT and row.message_id in orphans:
            thread = threads.get(thread_of(row, seed))
            if thread is not None:
                thread.is_wrong = True


def thread_of(row: Row, seed: int) -> int:
    """The number of the thread that a row's message belongs to; -1 where it is none of the traffic's."""
    if row.message_id is None or not row.event_type.startswith(MESSAGE):
        return -1
    digits = _DIGITS.search(row.message_id)
    return -1 if digits is None else unmixed(digits[1], seed)[0]


def _judge_threads(threads: Mapping[int, _Thread], truth: Mapping[int, ThreadTruth], found: Audit) -> None:
    whose: dict[str, int] = {}
    for number, thread in threads.items():
        known = truth[number]
        if not known.is_routed:
            continue
        found.threads += 1
        is_another = known.has_thread and whose.setdefault(thread.key or "", number) != number
        is_excused = known.is_retold and known.has_thread
        found.threads_wrong += is_another or (thread.is_wrong and not is_excused)
        thread.is_wrong = thread.is_wrong or is_another


def _judge_conversations(
    threads: Mapping[int, _Thread], truth: Mapping[int, ThreadTruth], held: Iterable[Held], found: Audit
) -> None:
    per_thread: Counter[str | None] = Counter(each.thread_key for each in held)
    for number, thread in threads.items():
        known = truth[number]
        if known.is_routed and thread.is_wrong:
            continue  # a thread that is wrong is told of once
        ought = int(known.is_routed and known.has_spoken)
        is_right = (thread.conversation is not None) == (ought == 1)
        if ought and known.is_retold:  # what more it has comes of a repeat that was taken for new, and is told as that
            is_right = is_right and per_thread[thread.key] >= ought
        else:
            is_split = known.is_routed and thread.is_split
            is_right = is_right and per_thread[thread.key] == ought and not is_split
        found.conversing += ought or not is_right
        found.conversations_wrong += not is_right
