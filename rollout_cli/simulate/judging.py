"""The judge: holds what the new path did against what the traffic knows, delivery by delivery."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from rollout_cli.pipeline.new_path import UNPUBLISHABLE, Outcome, Taken
from rollout_cli.pipeline.switches import Mode, Path
from rollout_cli.simulate.distinct import Variety
from rollout_cli.simulate.fields import mistaken
from rollout_cli.simulate.ledger import Ledger
from rollout_cli.simulate.remembering import Remembered
from rollout_cli.simulate.repeats import Repeats
from rollout_cli.simulate.tallied import ShopperSeen, Tallied
from rollout_cli.simulate.traffic.sent import Fact, Sent
from rollout_cli.simulate.traffic.words import spoken
from rollout_cli.simulate.traffic.writing import writer_of
from rollout_cli.simulate.truth import ThreadTruth
from rollout_cli.whatsapp import CanonicalEvent

_UNKNOWN = "whatsapp.unknown"
_EVERY = 16
"""Of every so many deliveries, an event is written and read back: that costs as much as the rest."""
MESSAGE = "whatsapp.message."
_REFUSED = frozenset({Outcome.MALFORMED, Outcome.OFF})
"""Ends of what became nothing; the layer beside the legacy path passes no empty body on."""


class Judge:
    """Judges one worker's deliveries."""

    def __init__(self, mode_of: Callable[[str | None], Mode]) -> None:
        """Begin.

        Args:
            mode_of: which way a shopper's deliveries have to go; asked once each.
        """
        self._mode_of = mode_of
        self._modes: dict[str | None, Mode] = {}
        self._remembered: defaultdict[int, Remembered] = defaultdict(Remembered)
        self.tallied = Tallied()
        self.threads: dict[int, ThreadTruth] = {}
        self.shoppers: dict[str, ShopperSeen] = {}
        self.expected = Ledger()
        self.providers: dict[str, Counter[str]] = defaultdict(Counter)
        self.wrong: Counter[tuple[str, str]] = Counter()
        self.mistaken: Counter[tuple[str, str]] = Counter()
        self.reasons: Counter[str] = Counter()
        self.legacy_errors: Counter[str] = Counter()
        self.repeats = Repeats()
        self.variety = Variety()

    def go_on(  # noqa: PLR0917 - as `Totals` has them
        self, tallied: Tallied, shoppers: Mapping[str, ShopperSeen], providers: Mapping[str, Counter[str]],
        wrong: Counter[tuple[str, str]], reasons: Counter[str], legacy_errors: Counter[str], repeats: bytes,
    ) -> None:  # fmt: skip
        """Go on from what another has counted of the same recording."""
        self.tallied, self.repeats = tallied, Repeats(repeats)
        self.shoppers.update(shoppers)
        self.providers.update(providers)
        self.wrong.update(wrong)
        self.reasons.update(reasons)
        self.legacy_errors.update(legacy_errors)

    def mode(self, shopper_id: str | None) -> Mode:
        """Which way a shopper's deliveries have to go."""
        found = self._modes.get(shopper_id)
        if found is None:
            found = self._modes[shopper_id] = self._mode_of(shopper_id)
        return found

    def live(self) -> dict[str, bool]:
        """For each shopper that was sent something, whether they are live."""
        return {name: seen.path == Path.LIVE for name, seen in self.shoppers.items()}

    def took(self, sent: Sequence[Sent], taken: Sequence[Taken]) -> None:
        """Judge deliveries, each with what became of it."""
        for each, became in zip(sent, taken, strict=True):
            self._judge(each, became)
            if not each.is_known:
                self.variety.add(became.events)

    def failed(self, sent: Sequence[Sent]) -> None:
        """Note deliveries that could not be taken at once."""
        self.tallied.failed += self._tried(sent)

    def lost(self, sent: Sequence[Sent]) -> None:
        """Note deliveries that nobody took in the end: what they tell is new when it comes again."""
        self.tallied.lost += self._tried(sent)
        for each in sent:
            self._count(each)
            for fact in each.facts:
                self._put_off(each.lane, fact)

    def _tried(self, sent: Sequence[Sent]) -> int:
        """How many of them the new path was to take: what is off cannot fail."""
        return sum(self.mode(each.shopper_id).path is not Path.OFF for each in sent)

    def _count(self, sent: Sent) -> Mode:
        tallied, facts = self.tallied, sent.facts
        tallied.bodies += 1
        tallied.facts += len(facts)
        mode = self.mode(sent.shopper_id)
        name = sent.shopper_id or ""
        seen = self.shoppers.get(name)
        if seen is None:
            seen = self.shoppers[name] = ShopperSeen(mode.path.value)
        seen.events += len(facts)
        return mode

    def _judge(self, sent: Sent, taken: Taken) -> None:
        mode = self._count(sent)
        tallied = self.tallied
        if _strays(mode.path, taken.outcome):
            tallied.strayed += max(len(taken.events), 1)
        if mode.path is Path.OFF:
            tallied.unique += sum(fact.is_new for fact in sent.facts)
            if not sent.is_known:
                self._tell(sent, 1)  # of a body that nobody looked at, it is all that can be said
            return
        tallied.taken += 1
        if taken.outcome is Outcome.MALFORMED:
            tallied.malformed += 1
            self.reasons[taken.reason or ""] += 1
        tallied.failed += taken.reason == UNPUBLISHABLE
        if sent.is_malformed:
            tallied.spoiled += 1
            tallied.refused += taken.outcome in _REFUSED
            self.expected.add(taken.fresh)  # what it was taken for has to be in the store, then
        elif taken.reason == UNPUBLISHABLE:
            self._untell(sent)
        elif sent.is_known:
            self._judge_facts(sent, taken, mode)
        else:
            self._judge_recorded(sent, taken, mode.path)
        tallied.claimed += taken.new
        if not sent.is_known and mode.path is Path.LIVE:
            self.expected.add(taken.fresh)
        if taken.events and sent.number % _EVERY == 1:  # the first one, too
            tallied.formed += 1
            tallied.misformed += not _keeps_its_form(taken.events[-1])

    def _untell(self, sent: Sent) -> None:
        """What the new path failed at is an error, and not told of once more as badly normalized: it was not told."""
        self.tallied.unique += sum(fact.is_new for fact in sent.facts)
        for fact in sent.facts:
            self._put_off(sent.lane, fact)

    def _put_off(self, lane: int, fact: Fact) -> None:
        """What was not told is new when it comes again. Most is told once, and a store may be away for long."""
        if not (fact.is_new and fact.is_told_again):
            return
        self.tallied.forgotten += self._remembered[lane].lose(fact.name)

    def _judge_facts(self, sent: Sent, taken: Taken, mode: Mode) -> None:
        facts, events, tallied = sent.facts, taken.events, self.tallied
        tallied.well_formed += len(facts)
        tallied.unique += sum(fact.is_new for fact in facts)
        counts = self.providers[sent.provider]
        counts["facts"] += len(facts)
        if len(facts) != len(events):
            self._judge_unlike(sent, taken, mode)
            return
        for fact, event in zip(facts, events, strict=True):
            if _is_what(fact, event):
                tallied.right += 1
                counts["right"] += 1
                self._hold(sent.provider, fact, event)
            else:
                self.wrong[sent.provider, fact.event_type] += 1
            if event.event_type == _UNKNOWN:
                tallied.unknown += 1
            if self._is_new(sent.lane, fact, event):
                self._expect(sent, fact, event, mode)

    def _hold(self, provider: str, fact: Fact, event: CanonicalEvent) -> None:
        """Hold what else an event says against what was told; the first field that differs is noted."""
        if fact.what is None:
            return
        self.tallied.held += 1
        field = mistaken(fact.what, writer_of(provider).told(fact.what), event)
        if field is not None:
            self.tallied.mistaken += 1
            self.mistaken[provider, field] += 1

    def _judge_unlike(self, sent: Sent, taken: Taken, mode: Mode) -> None:
        """More or fewer events than were told: those of the right types are right, and have to be stored."""
        left = list(taken.events)
        self.tallied.unknown += sum(each.event_type == _UNKNOWN for each in left)
        for fact in sent.facts:
            event = _told_by(fact, left)
            if event is None:
                self.wrong[sent.provider, fact.event_type] += 1
                self._put_off(sent.lane, fact)
                continue
            left.remove(event)
            self.tallied.right += 1
            self.providers[sent.provider]["right"] += 1
            if fact.is_new:
                self._expect(sent, fact, event, mode)
        surplus = {each.trace.idempotency_key for each in left}  # it was not told; what is new of it is stored, too
        self.expected.add(each for each in taken.fresh if each.trace.idempotency_key in surplus)

    def _is_new(self, lane: int, fact: Fact, event: CanonicalEvent) -> bool:
        """Whether an event has to be stored now: by what was told before, not by what the new path says.

        What comes again under another key is told of as that, and has to be stored like anything else; once, if it
        comes a third time under the same.
        """
        remembered, key = self._remembered[lane], event.trace.idempotency_key
        if fact.is_new:
            if fact.is_told_again:
                remembered.tell(fact.name, key)
            return True
        if remembered.was_lost(fact.name):
            return True
        before = remembered.key_of(fact.name)
        if before is None:
            return False
        self.tallied.repeats += 1
        if before == key:
            return False
        self.tallied.unlike += 1
        if fact.thread in self.threads:
            self.threads[fact.thread].is_retold = True
        return remembered.is_another(fact.name, key)

    def _expect(self, sent: Sent, fact: Fact, event: CanonicalEvent, mode: Mode) -> None:
        """What has to be in the store afterwards."""
        if mode.path is not Path.LIVE:
            return
        self.expected.add((event,))
        if fact.thread < 0 or not fact.event_type.startswith(MESSAGE):
            return
        truth = self.threads.get(fact.thread)
        if truth is None:
            routed = mode.routes_groups if fact.in_group else mode.routes
            truth = ThreadTruth(sent.shopper_id or "", routed, has_thread=not fact.is_to_many)
            self.threads[fact.thread] = truth
        if fact.speaks:
            truth.has_spoken = True
        if fact.in_group and fact.what is not None and writer_of(sent.provider).told(fact.what).calls:
            truth.is_called = True

    def _judge_recorded(self, sent: Sent, taken: Taken, path: Path) -> None:
        """Of a recording nobody knows what it tells: what is refused or unknown is not normalized.

        A body that came before has to get the keys that it got before. Whether one key is stored twice, or what was
        stored was lost, the store shows.
        """
        tallied, events = self.tallied, taken.events
        unknown = sum(each.event_type == _UNKNOWN for each in events)
        is_refused = taken.outcome is Outcome.MALFORMED and taken.reason != UNPUBLISHABLE  # that is told as an error
        told = len(events) + is_refused
        tallied.unknown += unknown
        tallied.well_formed += told
        tallied.right += len(events) - unknown
        counts = self.providers[sent.provider]
        counts["facts"] += told
        counts["right"] += len(events) - unknown
        self._tell(sent, len(events))
        is_alike = self.repeats.came_before(sent, events) if events else None
        if is_alike is not None:
            tallied.repeats += len(events)
            tallied.unlike += 0 if is_alike else len(events)
        tallied.unique += taken.new if path is Path.LIVE else len(events) if is_alike is None else 0

    def _tell(self, sent: Sent, events: int) -> None:
        """Count what a recorded body tells: how much that is is known only now."""
        self.tallied.facts += events
        self.shoppers[sent.shopper_id or ""].events += events


