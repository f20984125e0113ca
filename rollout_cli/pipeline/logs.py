"""What the new path says in the log: words that people already search for, and no person in them.

Ids stand as keyed pseudonyms, the same as in the log of decisions. No text, phone, name or raw id is ever written; a
word that is none of the known ones is `other`; of an exception its type alone, because its words may hold what a
person wrote.
"""

import json
import logging
import re
from collections.abc import Container, Mapping, Sequence, Sized
from datetime import UTC, datetime
from itertools import count, islice
from math import isfinite
from time import monotonic
from typing import Any

from rollout_cli.ending import overlooked
from rollout_cli.flags.pseudonym import pseudonym
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.dual_run.observation import Kind, Observation, Severity
from rollout_cli.pipeline.event_store import Conversation
from rollout_cli.pipeline.routing.assignment import POLICIES
from rollout_cli.process_key import PROCESS_KEY
from rollout_cli.whatsapp import PROVIDERS, CanonicalEvent
from rollout_cli.whatsapp.vocabulary import EVENT_TYPES

LOGGER = "rollout.pipeline"
FIELDS = "rollout"
"""The attribute of a record that holds its fields, for formatters."""
SHOWN = (FIELDS, "feature_flag")
"""The attributes that the formatter shows: of the new path, and of decisions."""
OTHER = "other"
QUIET_SECONDS = 10.0
"""How long nothing more is said of drops of one kind."""

_PROVIDERS, _EVENT_TYPES = frozenset(PROVIDERS), frozenset(EVENT_TYPES)
_RISKS = frozenset({"invalid_signature", "multiple_failures"})
_CHAT_TYPES = frozenset({"private", "group", "broadcast", "newsletter"})
_CAUSES = frozenset({"message", "idle", "closed", "merged"})
_DECIDERS = frozenset({*POLICIES, "entry_point", "mention", "reaction"})
_MADE_ID = re.compile(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"  # a UUID
    r"|(?=[0-9]*[a-f])[0-9a-f]{32}"  # as proxies and tracers make them; WhatsApp's own are in capitals
    r"|[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"  # traceparent
    r"|id-[0-9a-f]{16}"  # a name already
)
_PLACE = re.compile(r"[a-z_]{1,40}(\[[0-9]{0,3}\])*(\.([a-z_]{1,40}|[0-9]{1,3})(\[[0-9]{0,3}\])*){0,8}")
_WORDS = re.compile(r"(?!.*[0-9]{4})[A-Za-z_][A-Za-z0-9_.: -]{0,99}")

_CORRELATION = ("x-correlation-id", "x-request-id", "traceparent")
_WHOSE = "provider=%(provider)s shopper=%(shopper)s"
_MOST, _DEEPEST, _LARGEST = 100, 5, 2**63

Fields = dict[str, Any]


