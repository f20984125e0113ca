"""The post: how what happened is delivered. Together or alone, at once or late, twice, broken."""

from collections.abc import Iterator
from heapq import heappop, heappush

from msgspec import Struct
from msgspec.structs import replace

from rollout_cli.simulate.traffic.choosing import Choice, gap
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


class _Item(Struct, gc=False):
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
    """Delivers what happens in a lane."""

    def __init__(self, lane: int, profile: Profile, seed: int) -> None:
        self._lane = lane
        self._profile = profile
        self._draw = draw_of(seed, lane, "post")
        self._due: list[tuple[float, int, _Item | _Parcel]] = []
        self._waiting: dict[tuple[int, str], _Parcel] = {}
        self._order = 0
        self._names = 0
        self._number = 0
        repeats = profile.repeats
        weights = (repeats.retry, repeats.rebatched, repeats.respelled)
        self._how = Choice(("retry", "rebatched", "respelled"), weights) if any(weights) else None

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
        is_whole_again = False
        facts = []
        for item in items:
            again = item.is_new and draw() < profile.duplicates and self._how is not None
            if again:
                is_whole_again = self._tell_again(writer, item, at) or is_whole_again
            facts.append(_fact(writer, item, again))
        if is_whole_again:
            facts = [replace(each, is_told_again=True) for each in facts]
        sent = Sent(
            int(at), self._lane, self._next(), place.provider, body, place.shopper, place.id, None, tuple(facts)
        )  # fmt: skip
        yield sent
        if is_whole_again:
            told = tuple(replace(each, is_new=False) for each in facts)
            parcel = _Parcel([], 0, replace(sent, facts=told))
            self._push(at + gap(draw, _AGAIN_MS), parcel)

    def _tell_again(self, writer: Writer, item: _Item, at: float) -> bool:
        """Have something told again; whether by the same body."""
        how = self._how.pick(self._draw) if self._how is not None else ""
        what = item.written.happening
        spellings = writer.respelled.get(what.kind, ())
        if how == "retry" or what.kind in KNOWN_BY_ITS_BODY:
            return True
        written = item.written
        if how == "respelled" and spellings:
            spelling = spellings[int(self._draw() * len(spellings))]
            written = writer.write(replace(what, spelling=spelling))
        self._push(at + gap(self._draw, _AGAIN_MS), _Item(written, item.name, is_new=False))
        return False

    def _malformed(self, place: Instance, body: bytes, at: float) -> Sent:
        return Sent(int(at), self._lane, self._next(), place.provider, body, place.shopper, place.id, is_malformed=True)

    def _next(self) -> int:
        self._number += 1
        return self._number


def _fact(writer: Writer, item: _Item, again: bool) -> Fact:  # noqa: FBT001 - as the fact has it
    what = item.written.happening
    is_in_thread = what.kind not in OF_INSTANCES
    kind = writer.kinds[what.kind]
    return Fact(
        kind.event_type(what),
        what.thread.number if is_in_thread else -1,
        (what.about if kind.becomes else "") or what.id,  # a vote is a message, and about another one
        item.name,
        item.is_new,
        again,
        what.kind in SPEAKING,
        what.thread.group is not None,
        what.words if what.kind in WRITTEN else "",
        what,
    )
