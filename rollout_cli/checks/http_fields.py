"""The parts of a request as files write them, each with the error a person needs."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "expect", "upgrade"})
"""Headers that speak of the connection itself; whoever set them would make a reply mean something else."""


def _not_ours(name: str) -> str:
    if name.lower() in OURS:
        raise ValueError("headers that speak of the connection itself are not yours to set")
    return name


def _one_line(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ValueError("it has no line ends, and no characters beyond ASCII")
    return text


HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$"), AfterValidator(_not_ours)]
HeaderValue = Annotated[str, StringConstraints(max_length=1_000), AfterValidator(_one_line)]
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,127}$")]
UrlField = Annotated[
    str, StringConstraints(min_length=8, max_length=2_000, pattern=r"^https?://[^\s@\\]+$"), AfterValidator(_one_line)
]
PathText = Annotated[str, StringConstraints(max_length=2_000, pattern=r"^/"), AfterValidator(_one_line)]
