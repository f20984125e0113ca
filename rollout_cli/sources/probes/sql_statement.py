"""Why a query is not even sent to a database."""

from rollout_cli.checks.questions import NoAnswer, NumberQuestion
from rollout_cli.checks.statements import begins_to_read
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import say


def refused_statement(question: NumberQuestion) -> NoAnswer | None:
    """Why a query is not even sent; None when it begins like one that reads."""
    if "\0" in question.query or not _is_text(question.query):
        message = say("the query of {source} holds characters that are no text", source=question.source)
        return NoAnswer(Cause.BAD_ANSWER, message, say("write it in UTF-8, without control characters"))
    if begins_to_read(question.query):
        return None
    message = say("the query of {source} does not begin with SELECT", source=question.source)
    return NoAnswer(Cause.FORBIDDEN, message, say("ask with one SELECT, WITH, VALUES or TABLE; checks change nothing"))


def _is_text(query: str) -> bool:
    try:
        query.encode()
    except UnicodeEncodeError:
        return False
    return True
