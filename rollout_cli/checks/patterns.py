"""Patterns that are searched in foreign text: RE2's, whose time grows with the text alone, whatever stands in it."""

from functools import lru_cache
from typing import Annotated, Any, Protocol

import re2
from pydantic import AfterValidator, StringConstraints

_MAX_MEMORY = 1 << 20
_LONGEST = 500


class Pattern(Protocol):
    """A compiled pattern."""

    def search(self, text: str) -> Any:
        """The first place where it matches; None when there is none."""
        ...


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Pattern:
    """Compile a pattern that was accepted before."""
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    found: Pattern = re2.compile(pattern, options)
    return found


def _usable(pattern: str) -> str:
    try:
        compiled(pattern)
    except re2.error as error:
        raise ValueError(f"not a pattern of RE2's syntax: {_words(error)}") from None
    except UnicodeError:
        raise ValueError("a pattern is plain Unicode text") from None
    return pattern


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else "it cannot be read"
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    lacking = next((lack for beginning, lack in _LACKS.items() if words.startswith(beginning)), "")
    return f"{words} ({lacking})" if lacking else words


_LACKS = {
    "invalid perl operator": "it looks neither ahead nor behind",
    "invalid escape sequence": "it has no back-references",
}
"""What people miss most, by how its refusal begins."""


PatternField = Annotated[
    str, StringConstraints(min_length=1, max_length=_LONGEST), AfterValidator(_usable)
]  # fmt: skip


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern is found anywhere in a text; a lone surrogate in the text is no obstacle."""
    return compiled(pattern).search(text.encode("utf-8", "replace").decode()) is not None