class PipelineLog:
    """The log of one new path. Whatever goes wrong in a handler stays there. May be shared by threads."""

    def __init__(self, key: bytes | None, logger: logging.Logger | None = None) -> None:
        """Make a log.

        Args:
            key: for the pseudonyms; two processes with the same key write the same ones. Without one, one of this
                process alone.
            logger: where it is written.
        """
        self._key = key or PROCESS_KEY
        self._logger = logging.getLogger(LOGGER) if logger is None else logger
        self._drops: dict[str, count[int]] = {}
        self._said_drops: dict[str, float] = {}

    def name_of(self, identity: str | None) -> str | None:
        """The name that an id has in the log."""
        return pseudonym(self._key, identity) if identity else None

    def shadow(self, event: CanonicalEvent, shopper_id: str | None) -> None:
        """An event was made in shadow."""
        if self._hears(logging.INFO):
            text = f"[SHADOW MODE] canonical event made, not stored: %(event_type)s {_WHOSE}"
            self._say(logging.INFO, text, self._of(event, shopper_id))

    def normalized(self, delivery: Delivery, events: int) -> None:
        """A delivery has become so many events."""
        if self._hears(logging.DEBUG):
            text = f"a delivery became %(events)s canonical events {_WHOSE}"
            self._say(logging.DEBUG, text, {**self._about(delivery), "events": events})

    def published(
        self, provider: str, shopper_id: str | None, new: int, repeated: int, correlation_id: str | None
    ) -> None:
        """A delivery was stored."""
        if not self._hears(logging.INFO):
            return
        fields = {
            "provider": _known(provider, _PROVIDERS),
            "shopper": self.name_of(shopper_id),
            "new": new,
            "duplicates": repeated,
            "correlation_id": self._made(correlation_id),
        }
        if new or not repeated:
            self._say(logging.INFO, f"canonical events published: %(new)s {_WHOSE}", fields)
        if repeated:
            text = f"duplicate events ignored (idempotent): %(duplicates)s {_WHOSE}"
            self._say(logging.INFO, text, fields)

    def refused(self, delivery: Delivery, reason: str, explanation: str) -> None:
        """A body is none."""
        if self._hears(logging.WARNING):
            fields = {**self._about(delivery), "reason": _plain(reason), "explanation": explanation}
            self._say(logging.WARNING, f"malformed delivery: %(reason)s {_WHOSE}", fields)

    def failed(self, error: str, deliveries: int) -> None:
        """Deliveries could not be taken: the name of an exception's type, and how many."""
        fields = {"error": _plain(error), "deliveries": deliveries}
        self._say(logging.ERROR, "the new path failed: %(error)s deliveries=%(deliveries)s", fields)

    def dropped(self, outcome: str, deliveries: int = 1) -> None:
        """The new path never saw deliveries. Said now and then, with how many there were since the process began."""
        word = _plain(outcome)
        counter = self._drops.setdefault(word, count(1))
        total = max(islice(counter, deliveries), default=0)
        now = monotonic()
        if total and now - self._said_drops.get(word, -QUIET_SECONDS) >= QUIET_SECONDS:
            self._said_drops[word] = now
            text = "deliveries dropped beside the legacy path: %(deliveries)s so far (%(outcome)s)"
            self._say(logging.WARNING, text, {"outcome": word, "deliveries": total})

    def compared(self, delivery: Delivery, observations: Sequence[Observation]) -> None:
        """Legacy and candidate were compared."""
        if not self._hears(logging.WARNING):
            return
        found = [each for each in observations if each.kind is not Kind.MATCH and each.ignored is None]
        fields = {**self._about(delivery), "divergences": len(found), "result": "divergence" if found else "match"}
        result = "match" if not found else "1 divergence" if len(found) == 1 else "%(divergences)s divergences"
        text = f"[DUAL_RUN] legacy and canonical compared: {result} {_WHOSE}"
        self._say(logging.INFO, text, fields)
        for each in found:
            self._diverged(each, fields)

    def _diverged(self, found: Observation, fields: Fields) -> None:
        level = logging.WARNING if found.severity is Severity.CRITICAL else logging.INFO
        more = {
            **fields,
            "path": self._place(found.path),
            "kind": str(found.kind),
            "severity": str(found.severity),
            "delivery": self._made(found.delivery or None),
        }
        where = "%(path)s" if found.path else "the delivery"
        self._say(level, f"[DUAL_RUN] %(kind)s at {where} (%(severity)s) provider=%(provider)s", more)

    def conversation(self, action: str, conversation: Conversation, cause: str) -> None:
        """A conversation was opened, reopened or closed."""
        if self._hears(logging.INFO):
            fields = {**self._where(conversation), "action": _plain(action), "cause": _known(cause, _CAUSES)}
            text = f"conversation %(action)s {_WHOSE} conversation=%(conversation)s"
            self._say(logging.INFO, text, fields)

    def assigned(self, conversation: Conversation, skm_id: str, by: str) -> None:
        """A thread has an SKM."""
        if self._hears(logging.INFO):
            fields = {**self._where(conversation), "skm": self.name_of(skm_id), "by": _known(by, _DECIDERS)}
            self._say(logging.INFO, "thread assigned by %(by)s skm=%(skm)s conversation=%(conversation)s", fields)

    def risk(self, flag: str, found: Delivery | CanonicalEvent) -> None:
        """A delivery or an event should not be trusted."""
        if self._hears(logging.WARNING):
            of = self._about(found) if isinstance(found, Delivery) else self._of(found, found.routing.shopper_id)
            text = f"not to be trusted: %(risk)s {_WHOSE}"
            self._say(logging.WARNING, text, {**of, "risk": _known(flag, _RISKS)})

    def _of(self, event: CanonicalEvent, shopper_id: str | None) -> Fields:
        source = event.source
        return {
            "event_type": _known(event.event_type, _EVENT_TYPES),
            "provider": _known(source.provider, _PROVIDERS),
            "instance": self.name_of(source.instance),
            "shopper": self.name_of(shopper_id),
            "thread": self.name_of(event.routing.thread_key),
            "message_id": self.name_of(source.provider_message_id),
            "correlation_id": self._made(event.trace.correlation_id),
        }

    def _about(self, delivery: Delivery) -> Fields:
        return {
            "provider": _known(delivery.provider, _PROVIDERS),
            "instance": self.name_of(delivery.instance),
            "shopper": self.name_of(delivery.shopper_id),
            "correlation_id": self._made(_correlation(delivery.headers)),
            "bytes": len(delivery.body),
        }

    def _where(self, conversation: Conversation) -> Fields:
        return {
            "provider": _known(conversation.provider, _PROVIDERS),
            "conversation": self._made(conversation.id),
            "chat_type": _known(conversation.chat_type, _CHAT_TYPES),
            "instance": self.name_of(conversation.instance),
            "shopper": self.name_of(conversation.shopper_id),
            "thread": self.name_of(conversation.thread_key),
        }

    def _made(self, identity: str | None) -> str | None:
        """An id as it is where a machine made it for this alone; else its name: there may be a person in it."""
        if identity is None or _MADE_ID.fullmatch(identity):
            return identity
        return self.name_of(identity)

    def _place(self, path: str) -> str | None:
        """Where something is, where that is a path of fields and not a key that somebody chose."""
        return path if not path or _PLACE.fullmatch(path) else self.name_of(path)

    def _hears(self, level: int) -> bool:
        return self._logger.isEnabledFor(level)

    def _say(self, level: int, text: str, fields: Fields) -> None:
        with overlooked():  # a log that fails must not change what becomes of a delivery
            self._logger.log(level, text, fields, extra={FIELDS: fields})


