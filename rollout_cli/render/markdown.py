"""Remarks as Markdown: a summary under a pull request or a job, which no text of somebody else can dress up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rollout_cli.plan.findings import shortened
from rollout_cli.render.remarks import Remark, Remarks, Weight
from rollout_cli.render.visible import visible

MOST_BYTES = 60_000
"""A comment on GitHub has at most 65,536 characters; there is room left for a line of the workflow's own."""

_FRAME = 400
_MOST_IN_CELL = 400
_GAP = "\u200b"
_REFERENCES = re.compile(r"(?i)(?<=[@#!$%~&])(?=[\w\"'])|(?<=:)(?=//)|(?<=\bwww)(?=\.)|(?<=\bgh-)(?=\d)")
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", _GAP: "&#8203;"}
    | {character: f"\\{character}" for character in r"\`*_[]~$!"}
)
_OPEN = (Weight.FAILED, Weight.UNCLEAR, Weight.WARNED)
_FOLDED = (Weight.PENDING, Weight.DECLARED, Weight.UNASKED, Weight.PASSED)


@dataclass(slots=True)
class _Page:
    """Blocks of text, an empty line between them, within the limit."""

    left: int
    blocks: list[str] = field(default_factory=list)

    def add(self, block: str) -> None:
        self.blocks.append(block)
        self.left -= len(block.encode()) + 2

    def add_table(self, header: Sequence[str], rows: Sequence[str]) -> None:
        """A table with as many rows as there is room for, and how many more there are."""
        lines = [table_row(header), table_row(["---"] * len(header))]
        room = self.left - sum(len(each.encode()) + 1 for each in lines) - _FRAME
        shown = 0
        for row in rows:
            room -= len(row.encode()) + 1
            if room < 0:
                break
            shown += 1
        if shown:
            self.add("\n".join([*lines, *rows[:shown]]))
        if shown < len(rows):
            self.add(f"{len(rows) - shown} more: no room for them here.")


def markdown_text(remarks: Remarks) -> str:
    """A heading, the counts, a table of what does not pass, and the rest folded; at most `MOST_BYTES`."""
    page = _Page(MOST_BYTES - len(_FOLDED) * _FRAME)
    page.add(f"## rollout {remarks.command}: {remarks.verdict}")
    about = [cell(remarks.about[name]) for name in ("rollout", "position") if name in remarks.about]
    page.add(": ".join([", ".join(about), remarks.summary] if about else [remarks.summary]))
    told = remarks.weighing(*_OPEN)
    if told:
        page.add_table(("Status", "What", "What was found", "What to do"), [_told(each) for each in told])
    for weight in _FOLDED:
        page.left += _FRAME
        _fold(page, weight, remarks.weighing(weight))
    return "\n\n".join(page.blocks) + "\n"


def cell(text: str) -> str:
    """Text of somebody else, as text: no markup, no HTML, no link, and nobody and nothing is referred to."""
    flat = shortened(visible(" ".join(text.split())), _MOST_IN_CELL)
    return _REFERENCES.sub(_GAP, flat).translate(_ESCAPES)


def _fold(page: _Page, weight: Weight, remarks: Sequence[Remark]) -> None:
    if not remarks:
        return
    page.add(f"<details><summary>{len(remarks)} {weight}</summary>")
    page.add_table(("What", "What was found"), [table_row([_name(each), cell(each.message)]) for each in remarks])
    page.add("</details>")


def _told(remark: Remark) -> str:
    return table_row([f"**{cell(remark.word)}**", _name(remark), cell(remark.message), cell(remark.hint)])


def _name(remark: Remark) -> str:
    """What it is about: a check by its id and title, a finding by its place and rule."""
    if remark.is_finding:
        return cell(f"{remark.file}:{remark.line}:{remark.column} {remark.name}")
    name = cell(f"{remark.group}: {remark.name}")
    return f"{name}<br>{cell(remark.title)}" if remark.title else name


def table_row(cells: Sequence[str]) -> str:
    """A row of a table, of cells that are harmless already."""
    return f"| {' | '.join(cells)} |"
