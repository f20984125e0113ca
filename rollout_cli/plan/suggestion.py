"""Did you mean …? A guess that stays quick when the words come from somebody who wants it slow."""

import difflib
from collections.abc import Iterable
from itertools import islice

_LONGEST_WORD = 64
_MOST_CANDIDATES = 200


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that a misspelt one most likely means; None when nothing is close."""
    if len(word) > _LONGEST_WORD:
        return None
    candidates = list(islice((each for each in known if len(each) <= _LONGEST_WORD), _MOST_CANDIDATES))
    return next(iter(difflib.get_close_matches(word, candidates, n=1)), None)
