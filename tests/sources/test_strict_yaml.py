"""YAML read strictly: what is refused, where it is said to stand, and what plain text means."""

import math
from typing import Any

import pytest

from rollout_cli.plan.findings import MAX_FINDINGS, MOST_CHARACTERS, Severity
from rollout_cli.sources.strict_yaml import MAX_DEPTH, MAX_SCALAR, MAX_VALUES, parse_yaml, plain_scalar

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"

REFUSED = {
    "an anchor": ("a: &x 1\n", ["1:4 alias"]),
    "an alias": ("a: &x 1\nb: *x\n", ["1:4 alias", "2:4 alias"]),
    "a bomb of aliases": (BOMB, ["1:4", "2:4", "2:8", "2:12", "3:4", "3:8", "3:12", "4:5", "4:9"]),
    "an alias as a key": ("a: &x 1\n*x : 2\n", ["1:4 alias", "2:1 alias", "2:1 bad-key"]),
    "a Python object": ("a: !!python/object/apply:os.system ['touch /tmp/never']\n", ["1:4 tag"]),
    "a private tag": ("a: !foo 1\n", ["1:4 tag"]),
    "a tag of YAML's own": ("a: !!str 1\n", ["1:4 tag"]),
    "a tagged key": ("!!str a: 1\n", ["1:1 tag"]),
    "a key twice": ("a: 1\nb: 2\na: 3\n", ["3:1 duplicate-key"]),
    "a key twice, once quoted": ("a: 1\n'a': 2\n\"a\": 3\n", ["2:1 duplicate-key", "3:1 duplicate-key"]),
    "a key twice, further in": ("- a:\n    b: 1\n    b: 2\n", ["3:5 duplicate-key"]),
    "a key twice in one line": ("{a: 1, a: 2}\n", ["1:8 duplicate-key"]),
    "a key twice in a mapping that stands twice": ("a: {b: 1}\na: {c: 1, c: 2}\n", ["2:1", "2:11"]),
    "a merge key": ("a: 1\n<<: {b: 2}\n", ["2:1 merge-key"]),
    "several documents": ("a: 1\n---\nb: 2\n", ["2:1 several-documents"]),
    "a %YAML directive": ("%YAML 1.1\n---\na: 1\n", ["1:1 directive"]),
    "a %TAG directive": ("# a\n%TAG ! tag:x,2000:\n---\na: 1\n", ["2:1 directive"]),
    "a mapping as a key": ("{a: 1}: 2\n", ["1:1 bad-key"]),
    "a list as a key": ("? [a]\n: 2\n", ["1:3 bad-key"]),
    "nothing behind a key": ("a: 1\nb:\nc: 3\n", ["2:3 empty-value"]),
    "null behind a key": ("a: null\nb: ~\n", ["1:4 empty-value", "2:4 empty-value"]),
    "nothing behind a dash": ("a:\n  - 1\n  -\n", ["3:4 empty-value"]),
    "keys alone in braces": ("{a, b: 1}\n", ["1:3 empty-value"]),
    "an empty file": ("", ["1:1 empty-file"]),
    "only comments": ("# nothing\n\n# here\n", ["1:1 empty-file"]),
    "only a document mark": ("---\n", ["1:1 empty-file"]),
    "null alone": ("~\n", ["1:1 empty-file"]),
    "a tab for indentation": ("a:\n\tb: 1\n", ["2:1 yaml-syntax"]),
    "an open bracket": ("a: [1, 2\nb: 3\n", ["2:2 yaml-syntax"]),
    "an open quote": ("a: 'x\n", ["2:1 yaml-syntax"]),
    "two colons": ("a: b: c\n", ["1:5 yaml-syntax"]),
    "an alias to nothing": ("a: *x\n", ["1:4 alias"]),
    "NUL": ("a: 1\nb: x\0y\n", ["2:5 bad-character"]),
    "an escape character": ("a: \x1b[31m\n", ["1:4 bad-character"]),
    "DEL": ("a: \x7f\n", ["1:4 bad-character"]),
    "a C1 control": ("a: \x9b\n", ["1:4 bad-character"]),
    "a line break that editors do not show": ("a: 1 # x\u2028b: 2\n", ["1:9 bad-character"]),
    "a next-line character": ("a: 1 # x\x85b: 2\n", ["1:9 bad-character"]),
    "a lone carriage return": ("a: 1 # x\rb: 2\n", ["1:9 bad-character"]),
    "a byte order mark inside": ("a: 1\n\ufeffb: 2\n", ["2:1 bad-character"]),
    "several of them at once": ("a: \0\nb: \x01\n", ["1:4 bad-character", "2:4 bad-character"]),
    "deep nesting": ("[" * 13 + "]" * 13, ["1:13 too-deep"]),
    "very deep nesting": ("[" * 100_000, ["1:13 too-deep"]),
    "deep nesting by indentation": ("\n".join(" " * n + "a:" for n in range(40)), ["13:13 too-deep"]),
    "a long value": (f"a: {'x' * (MAX_SCALAR + 1)}\nb: &x 1\n", ["1:4 too-long", "2:4 alias"]),
    "a long key": (f"? {'x' * (MAX_SCALAR + 1)}\n: 1\n", ["1:3 too-long"]),
    "too many values": (f"[{'a,' * (MAX_VALUES + 1)}]", [f"1:{2 * MAX_VALUES} too-many-values"]),
}


