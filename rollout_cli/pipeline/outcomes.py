"""What the legacy path did with a delivery, as bytes: for a file, and for another process."""

import json

import msgspec

from rollout_cli.ending import overlooked
from rollout_cli.pipeline.delivery import Answer, LegacyOutcome


class _Answered(msgspec.Struct, array_like=True):
    status: int
    headers: list[tuple[str, str]]
    body: bytes | None


class _Outcome(msgspec.Struct, array_like=True):
    """New fields come last and have a default: older and newer programs read it, too."""

    error: str | None
    seconds: float
    answer: _Answered | None = None
    response: bytes | None = None
    """As JSON."""


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(_Outcome)


def kept(outcome: LegacyOutcome) -> bytes | None:
    """An outcome whose size is bounded: an error, or an answer over HTTP; None for any other response."""
    if outcome.error is None and not isinstance(outcome.response, Answer):
        return None
    with overlooked():  # whatever an application calls a header
        return _encode(_Outcome(outcome.error, outcome.seconds, _answered(outcome)))
    return None


def sent(outcome: LegacyOutcome) -> bytes:
    """An outcome with whatever is JSON of a response; of any other nothing is left."""
    if (bounded := kept(outcome)) is not None:
        return bounded
    response = None
    with overlooked():  # whatever an application returns; it may even change meanwhile
        response = json.dumps(outcome.response).encode()
    return _encode(_Outcome(outcome.error, outcome.seconds, None, response))


def outcome_of(written: bytes) -> LegacyOutcome:
    """The outcome again.

    Raises:
        ValueError: this is none.
    """
    read = _decoder.decode(written)
    if read.answer is not None:
        answer = Answer(read.answer.status, read.answer.headers, read.answer.body)
        return LegacyOutcome(answer, read.error, read.seconds)
    return LegacyOutcome(None if read.response is None else json.loads(read.response), read.error, read.seconds)


def _answered(outcome: LegacyOutcome) -> _Answered | None:
    answer = outcome.response
    if not isinstance(answer, Answer):
        return None
    return msgspec.convert((answer.status, answer.headers, answer.body), _Answered)  # it must be readable there
