"""In which language a person is spoken to about checks."""

import os
import re
from typing import TYPE_CHECKING, Annotated

import typer

from rollout_cli.cli.completion import completing

if TYPE_CHECKING:
    from rollout_cli.checks.words import Catalog

LANGUAGE_VARIABLE = "ROLLOUT_LANG"
LANGUAGES = ("en", "pt")


LanguageOption = Annotated[
    str | None,
    typer.Option(
        "--lang",
        metavar="en|pt",
        help="The language of checks; else ROLLOUT_LANG.",
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


def _plain(language: str) -> str:
    """`pt` for `pt-BR` and `pt_BR.UTF-8`."""
    return re.split("[-_.]", language.lower())[0]
