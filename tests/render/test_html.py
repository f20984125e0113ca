"""Pieces of HTML: what is no piece is text, wherever it stands."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.render.html import Piece, meter, table, tag, together
from rollout_cli.render.visible import visible


class Reader(HTMLParser):
    """Collects what a browser would take for elements, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@given(st.text(), st.text())
def test_text_stays_text_inside_and_in_attributes(content: str, value: str) -> None:
    read = Reader(tag("p", content, data_name=value))
    assert read.tags == [("p", {"data-name": visible(value)})]
    assert read.words == visible(content)


def test_pieces_are_kept_as_they_are() -> None:
    assert tag("p", tag("b", "a<b"), " and ", Piece("<br>")) == "<p><b>a&lt;b</b> and <br></p>"
    assert together("a&b", tag("i")) == "a&amp;b<i></i>"


def test_attributes_that_are_none_are_left_out() -> None:
    assert tag("td", class_=None, aria_label="x") == '<td aria-label="x"></td>'


def test_every_cell_of_a_table_knows_its_heading() -> None:
    made = table("What", ("A", "B"), [("one", "two")])
    assert '<th scope="row" role="rowheader">one</th>' in made
    assert '<td role="cell" data-label="B"><span>two</span></td>' in made


def test_what_is_not_nothing_can_be_seen_and_nothing_is_more_than_all() -> None:
    widths = [meter(share, "").partition("width:")[2].partition("%")[0] for share in (-1, 0, 1e-9, 0.5, 1, 7)]
    assert widths == ["0.0", "0.0", "0.6", "50.0", "100.0", "100.0"]
