"""In which language a person is spoken to about checks."""

import os
import re
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rollout_cli.checks.words import Catalog

LANGUAGE_VARIABLE = "ROLLOUT_LANG"
LANGUAGES = ("en", "pt")


def complete_languages(incomplete: str) -> list[str]:
    """`--lang`."""
    return [each for each in LANGUAGES if each.startswith(incomplete)]


LanguageOption = Annotated[
    str | None,
    typer.Option(
        "--lang", metavar="en|pt", help="The language of checks; else ROLLOUT_LANG.", autocompletion=complete_languages
    ),
]


def catalog_of(language: str | None) -> "Catalog":
    """The sentences of a language.

    Raises:
        UsageError: we do not speak it.
    """
    from rollout_cli.checks.words import ENGLISH

    named = language and re.split("[-_.]", language.lower())[0]
    if named and named not in LANGUAGES:
        from rollout_cli.cli.spelling import unknown

        raise unknown("language", named, LANGUAGES)
    if (named or re.split("[-_.]", os.environ.get(LANGUAGE_VARIABLE, "").lower())[0]) != "pt":
        return ENGLISH
    from rollout_cli.checks.portuguese import PORTUGUESE

    return PORTUGUESE
