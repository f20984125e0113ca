"""How much there is to do just now, and what is too much."""

from dataclasses import dataclass
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Limits:
    """What one gateway takes on.

    Attributes:
        body: bytes of one request.
        requests: how many there may be at one time.
        bodies: bytes that the bodies of all of them may have together.
        timeout: seconds for the caller to send a body, and to take each part of an answer.
    """

    body: int = 32 * 1024 * 1024
    requests: int = 1000
    bodies: int = 512 * 1024 * 1024
    timeout: float = 60.0


class RefusedError(Exception):
    """The gateway answers for itself: the upstream has not answered, or is not even asked."""

    def __init__(self, status: HTTPStatus, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


class Load:
    """All requests of one gateway."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.requests = 0
        self.bytes = 0

    def begin(self) -> "Place":
        """Another request.

        Raises:
            RefusedError: there are too many.
        """
        if self.requests >= self.limits.requests:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "too many requests at once")
        self.requests += 1
        return Place(self)


class Place:
    """One request's part of the load."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._bytes = 0
        self._is_left = False

    def grow(self, size: int) -> None:
        """So many bytes more have come.

        Raises:
            RefusedError: there are too many.
        """
        self._bytes += size
        self._load.bytes += size
        if self._bytes > self._load.limits.body:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large")
        if self._load.bytes > self._load.limits.bodies:
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "too much at once")

    def leave(self) -> None:
        """It is over. Only the first time counts."""
        if not self._is_left:
            self._is_left = True
            self._load.requests -= 1
            self._load.bytes -= self._bytes
