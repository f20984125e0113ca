"""Sentences with gaps: spoken in any language, always one line, whatever fills the gaps."""

from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.checks.words import NOTHING, Said, listed, said, say, term

texts = st.text(st.characters() | st.sampled_from("\n\r\x0b\x1c\x85\u2028{}%\ud800"))
fillings = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts, st.builds(said, texts)),
    lambda inner: st.builds(lambda a, b: say("{a} and {b}", a=a, b=b), inner, inner) | st.builds(listed, st.lists(
        st.builds(said, texts), max_size=3)),
    max_leaves=5,
)  # fmt: skip


@given(fillings, texts)
def test_whatever_fills_a_gap_the_sentence_is_spoken_in_one_line(filling: object, name: str) -> None:
    sentence = say("{thing}: {name}", thing=filling, name=name)
    for catalog in ({}, {"{thing}: {name}": "{name} ({thing})", "{a} and {b}": "{b} e {a}"}):
        spoken = sentence.spoken(catalog)
        assert spoken.splitlines() in ([spoken], [])
        assert spoken == spoken.strip()


@given(texts)
def test_words_of_somebody_else_are_never_translated_and_their_braces_mean_nothing(text: str) -> None:
    assert said(text).spoken({text or "x": "stolen", "{text}": "{text}"}) == " ".join(text.split())


def test_the_sentences_in_the_gaps_are_translated_too() -> None:
    sentence = say("{took}; {wrong}", took=say("{status} in {time} ms", status=500, time="3"), wrong=say("too bad"))
    assert str(sentence) == "500 in 3 ms; too bad"
    portuguese = {"{status} in {time} ms": "{status} em {time} ms", "too bad": "que pena"}
    assert sentence.spoken(portuguese) == "500 em 3 ms; que pena"


def test_what_a_catalog_does_not_have_stays_english() -> None:
    assert say("new sentence {number}", number=1).spoken({"old": "velho"}) == "new sentence 1"


def test_a_list_has_commas_and_nothing_is_silent() -> None:
    assert str(listed([say("a"), say("{x}", x="b"), said("c")])) == "a, b, c"
    assert not listed([])
    assert not NOTHING
    assert not said("")
    assert Said("x")


def test_a_name_from_a_file_is_shown_as_it_is_unless_a_language_has_its_own() -> None:
    assert str(term("the {normalizer}")) == "the {normalizer}"
    assert term("the normalizer").spoken({"the normalizer": "o normalizador"}) == "o normalizador"
    assert not term("")