def places(data: bytes) -> list[str]:
    _, findings = parse_yaml("x.yaml", data)
    return [f"{each.line}:{each.column} {each.rule}" for each in findings]


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_and_wrong_yaml_is_refused_at_its_place_in_short_words(name: str) -> None:
    text, expected = REFUSED[name]
    _, findings = parse_yaml("x.yaml", text.encode())
    found = [f"{each.line}:{each.column} {each.rule}" for each in findings]
    assert len(found) == len(expected)
    assert all(place.startswith(wanted) for place, wanted in zip(found, expected, strict=True)), found
    for finding in findings:
        assert finding.message
        assert finding.hint
        assert len(finding.message) <= MOST_CHARACTERS
        assert finding.message.isprintable()


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"a: 1\nb: \xe9\n", "2:4 not-utf8"),
        ("a: é".encode() + b"\xff", "1:5 not-utf8"),
        (b"a: \xed\xa0\x80\n", "1:4 not-utf8"),
        ("a: 1\n".encode("utf-16"), "1:1 not-utf8"),
        (b"\xef\xbb\xbfa: \xff\n", "1:4 not-utf8"),
    ],
    ids=["latin-1", "after an umlaut", "a surrogate", "UTF-16", "behind a byte order mark"],
)
def test_what_is_not_utf8_is_refused_at_its_place(data: bytes, place: str) -> None:
    assert places(data) == [place]


def test_utf16_is_called_by_its_name() -> None:
    _, findings = parse_yaml("x", "a: 1\n".encode("utf-16"))
    assert "UTF-16" in findings[0].message


def test_utf16_without_a_mark_is_refused_for_its_zeros() -> None:
    assert places("a: 1\n".encode("utf-16-le"))[0] == "1:2 bad-character"


@pytest.mark.parametrize("text", ["\ufeffa: 1\n", "a: 1\r\n", "---\na: 1\n...\n", "a: 1", "# c\na: 1\n", "{a: 1}"])
def test_harmless_ways_to_write_a_file_are_read(text: str) -> None:
    document, findings = parse_yaml("x", text.encode())
    assert findings == []
    assert document is not None
    assert document.data == {"a": 1}


def test_a_turned_direction_of_writing_is_a_warning() -> None:
    document, findings = parse_yaml("x", "a: 1\nb: x\u202ey\n".encode())
    assert [(each.line, each.column, each.rule, each.severity) for each in findings] == [
        (2, 5, "bidi-character", Severity.WARNING)
    ]
    assert document is not None


def test_a_document_with_refused_parts_is_handed_over_so_that_the_rest_is_judged_too() -> None:
    document, findings = parse_yaml("x", b"a: &x 1\na: 2\nb: 3\n")
    assert [each.rule for each in findings] == ["alias", "duplicate-key"]
    assert document is not None
    assert document.data == {"a": 1, "b": 3}


def test_a_document_that_was_not_read_to_its_end_is_not_handed_over() -> None:
    assert parse_yaml("x", b"a: 1\nb: [")[0] is None
    assert parse_yaml("x", b"a: 1\n---\nb: 2")[0] is None


def test_more_findings_than_anybody_reads_are_cut_and_that_is_said() -> None:
    _, findings = parse_yaml("x", b"- &a 1\n" * 500)
    assert len(findings) == MAX_FINDINGS + 1
    assert findings[-1].rule == "too-many-findings"
    assert findings[-1].line == MAX_FINDINGS + 1


def test_as_deep_and_as_long_as_allowed_is_read() -> None:
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert parse_yaml("x", deep.encode())[1] == []
    assert parse_yaml("x", f"a: {'x' * MAX_SCALAR}".encode())[1] == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"), ("no", "no"), ("yes", "yes"), ("y", "y"), ("true", True), ("False", False),
        ("5", 5), ("-5", -5), ("5.5", 5.5), ("1e2", 100.0), ("1e400", math.inf), (".inf", math.inf),
        ("-.Inf", -math.inf), ("010", "010"), ("0x10", "0x10"), ("1_000", "1_000"), ("1:30", "1:30"),
        ("2027-06-30", "2027-06-30"), ("٣", "٣"), ("=", "="), ("9" * 30, "9" * 30), ("null", None), ("", None),
    ],
)  # fmt: skip
def test_plain_text_means_what_it_looks_like(text: str, value: Any) -> None:
    assert plain_scalar(text) == value
    assert type(plain_scalar(text)) is type(value)


def test_not_a_number_is_read_as_such() -> None:
    assert math.isnan(plain_scalar(".nan"))


def test_quoted_numbers_and_words_stay_text() -> None:
    document, _ = parse_yaml("x", b"a: \"5\"\nb: 'true'\nc: |\n  5\nd: ''\n")
    assert document is not None
    assert document.data == {"a": "5", "b": "true", "c": "5\n", "d": ""}


def test_on_is_a_key_and_not_true() -> None:
    document, _ = parse_yaml("x", b"on: {fail: rollback}\n")
    assert document is not None
    assert list(document.data) == ["on"]


def test_every_value_and_key_knows_its_place() -> None:
    document, _ = parse_yaml("x", b"a:\n  - b: 1\n    c: [x, yy]\n")
    assert document is not None
    assert document.place(("a", 0, "c", 1)) == (3, 12)
    assert document.place(("a", 0, "c"), key=True) == (3, 5)
    assert document.place(("a", 0, "missing")) == (2, 5)
    assert document.place(()) == (1, 1)
