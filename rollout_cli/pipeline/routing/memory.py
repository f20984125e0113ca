"""What a router remembers between publications: it holds only while nobody else has written."""

from collections.abc import MutableMapping
from typing import Any

from rollout_cli.pipeline.event_store import Contact, Conversation
from rollout_cli.pipeline.storable import storable
from rollout_cli.whatsapp.keys import part

Ids = tuple[str, tuple[str, ...]]
"""A tenant, and ids of one person as a body told them."""
_MOST = 50_000


class Memory:
    """People by the ids they were told under, and threads by their key.

    Attributes:
        people: whose ids these were when they were told; `person` says whose they are.
        threads: a thread's latest conversation; None where it has none.
        heads: by tenant, what thread keys begin with, as far as the store knows of it. Bodies say which instance is
            meant, and anybody's: one tenant may have any number.
        seen: who was seen in which conversation already.
        has_orphans: whether there may be events whose message nobody knows yet; None where nobody has looked.
    """

    __slots__ = ("_became", "_heads_known", "has_orphans", "heads", "people", "seen", "threads")

    def __init__(self) -> None:
        self.people: dict[Ids, Contact] = {}
        self.threads: dict[str, Conversation | None] = {}
        self.heads: dict[str, set[str]] = {}
        self.seen: dict[tuple[str, str], None] = {}
        self.has_orphans: bool | None = None
        self._became: dict[str, Contact] = {}
        self._heads_known = 0

    def person(self, ids: Ids) -> Contact:
        """Whose ids these are.

        Raises:
            KeyError: nobody was told of under them.
        """
        met = self.people[ids]
        now = self.now(met)
        if now is not met:
            self.people[ids] = now
        return now

    def now(self, contact: Contact) -> Contact:
        """Who somebody has become."""
        while (after := self._became.get(contact.id)) is not None:
            contact = after
        return contact

    def merge(self, kept: Contact, other: Contact) -> None:
        """Two people have turned out to be one: what is known of their own threads does not hold any more."""
        self._became[other.id] = kept
        for head in self.heads.get(part(other.tenant), ()):
            for home in (kept.home, other.home):
                self.threads.pop(storable(f"{head}:{part(home)}"), None)

    def unknown(self, heads: set[str]) -> set[str]:
        """Those of some beginnings of thread keys of which the store may not know; from now on it does."""
        new = {each for each in heads if each not in self.heads.get(each.partition(":")[0], ())}
        for each in new:
            self.heads.setdefault(each.partition(":")[0], set()).add(each)
        self._heads_known += len(new)
        return new

    def forget(self) -> None:
        """Know nothing any more."""
        self.people.clear()
        self.threads.clear()
        self.heads.clear()
        self.seen.clear()
        self._became.clear()
        self._heads_known = 0
        self.has_orphans = None

    def trim(self) -> None:
        """Let go of what was met first, where it has become much."""
        if self._heads_known > _MOST or len(self._became) > _MOST:  # the others are understood by them
            self.forget()
        _trim(self.people)
        _trim(self.threads)
        _trim(self.seen)


def _trim(known: MutableMapping[Any, Any]) -> None:
    while len(known) > _MOST:
        del known[next(iter(known))]
