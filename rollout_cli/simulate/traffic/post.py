"""The post: how what happened is delivered. Together or alone, at once or late, twice, broken."""

from collections.abc import Iterator, Sequence
from heapq import heapify, heappop, heappush
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from rollout_cli.simulate.traffic.choosing import gap
from rollout_cli.simulate.traffic.happening import SPEAKING, WRITTEN, Happening
from rollout_cli.simulate.traffic.kinds import KNOWN_BY_ITS_BODY, OF_INSTANCES
from rollout_cli.simulate.traffic.people import Instance
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulate.traffic.sent import Fact, Sent
from rollout_cli.simulate.traffic.spoiling import grown, spoiled
from rollout_cli.simulate.traffic.threads import draw_of
from rollout_cli.simulate.traffic.writing import Writer, Written, writer_of

_LAG_MS, _OVERTAKEN_MS, _WAIT_MS, _AGAIN_MS = 200.0, 30_000.0, 2_000.0, 20_000.0
"""How long a delivery takes on average; how long one that is overtaken takes at most; how long a body waits for more
events; after how long something is told again, on average."""


class _Item(Struct, gc=False, eq=False):
    """One event on its way."""

    written: Written
    name: int
    is_new: bool = True


class _Parcel(Struct, gc=False):
    """A body that waits for more events, or comes again as it was."""

    items: list[_Item]
    most: int
    again: Sent | None = None


