"""Who the contacts of a value are: found by their ids, never by their place in the list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import Actor, Context, Routing
from rollout_cli.whatsapp.identity import Person, cloud_person, digits
from rollout_cli.whatsapp.match_keys import match_keys
from rollout_cli.whatsapp.repeated import short_name, shown_name
from rollout_cli.whatsapp.wire import mapping, scalar, text


class Sender(Struct, frozen=True, gc=False):
    """Somebody who wrote, with what is the same for all messages of theirs to the business alone."""

    actor: Actor
    routing: Routing
    context: Context
    contact: Any


class Directory:
    """The contacts of one value, and the business's own phone."""

    __slots__ = ("_by_id", "_by_spelling", "_contacts", "_display", "_is_of_one", "_senders")

    def __init__(
        self, contacts: Sequence[Any], metadata: Mapping[str, Any], messages: int = 0, others: int = 0
    ) -> None:
        """Hold what a value says about its lists, of which there are so many messages, and so many other elements.

        The only contact beside a single message is its sender; beside anything else it may be of that.
        """
        self._contacts = contacts
        self._is_of_one = messages == 1 and not others and len(contacts) == 1
        self._display = metadata.get("display_phone_number")
        self._senders: dict[tuple[str | None, str | None], Sender] = {}
        self._by_id: dict[str, int] | None = None
        self._by_spelling: dict[str, int] | None = None

    def is_own(self, written: str | None) -> bool:
        """Whether an id is the business's own phone, in whichever spelling."""
        display = text(self._display)
        return bool(display and written and match_keys(display) & match_keys(written))

    def sender(self, origin: Origin, written: str | None, user_id: str | None) -> Sender:
        """Who wrote a message; several of one value are often of one person."""
        known = self._senders.get((written, user_id))
        if known is None:
            contact = self.find(written, user_id)
            who = met(written, user_id, contact)
            actor = Actor("customer", who.wa_id, who.phone, None, who.bsuid, name_of(contact))
            context = Context("private", who.wa_id, None, None, False, (), aliases(who))  # noqa: FBT003 - a field
            known = self._senders[written, user_id] = Sender(actor, origin.thread(who.best), context, contact)
        return known

    def find(self, written: str | None, user_id: str | None) -> Mapping[str, Any]:
        """The contact of a person, by the id or the user id that a message has; an empty one where there is none."""
        index = self._by_id
        if index is None:
            index = self._by_id = _first_of(map(_ids_of, self._contacts))
        at = index.get(written) if written else None
        other = index.get(user_id) if user_id else None
        if at is None or (other is not None and other < at):
            at = other
        if at is not None:
            return mapping(self._contacts[at])
        if not self._contacts:
            return {}
        return mapping(self._contacts[0]) if self._is_of_one else self._find_other_spelling(written)

    def _find_other_spelling(self, written: str | None) -> Mapping[str, Any]:
        """`wa_id` may be another spelling of the phone that a message is from."""
        if self._by_spelling is None:
            self._by_spelling = _first_of(map(_spellings_of, self._contacts))
        found = [self._by_spelling[key] for key in match_keys(written or "") if key in self._by_spelling]
        return mapping(self._contacts[min(found)]) if found else {}


def _first_of(ids: Iterable[Iterable[str]]) -> dict[str, int]:
    """For each id the first contact that has it: a batch may hold a thousand of them."""
    first: dict[str, int] = {}
    for position, own in enumerate(ids):
        for each in own:
            first.setdefault(each, position)
    return first


def _ids_of(contact: Any) -> list[str]:
    told = mapping(contact)
    return [each for each in (told.get("wa_id"), told.get("user_id")) if type(each) is str]


def _spellings_of(contact: Any) -> frozenset[str]:
    return match_keys(scalar(mapping(contact).get("wa_id")) or "")


def user_id_of(contact: Mapping[str, Any]) -> str | None:
    """The business-scoped id of a contact."""
    return short_name(text(contact.get("user_id")))


def name_of(contact: Mapping[str, Any]) -> str | None:
    """What the person calls themselves."""
    return shown_name(text(mapping(contact.get("profile")).get("name")))


def met(written: str | None, user_id: str | None, contact: Mapping[str, Any]) -> Person:
    """The person that a message or status tells of, completed from the contact."""
    wa_id = short_name(scalar(contact.get("wa_id")))
    who = cloud_person(written or wa_id, user_id or user_id_of(contact))
    if who.phone is None and wa_id and (phone := digits(wa_id)):  # a user id may stand where the phone should
        return Person(who.wa_id, phone, None, who.bsuid)
    return who


def aliases(who: Person) -> tuple[str, ...]:
    """Every id of a person that is told, as written."""
    if who.bsuid is None and who.phone == who.wa_id:
        return () if who.wa_id is None else (who.wa_id,)
    return tuple(dict.fromkeys(each for each in (who.wa_id, who.bsuid, who.phone) if each))
