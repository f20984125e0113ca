"""One message as told, with what is known of it before its content is looked at."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from rollout_cli.whatsapp.delivery import NO_ID, Origin
from rollout_cli.whatsapp.events import NOWHERE, CanonicalEvent, Context, Message
from rollout_cli.whatsapp.moments import Moment
from rollout_cli.whatsapp.originals import Piece
from rollout_cli.whatsapp.vocabulary import EventType
from rollout_cli.whatsapp.web_message.whereabouts import Whereabouts
from rollout_cli.whatsapp.wire import text


class Told(Struct, frozen=True):
    """A message, who wrote it where, and when."""

    origin: Origin
    message: Mapping[str, Any]
    where: Whereabouts
    when: Moment
    raw: Piece

    @property
    def name(self) -> str | None:
        """What the writer calls themselves."""
        return text(self.message.get("pushName")) or text(self.message.get("verifiedBizName"))

    def id_key(self, kind: str, other_id: str | None = None) -> str:
        """The key of its own id, or of another one that stands for it."""
        return self.origin.id_key(kind, other_id or self.where.message_id, self.raw)

    def event(
        self,
        event_type: EventType,
        key: str,
        about: str | None,
        message: Message | None = None,
        *,
        context: Context | None = None,
        details: dict[str, Any] | None = None,
        is_said: bool = True,
    ) -> CanonicalEvent:
        """An event of it; `about` is the id of the message that it is about. What is not said belongs to no thread."""
        where = self.where
        return self.origin.event(
            event_type, key, self.when, self.raw, about, where.routing(self.origin) if is_said else NOWHERE,
            where.actor(self.origin, self.name), context or where.context(), message, details=details,
            flags=() if where.message_id else _NO_ID,
        )  # fmt: skip


_NO_ID = (NO_ID,)
