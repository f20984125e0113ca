"""Who the contacts of a value are: found by their ids, never by their place in the list."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from rollout_cli.whatsapp.delivery import Origin
from rollout_cli.whatsapp.events import Actor, Context, Routing
from rollout_cli.whatsapp.identity import Person, cloud_person
from rollout_cli.whatsapp.match_keys import match_keys
from rollout_cli.whatsapp.wire import mapping, scalar, text


class Sender(Struct, frozen=True, gc=False):
    """Somebody who wrote, with what is the same for all messages of theirs to the business alone."""

    actor: Actor
    routing: Routing
    context: Context
    contact: Mapping[str, Any]


class Directory:
    """The contacts of one value, and the business's own phone."""

    __slots__ = ("_contacts", "_display", "_is_of_one", "_senders")

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
        for each in self._contacts:
            contact = mapping(each)
            wa_id, other = contact.get("wa_id"), contact.get("user_id")
            if (written and written in (wa_id, other)) or (user_id and user_id in (wa_id, other)):
                return contact
        if not self._contacts:
            return {}
        return mapping(self._contacts[0]) if self._is_of_one else self._find_other_spelling(written)

    def _find_other_spelling(self, written: str | None) -> Mapping[str, Any]:
        """`wa_id` may be another spelling of the phone that a message is from."""
        keys = match_keys(written) if written else frozenset()
        for each in self._contacts if keys else ():
            contact = mapping(each)
            if keys & match_keys(scalar(contact.get("wa_id")) or ""):
                return contact
        return {}


def user_id_of(contact: Mapping[str, Any]) -> str | None:
    """The business-scoped id of a contact."""
    return text(contact.get("user_id"))


def name_of(contact: Mapping[str, Any]) -> str | None:
    """What the person calls themselves."""
    return text(mapping(contact.get("profile")).get("name"))


def met(written: str | None, user_id: str | None, contact: Mapping[str, Any]) -> Person:
    """The person that a message or status tells of, completed from the contact."""
    return cloud_person(written or scalar(contact.get("wa_id")), user_id or user_id_of(contact))


def aliases(who: Person) -> tuple[str, ...]:
    """Every id of a person that is told, as written."""
    if who.bsuid is None or who.bsuid == who.wa_id:
        return () if who.wa_id is None else (who.wa_id,)
    return (who.bsuid,) if who.wa_id is None else (who.wa_id, who.bsuid)
