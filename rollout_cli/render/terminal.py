"""Lines on a terminal: coloured, and wrapped so that nothing is cut off and what belongs together stays together."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from rollout_cli.render.words import Line

_HANG = 2
_NARROWEST = 16


def terminal_lines(lines: Iterable[Line], console: Console) -> Iterator[Text]:
    """Every line as the rows it takes; all but the first of them are indented a little further."""
    for each in lines:
        text = Text.assemble(*each.pieces, no_wrap=True)
        indent = min(each.indent, max(console.width - _NARROWEST, 0))
        if indent + text.cell_len <= console.width:
            yield _indented(text, indent)
            continue
        width = max(console.width - indent - _HANG, 1)
        for number, row in enumerate(text.wrap(console, width, no_wrap=False)):
            row.rstrip()
            yield _indented(row, indent + (_HANG if number else 0))


def _indented(text: Text, indent: int) -> Text:
    text.no_wrap = True
    return Text(" " * indent, no_wrap=True).append_text(text)
