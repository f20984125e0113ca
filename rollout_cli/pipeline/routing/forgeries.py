"""What a stranger may have signed: it must not stand in the place of what it pretends to be.

It has a key of its own, so that the genuine one is new whenever it comes; once that is there, a forgery of it is a
repetition and nothing more.
"""

from collections.abc import Iterable

import msgspec

from rollout_cli.pipeline.event_store import Entry, Publication
from rollout_cli.pipeline.storable import storable
from rollout_cli.whatsapp import CanonicalEvent

_MARK = ":%forged"
"""No other key ends so: a percent sign inside of a part is escaped."""


def is_trusted(event: CanonicalEvent) -> bool:
    """Whether it may say who is who: a forged body must not make one person of two."""
    return event.security.signature_valid is not False


def set_apart(event: CanonicalEvent) -> CanonicalEvent:
    """The same event with a key of its own."""
    trace = msgspec.structs.replace(event.trace, idempotency_key=event.trace.idempotency_key + _MARK)
    return msgspec.structs.replace(event, trace=trace)


def copies(publication: Publication, entries: Iterable[Entry]) -> set[int]:
    """The `id()` of the forgeries of what is stored already, or comes with them."""
    forged = {id(each): _genuine_key(each) for each in entries if not is_trusted(each.event)}
    if not forged:
        return set()
    there = publication.known_keys(forged.values()) | {each.key for each in entries}
    return {name for name, key in forged.items() if key in there}


def _genuine_key(forgery: Entry) -> str:
    key = forgery.event.trace.idempotency_key
    return storable(key.removesuffix(_MARK)) if key.endswith(_MARK) else ""