class JsonFormatter(logging.Formatter):
    """One JSON object a line, always. Of an exception only its type: its words, and its frames, may hold a person."""

    def format(self, record: logging.LogRecord) -> str:
        """The line: timestamp (RFC 3339, UTC), level, logger, message, exception, and the record's fields."""
        line: dict[str, Any] = {
            "timestamp": _time(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        if isinstance(record.exc_info, tuple) and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
        for attribute in SHOWN:
            fields = getattr(record, attribute, None)
            if isinstance(fields, Mapping):
                line |= {name: value for name, value in fields.items() if value is not None and name not in line}
        return json.dumps(_written(line), ensure_ascii=True, allow_nan=False)


def log_as_json(handler: logging.Handler | None = None, *, level: int = logging.INFO) -> logging.Handler:
    """Write what this program says as JSON, and nowhere else. Once is enough; the same handler is never there twice.

    Args:
        handler: where to; standard error when left out.
        level: how much of it.

    Returns:
        The handler, for whoever wants to take it away again.
    """
    ours = logging.StreamHandler() if handler is None else handler
    ours.setFormatter(JsonFormatter())
    logger = logging.getLogger("rollout")
    logger.addHandler(ours)
    logger.setLevel(level)
    logger.propagate = False
    return ours


def _correlation(headers: Mapping[str, str] | None) -> str | None:
    """What the events of a delivery have as theirs."""
    found = {name.lower(): value for name, value in (headers or {}).items()}
    return next((found[name] for name in _CORRELATION if found.get(name)), None)


def _known(word: str, words: Container[str]) -> str:
    return word if word in words else OTHER


def _plain(words: str) -> str:
    """What the program calls something; with many digits it is something else."""
    return str(words) if _WORDS.fullmatch(words) else OTHER


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # noqa: BLE001 - a record with the wrong arguments; their words are not repeated
        return f"a message that cannot be written: {type(error).__name__}"


def _time(seconds: float) -> str:
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        moment = datetime.fromtimestamp(0, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _written(value: object, depth: int = 0) -> Any:
    """A value as JSON can say it; what it cannot say is named by its type."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # half a surrogate pair is no text that others can read
    is_shown = depth < _DEEPEST and isinstance(value, Sized) and len(value) <= _MOST
    if is_shown and isinstance(value, Mapping):
        return {_name(name): _written(each, depth + 1) for name, each in value.items()}
    if is_shown and isinstance(value, list | tuple):
        return [_written(each, depth + 1) for each in value]
    return value if _is_number(value) else f"<{type(value).__name__}>"


def _name(value: object) -> str:
    return str(_written(value)) if isinstance(value, str) else f"<{type(value).__name__}>"


def _is_number(value: object) -> bool:
    return (type(value) is int and abs(value) < _LARGEST) or (type(value) is float and isfinite(value))
