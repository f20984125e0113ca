"""The new path: a delivery becomes events, and goes the way that its shopper's flags say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from time import perf_counter

from msgspec import Struct

from rollout_cli.ending import is_asked_for
from rollout_cli.errors import StoreError
from rollout_cli.pipeline import metrics as names
from rollout_cli.pipeline.delivery import Delivery, now_in_utc
from rollout_cli.pipeline.dual_run.observation import CandidateOutcome, Comparison, Kind, Observation
from rollout_cli.pipeline.event_store import DeadLetter, Entry, EventStore
from rollout_cli.pipeline.logs import PipelineLog
from rollout_cli.pipeline.metrics import Metrics
from rollout_cli.pipeline.routing.forgeries import set_apart
from rollout_cli.pipeline.routing.router import INVALID_SIGNATURE, MULTIPLE_FAILURES, Routed, Router, flagged
from rollout_cli.pipeline.storable import storable
from rollout_cli.pipeline.strikes import Strikes
from rollout_cli.pipeline.switches import Flags, Mode, Path, mode_for
from rollout_cli.pipeline.tally import Tally
from rollout_cli.whatsapp import CanonicalEvent, NormalizeError, normalize


class Outcome(StrEnum):
    """What became of a delivery."""

    OFF = "off"
    SHADOW = "shadow"
    PUBLISHED = "published"
    REPEATED = "repeated"
    """All of its events are in the log already."""
    MALFORMED = "malformed"
    """It is no delivery of its provider; where it would have been stored it is a dead letter now."""


class Taken(Struct, frozen=True, gc=False):
    """One delivery's end.

    Attributes:
        events: what it was made into.
        new: how many of them were not in the log yet.
        reason: the code of `rollout_cli.whatsapp.Reason` of a malformed one.
        fresh: the new ones.
    """

    outcome: Outcome
    events: tuple[CanonicalEvent, ...] = ()
    new: int = 0
    reason: str | None = None
    fresh: tuple[CanonicalEvent, ...] = ()


Normalizer = Callable[..., list[CanonicalEvent]]
"""Makes events of a body: `rollout_cli.whatsapp.normalize`, or something around it."""
UNPUBLISHABLE = "unpublishable"
"""The reason of a dead letter that is a body well enough, and that we could not publish: a mistake of ours."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a delivery did not become events: a code, one line without a word of the body, and what was raised."""

    reason: str
    explanation: str
    error: str = NormalizeError.__name__


@dataclass(slots=True)
class _Work:
    """One delivery, on its way."""

    delivery: Delivery
    mode: Mode
    events: Sequence[CanonicalEvent]
    refusal: _Refusal | None
    seconds: float
    fresh: list[CanonicalEvent] = field(default_factory=list)

    @property
    def new(self) -> int:
        """How many of its events were not in the log yet."""
        return len(self.fresh)


