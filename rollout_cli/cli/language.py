"""In which language a person is spoken to about checks and errors."""

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from rollout_cli.cli.completion import completing
from rollout_cli.errors import RolloutError

if TYPE_CHECKING:
    from rollout_cli.checks.words import Catalog

LANGUAGE_VARIABLE = "ROLLOUT_LANG"
LANGUAGES = ("en", "pt")
OPTION = "--lang"


LanguageOption = Annotated[
    str | None,
    typer.Option(
        OPTION,
        metavar="en|pt",
        help="The language of checks and errors; else ROLLOUT_LANG.",
        autocompletion=completing(LANGUAGES),
    ),
]


def catalog_of(language: str | None) -> "Catalog":
    """The sentences of a language.

    Raises:
        UsageError: we do not speak it.
    """
    from rollout_cli.checks.words import ENGLISH

    named = _plain(language or "")
    if named and named not in LANGUAGES:
        from rollout_cli.cli.spelling import unknown

        raise unknown("language", named, LANGUAGES)
    if (named or _plain(os.environ.get(LANGUAGE_VARIABLE, ""))) != "pt":
        return ENGLISH
    from rollout_cli.checks.portuguese import PORTUGUESE

    return PORTUGUESE


def retold_error(error: RolloutError, arguments: Sequence[str]) -> tuple[str, str, str]:
    """The word for an error, what is wrong, and the hint, in the language that a command line asks for.

    What is broken is told of in any case: in English, where the language itself is what is wrong.
    """
    try:
        catalog = catalog_of(_asked_for(arguments))
    except RolloutError:
        catalog = {}
    if not catalog:
        return "error", error.message, error.hint
    from rollout_cli.checks.retelling import retold
    from rollout_cli.render.words import speak

    return speak("error", catalog), retold(error.message, catalog), retold(error.hint, catalog)


def _asked_for(arguments: Sequence[str]) -> str | None:
    """What --lang says, the last time."""
    said = None
    for place, word in enumerate(arguments):
        if word == OPTION and place + 1 < len(arguments):
            said = arguments[place + 1]
        elif word.startswith(f"{OPTION}="):
            said = word.partition("=")[2]
    return said


def _plain(language: str) -> str:
    """`pt` for `pt-BR` and `pt_BR.UTF-8`."""
    return re.split("[-_.]", language.lower())[0]
