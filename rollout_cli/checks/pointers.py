"""JSON Pointers (RFC 6901): a place in a JSON document."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

_MOST_STEPS = 50
_MOST_CHARACTERS = 500
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_BAD_ESCAPE = re.compile(r"~(?![01])")


def at_pointer(document: Any, pointer: str) -> Any:
    """What stands at a place.

    Raises:
        LookupError: nothing does.
    """
    here = document
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and key in here:
            here = here[key]
        elif isinstance(here, list) and _INDEX.fullmatch(key) and int(key) < len(here):
            here = here[int(key)]
        else:
            raise LookupError(f"there is nothing at {pointer}")
    return here


def checked_pointer(text: str) -> str:
    """The text, if it is a pointer; an empty one means the whole document.

    Raises:
        ValueError: it is none, or one that is too long to be meant.
    """
    if text and not text.startswith("/"):
        raise ValueError("a pointer is a JSON Pointer like /data/0/value")
    if _BAD_ESCAPE.search(text):
        raise ValueError("in a pointer, ~ is written ~0, and a / that belongs to a key is written ~1")
    if len(text) > _MOST_CHARACTERS or text.count("/") > _MOST_STEPS:
        raise ValueError(f"a pointer has at most {_MOST_STEPS} steps and {_MOST_CHARACTERS} characters")
    return text


PointerField = Annotated[str, StringConstraints(max_length=_MOST_CHARACTERS), AfterValidator(checked_pointer)]
