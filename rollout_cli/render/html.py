"""HTML in small pieces: text is escaped and made harmless, unless it is a piece already."""

from collections.abc import Sequence
from html import escape

from rollout_cli.render.visible import visible


class Piece(str):
    """HTML that is safe to show."""

    __slots__ = ()


NOTHING = Piece()
_LEAST = 0.6
"""Percent: a pixel of a small bar."""
_EMPTY = frozenset({"br", "meta", "rect", "line"})


def tag(name: str, /, *content: object, **attributes: object) -> Piece:
    """An element; a trailing underscore (`class_`) is Python's need, any other one is a dash.

    Args:
        name: of the element.
        content: pieces, and anything else as text.
        attributes: those that are None are left out.
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(visible(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY:
        return Piece(f"<{name}{told}>")
    return Piece(f"<{name}{told}>{together(*content)}</{name}>")


def together(*content: object) -> Piece:
    """Pieces one after another; what is none is text."""
    return Piece("".join(each if isinstance(each, Piece) else escape(visible(each)) for each in content))


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[object]], *, class_: str | None = None) -> Piece:
    """A table whose rows become cards where there is little room: each cell knows its heading, and stays one.

    Args:
        caption: what it shows; read aloud, and not seen under a heading that says so.
        head: of each column.
        rows: cells; the first of each row is its heading.
        class_: how it looks.
    """
    heading = tag("tr", *(tag("th", each, scope="col", role="columnheader") for each in head), role="row")
    body = [
        tag(
            "tr",
            *(
                tag("td", tag("span", cell), role="cell", data_label=name)
                if place
                else tag("th", cell, scope="row", role="rowheader")
                for place, (name, cell) in enumerate(zip(head, row, strict=True))
            ),
            role="row",
        )
        for row in rows
    ]
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", heading, role="rowgroup"),
        tag("tbody", *body, role="rowgroup"),
        role="table",
        class_=class_,
    )


def meter(share: float, words: str, *, class_: str = "") -> Piece:
    """A small bar that is filled so far.

    Args:
        share: from 0 to 1; what is outside is cut, and what is not nothing can be seen.
        words: the same, for who cannot see it.
        class_: how it looks.
    """
    width = min(max(share * 100, _LEAST if share > 0 else 0), 100)
    fill = tag("i", style=f"width:{width:.1f}%")
    return tag("span", fill, class_=f"meter {class_}".strip(), role="img", aria_label=words)