def _told_by(fact: Fact, events: Sequence[CanonicalEvent]) -> CanonicalEvent | None:
    """The event that a fact became, else one of its type; None where there is none."""
    alike = [each for each in events if each.event_type == fact.event_type]
    return next((each for each in alike if _is_what(fact, each)), alike[0] if alike else None)


def _is_what(fact: Fact, event: CanonicalEvent) -> bool:
    """Whether an event is what was told: of its type, of that message, and in those words."""
    if fact.event_type != event.event_type:
        return False
    if not fact.event_type.startswith(MESSAGE):
        return True
    if fact.message not in (event.source.provider_message_id or ""):
        return False
    return not fact.words or (event.message is not None and event.message.text == spoken(fact.words))


def _keeps_its_form(event: CanonicalEvent) -> bool:
    """Whether an event's JSON is what the schema says: it is made from the types that read it here."""
    try:
        return CanonicalEvent.from_json(event.to_json()).event_id == event.event_id
    except ValueError:
        return False


def _strays(path: Path, outcome: Outcome) -> bool:
    """Whether a delivery went further than it may: an off shopper's anywhere, one's in shadow into the store."""
    if path is Path.OFF:
        return outcome is not Outcome.OFF
    return path is Path.SHADOW and outcome in (Outcome.PUBLISHED, Outcome.REPEATED)
