"""Comparators: when two values say the same. Which is for which field is declared in a table."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rollout_cli.pipeline.dual_run.facts import Scalar
from rollout_cli.pipeline.dual_run.observation import Severity
from rollout_cli.whatsapp.match_keys import match_keys


@dataclass(frozen=True, slots=True)
class Compare:
    """How one field is compared, and how bad it is when it differs.

    Attributes:
        path: of the field.
        how: a name of `WAYS`.
        within: for `number` its tolerance, for `moment` seconds.
        synonyms: for `one_of`, what the legacy side calls it and what it is called here.
    """

    path: str
    how: str = "exact"
    severity: Severity = Severity.CRITICAL
    within: float = 0.0
    synonyms: Mapping[str, str] = field(default_factory=dict)

    def agree(self, legacy: Scalar, candidate: Scalar) -> bool:
        """Whether both say the same; nothing and an empty text are the same."""
        if self.how == "ignored":
            return True
        if _is_nothing(legacy) or _is_nothing(candidate):
            return _is_nothing(legacy) and _is_nothing(candidate)
        return str(legacy) == str(candidate) or WAYS[self.how](self, legacy, candidate)


def _is_nothing(value: Scalar) -> bool:
    return value is None or value == ""


def _exact(_: Compare, _legacy: Scalar, _candidate: Scalar) -> bool:
    return False  # whether they are equal was asked before


def _text(_: Compare, legacy: Scalar, candidate: Scalar) -> bool:
    return _folded(legacy) == _folded(candidate)


def _folded(value: Scalar) -> str:
    return " ".join(unicodedata.normalize("NFC", str(value)).split())


def _phone(_: Compare, legacy: Scalar, candidate: Scalar) -> bool:
    return bool(match_keys(str(legacy)) & match_keys(str(candidate)))


def _number(how: Compare, legacy: Scalar, candidate: Scalar) -> bool:
    try:
        return abs(float(str(legacy)) - float(str(candidate))) <= how.within
    except ValueError:
        return False


def _moment(how: Compare, legacy: Scalar, candidate: Scalar) -> bool:
    try:
        return abs((_time(legacy) - _time(candidate)).total_seconds()) <= how.within
    except (ValueError, OverflowError, OSError):
        return False


def _time(value: Scalar) -> datetime:
    """A time, as text or as seconds of the epoch.

    Raises:
        ValueError: it is none.
    """
    text = str(value)
    try:
        seconds = float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return datetime.fromtimestamp(seconds, UTC)


def _one_of(how: Compare, legacy: Scalar, candidate: Scalar) -> bool:
    return str(candidate) in (str(legacy), how.synonyms.get(str(legacy)))


def _presence(_: Compare, _legacy: Scalar, _candidate: Scalar) -> bool:
    return True  # that both are there was asked before


def _ignored(_: Compare, _legacy: Scalar, _candidate: Scalar) -> bool:
    return True  # asked before, too: even where one side says nothing


WAYS: Mapping[str, Callable[[Compare, Scalar, Scalar], bool]] = {
    "exact": _exact,
    "text": _text,
    "phone": _phone,
    "number": _number,
    "moment": _moment,
    "one_of": _one_of,
    "presence": _presence,
    "ignored": _ignored,
}
"""By name: exact; text with white space and Unicode folded; phone in any spelling; number and moment within a
tolerance; one of two names; whether both say anything; whatever."""

_TYPES = {
    "conversation": "text", "extendedTextMessage": "text", "ptt": "voice", "imageMessage": "image",
    "videoMessage": "video", "documentMessage": "document", "documentWithCaptionMessage": "document",
    "stickerMessage": "sticker", "locationMessage": "location", "liveLocationMessage": "live_location",
    "contactMessage": "contacts", "contactsArrayMessage": "contacts",
}  # fmt: skip
_MINOR = Severity.MINOR
DEFAULT_COMPARATORS: tuple[Compare, ...] = (
    Compare("message.type", "one_of", synonyms=_TYPES),
    Compare("message.direction"),
    Compare("message.text", "text"),
    Compare("message.original_message_id"),
    Compare("message.media.id"),
    Compare("message.media.mime_type", severity=_MINOR),
    Compare("message.media.caption", "text"),
    Compare("message.media.filename", "text", _MINOR),
    Compare("message.location.latitude", "number", within=1e-6),
    Compare("message.location.longitude", "number", within=1e-6),
    Compare("message.interactive.id"),
    Compare("message.interactive.title", "text", _MINOR),
    Compare("message.reaction.emoji"),
    Compare("message.reaction.message_id"),
    Compare("actor.role", severity=_MINOR),
    Compare("actor.wa_id", "phone"),
    Compare("actor.phone", "phone"),
    Compare("actor.lid", "phone"),
    Compare("actor.bsuid"),
    Compare("actor.display_name", "text", _MINOR),
    Compare("context.chat_type"),
    Compare("context.chat_id", "phone"),
    Compare("context.group_id"),
    Compare("context.reply_to"),
    Compare("context.forwarded", severity=_MINOR),
    Compare("status.state"),
    Compare("status.recipient_id", "phone"),
    Compare("status.participant_id", "phone"),
    Compare("source.provider"),
    Compare("source.instance", severity=_MINOR),
    Compare("routing.thread_key"),
    Compare("security.signature_valid", severity=_MINOR),
    Compare("occurred_at", "moment", _MINOR, within=1.0),
)
"""For every field, until something else is declared."""
