"""The plot: what happens next in a lane, and what follows from it."""

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush

from msgspec import Struct

from rollout_cli.simulate.traffic.cast import Lane
from rollout_cli.simulate.traffic.choosing import Choice, gap
from rollout_cli.simulate.traffic.happening import SPEAKING, Happening
from rollout_cli.simulate.traffic.ids import mixed
from rollout_cli.simulate.traffic.kinds import ABOUT_A_MESSAGE, IN_GROUPS, OF_INSTANCES, OURS, THEIRS, TO_MANY
from rollout_cli.simulate.traffic.people import STATUS, Person, Thread
from rollout_cli.simulate.traffic.profile import Profile
from rollout_cli.simulate.traffic.threads import Line, Threads, draw_of
from rollout_cli.simulate.traffic.words import WORDS
from rollout_cli.simulate.traffic.writing import Writer, writer_of

_READ_MS, _DELIVERED_MS, _SENT_MS, _STUB_MS = 90_000.0, 1_500.0, 300.0, 4_000.0
"""How long it takes on average until a message is read, arrives, is sent; until a stub becomes a message."""


class _Cue(Struct, gc=False, order=False):
    """Something that follows from something else."""

    kind: str
    line: Line
    actor: Person
    id: str
    outbound: bool
    about: str = ""


