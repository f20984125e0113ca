"""What a router remembers between publications: it holds only while nobody else has written."""

from collections.abc import MutableMapping
from typing import Any

from rollout_cli.pipeline.event_store import Contact, Conversation

Ids = tuple[str, tuple[str, ...]]
"""A tenant, and ids of one person as a body told them."""
_MOST = 200_000


class Memory:
    """People by the ids they were told under, and threads by their key.

    Attributes:
        people: whose ids these are.
        threads: a thread's latest conversation; None where it has none.
        heads: what thread keys begin with, as far as the store knows of it.
        seen: who was seen in which conversation already.
        has_orphans: whether there may be events whose message nobody knows yet; None where nobody has looked.
    """

    __slots__ = ("has_orphans", "heads", "people", "seen", "threads")

    def __init__(self) -> None:
        self.people: dict[Ids, Contact] = {}
        self.threads: dict[str, Conversation | None] = {}
        self.heads: dict[str, None] = {}
        self.seen: dict[tuple[str, str], None] = {}
        self.has_orphans: bool | None = None

    def forget(self) -> None:
        """Know nothing any more."""
        self.people.clear()
        self.threads.clear()
        self.heads.clear()
        self.seen.clear()
        self.has_orphans = None

    def trim(self) -> None:
        """Let go of what was met first, where it has become much."""
        _trim(self.people)
        _trim(self.threads)
        _trim(self.heads)
        _trim(self.seen)


def _trim(known: MutableMapping[Any, Any]) -> None:
    while len(known) > _MOST:
        del known[next(iter(known))]
