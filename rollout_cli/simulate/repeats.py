"""Bodies of a recording that came before: of them, nobody knows more than that they are the same."""

from collections.abc import Sequence
from hashlib import blake2b

from rollout_cli.simulate.traffic.sent import Sent
from rollout_cli.whatsapp import CanonicalEvent

REMEMBERED = 65_536
"""Bodies; what comes again later than after so many others is not judged. They take a megabyte in a checkpoint."""
_DIGEST = 8


class Repeats:
    """Remembers bodies, and the keys that their events got."""

    def __init__(self, remembered: bytes = b"", most: int = REMEMBERED) -> None:
        """Begin, or go on.

        Args:
            remembered: what `dump` gave.
            most: how many are remembered.
        """
        self._most = most
        self._keys: dict[bytes, bytes] = {
            remembered[at : at + _DIGEST]: remembered[at + _DIGEST : at + 2 * _DIGEST]
            for at in range(0, len(remembered), 2 * _DIGEST)
        }

    def came_before(self, sent: Sent, events: Sequence[CanonicalEvent]) -> bool | None:
        """Whether the same body came before and got the same keys; None for one that did not come before."""
        name = _digest(sent.provider, sent.shopper_id, sent.instance, sent.event, sent.body)
        keys = _digest(*(each.trace.idempotency_key for each in events))
        before = self._keys.setdefault(name, keys)
        if before is not keys:
            return before == keys
        if len(self._keys) > self._most:
            del self._keys[next(iter(self._keys))]
        return None

    def dump(self) -> bytes:
        """All that is remembered."""
        return b"".join(name + keys for name, keys in self._keys.items())


def _digest(*words: str | bytes | None) -> bytes:
    digest = blake2b(digest_size=_DIGEST)
    for each in words:
        data = b"" if each is None else each if isinstance(each, bytes) else each.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % (-1 if each is None else len(data)))
        digest.update(data)
    return digest.digest()
