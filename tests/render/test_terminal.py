"""Lines on terminals of any width."""

import io

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from rollout_cli.render.terminal import terminal_lines
from rollout_cli.render.words import Line, line
from tests.support.examples import examples

PIECES = st.lists(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=30), max_size=4)


def rows(made: Line, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    return [row.plain for row in terminal_lines([made], console)]


@given(PIECES, st.integers(4, 100), st.integers(0, 12))
@settings(deadline=None, max_examples=examples(60))
def test_no_row_is_wider_than_the_screen_and_no_character_is_lost(pieces: list[str], width: int, indent: int) -> None:
    made = line(*pieces, indent=indent)
    shown = rows(made, width)
    assert all(cell_len(row) <= width for row in shown)
    assert "".join("".join(shown).split()) == "".join(made.plain.split())


def test_what_fits_stays_on_one_row_and_the_rest_hangs_below_it() -> None:
    made = line("allowlist: ", ("+beta-1, beta-2", "green"), indent=6)
    assert rows(made, 40) == ["      allowlist: +beta-1, beta-2"]
    assert rows(made, 30) == ["      allowlist: +beta-1,", "        beta-2"]


def test_a_word_longer_than_the_screen_is_folded_and_whole() -> None:
    shown = rows(line("head ", "0123456789" * 6, indent=2), 30)
    assert "".join("".join(shown).split()) == "head" + "0123456789" * 6
