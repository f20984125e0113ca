"""Patterns that are searched in foreign text: RE2's, whose time grows with the text alone, whatever stands in it.

It grows with the pattern, too, so a large pattern is refused: a search of 1 MB takes two seconds at the worst.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any, Protocol

import re2
from pydantic import AfterValidator, StringConstraints

_MAX_MEMORY = 2 << 20
_LONGEST = 500
_MOST_STEPS = 170
"""Steps that a pattern may have: at the worst, each of them is taken for every character of the text."""
_PLAIN = re.compile(r"(?:\(\?i\))?(?:[^\\.\[\](){}*+?^$]|\\[^\w\s])*")
_ABOUT_THE_WHOLE = re.compile(r"\\[AzCQ]|\(\?[a-zA-Z]*-")


class Pattern(Protocol):
    """A compiled pattern."""

    def search(self, text: bytes, pos: int | None = None) -> Any:
        """The first place where it matches, from a position on; None when there is none."""
        ...


@lru_cache(maxsize=64)
def compiled(pattern: str) -> Pattern:
    """Compile a pattern that was accepted before."""
    found: Pattern = re2.compile(pattern.encode(), _options())
    return found


@lru_cache(maxsize=64)
def _compiled_for_lines(pattern: str) -> Pattern:
    """The same, to be searched in many lines at once: each is a text of its own, and no match leaves it."""
    options = _options()
    options.never_nl = True
    found: Pattern = re2.compile(b"(?m)" + pattern.encode(), options)
    return found


def _options() -> Any:
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    options.never_capture = True  # nobody asks where the groups are, and looking for them takes long
    return options


def _usable(pattern: str) -> str:
    try:
        program: Any = compiled(pattern)
    except re2.error as error:
        raise ValueError(f"not a pattern of RE2's syntax: {_words(error)}") from None
    except UnicodeError:
        raise ValueError("a pattern is plain Unicode text") from None
    # Words and nothing else have few states, however many they are.
    if max(program.programsize, program.reverseprogramsize) > _MOST_STEPS and not _PLAIN.fullmatch(pattern):
        raise ValueError(
            "the pattern is too large to be searched in time: say `.*` for `.{0,80}`, `[a-z]` for `\\pL`, or less"
        )
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
    return compiled(pattern).search(text.encode("utf-8", "replace")) is not None


def matching_lines(pattern: str, lines: Sequence[str]) -> int:
    """In how many of the lines a pattern is found. No line has a line end in it.

    All of them are searched at once, which is quicker by far where few match.
    """
    if not lines:
        return 0
    if _ABOUT_THE_WHOLE.search(pattern):  # would speak of all lines together
        return sum(matches(pattern, each) for each in lines)
    text, search = "\n".join(lines).encode("utf-8", "replace"), _compiled_for_lines(pattern).search
    count = begins = 0
    while (found := search(text, begins)) is not None:
        count += 1
        begins = text.find(b"\n", found.start()) + 1
        if not begins:
            break
    return count
