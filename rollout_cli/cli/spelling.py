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


def provider_named(word: str) -> str:
    """The provider that was named; with - for _, as phase files may have it.

    Raises:
        UsageError: there is none of that name.
    """
    from rollout_cli.whatsapp.vocabulary import PROVIDERS

    found = word.replace("-", "_")
    if found not in PROVIDERS:
        raise unknown("provider", word, PROVIDERS)
    return found
