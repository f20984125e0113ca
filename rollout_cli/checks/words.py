"""Words that a check says: an English sentence with gaps, so that another language can have its own sentence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Catalog = Mapping[str, str]
"""For an English sentence with its gaps, the sentence of another language with the same gaps."""

ENGLISH: Catalog = {}


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence and what fills its gaps; a gap may hold another `Said`."""

    template: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def spoken(self, catalog: Catalog = ENGLISH) -> str:
        """The sentence in the language of a catalog, in one line; what the catalog does not have stays English."""
        filled = {
            name: value.spoken(catalog) if isinstance(value, Said) else value for name, value in self.values.items()
        }
        return " ".join(catalog.get(self.template, self.template).format(**filled).split())

    def __str__(self) -> str:
        """The English sentence."""
        return self.spoken()

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return bool(self.template)


NOTHING = Said()


def say(template: str, /, **values: Any) -> Said:
    """A sentence, its gaps in braces by name."""
    return Said(template, values)


def said(text: str) -> Said:
    """Words of somebody else: a title, a program's own message; never translated."""
    return Said("{text}", {"text": text}) if text else NOTHING


def term(text: str) -> Said:
    """A name that a file gives; a language may have its own for it."""
    return Said(text.replace("{", "{{").replace("}", "}}")) if text else NOTHING


def listed(parts: "list[Said]") -> Said:
    """Several phrases, a comma between them."""
    names = [f"part{index}" for index in range(len(parts))]
    return Said(", ".join(f"{{{name}}}" for name in names), dict(zip(names, parts, strict=True)))
