"""What the new path says in the log: words that people already search for, and no person in them.

Ids stand as keyed pseudonyms, the same as in the log of decisions. No text, phone, name or raw id is ever written, and
of an exception its type alone: its words may hold what a person wrote.
"""

import json
import logging
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from rollout_cli.flags.pseudonym import pseudonym
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.dual_run.observation import Kind, Observation, Severity
from rollout_cli.pipeline.event_store import Conversation
from rollout_cli.whatsapp import CanonicalEvent

LOGGER = "rollout.pipeline"
FIELDS = "rollout"
"""The attribute of a record that holds its fields, for formatters."""
_QUIET_SECONDS = 10.0
_LONGEST = 200

Fields = dict[str, Any]


class PipelineLog:
    """The log of one new path. Whatever goes wrong in a handler stays there."""

    def __init__(self, key: bytes | None, logger: logging.Logger | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._logger = logging.getLogger(LOGGER) if logger is None else logger
        self._dropped = 0
        self._said_drops = -_QUIET_SECONDS

    def name_of(self, identity: str | None) -> str | None:
        """The name that an id has in the log."""
        return pseudonym(self._key, identity) if identity else None

    def shadow(self, event: CanonicalEvent, shopper_id: str | None) -> None:
        """An event was made in shadow."""
        if self._logger.isEnabledFor(logging.INFO):
            self._say(logging.INFO, "[SHADOW MODE] canonical event made, not stored", self._of(event, shopper_id))

    def published(
        self, provider: str, shopper_id: str | None, new: int, repeated: int, correlation_id: str | None
    ) -> None:
        """A delivery was stored."""
        if not self._logger.isEnabledFor(logging.INFO):
            return
        fields = {"provider": provider, "shopper": self.name_of(shopper_id), "new": new, "duplicates": repeated,
                  "correlation_id": self._short(correlation_id)}  # fmt: skip
        if new or not repeated:
            self._say(logging.INFO, f"canonical events published: {new}", fields)
        if repeated:
            self._say(logging.INFO, f"duplicate events ignored (idempotent): {repeated}", fields)

    def refused(self, delivery: Delivery, reason: str, explanation: str) -> None:
        """A body is none."""
        fields = {**self._about(delivery), "reason": reason, "explanation": explanation}
        self._say(logging.WARNING, f"a delivery of {delivery.provider} is malformed: {reason}", fields)

    def failed(self, error: str, deliveries: int) -> None:
        """Deliveries could not be taken."""
        fields = {"error": error, "deliveries": deliveries}
        self._say(logging.ERROR, f"the new path failed on {deliveries} deliveries: {error}", fields)

    def dropped(self, outcome: str, count: int = 1) -> None:
        """The new path never saw deliveries. Said now and then, with how many there were since."""
        self._dropped += count
        now = monotonic()
        if now - self._said_drops >= _QUIET_SECONDS:
            self._said_drops, dropped, self._dropped = now, self._dropped, 0
            fields = {"outcome": outcome, "deliveries": dropped}
            self._say(logging.WARNING, f"deliveries dropped beside the legacy path: {dropped} ({outcome})", fields)

    def compared(self, delivery: Delivery, observations: Sequence[Observation]) -> None:
        """Legacy and candidate were compared."""
        found = [each for each in observations if each.kind is not Kind.MATCH and each.ignored is None]
        result = f"{len(found)} divergences" if found else "match"
        fields = {**self._about(delivery), "divergences": len(found)}
        self._say(logging.INFO, f"[DUAL_RUN] legacy and canonical compared: {result}", fields)
        for each in found:
            level = logging.WARNING if each.severity is Severity.CRITICAL else logging.INFO
            more = {**fields, "path": each.path, "kind": str(each.kind), "severity": str(each.severity)}
            self._say(level, f"[DUAL_RUN] {each.kind} at {each.path or 'the delivery'} ({each.severity})", more)

    def conversation(self, action: str, conversation: Conversation, cause: str) -> None:
        """A conversation was opened, reopened or closed."""
        self._say(logging.INFO, f"conversation {action}", {**self._where(conversation), "cause": cause})

    def assigned(self, conversation: Conversation, skm_id: str, by: str) -> None:
        """A thread has an SKM."""
        fields = {**self._where(conversation), "skm": self.name_of(skm_id), "by": by}
        self._say(logging.INFO, f"thread assigned by {by}", fields)

    def risk(self, flag: str, delivery: Delivery) -> None:
        """A delivery should not be trusted."""
        self._say(logging.WARNING, f"a delivery of {delivery.provider} is flagged: {flag}", self._about(delivery))

    def _of(self, event: CanonicalEvent, shopper_id: str | None) -> Fields:
        source = event.source
        return {
            "event_type": event.event_type,
            "provider": source.provider,
            "instance": self.name_of(source.instance),
            "shopper": self.name_of(shopper_id),
            "thread": self.name_of(event.routing.thread_key),
            "message": self.name_of(source.provider_message_id),
            "correlation_id": self._short(event.trace.correlation_id),
        }

    def _about(self, delivery: Delivery) -> Fields:
        return {
            "provider": delivery.provider,
            "instance": self.name_of(delivery.instance),
            "shopper": self.name_of(delivery.shopper_id),
            "bytes": len(delivery.body),
        }

    def _where(self, conversation: Conversation) -> Fields:
        return {
            "provider": conversation.provider,
            "conversation": conversation.id,
            "chat_type": conversation.chat_type,
            "shopper": self.name_of(conversation.shopper_id),
            "thread": self.name_of(conversation.thread_key),
        }

    def _short(self, correlation_id: str | None) -> str | None:
        """A correlation id as it was sent where it is a mere id; whoever puts a person into one is not helped."""
        if correlation_id is None:
            return None
        plain = correlation_id.replace("-", "").replace("_", "")
        is_id = len(correlation_id) <= _LONGEST and plain.isalnum() and plain.isascii() and not plain.isdecimal()
        return correlation_id if is_id else self.name_of(correlation_id)

    def _say(self, level: int, message: str, fields: Fields) -> None:
        with suppress(Exception):  # a log that fails must not change what becomes of a delivery
            self._logger.log(level, message, extra={FIELDS: fields})


class JsonFormatter(logging.Formatter):
    """One JSON object a line. Of an exception only its type: its words, and those of frames, may hold a person."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        error = record.exc_info[0] if record.exc_info else None
        fields = getattr(record, FIELDS, None)
        line = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **({} if error is None else {"exception": error.__name__}),
            **({name: value for name, value in fields.items() if value is not None} if fields else {}),
        }
        return json.dumps(line, ensure_ascii=True, default=_unknown)


def _unknown(value: object) -> str:
    return f"<{type(value).__name__}>"
