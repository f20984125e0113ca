"""JSON Pointers: the examples of RFC 6901, and whatever else somebody writes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from rollout_cli.checks.pointers import PointerField, at_pointer, checked_pointer

DOCUMENT = json.loads(r"""
{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8,
 "~1": 9, "null": null, "01": 10}
""")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/foo/1", "baz"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
        ("/~01", 9),
        ("/null", None),
        ("/01", 10),
    ],
)
def test_a_pointer_leads_where_the_rfc_says(pointer: str, found: Any) -> None:
    assert at_pointer(DOCUMENT, checked_pointer(pointer)) == found


@pytest.mark.parametrize(
    "pointer",
    ["/no", "/foo/2", "/foo/-", "/foo/-1", "/foo/01", "/foo/+1", "/foo/1.0", "/foo/٣", "/foo/ 1", "/foo/0/0", "/null/x",
     "//", "/foo/", "/foo/" + "9" * 4_500],
)  # fmt: skip
def test_where_nothing_stands_it_says_so(pointer: str) -> None:
    with pytest.raises(LookupError):
        at_pointer(DOCUMENT, pointer)


def steps_of(document: Any, here: str = "") -> list[tuple[str, Any]]:
    """Every place in a document, and what stands there."""
    found = [(here, document)]
    pairs = enumerate(document) if isinstance(document, list) else ()
    for key, value in document.items() if isinstance(document, dict) else pairs:
        found += steps_of(value, f"{here}/{str(key).replace('~', '~0').replace('/', '~1')}")
    return found


@given(JSON)
def test_every_place_of_a_document_has_a_pointer(document: Any) -> None:
    for pointer, value in steps_of(document):
        assert at_pointer(document, checked_pointer(pointer)) is value


@given(JSON, st.text(max_size=20))
def test_whatever_the_pointer_there_is_something_or_a_lookup_error(document: Any, pointer: str) -> None:
    failure = None
    try:
        at_pointer(document, pointer)
    except LookupError as error:
        failure = error
    assert type(failure) in {type(None), LookupError}  # never an IndexError or a KeyError that slipped through


@pytest.mark.parametrize("text", ["a", "#/a", "a/b", "/~", "/~2", "/a~", "/" * 51, "/" + "a" * 500])
def test_what_is_no_pointer_is_refused_where_it_is_read(text: str) -> None:
    with pytest.raises(ValidationError, match=r"pointer|500"):
        TypeAdapter(PointerField).validate_python(text)
