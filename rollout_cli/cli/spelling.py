"""Did you mean …? Errors for names that do not exist, each with the name that was probably meant."""

from collections.abc import Iterable, Mapping

from rollout_cli.errors import UsageError
from rollout_cli.plan.suggestion import closest


def meant(word: str, known: Iterable[str]) -> str | None:
    """The hint that names what was probably meant; None when nothing is close.

    Args:
        word: what was typed.
        known: the names that exist; as a mapping, with the way each of them is written.
    """
    close = closest(word, known)
    if close is None:
        return None
    return f"did you mean {known[close] if isinstance(known, Mapping) else close}?"


def unknown(what: str, word: str, known: Iterable[str]) -> UsageError:
    """The error for a name that does not exist; `what` is the kind of thing that was named."""
    names = list(known)
    hint = meant(word, names) or f"{what}s: {', '.join(names) or 'none'}"
    return UsageError(f"there is no {what} {word!r}", hint=hint)


_NO_NUMBER = {
    "int_parsing": "is no whole number",
    "int_from_float": "is no whole number",
    "float_parsing": "is no number",
}


def no_such_number(error: Exception) -> str | None:
    """What is wrong with the value of an option, as Typer's validation found it; None for any other error."""
    problems = getattr(error.__cause__, "errors", None)
    option = next(iter(getattr(getattr(error, "param", None), "opts", ())), None)
    if problems is None or option is None:
        return None
    problem = problems()[0]
    words = _NO_NUMBER.get(problem["type"]) or problem["msg"].replace("Input should", "has to", 1)
    return f"{option}: {problem['input']!r} {words}"


def provider_named(word: str) -> str:
    """The provider that was named; with - for _, as phase files may have it.

    Raises:
        UsageError: there is none of that name.
    """
    from rollout_cli.whatsapp.vocabulary import PROVIDERS, provider_called

    found = provider_called(word)
    if found is None:
        raise unknown("provider", word, PROVIDERS)
    return found