class Post:
    """Delivers what happens in a lane.

    Attributes:
        owed: how many events are still to be told again.
    """

    def __init__(self, lane: int, profile: Profile, seed: int) -> None:
        self._lane = lane
        self._profile = profile
        self._draw = draw_of(seed, lane, "post")
        self._due: list[tuple[float, int, _Item | _Parcel]] = []
        self._waiting: dict[tuple[int, str], _Parcel] = {}
        self._order = 0
        self._names = 0
        self._number = 0
        self.owed = 0
        repeats = profile.repeats
        singly = repeats.rebatched + repeats.respelled
        whole = repeats.retry + singly
        self._again = profile.duplicates if whole else 0.0
        self._retried = self._again * repeats.retry / whole if whole else 0.0
        self._respelled = repeats.respelled / singly if singly else 0.0

    def put(self, what: Happening) -> None:
        """Take something that happened."""
        profile, draw = self._profile, self._draw
        lag = gap(draw, _LAG_MS)
        chance = draw()
        if chance < profile.out_of_order:
            lag += draw() * _OVERTAKEN_MS
        elif chance < profile.out_of_order + profile.late:
            lag += draw() * profile.late_by.total_seconds() * 1000
        self._names += 1
        self._push(what.at + lag, _Item(writer_of(what.thread.instance.provider).write(what), self._names))

    def upto(self, now: float) -> Iterator[Sent]:
        """What is delivered until a moment, in order."""
        due = self._due
        while due and due[0][0] <= now:
            at, _, what = heappop(due)
            if type(what) is _Item:
                yield from self._came(what, at)
            elif isinstance(what, _Parcel):
                yield from self._opened(what, at)

    def rest(self) -> Iterator[Sent]:
        """What is still to be told again, in order, when nothing new is delivered any more."""
        for parcel in self._waiting.values():
            parcel.items = [each for each in parcel.items if not each.is_new]
        self._waiting = {key: parcel for key, parcel in self._waiting.items() if parcel.items}
        self._due = [each for each in self._due if _is_told_before(each[2])]
        heapify(self._due)
        yield from self.upto(inf)

    def _push(self, at: float, what: _Item | _Parcel) -> None:
        self._order += 1
        heappush(self._due, (at, self._order, what))

    def _came(self, item: _Item, at: float) -> Iterator[Sent]:
        what = item.written.happening
        place = what.thread.instance
        writer = writer_of(place.provider)
        if writer.most == 1:
            yield from self._sent(writer, place, [item], at)
            return
        key = (place.number, item.written.folder)
        parcel = self._waiting.get(key)
        batches = self._profile.batches
        if parcel is not None:
            parcel.items.append(item)
            if len(parcel.items) >= parcel.most:
                del self._waiting[key]
                yield from self._sent(writer, place, parcel.items, at)
        elif self._draw() < batches.share:
            most = min(2 + int(self._draw() * (batches.most - 1)), writer.most)
            parcel = self._waiting[key] = _Parcel([item], most)
            self._push(at + _WAIT_MS, parcel)
        else:
            yield from self._sent(writer, place, [item], at)

    def _opened(self, parcel: _Parcel, at: float) -> Iterator[Sent]:
        """A parcel's time has come."""
        if parcel.again is not None:
            self.owed -= len(parcel.again.facts)
            yield replace(parcel.again, at=int(at), number=self._next())
            return
        what = parcel.items[0].written
        place = what.happening.thread.instance
        key = (place.number, what.folder)
        if self._waiting.get(key) is parcel:
            del self._waiting[key]
            yield from self._sent(writer_of(place.provider), place, parcel.items, at)

    def _sent(self, writer: Writer, place: Instance, items: list[_Item], at: float) -> Iterator[Sent]:
        draw, profile = self._draw, self._profile
        body = writer.body(place, items[0].written.folder, [each.written.told for each in items]).encode()
        if draw() < profile.unknown_fields:
            body = grown(body, draw)
        if draw() < profile.malformed:
            yield self._malformed(place, spoiled(body, place.provider, draw), at)
        is_whole, again = self._told_again(items)
        facts = tuple([_fact(writer, each, is_whole or each in again) for each in items])
        sent = Sent(int(at), self._lane, self._next(), place.provider, body, place.shopper, place.id, None, facts)
        if is_whole:
            told = tuple(replace(each, is_new=False) for each in facts)
            self._owe(at, _Parcel([], 0, replace(sent, facts=told)), len(told))
        for item in again:
            self._owe(at, _Item(self._told_singly(writer, item.written), item.name, is_new=False), 1)
        yield sent

    def _told_again(self, items: list[_Item]) -> tuple[bool, Sequence[_Item]]:
        """What of a body is told again: all of it, by the same body, or some of it, by others.

        Each event is with the share that was asked for, however many stand in its body.
        """
        draw, by_body, new = self._draw, self._retried, 0
        for item in items:
            if not item.is_new:
                self.owed -= 1
                continue
            new += 1
            if item.written.happening.kind in KNOWN_BY_ITS_BODY:
                by_body = self._again
        if not new:
            return False, ()
        chance = draw()
        if chance < by_body:
            return True, ()
        if new == 1:
            return False, [each for each in items if each.is_new] if chance < self._again else ()
        left = (self._again - by_body) / (1 - by_body)
        return False, [each for each in items if each.is_new and draw() < left]

    def _told_singly(self, writer: Writer, written: Written) -> Written:
        """How an event is told again by another body."""
        what = written.happening
        spellings = writer.respelled.get(what.kind, ())
        if not spellings or self._draw() >= self._respelled:
            return written
        return writer.write(replace(what, spelling=spellings[int(self._draw() * len(spellings))]))

    def _owe(self, at: float, what: _Item | _Parcel, facts: int) -> None:
        """Have something told again later."""
        self.owed += facts
        self._push(at + gap(self._draw, _AGAIN_MS), what)

    def _malformed(self, place: Instance, body: bytes, at: float) -> Sent:
        return Sent(int(at), self._lane, self._next(), place.provider, body, place.shopper, place.id, is_malformed=True)

    def _next(self) -> int:
        self._number += 1
        return self._number


def _is_told_before(what: _Item | _Parcel) -> bool:
    """Whether something that is due is told again, or holds what is; not the first telling of anything."""
    if isinstance(what, _Item):
        return not what.is_new
    return what.again is not None or bool(what.items)


def _fact(writer: Writer, item: _Item, again: bool) -> Fact:  # noqa: FBT001 - as the fact has it
    what = item.written.happening
    is_in_thread = what.kind not in OF_INSTANCES
    kind = writer.kinds[what.kind]
    is_to_many = what.thread.audience is not None
    return Fact(
        kind.event_type(what),
        what.thread.number if is_in_thread else -1,
        (what.about if kind.becomes else "") or what.id,  # a vote is a message, and about another one
        item.name,
        item.is_new,
        again,
        what.kind in SPEAKING and not is_to_many,
        what.thread.group is not None,
        is_to_many,
        what.words if what.kind in WRITTEN else "",
        what,
    )
