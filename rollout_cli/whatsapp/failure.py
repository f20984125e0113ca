"""The one error that leaves this room."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a body cannot become events; a code that other programs may rely on."""

    NOT_JSON = "not_json"
    NOT_UTF8 = "not_utf8"
    NOT_AN_OBJECT = "not_an_object"
    TOO_DEEP = "too_deep"
    TOO_LARGE = "too_large"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    UNKNOWN_PROVIDER = "unknown_provider"
    FOREIGN_FORMAT = "foreign_format"


class NormalizeError(ValueError):
    """A body that is no delivery of its provider.

    Attributes:
        reason: the code.
        message: what is wrong and where, in one line; it never holds a part of the body.
        hint: what to do about it.
    """

    def __init__(self, reason: Reason, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.reason, self.message, self.hint)


def _again(reason: Reason, message: str, hint: str) -> NormalizeError:
    return NormalizeError(reason, message, hint=hint)