class Plot:
    """What happens in a lane, in the order in which it happens."""

    def __init__(self, lane: Lane, profile: Profile, seed: int, start: int) -> None:
        """Begin.

        Args:
            lane: who there is.
            profile: what traffic is like.
            seed: another one is another plot.
            start: milliseconds since 1970.
        """
        self._lane = lane
        self._seed = seed
        self._profile = profile
        self._draw = draw_of(seed, lane.number, "plot")
        self._now = float(start)
        self._shoppers = Choice(self._threads(), [max(each.events, 1) for each in lane.shoppers])
        self._kinds: dict[tuple[str, str], Choice[str]] = {}
        posts, weights = profile.posts.shares(), profile.weights()
        posts = {sort: share for sort, share in posts.items() if any(weights[each] for each in TO_MANY[sort])}
        self._to_many = sum(posts.values())
        self._sorts = Choice(tuple(posts), tuple(posts.values())) if self._to_many else None
        self._cues: list[tuple[float, int, _Cue]] = []
        self._cued = 0
        self._burst = 0

    def happenings(self, mean_gap: float) -> Iterator[tuple[int, Happening]]:
        """What happens, each with its time in milliseconds; without end.

        Args:
            mean_gap: milliseconds from one to the next, on average, follow-ups counted.
        """
        draw, bursts = self._draw, self._profile.bursts
        while True:
            if not self._burst and draw() < bursts.share:
                self._burst = bursts.events
            self._burst -= self._burst > 0
            self._now += gap(draw, mean_gap / bursts.faster if self._burst else mean_gap)
            while self._cues and self._cues[0][0] <= self._now:
                at, _, cue = heappop(self._cues)
                yield int(at), self._followed(cue, int(at))
            yield int(self._now), self._new()

    def _threads(self) -> list[Threads]:
        found, first = [], 0
        for each in self._lane.shoppers:
            customers = max(round(each.events * self._profile.customers), _FEWEST)
            found.append(Threads(self._lane.number, first, each, customers, self._profile.groups))
            first += Threads.numbers(customers)
        return found

    def _new(self) -> Happening:
        draw, at = self._draw, int(self._now)
        threads = self._shoppers.pick(draw)
        line = self._line(threads)
        thread = line.thread
        if line.kinds is None:
            line.kinds = self._kinds_of(thread)
        kind = line.kinds.pick(draw)
        if kind in OF_INSTANCES:
            thread = threads.service(draw)
            if kind not in writer_of(thread.instance.provider).kinds:
                kind, thread = "text", line.thread
        if kind in ABOUT_A_MESSAGE and not line.last:
            kind = "text"
        if thread.audience is not None:
            outbound = line.is_ours
        else:
            outbound = kind in OURS or (kind not in THEIRS and draw() < self._profile.outbound)
        actor = thread.person if outbound and thread.group is None else threads.member(thread, draw)
        place = line.places
        line.places = place + 1
        what = Happening(
            kind,
            thread,
            actor,
            place,
            mixed(line.thread.number, place, self._seed),
            at,
            line.last if kind in ABOUT_A_MESSAGE else "",
            line.last_outbound,
            outbound,
            WORDS[int(draw() * len(WORDS))],
            0,
            kind in SPEAKING and draw() < self._profile.forwarded,
        )
        self._cue_what_follows(what, line)
        return what

    def _line(self, threads: Threads) -> Line:
        draw = self._draw
        if self._sorts is not None and draw() < self._to_many:
            line = threads.post(self._sorts.pick(draw), self._profile.outbound, draw)
            if line is not None:
                return line
        return threads.pick(draw)

    def _cue_what_follows(self, what: Happening, line: Line) -> None:
        kind = what.kind
        if kind == "revoke":
            line.last = ""  # what is gone is neither revoked again nor reacted to
        elif kind == "stub":
            self._cue(_STUB_MS, _Cue("text", line, what.actor, what.id, outbound=False))
        elif kind in SPEAKING:
            line.last, line.last_outbound = what.id, what.outbound
            if what.outbound and what.thread.audience in _TOLD_OF:
                self._cue_statuses(what, line)

    def _cue_statuses(self, what: Happening, line: Line) -> None:
        draw, chances = self._draw, self._profile.statuses
        told = [] if draw() >= chances.sent else [("sent", _SENT_MS)]
        if draw() < chances.failed:
            told.append(("failed", _DELIVERED_MS))
        elif draw() < chances.delivered:
            told.append(("delivered", _DELIVERED_MS))
            if draw() < chances.read:
                told.append(("read", _READ_MS))
                if what.kind == "voice":
                    told.append(("played", 2 * _READ_MS))
        for state, mean in told:
            self._cue(mean, _Cue(state, line, what.actor, "", outbound=True, about=what.id))

    def _cue(self, mean: float, cue: _Cue) -> None:
        if cue.kind not in writer_of(cue.line.thread.instance.provider).kinds:
            return
        self._cued += 1
        heappush(self._cues, (self._now + gap(self._draw, mean), self._cued, cue))

    def _followed(self, cue: _Cue, at: int) -> Happening:
        line = cue.line
        name = cue.id
        place = line.places
        line.places = place + 1
        if not name:
            name = mixed(line.thread.number, place, self._seed)
        words = WORDS[place % len(WORDS)]
        return Happening(
            cue.kind, line.thread, cue.actor, place, name, at, cue.about, cue.outbound, cue.outbound, words
        )  # fmt: skip

    def _kinds_of(self, thread: Thread) -> Choice[str]:
        provider, where = thread.instance.provider, _where(thread)
        found = self._kinds.get((provider, where))
        if found is None:
            found = self._kinds[provider, where] = _choice(writer_of(provider), self._profile.weights(), where)
        return found


def _where(thread: Thread) -> str:
    """The sort of what is said to many at once, else `group` or `private`."""
    if thread.audience is None:
        return "private" if thread.group is None else "group"
    if thread.is_newsletter:
        return "newsletter"
    return "status" if thread.audience == STATUS else "list"


def _choice(writer: Writer, weights: Mapping[str, float], where: str) -> Choice[str]:
    left_out = frozenset[str]() if where == "group" else IN_GROUPS
    kinds = [kind for kind in weights if kind in TO_MANY.get(where, writer.kinds) and kind not in left_out]
    told = [kind for kind in kinds if kind in writer.kinds]
    return Choice(told, [weights[each] for each in told])


_FEWEST = 3
"""The fewest customers of a shopper."""
_TOLD_OF = frozenset({None, STATUS})
"""Whose messages have statuses: those of threads, and the posts of whoever is told who has seen them."""
