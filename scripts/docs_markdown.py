"""Pieces of Markdown that the generated pages are made of."""

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Written by scripts/generate_docs.py; change the code or the script, then run `make docs`. -->"


def page(title: str, *parts: str) -> str:
    """A page: title, notice, and its parts with an empty line between them."""
    return "\n\n".join([f"# {title}", NOTICE, *(part.strip("\n") for part in parts if part.strip())]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; bars and line ends in cells do not break it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def code(text: str, language: str = "") -> str:
    """A block of code."""
    return f"```{language}\n{text.rstrip()}\n```"


def literal(text: object) -> str:
    """Text as code within a line."""
    return f"`{text}`"


def anchor(heading: str) -> str:
    """The link target that a heading gets."""
    kept = "".join(each for each in heading.lower() if each.isalnum() or each in " -_")
    return kept.replace(" ", "-")


def sentence(text: str | None) -> str:
    """The first paragraph of a docstring in one line."""
    return " ".join((text or "").strip().split("\n\n")[0].split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
