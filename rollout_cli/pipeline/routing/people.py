"""Who is meant: ids that bodies tell become people, and people of whom it turns out that they are one become one."""

from collections.abc import Collection, Iterable
from uuid import uuid4

from rollout_cli.pipeline.event_store import Alias, Contact, Publication
from rollout_cli.pipeline.routing.memory import Ids, Memory
from rollout_cli.pipeline.routing.spelling import spelling
from rollout_cli.pipeline.storable import storable
from rollout_cli.whatsapp import CanonicalEvent


class Told:
    """Ids of one person, as told.

    Attributes:
        home: what stands for the person in thread keys, should nobody have met them before.
    """

    __slots__ = ("display_name", "home", "ids")

    def __init__(self, ids: Ids, home: str, display_name: str | None = None) -> None:
        self.ids = ids
        self.home = storable(home)
        self.display_name = display_name and storable(display_name)


def counterpart_of(event: CanonicalEvent, tenant: str, home: str) -> Told:
    """The other side of a private chat."""
    actor, context = event.actor, event.context
    ids = context.chat_aliases or ((context.chat_id,) if context.chat_id else ())
    if event.event_type == "whatsapp.identity.changed":
        ids = (*ids, *_changed(event))
    elif not ids:
        ids = tuple(filter(None, (actor.wa_id, actor.phone, actor.lid, actor.bsuid)))
    if home not in ids:
        ids = (home, *ids)
    return Told((tenant, ids), home, actor.display_name if actor.role == "customer" else None)


def actor_of(event: CanonicalEvent, tenant: str) -> Told | None:
    """Who did it, in a group."""
    actor = event.actor
    ids = tuple(filter(None, (actor.wa_id, actor.phone, actor.lid, actor.bsuid)))
    return Told((tenant, ids), actor.phone or ids[0], actor.display_name) if ids else None


def acquaintances(event: CanonicalEvent, tenant: str) -> list[Told]:
    """Whoever else an event tells several ids of: members of a group."""
    pairs = (event.details or {}).get("aliases")
    if not isinstance(pairs, list):
        return []
    told = [tuple(each for each in pair if isinstance(each, str) and each) for pair in pairs if isinstance(pair, list)]
    return [Told((tenant, ids), spelling(ids[-1])) for ids in told if len(ids) > 1]


def meet(publication: Publication, memory: Memory, told: Iterable[Told]) -> None:
    """Make sure that memory knows whoever was told of."""
    new = {each.ids: each for each in told if each.ids not in memory.people}
    if not new:
        return
    spelled = {ids: tuple(dict.fromkeys(map(storable, filter(None, map(spelling, ids[1]))))) for ids in new}
    wanted = {(ids[0], each) for ids, own in spelled.items() for each in own}
    meeting = _Meeting(publication, memory, dict(publication.contacts(wanted)))
    for ids, each in new.items():
        meeting.introduce(each, spelled[ids])
    meeting.write()


class _Meeting:
    """People who are introduced in one publication."""

    def __init__(self, publication: Publication, memory: Memory, known: dict[Alias, Contact]) -> None:
        self._publication = publication
        self._memory = memory
        self._known = known
        self._new: list[Contact] = []
        self._aliases: dict[Alias, str] = {}

    def introduce(self, told: Told, spelled: Collection[str]) -> None:
        """Find whoever goes by one of these ids, and remember that they go by all of them."""
        tenant = told.ids[0]
        keys = [(tenant, each) for each in spelled]
        known = {key: self._memory.now(self._known[key]) for key in keys if key in self._known}
        found = {each.id: each for each in known.values()}
        contact = self._one_of(list(found.values())) if found else self._meet(told)
        for key in keys:
            if known.get(key) is not contact:
                self._known[key] = contact
                self._aliases[key] = contact.id
        self._memory.people[told.ids] = contact

    def write(self) -> None:
        """Write down who was met."""
        self._publication.add_contacts(self._new)
        self._publication.add_aliases(self._aliases)
        self._new, self._aliases = [], {}

    def _meet(self, told: Told) -> Contact:
        contact = Contact(uuid4().hex, told.ids[0], told.home, told.display_name)
        self._new.append(contact)
        return contact

    def _one_of(self, found: list[Contact]) -> Contact:
        """The one that several have turned out to be: whose home is a phone, else the first."""
        kept = min(found, key=lambda each: not each.home.isdecimal())
        for other in found:
            if other is not kept:
                self._merge(kept, other)
        return kept

    def _merge(self, kept: Contact, other: Contact) -> None:
        self.write()  # the store has to know both
        self._publication.merge_contacts(kept, other)
        self._memory.merge(kept, other)


def _changed(event: CanonicalEvent) -> tuple[str, ...]:
    """The ids, old and new, of somebody who has changed one."""
    details = event.details or {}
    named = (details.get(name) for name in ("previous", "current", "user_id", "wa_id", "phone", "lid"))
    actor = event.actor
    return tuple(
        each for each in (*named, actor.wa_id, actor.phone, actor.lid, actor.bsuid) if isinstance(each, str) and each
    )
