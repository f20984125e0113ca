"""Bodies of a recording that came before: of them, nobody knows more than that they are the same."""

from collections import defaultdict
from collections.abc import Sequence
from hashlib import blake2b

from rollout_cli.simulate.traffic.sent import Sent
from rollout_cli.whatsapp import CanonicalEvent

REMEMBERED = 8_192
"""Bodies of a lane; what comes again later than after so many others is not judged. Of each lane, so that workers who
replay some lanes each judge what one judges who replays all. They take two megabytes in a checkpoint at most.
"""
_DIGEST = 8
_ENTRY = 1 + 2 * _DIGEST


class Repeats:
    """Remembers bodies, and the keys that their events got."""

    def __init__(self, remembered: bytes = b"", most: int = REMEMBERED) -> None:
        """Begin, or go on.

        Args:
            remembered: what `dump` gave.
            most: how many are remembered of each lane.
        """
        self._most = most
        self._keys: defaultdict[int, dict[bytes, bytes]] = defaultdict(dict)
        for at in range(0, len(remembered), _ENTRY):
            lane, digests = remembered[at], remembered[at + 1 : at + _ENTRY]
            self._keys[lane][digests[:_DIGEST]] = digests[_DIGEST:]

    def came_before(self, sent: Sent, events: Sequence[CanonicalEvent]) -> bool | None:
        """Whether the same body came before and got the same keys; None for one that did not come before."""
        name = _digest(sent.provider, sent.shopper_id, sent.instance, sent.event, sent.body)
        keys = _digest(*(each.trace.idempotency_key for each in events))
        lane = self._keys[sent.lane]
        before = lane.setdefault(name, keys)
        if before is not keys:
            return before == keys
        if len(lane) > self._most:
            del lane[next(iter(lane))]
        return None

    def dump(self) -> bytes:
        """All that is remembered."""
        return b"".join(
            bytes([number]) + name + keys for number, lane in self._keys.items() for name, keys in lane.items()
        )


def _digest(*words: str | bytes | None) -> bytes:
    digest = blake2b(digest_size=_DIGEST)
    for each in words:
        data = b"" if each is None else each if isinstance(each, bytes) else each.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % (-1 if each is None else len(data)))
        digest.update(data)
    return digest.digest()
