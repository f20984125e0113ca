"""One request and its answer as they pass by: copied within limits, changed in nothing."""

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter

from rollout_cli.pipeline.adapters.routes import Match
from rollout_cli.pipeline.backlog import OVERSIZED
from rollout_cli.pipeline.compat import CompatLayer, UnreadError
from rollout_cli.pipeline.delivery import Answer, LegacyOutcome
from rollout_cli.pipeline.shoppers import Request

MOST_BYTES = 16 * 1024 * 1024
"""Of a request's body."""
MOST_ANSWERED = 64 * 1024
"""Of a response's body."""


class Gathered:
    """A body that comes in parts."""

    def __init__(self, most: int, length: int | None = None) -> None:
        """Begin with nothing.

        Args:
            most: bytes; of a longer one nothing is kept.
            length: of the whole, where it is known.
        """
        self._most = most
        self._length = length
        self._parts: list[bytes] = []
        self._size = 0
        self._has_ended = False
        self._is_spoilt = False

    def add(self, part: bytes) -> None:
        """Another part."""
        self._size += len(part)
        if self._size > self._most:
            self._parts.clear()
        else:
            self._parts.append(bytes(part))

    def end(self) -> None:
        """There is no more."""
        self._has_ended = True

    def spoil(self) -> None:
        """Somebody has read in a way that cannot be followed."""
        self._is_spoilt = True

    def whole(self) -> bytes:
        """All of it.

        Raises:
            UnreadError: that was not read, or it is more than is kept.
        """
        if self._size > self._most:
            raise UnreadError(OVERSIZED)
        is_whole = self._has_ended if self._length is None else self._size == self._length
        if self._is_spoilt or not is_whole or not self._size:
            raise UnreadError
        return b"".join(self._parts)


class Exchange:
    """One request, and what is answered."""

    def __init__(
        self, layer: CompatLayer, match: Match, headers: Callable[[], Mapping[str, str]], body: Gathered
    ) -> None:
        self._layer = layer
        self._match = match
        self._headers = headers
        self.body = body
        self.answered = Gathered(MOST_ANSWERED)
        self._status = 0
        self._answer_headers: Sequence[tuple[str, str]] = ()
        self._started = perf_counter()
        self._is_done = False

    def begin_answer(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        """The answer begins so."""
        self._status = status
        self._answer_headers = headers

    def done(self, error: str | None) -> None:
        """The legacy path is done; the new one's turn has come. Only the first time counts. Never raises."""
        if not self._is_done:
            self._is_done = True
            seconds = perf_counter() - self._started
            self._layer.after(self._told, LegacyOutcome(self._answer() if error is None else None, error, seconds))

    def _answer(self) -> Answer:
        try:
            body: bytes | None = self.answered.whole()
        except UnreadError:
            body = None
        return Answer(self._status, self._answer_headers, body)

    def _told(self) -> Request:
        match = self._match
        return Request(
            match.provider, self.body.whole(), match.instance, match.event, self._headers(), match.shopper_id
        )
