"""The threads of one shopper: who writes how often, and what was said last in each."""

from random import Random

from msgspec import Struct

from rollout_cli.simulate.traffic.cast import Shopper
from rollout_cli.simulate.traffic.choosing import Draw
from rollout_cli.simulate.traffic.people import Person, Thread, group_id, person

_LANE_BITS = 26
"""Threads and persons of a lane have numbers of their own: 2**26 of each."""
_PERSON_LANE = 4_000_000
_MEMBERS = 12


class Line(Struct, gc=False):
    """A thread as it goes on.

    Attributes:
        places: how many ids it has given away.
        last: the id of the latest message; empty before the first.
        last_outbound: whether that came from the business.
    """

    thread: Thread
    places: int = 0
    last: str = ""
    last_outbound: bool = False


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
        self._most = max(customers, 1)
        self._every = round(1 / groups) if groups > 0 else 0
        self._lines: dict[int, Line] = {}

    def pick(self, draw: Draw) -> Line:
        """The thread in which something happens next: a few have most of what is said."""
        chance = draw()
        place = int(self._most * chance * chance)
        line = self._lines.get(place)
        if line is None:
            line = self._lines[place] = Line(self._thread(place))
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
