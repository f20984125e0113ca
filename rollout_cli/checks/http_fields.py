"""The parts of a request as files write them, each with the error a person needs."""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

from rollout_cli.plan.fields import HEADER_NAME, VARIABLE_NAME

OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "expect", "upgrade"})
"""Headers that speak of the connection itself; whoever set them would make a reply mean something else."""

_MOST = 2_000
_URL = r"^https?://[^\s@\\]+$"
_PATH = "^/"


def _not_ours(name: str) -> str:
    if name.lower() in OURS:
        raise ValueError("headers that speak of the connection itself are not yours to set")
    return name


def _one_line(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ValueError("it has no line ends, and no characters beyond ASCII")
    return text


def _address(text: str) -> str:
    if not re.fullmatch(_URL, text):
        raise ValueError("an address begins with http:// or https://, without user and password")
    return _one_line(text)


def _below(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("a path begins with /")
    return _one_line(text)


HeaderName = Annotated[str, StringConstraints(pattern=HEADER_NAME), AfterValidator(_not_ours)]
HeaderValue = Annotated[str, StringConstraints(max_length=1_000), AfterValidator(_one_line)]
VariableName = Annotated[str, StringConstraints(pattern=VARIABLE_NAME)]
UrlField = Annotated[
    str,
    StringConstraints(max_length=_MOST),
    AfterValidator(_address),
    WithJsonSchema({"type": "string", "minLength": 8, "maxLength": _MOST, "pattern": _URL}),
]
PathText = Annotated[
    str,
    StringConstraints(max_length=_MOST),
    AfterValidator(_below),
    WithJsonSchema({"type": "string", "maxLength": _MOST, "pattern": _PATH}),
]
