"""Is a text one statement that reads? A first look only: the database itself is told to read, and to run just one."""

import re

from rollout_cli.checks.questions import NoAnswer, NumberQuestion
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import say

_READING = frozenset({"SELECT", "WITH", "VALUES", "TABLE"})
# What one database skips and another runs (/*! … */, comments in comments, a comment up to a carriage return) is no
# comment here.
_LEADING = re.compile(r"(?:\s|--[^\r\n]*|/\*(?!M?!)(?:(?!/\*|\*/).)*+\*/)*+", re.DOTALL | re.ASCII)
_WORD = re.compile(r"[A-Za-z_]*")


def refused_statement(question: NumberQuestion) -> NoAnswer | None:
    """Why a query is not even sent; None when it begins like one that reads."""
    if "\0" in question.query or not _is_text(question.query):
        message = say("the query of {source} holds characters that are no text", source=question.source)
        return NoAnswer(Cause.BAD_ANSWER, message, say("write it in UTF-8, without control characters"))
    if _first_word(question.query) in _READING:
        return None
    message = say("the query of {source} does not begin with SELECT", source=question.source)
    return NoAnswer(Cause.FORBIDDEN, message, say("ask with one SELECT, WITH, VALUES or TABLE; checks change nothing"))


def _first_word(query: str) -> str:
    start = _LEADING.match(query)
    word = _WORD.match(query, start.end() if start else 0)
    return word[0].upper() if word else ""


def _is_text(query: str) -> bool:
    try:
        query.encode()
    except UnicodeEncodeError:
        return False
    return True
