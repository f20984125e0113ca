"""Errors told in another language. They are put together where they are raised, and known by their form here.

Rollback must not import anything of the checks, and nobody should have to write an error twice: so the English stays
where it is, and a sentence is recognized by its fixed words. What no form fits stays English.
"""

import re
from functools import cache

from rollout_cli.checks.words import Catalog

Form = tuple[re.Pattern[str], str]
_GAP = re.compile(r"\{(\w+)\}")
_LONGEST = 2_000
"""Characters; a longer sentence is somebody else's."""


def retold(text: str, catalog: Catalog) -> str:
    """An English error or hint in the language of a catalog; what fills its gaps is told so, too."""
    return _retold(text, catalog) if catalog and len(text) <= _LONGEST else text


def _retold(text: str, catalog: Catalog) -> str:
    for pattern, template in _forms():
        found = pattern.fullmatch(text)
        if found is not None:
            filled = {name: _retold(value, catalog) for name, value in found.groupdict().items()}
            return catalog.get(template, template).format(**filled)
    return text


@cache
def _forms() -> tuple[Form, ...]:
    """The forms of all errors that some language has, those with the most words of their own first."""
    from rollout_cli.checks.portuguese_refusals import FORMS  # noqa: PLC0415 - nobody needs it in English

    return tuple((_pattern(each), each) for each in sorted(FORMS, key=_own_length, reverse=True))


def _own_length(template: str) -> int:
    return len(_GAP.sub("", template))


def _pattern(template: str) -> re.Pattern[str]:
    parts = _GAP.split(template)
    written = [f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts)]
    return re.compile("".join(written), re.DOTALL)