class NewPath:
    """Takes deliveries. May be shared by threads."""

    def __init__(
        self,
        flags: Flags,
        store: EventStore | None,
        *,
        router: Router,
        metrics: Metrics,
        log: PipelineLog,
        comparison: Comparison | None = None,
        lines: Callable[[CanonicalEvent], CanonicalEvent] | None = None,
        after: Callable[[], None] | None = None,
        normalizer: Normalizer | None = None,
        clock: Callable[[], datetime] = now_in_utc,
    ) -> None:
        """Put together a new path.

        Args:
            flags: whoever answers for them.
            store: where events are kept; None for one that only ever runs in shadow.
            router: of that store.
            metrics: what counts.
            log: what is said.
            comparison: compares with the legacy path, where a shopper's flags say so.
            lines: gives an event of a second channel of one number the key and thread of the first.
            after: told after each publication with something new in it.
            normalizer: instead of the usual one.
            clock: the time; aware.
        """
        self._flags = flags
        self._store = store
        self._router = router
        self._metrics = metrics
        self._log = log
        self._comparison = comparison
        self._lines = lines
        self._after = after
        self._normalizer = normalizer or normalize
        self._clock = clock
        self._strikes = Strikes()

    def take(self, deliveries: Sequence[Delivery]) -> list[Taken]:
        """Take deliveries, in order; those that are live in one transaction.

        Raises:
            StoreError: not all of the live ones were taken. The same have to be given again: what is there already is
                ignored.
        """
        modes = {each: mode_for(self._flags, each) for each in {each.shopper_id for each in deliveries}}
        strikes, begun = self._strikes.of(deliveries), self._clock()
        work = [self._begin(each, modes[each.shopper_id]) for each in deliveries]
        live = [each for each in work if each.mode.path is Path.LIVE]
        if live:
            try:
                self._publish(live)
            except StoreError:  # all come again: no sender has failed, and what was stored tells of nothing new then
                self._strikes.back_to(strikes, deliveries)
                self._ended([each for each in live if each.new], begun)
                raise
        return self._ended(work, begun)

    def _ended(self, work: Sequence[_Work], begun: datetime) -> list[Taken]:
        tally = Tally(self._metrics)
        seen: list[Observation] = []
        taken = [self._end(each, begun, tally, seen) for each in work]
        tally.say()
        self._keep(seen)
        return taken

    def _begin(self, delivery: Delivery, mode: Mode) -> _Work:
        """Normalize, where the mode wants it."""
        if mode.path is Path.OFF:
            return _Work(delivery, mode, (), None, 0.0)
        begun = perf_counter()
        try:
            events = self._marked(delivery, self._normalized(delivery))
        except NormalizeError as error:
            self._strikes.failed(delivery)
            return _Work(delivery, mode, (), _Refusal(error.reason, error.message), perf_counter() - begun)
        except Exception as error:  # a mistake of ours, whatever it is: no other is held up by it
            if is_asked_for(error):
                raise
            name = type(error).__name__
            self._log.failed(name, 1)
            refusal = _Refusal(UNPUBLISHABLE, f"its events could not be made: {name}", name)
            return _Work(delivery, mode, (), refusal, perf_counter() - begun)
        return _Work(delivery, mode, events, None, perf_counter() - begun)

    def _normalized(self, delivery: Delivery) -> list[CanonicalEvent]:
        events = self._normalizer(
            delivery.provider,
            delivery.body,
            event=delivery.event,
            headers=delivery.headers,
            instance=delivery.instance,
            received_at=delivery.received_at,
            tenant=delivery.shopper_id or "",
            signature_valid=delivery.signature_valid,
        )
        return events if self._lines is None else [self._lines(each) for each in events]

    def _marked(self, delivery: Delivery, events: list[CanonicalEvent]) -> list[CanonicalEvent]:
        """With the flags of a delivery that should not be trusted, and of one that follows several such."""
        forged = delivery.signature_valid is False
        marks = (INVALID_SIGNATURE,) if forged else ()
        events = [set_apart(each) for each in events] if forged else events
        if self._strikes.out(delivery, failed=forged):
            marks = (*marks, MULTIPLE_FAILURES)
        for mark in marks:
            self._log.risk(mark, delivery)
            events = [flagged(each, mark) for each in events]
        return events

    def _publish(self, live: Sequence[_Work]) -> None:
        """One transaction for all; one for each where that cannot be, and none of the others is held up by one."""
        begun = perf_counter()
        try:
            routed = self._stored(live)
        except StoreError as error:
            self._failed(live, type(error).__name__)
            raise
        except Exception as error:  # a mistake of ours in one of them, whatever it is
            if is_asked_for(error):
                raise
            self._log.failed(type(error).__name__, len(live))
            self._publish_apart(live, error)
            return
        seconds = perf_counter() - begun
        for each in live:
            each.seconds += seconds
        self._say(routed)
        if routed.new and self._after is not None:
            self._after()

    def _publish_apart(self, live: Sequence[_Work], error: Exception) -> None:
        """Each by itself; what alone cannot be published is a dead letter: neither lost nor in the way."""
        if len(live) > 1:
            for each in live:
                self._publish([each])
            return
        if live[0].refusal is not None:
            raise StoreError(
                f"a dead letter could not be kept: {type(error).__name__}", hint="see the log; it was not taken"
            ) from error
        name = type(error).__name__
        live[0].refusal = _Refusal(UNPUBLISHABLE, f"its events could not be published: {name}", name)
        live[0].events = ()
        self._publish(live)

    def _stored(self, live: Sequence[_Work]) -> Routed:
        if self._store is None:
            raise StoreError("there is no store of events", hint="name one, or keep shadow mode on")
        entries, owners = [], {}
        for each in live:
            delivery = each.delivery
            shopper = delivery.shopper_id and storable(delivery.shopper_id)
            for event in each.events:
                entry = Entry(event, delivery.received_at, shopper)
                entries.append((entry, each.mode))
                owners[id(entry)] = each, event
        letters = [_letter(each.delivery, each.refusal) for each in live if each.refusal is not None]
        try:
            with self._store.publication() as publication:
                routed = self._router.publish(publication, entries)
                publication.bury(letters)
        except BaseException:
            self._router.forget()
            raise
        for entry in routed.new:
            owner = owners.get(id(entry))
            if owner is not None:
                owner[0].fresh.append(owner[1])
        return routed

    def _failed(self, live: Sequence[_Work], error: str) -> None:
        self._log.failed(error, len(live))
        for each in live:
            self._metrics.add(names.FAILED, provider=each.delivery.provider, path=Path.LIVE, outcome="store")

    def _say(self, routed: Routed) -> None:
        for conversation, action in routed.opened:
            self._log.conversation(action, conversation, "message")
        for conversation, by in routed.assigned:
            self._metrics.add(names.ASSIGNED, provider=conversation.provider or "", path=Path.LIVE, outcome=by)
            self._log.assigned(conversation, conversation.skm_id or "", by)

    def _end(self, work: _Work, begun: datetime, tally: Tally, seen: list[Observation]) -> Taken:
        """Count, say, compare; what that has found is added to what was seen."""
        if work.mode.path is Path.OFF:
            return _OFF
        taken = _taken(work)
        self._metrics.observe(
            names.LATENCY, work.seconds * 1000, provider=work.delivery.provider, path=work.mode.path,
            outcome=taken.outcome,
        )  # fmt: skip
        self._metrics.observe(
            names.WAITED, _waited(work.delivery, begun), provider=work.delivery.provider, path=work.mode.path,
            outcome=taken.outcome,
        )  # fmt: skip
        _count(work, tally)
        self._tell(work)
        if work.mode.compares and work.delivery.legacy is not None:
            seen += self._compare(work, tally)
        return taken

    def _tell(self, work: _Work) -> None:
        delivery = work.delivery
        if work.refusal is not None:
            self._log.refused(delivery, work.refusal.reason, work.refusal.explanation)
        elif work.mode.path is Path.SHADOW:
            for event in work.events:
                self._log.shadow(event, delivery.shopper_id)
        elif work.events:
            correlation = work.events[0].trace.correlation_id
            repeated = len(work.events) - work.new
            self._log.published(delivery.provider, delivery.shopper_id, work.new, repeated, correlation)

    def _compare(self, work: _Work, tally: Tally) -> Sequence[Observation]:
        """Compare with the legacy path. What goes wrong here is said, and harms nobody."""
        if self._comparison is None:
            return ()
        error = None if work.refusal is None else work.refusal.error
        try:
            found = self._comparison.compare(work.delivery, CandidateOutcome(work.events, error, work.seconds))
            self._observed(work, found, tally)
        except Exception as problem:  # whatever it is, the delivery itself was taken
            if is_asked_for(problem):
                raise
            self._log.failed(f"comparison: {type(problem).__name__}", 1)
            return ()
        return found

    def _keep(self, seen: Sequence[Observation]) -> None:
        """Store what comparisons have found, of a whole batch at once."""
        if not seen or self._store is None:
            return
        try:
            self._store.observe(seen)
        except Exception as problem:  # as above
            if is_asked_for(problem):
                raise
            self._log.failed(f"comparison: {type(problem).__name__}", 1)

    def _observed(self, work: _Work, found: Sequence[Observation], tally: Tally) -> None:
        provider, path = work.delivery.provider, work.mode.path
        self._log.compared(work.delivery, found)
        for each in found:
            if each.kind is not Kind.MATCH and each.ignored is None:
                tally.add(names.DIVERGED, provider, path, each.kind)
        added = next((each.added_ms for each in found if each.added_ms is not None), None)
        if added is not None:
            self._metrics.observe(names.ADDED, added, provider=provider, path=path, outcome="compared")


