"""What an answer means as a number, from Prometheus or at a place in a JSON document: one, finite, or why not."""

import math
import re
from typing import Any

from rollout_cli.checks.pointers import at_pointer
from rollout_cli.checks.questions import NoAnswer, Number
from rollout_cli.checks.redaction import redacted
from rollout_cli.checks.strict_json import strict_json
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import Said, said, say

MOST_SECONDS_APART = 300
"""How far the time of a sample may be from ours."""

_SAMPLE = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?(?:[eE][+-]?[0-9]{1,4})?|Inf|NaN)")
_OK = 200
_END_OF_TIME = 1e15  # beyond, whole numbers may be too large to be reckoned with
_ASK_FOR_A_NUMBER = say("ask for one number")
_SPELLED = {"inf": "+Inf", "-inf": "-Inf"}
_REDIRECTS = range(300, 400)
_CLOSED_DOORS = frozenset({401, 403, 407})


class _UnreadableError(Exception):
    """There is no number; `answer` says why."""

    def __init__(self, cause: Cause, message: Said, hint: Said) -> None:
        super().__init__(str(message))
        self.answer = NoAnswer(cause, message, hint)


def prometheus_number(status: int, body: bytes, now: float) -> Number | NoAnswer:
    """The number in a reply of Prometheus to an instant query.

    Args:
        status: the HTTP status.
        body: JSON; also where Prometheus refuses, and says why.
        now: our own time, in seconds since 1970.
    """
    try:
        return Number(_sample(_result(status, body), now))
    except _UnreadableError as error:
        return error.answer


def json_number(status: int, body: bytes, pointer: str) -> Number | NoAnswer:
    """The number that stands at a place of a JSON document."""
    try:
        if status != _OK:
            raise _wrong_status(status)
        return Number(_plain_number(_parsed(body), pointer))
    except _UnreadableError as error:
        return error.answer


def _result(status: int, body: bytes) -> dict[str, Any]:
    """The `data` of a successful reply."""
    try:
        reply = _parsed(body)
    except _UnreadableError:
        if status != _OK:
            raise _wrong_status(status) from None
        raise
    if isinstance(reply, dict) and reply.get("status") == "error":
        raise _refused(reply)
    if status != _OK:
        raise _wrong_status(status)
    if not isinstance(reply, dict) or reply.get("status") != "success" or not isinstance(reply.get("data"), dict):
        raise _not_prometheus()
    data: dict[str, Any] = reply["data"]
    return data


def _refused(reply: dict[str, Any]) -> _UnreadableError:
    words = [each for each in (reply.get("errorType"), reply.get("error")) if isinstance(each, str)]
    message = say(
        "Prometheus refuses: {error}", error=said(redacted(_encodable(": ".join(words)))) or say("without a word")
    )
    if reply.get("errorType") == "timeout":
        return _UnreadableError(
            Cause.TIMEOUT, message, say("make the query cheaper, or give the check a longer `timeout`")
        )
    return _UnreadableError(Cause.BAD_ANSWER, message, say("try the query in Prometheus itself"))


