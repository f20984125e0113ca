"""The timeline of a run: how much was taken when, and how quickly, in a bounded number of points however long it is."""

from msgspec import Struct

_MOST = 60
_FIRST = 0.25


class Span(Struct):
    """A piece of time.

    Attributes:
        events: told in it.
        batches: taken in it.
        slowest_ms: how long the slowest of them took.
    """

    events: int = 0
    batches: int = 0
    slowest_ms: float = 0.0


class Timeline(Struct):
    """Pieces of time of one width, which doubles when there would be too many of them. Two add up.

    Attributes:
        width: seconds.
    """

    width: float = _FIRST
    spans: list[Span] = []

    def add(self, at: float, events: int, took_ms: float) -> None:
        """Note a batch.

        Args:
            at: seconds since the beginning.
            events: told by it.
            took_ms: how long it took.
        """
        while at >= self.width * _MOST:
            self._widen()
        place = int(at / self.width)
        while len(self.spans) <= place:
            self.spans.append(Span())
        span = self.spans[place]
        span.events += events
        span.batches += 1
        span.slowest_ms = max(span.slowest_ms, took_ms)

    def delay(self, seconds: float) -> None:
        """Move all of it to so many seconds later: others began before."""
        while seconds + len(self.spans) * self.width > self.width * _MOST:
            self._widen()
        self.spans = [*(Span() for _ in range(int(seconds / self.width))), *self.spans]

    def merge(self, other: "Timeline") -> None:
        """Add what another worker has done meanwhile."""
        theirs = Timeline(other.width, [_joined(each, Span()) for each in other.spans])
        while self.width < theirs.width:
            self._widen()
        while theirs.width < self.width:
            theirs._widen()
        for place, each in enumerate(theirs.spans):
            if place < len(self.spans):
                self.spans[place] = _joined(self.spans[place], each)
            else:
                self.spans.append(each)

    def _widen(self) -> None:
        pairs = [self.spans[place : place + 2] for place in range(0, len(self.spans), 2)]
        self.spans = [_joined(each[0], each[1] if len(each) > 1 else Span()) for each in pairs]
        self.width *= 2


def _joined(one: Span, other: Span) -> Span:
    return Span(one.events + other.events, one.batches + other.batches, max(one.slowest_ms, other.slowest_ms))
