"""Masking: what an observation may show of a value. Whatever is not known to be harmless where it stands is hidden."""

import re
from collections.abc import Collection, Mapping
from typing import Protocol, get_args

from rollout_cli.flags.pseudonym import pseudonym
from rollout_cli.pipeline.dual_run.facts import Scalar
from rollout_cli.whatsapp.vocabulary import MESSAGE_TYPES, PROVIDERS, ChatType, Direction, Role, State


class Mask(Protocol):
    """From a value and the path where it stands to what may be shown; nothing stays nothing."""

    def __call__(self, value: Scalar, path: str = "") -> str | None:
        """What may be shown; without a path, nothing of it is known to be harmless."""
        ...  # pragma: no cover - a protocol


_WORDS: Mapping[str, frozenset[str]] = {
    "message.type": frozenset(MESSAGE_TYPES),
    "message.direction": frozenset(get_args(Direction)),
    "message.media.mime_type": frozenset({
        "image/jpeg", "image/png", "image/webp", "image/gif", "audio/ogg", "audio/ogg; codecs=opus", "audio/mpeg",
        "audio/mp4", "audio/aac", "audio/amr", "video/mp4", "video/3gpp", "application/pdf", "text/plain",
    }),
    "actor.role": frozenset(get_args(Role)),
    "context.chat_type": frozenset(get_args(ChatType)),
    "status.state": frozenset(get_args(State)),
    "source.provider": frozenset(PROVIDERS),
}  # fmt: skip
"""Which words say nothing of anybody, and where: the same words in a text are what a person wrote."""
_YES_OR_NO = frozenset({"context.forwarded", "security.signature_valid"})
_TIMES = frozenset({"occurred_at"})
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_LEAST_DIGITS = 7
_SEPARATORS = str.maketrans("", "", "+-() .\u00a0\u2010\u2011\u2012\u2013")


def masking(key: bytes, words: Mapping[str, Collection[str]] | None = None) -> Mask:
    """A function that hides values, so that equal ones look equal to whoever has no key.

    Args:
        key: of the pseudonyms.
        words: by path, more words that say nothing of anybody, such as what the legacy side calls a type.
    """
    more = words or {}
    known = {path: _WORDS.get(path, frozenset()) | set(more.get(path, ())) for path in {*_WORDS, *more}}

    def mask(value: Scalar, path: str = "") -> str | None:
        if value is None:
            return None
        if isinstance(value, bool):
            return str(value).lower() if path in _YES_OR_NO else f"boolean({pseudonym(key, str(value))})"
        if isinstance(value, int | float):
            return f"number({pseudonym(key, str(value))})"
        if value in known.get(path, ()) or (path in _TIMES and _TIME.fullmatch(value)):
            return value
        return _hidden(key, value)

    return mask


def _hidden(key: bytes, value: str) -> str:
    name = pseudonym(key, value)
    number, _, device = value.partition("@")[0].partition(":")
    digits = number.translate(_SEPARATORS)
    if digits.isdecimal() and len(digits) >= _LEAST_DIGITS and (not device or device.isdecimal()):
        return f"digits({len(digits)}, {name})"
    return f"text({len(value)} characters, {name})"
