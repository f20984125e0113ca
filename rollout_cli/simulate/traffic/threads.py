"""The threads of one shopper: who writes how often, and what was said last in each."""

from random import Random

from msgspec import Struct

from rollout_cli.simulate.traffic.cast import Shopper
from rollout_cli.simulate.traffic.choosing import Choice, Draw
from rollout_cli.simulate.traffic.kinds import TO_MANY
from rollout_cli.simulate.traffic.people import Person, Thread, audience_of, group_id, person
from rollout_cli.simulate.traffic.writing import writer_of

_LANE_BITS = 26
"""Threads and persons of a lane have numbers of their own: 2**26 of each."""
_PERSON_LANE = 4_000_000
_MEMBERS = 12
_SORTS = tuple(TO_MANY)


class Line(Struct, gc=False):
    """A thread as it goes on.

    Attributes:
        places: how many ids it has given away.
        last: the id of the latest message; empty before the first.
        last_outbound: whether that came from the business.
        kinds: what can happen in it; None before anything has.
        is_ours: whether only the business speaks in it, to many at once.
    """

    thread: Thread
    places: int = 0
    last: str = ""
    last_outbound: bool = False
    kinds: Choice[str] | None = None
    is_ours: bool = False


class Threads:
    """The threads of a shopper; each is made when somebody first writes in it."""

    def __init__(self, lane: int, first: int, shopper: Shopper, customers: int, groups: float) -> None:
        """Have so many customers.

        Args:
            lane: of the shopper.
            first: the number of the first thread within the lane.
            shopper: whose they are.
            customers: how many threads there can be.
            groups: the share of them that are groups.
        """
        self._lane = lane
        self._first = first
        self._instances = shopper.instances
        self._telling = [each for each in shopper.instances if writer_of(each.provider).has_posts]
        self._most = max(customers, 1)
        self._every = round(1 / groups) if groups > 0 else 0
        self._lines: dict[int, Line] = {}
        self._posts: dict[tuple[str, int], Line] = {}

    @staticmethod
    def numbers(customers: int) -> int:
        """How many numbers those of so many customers take: for threads, for none, and for each sort of posts."""
        return customers + 1 + len(_SORTS) * (customers + 1)

    def pick(self, draw: Draw) -> Line:
        """The thread in which something happens next: a few have most of what is said."""
        chance = draw()
        place = int(self._most * chance * chance)
        line = self._lines.get(place)
        if line is None:
            line = self._lines[place] = Line(self._thread(place))
        return line

    def post(self, sort: str, ours: float, draw: Draw) -> Line | None:
        """Where something is said to many at once; None where no number of theirs tells of such.

        Args:
            sort: one of `TO_MANY`.
            ours: the share that is the business's own; newsletters are others'.
            draw: chooses.
        """
        if not self._telling:
            return None
        is_ours = draw() < ours and sort != "newsletter"
        chance = draw()
        place = self._most if is_ours else int(self._most * chance * chance)
        line = self._posts.get((sort, place))
        if line is None:
            where = self._telling[place % len(self._telling)]
            number = self._number(self._most + 1 + _SORTS.index(sort) * (self._most + 1) + place)
            who = self._person(self._number(place % self._most))  # customers post as well
            thread = Thread(number, where, who, None, audience_of(sort, number))
            line = self._posts[sort, place] = Line(thread, is_ours=is_ours)
        return line

    def service(self, draw: Draw) -> Thread:
        """Where what concerns a whole instance happens: in no thread."""
        where = self._instances[int(draw() * len(self._instances))]
        return Thread(self._number(self._most), where, self._person(0))

    def member(self, thread: Thread, draw: Draw) -> Person:
        """Who acts in a thread: in a group any of its members."""
        if thread.group is None:
            return thread.person
        return self._person(thread.number + int(draw() * _MEMBERS))

    def _number(self, place: int) -> int:
        return (self._lane << _LANE_BITS) + self._first + place

    def _person(self, number: int) -> Person:
        return person(self._lane * _PERSON_LANE + (number & ((1 << _LANE_BITS) - 1)) % _PERSON_LANE)

    def _thread(self, place: int) -> Thread:
        number = self._number(place)
        where = self._instances[place % len(self._instances)]
        is_group = self._every > 0 and place % self._every == self._every - 1
        return Thread(number, where, self._person(number), group_id(number) if is_group else None)


def draw_of(seed: int, lane: int, what: str) -> Draw:
    """Numbers of their own for a part of a lane."""
    return Random(f"{what} {seed} {lane}").random