_OFF = Taken(Outcome.OFF)


def _waited(delivery: Delivery, begun: datetime) -> float:
    """Milliseconds; nought where the clock was set back meanwhile."""
    came = delivery.received_at
    at = begun if came.tzinfo is not None else begun.replace(tzinfo=None)  # an application's own clock: UTC, or so
    return max(0.0, (at - came).total_seconds() * 1000)


def _count(work: _Work, tally: Tally) -> None:
    provider, path = work.delivery.provider, work.mode.path
    if work.refusal is not None:
        tally.add(names.MALFORMED, provider, path, work.refusal.reason)
        if path is Path.LIVE:
            tally.add(names.FAILED, provider, path, "malformed")
        return
    for event in work.events:
        tally.add(names.NORMALIZED, provider, path, "unknown" if event.event_type == "whatsapp.unknown" else "known")
    if path is Path.LIVE:
        repeated = len(work.events) - work.new
        if work.new:
            tally.add(names.PUBLISHED, provider, path, "stored", work.new)
        if repeated:
            tally.add(names.DUPLICATES, provider, path, "ignored", repeated)


def _taken(work: _Work) -> Taken:
    events = tuple(work.events)
    if work.refusal is not None:
        return Taken(Outcome.MALFORMED, reason=work.refusal.reason)
    if work.mode.path is Path.SHADOW:
        return Taken(Outcome.SHADOW, events)
    is_repeated = bool(events) and not work.new
    return Taken(Outcome.REPEATED if is_repeated else Outcome.PUBLISHED, events, work.new, None, tuple(work.fresh))


def _letter(delivery: Delivery, refusal: _Refusal) -> DeadLetter:
    return DeadLetter(
        delivery.received_at, delivery.provider, refusal.reason, refusal.explanation, delivery.body, delivery.instance,
        delivery.event, delivery.shopper_id, delivery.signature_valid,
    )  # fmt: skip
