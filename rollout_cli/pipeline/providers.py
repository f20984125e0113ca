"""Providers, as people name them."""

from rollout_cli.errors import UsageError
from rollout_cli.whatsapp.vocabulary import PROVIDERS, provider_called


def provider_named(word: str, where: str = "") -> str:
    """The provider that was named; with - for _, as everywhere.

    Args:
        word: what was written.
        where: what the error begins with, to say where it was written.

    Raises:
        UsageError: there is none of that name.
    """
    found = provider_called(word)
    if found is None:
        raise UsageError(f"{where}there is no provider {word!r}", hint=f"there are {', '.join(PROVIDERS)}")
    return found
