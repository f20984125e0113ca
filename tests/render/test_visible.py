"""Foreign text on a screen."""

import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from rollout_cli.render.visible import visible
from tests.support.examples import examples

ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=40)


@given(ANY_TEXT)
@example("\x1b[2J\x9b31m\x07\r\n\t\x00\x7f")
@example("\u202eabc\u2066\u200f\u061c\u200b\u2060\ufeff\u00ad")
@example("\u2028\u2029\ud800\ue000\U000e0041\ufe0f")
@settings(deadline=None, max_examples=examples(60))
def test_nothing_that_moves_the_cursor_turns_the_line_or_hides_is_left(text: str) -> None:
    shown = visible(text)
    assert all(unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for each in shown)
    shown.encode("utf-8")


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=40))
@settings(deadline=None, max_examples=examples(50))
def test_letters_numbers_and_signs_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


def test_what_is_escaped_can_be_recognized() -> None:
    assert visible("a\x1b[31m\u202eb\n日本") == r"a\x1b[31m\u202eb\n日本"