def _encodable(text: str) -> str:
    """The text without halves of characters, which JSON can spell and no terminal can show."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _sample(data: dict[str, Any], now: float) -> float:
    """The one sample of a scalar or of a vector with one series."""
    kind, result = data.get("resultType"), data.get("result")
    if kind == "scalar":
        return _value_of(result, now)
    if kind == "vector" and isinstance(result, list):
        return _value_of(_only(result), now)
    if kind == "matrix":
        hint = say("leave the range to a function: `increase(…[5m])`, `rate(…[5m])`, `max_over_time(…[5m])`")
        raise _UnreadableError(Cause.BAD_ANSWER, say("the query gives a range of samples, not one number"), hint)
    if kind == "string":
        raise _UnreadableError(Cause.BAD_ANSWER, say("the query gives a text, not a number"), _ASK_FOR_A_NUMBER)
    raise _not_prometheus()


def _only(series: list[Any]) -> Any:
    """The sample of the only series."""
    if not series:
        message = say("the query finds no series")
        hint = say("if a missing series means none, add `or vector(0)`; else see whether the metric is scraped")
        raise _UnreadableError(Cause.NO_DATA, message, hint)
    if len(series) > 1:
        message = say("the query finds {count} series, not one", count=str(len(series)))
        raise _UnreadableError(Cause.SEVERAL_SERIES, message, say("make one of them, like with `sum(…)` or `max(…)`"))
    if isinstance(series[0], dict) and "histogram" in series[0]:
        raise _UnreadableError(Cause.BAD_ANSWER, say("the query gives a histogram, not a number"), _ASK_FOR_A_NUMBER)
    return series[0].get("value") if isinstance(series[0], dict) else None


def _value_of(sample: Any, now: float) -> float:
    """The value of a pair of time and value, if it is of our time."""
    if not isinstance(sample, list) or len(sample) != 2:  # noqa: PLR2004 - a pair
        raise _not_prometheus()
    at, text = sample
    if isinstance(at, bool) or not isinstance(at, int | float) or not isinstance(text, str):
        raise _not_prometheus()
    if not _SAMPLE.fullmatch(text):
        raise _not_prometheus()
    if not abs(at) < _END_OF_TIME or abs(at - now) > MOST_SECONDS_APART:  # a time that is no number is not near either
        message = say(
            "the answer is of another time than ours, more than {limit} s apart", limit=str(MOST_SECONDS_APART)
        )
        raise _UnreadableError(
            Cause.STALE, message, say("compare the clocks, and see whether a proxy repeats old answers")
        )
    return _finite(float(text))


def _plain_number(document: Any, pointer: str) -> float:
    """The number at a place, if there is one."""
    shown = pointer or "/"
    try:
        found = at_pointer(document, pointer)
    except LookupError:
        found = None
    if found is None:
        message = say("there is nothing at {pointer}", pointer=shown)
        raise _UnreadableError(Cause.NO_DATA, message, say("compare the pointer with what the source says"))
    if isinstance(found, bool) or not isinstance(found, int | float):
        message = say("what stands at {pointer} is no number", pointer=shown)
        raise _UnreadableError(Cause.BAD_ANSWER, message, say("numbers stand without quotes; point at one"))
    return _finite(_as_float(found))


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        message = say("the number is too large to be one")
        raise _UnreadableError(Cause.BAD_ANSWER, message, say("see what the source counts")) from None


def _finite(number: float) -> float:
    if not math.isfinite(number):
        message = say("the value is {value}, which is no finite number", value=_SPELLED.get(str(number), "NaN"))
        raise _UnreadableError(
            Cause.NOT_A_NUMBER, message, say("mostly something is divided by nothing: wait for data")
        )
    return number


def _parsed(body: bytes) -> Any:
    """The JSON document that a body is, every key once."""
    try:
        return strict_json(body, with_nan=True)
    except ValueError:
        message = say("the answer is no proper JSON")
        raise _UnreadableError(
            Cause.BAD_ANSWER, message, say("see what listens there: a proxy or a login page?")
        ) from None


def _wrong_status(status: int) -> _UnreadableError:
    message = say("HTTP status {status} instead of an answer", status=str(status))
    if status in _REDIRECTS:
        hint = say("redirects are not followed: name the address they lead to")
    elif status in _CLOSED_DOORS:
        hint = say("give the source what lets it in, under `header_env`")
    else:
        hint = say("look at the service's log at that time")
    return _UnreadableError(Cause.BAD_ANSWER, message, hint)


def _not_prometheus() -> _UnreadableError:
    message = say("the answer is not what Prometheus says")
    return _UnreadableError(Cause.BAD_ANSWER, message, say("see whether the address is that of a Prometheus"))
