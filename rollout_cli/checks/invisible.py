"""What nobody sees: characters that make two texts differ, or a text out of nothing, without a trace on the screen."""

import unicodedata

_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0\u17b4\u17b5")
"""Letters and signs by their category, blank by their shape."""
_IGNORED_MARKS = frozenset({0x034F, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)})
"""Marks that only say how others are drawn."""


def is_invisible(character: str) -> bool:
    """Whether it is a control, formatting, private or unassigned character, a blank letter, or a mark without shape."""
    return (
        unicodedata.category(character).startswith("C")
        or character in _BLANK_LETTERS
        or ord(character) in _IGNORED_MARKS
    )


def has_something_to_read(text: str) -> bool:
    """Whether anything in the text is seen: a letter, a digit or a sign."""
    return any(not is_invisible(each) and unicodedata.category(each)[0] in "LNPS" for each in text)
