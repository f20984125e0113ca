"""Is a text one statement that reads? A first look only: the database itself is told to read, and to run just one."""

import re

_READING = frozenset({"SELECT", "WITH", "VALUES", "TABLE"})
# What one database skips and another runs (/*! … */, comments in comments, a comment up to a carriage return) is no
# comment here.
_LEADING = re.compile(r"(?:[\s(]|--[^\r\n]*|/\*(?!M?!)(?:(?!/\*|\*/).)*+\*/)*+", re.DOTALL | re.ASCII)
_WORD = re.compile(r"[A-Za-z_]*")


def begins_to_read(statement: str) -> bool:
    """Whether a statement begins like one that reads, behind blanks, comments and brackets."""
    start = _LEADING.match(statement)
    word = _WORD.match(statement, start.end() if start else 0)
    return word is not None and word[0].upper() in _READING
