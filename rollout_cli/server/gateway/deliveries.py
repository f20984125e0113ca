"""What of all requests is a delivery, and how it comes to the new path: after its answer, in a thread of its own."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Lock
from time import monotonic, sleep
from urllib.parse import unquote_to_bytes

from rollout_cli.pipeline.adapters.asgi import headers_of
from rollout_cli.pipeline.adapters.exchange import MOST_BYTES
from rollout_cli.pipeline.adapters.routes import Match
from rollout_cli.pipeline.backlog import FULL, OVERSIZED
from rollout_cli.pipeline.compat import OURS, CompatLayer, Taker, UnreadError
from rollout_cli.pipeline.complaints import Complaints
from rollout_cli.pipeline.delivery import Answer, Delivery, LegacyOutcome
from rollout_cli.pipeline.metrics import DROPPED, Metrics
from rollout_cli.pipeline.shoppers import Request
from rollout_cli.server.gateway.headers import Headers
from rollout_cli.whatsapp.signature import verify_signature

MOST_WAITING = 1000
MOST_WAITING_BYTES = 64 * 1024 * 1024
SIGNED = "cloud_api"
SIGNATURE = "x-hub-signature-256"
_GLANCE = 0.01


def path_of(target: bytes) -> str:
    """The path of a request's target, decoded."""
    return unquote_to_bytes(target.partition(b"?")[0]).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Passed:
    """A delivery that the upstream has taken.

    Attributes:
        seconds: from when it was sent to the upstream to the end of the answer.
        error: what went wrong where the answer did not come to its end.
    """

    match: Match
    headers: Headers
    body: bytes
    answer: Answer
    seconds: float
    error: str | None = None

    def told(self) -> Request:
        """What came.

        Raises:
            UnreadError: it is not for the new path: empty, or too large.
        """
        if not self.body:
            raise UnreadError
        if len(self.body) > MOST_BYTES:
            raise UnreadError(OVERSIZED)
        match = self.match
        return Request(
            match.provider, self.body, match.instance, match.event, headers_of(self.headers), match.shopper_id
        )

    @property
    def legacy(self) -> LegacyOutcome:
        """What the upstream made of it."""
        return LegacyOutcome(self.answer if self.error is None else None, self.error, self.seconds)


class Handover:
    """Gives deliveries to a layer, in order, in a thread: neither a disk nor a resolver holds up the next request."""

    def __init__(
        self,
        layer: CompatLayer,
        metrics: Metrics,
        *,
        most: int = MOST_WAITING,
        most_bytes: int = MOST_WAITING_BYTES,
    ) -> None:
        """Start no thread yet.

        Args:
            layer: looks at each, and puts it where it belongs.
            metrics: count what is dropped.
            most: how many may wait for that; usually there is none.
            most_bytes: how many bytes their bodies may have.
        """
        self._layer = layer
        self._metrics = metrics
        self._most = most
        self._most_bytes = most_bytes
        self._waiting = 0
        self._bytes = 0
        self._turn = Lock()
        self._complaints = Complaints()
        self._thread = ThreadPoolExecutor(1, "rollout-gateway")

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._waiting

    def give(self, passed: Passed) -> None:
        """Take a delivery that has been answered. Never raises, never waits."""
        size = len(passed.body)
        try:
            with self._turn:
                is_full = self._waiting >= self._most or self._bytes + size > self._most_bytes
                if not is_full:
                    self._waiting += 1
                    self._bytes += size
            if is_full:
                self._drop(passed, FULL)
            else:
                self._thread.submit(self._pass_on, passed)
        except RuntimeError:  # closed, or there are no more threads
            self._release(size)
            self._drop(passed, OURS)

    def close(self, timeout: float) -> bool:
        """Take no more, and let what waits be looked at for so many seconds at most.

        Returns:
            Whether all was.
        """
        self._thread.shutdown(wait=False)
        end = monotonic() + timeout
        while self._waiting and monotonic() < end:
            sleep(_GLANCE)
        return not self._waiting

    def _pass_on(self, passed: Passed) -> None:
        try:
            self._layer.after(passed.told, passed.legacy)
        finally:
            self._release(len(passed.body))

    def _release(self, size: int) -> None:
        with self._turn:
            self._waiting -= 1
            self._bytes -= size

    def _drop(self, passed: Passed, outcome: str) -> None:
        self._complaints.once(outcome, "deliveries do not come to the new path: %s", outcome)
        with suppress(Exception):
            self._metrics.add(DROPPED, provider=passed.match.provider, outcome=outcome)


class Signed:
    """Says of each delivery whether its signature is good, and refuses none for that."""

    def __init__(self, taker: Taker, secrets: Sequence[str]) -> None:
        self._taker = taker
        self._secrets = secrets

    def offer(self, delivery: Delivery) -> bool:
        """Pass it on with what was found."""
        if delivery.provider == SIGNED:
            header = (delivery.headers or {}).get(SIGNATURE)
            is_valid = verify_signature(delivery.body, header, self._secrets)
            delivery = replace(delivery, signature_valid=is_valid)
        return self._taker.offer(delivery)
