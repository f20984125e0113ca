"""Kinds that look at the outside: what they say, what they keep to themselves, and what makes no sense to ask."""

import pytest

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.questions import (
    CommandEnded,
    CommandQuestion,
    FileQuestion,
    FileSeen,
    HttpQuestion,
    HttpReply,
    LogQuestion,
    LogSeen,
    Question,
    TableSeen,
    TablesQuestion,
    TablesSeen,
)
from rollout_cli.checks.verdict import Verdict
from tests.checks.asking import NOW, OFF, _files, ask, check, problems
from tests.support.files import read_files

HTTP = "kind: http, url: 'http://app.example/health'"
POST = "kind: http, source: app, path: /x, method: POST, body: hi, headers: {A: b}, addresses: [10.0.3.0/24]"
SCHEMA = (
    "kind: migrations, source: events, tables: [a], indexes: [{table: b, name: i}, {table: a, unique: [x]}],"
    " head: abc, version_table: v, applied: [app.0001_a]"
)
CONNECTION = "headers that speak of the connection itself are not yours to set"
TABLES = {"events": TableSeen(frozenset({"by_key"}), frozenset({("a", "b")}))}


def question(text: str) -> Question:
    found = check(text)
    (asked,) = found.kind.questions(found.entry, Facts(NOW, OFF, OFF)).values()
    return asked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HTTP, HttpQuestion("http://app.example/health", path="/")),
        (
            POST,
            HttpQuestion("", "app", "/x", "POST", {"A": "b"}, "hi", ("10.0.3.0/24",)),
        ),
        (
            "kind: command, command: [tool, -a, b c], environment: [HOME]",
            CommandQuestion(("tool", "-a", "b c"), ("HOME",)),
        ),
        ("kind: file, path: a.txt", FileQuestion("a.txt")),
        ("kind: file, path: a.txt, absent: x", FileQuestion("a.txt", wants_content=True)),
        ("kind: log, path: a.log, absent: x", LogQuestion("a.log")),
        ("kind: log, command: [tool, logs], absent: x, lines: 5", LogQuestion("", ("tool", "logs"), 5)),
        ("kind: migrations", TablesQuestion("store")),
        (
            SCHEMA,
            TablesQuestion("events", ("a", "b"), "v", with_django=True),
        ),
    ],
)
def test_what_is_asked_is_what_the_file_says(text: str, expected: Question) -> None:
    assert question(text) == expected


def reply(body: str = "", status: int = 200, seconds: float = 0.0123) -> dict[str, HttpReply]:
    return {"reply": HttpReply(status, body.encode(), seconds)}


@pytest.mark.parametrize(
    ("text", "answer", "message"),
    [
        (HTTP, reply(), "200 in 12 ms"),
        (HTTP, reply(status=503, seconds=1.5), "503 in 1 500 ms; wanted 200"),
        (f"{HTTP}, status: [200, 204]", reply(status=404), "404 in 12 ms; wanted 200, 204"),
        (f"{HTTP}, contains: 'a+'", reply("b"), "200 in 12 ms; the body does not contain a+"),
        (f"{HTTP}, absent: 'a+'", reply("aa"), "200 in 12 ms; the body contains a+"),
        (f"{HTTP}, pointer: /a/0, equals: 'on'", reply('{"a": ["off"]}'), '200 in 12 ms; /a/0 is not "on"'),
        (f"{HTTP}, pointer: /b/x, equals: 1", reply('{"a": 1}'), "200 in 12 ms; there is nothing at /b/x"),
        (f"{HTTP}, pointer: /a, equals: true", reply('{"a": 1}'), "200 in 12 ms; /a is not true"),
        (f"{HTTP}, pointer: /a, equals: 1", reply('{"a": 1.0}'), "200 in 12 ms"),
        (f"{HTTP}, pointer: /a, equals: 1", reply("<html>"), "200 in 12 ms; the answer is no proper JSON"),
        (f"{HTTP}, within: 1s", reply(seconds=1.25), "200 in 1 250 ms; wanted within 1 000 ms"),
        (f"{HTTP}, within: 1s", reply(seconds=1.0004), "200 in 1 000.4 ms; wanted within 1 000 ms"),
    ],
)
def test_an_http_check_says_what_came_and_what_was_wanted(
    text: str, answer: dict[str, HttpReply], message: str
) -> None:
    assert str(ask(text, answers=answer).message) == message


def test_no_body_is_ever_repeated() -> None:
    secret = "call +55 11 98765 4321"
    for text in (f"{HTTP}, contains: nowhere", f"{HTTP}, absent: call", f"{HTTP}, pointer: '', equals: x"):
        outcome = ask(text, answers=reply(f'"{secret}"'))
        assert outcome.verdict is Verdict.FAIL
        assert "98765" not in f"{outcome.message} {outcome.hint} {outcome.evidence}"


def test_no_line_of_a_log_is_ever_repeated_and_output_of_a_program_is_masked() -> None:
    secret = "error: token=abcdef123456 for +55 11 98765 4321"
    log = ask("kind: log, path: a.log, absent: error", answers={"log": LogSeen((secret,), 1.0)})
    run = ask(
        "kind: command, command: [tool], absent: error", answers={"run": CommandEnded(0, secret, False, 0.1, secret)}
    )
    for outcome in (log, run):
        assert outcome.verdict is Verdict.FAIL
        shown = f"{outcome.message} {outcome.hint} {outcome.evidence}"
        assert "98765" not in shown
        assert "abcdef123456" not in shown
    assert str(log.message) == "1 of 1 lines contain error, none wanted"


@pytest.mark.parametrize(
    ("wanted", "lines", "verdict", "message"),
    [
        ("absent: x", "abc", Verdict.PASS, "none of 3 lines contain x"),
        ("absent: x", "axx", Verdict.FAIL, "2 of 3 lines contain x, none wanted"),
        ("contains: x", "axx", Verdict.PASS, "2 of 3 lines contain x"),
        ("contains: x", "abc", Verdict.FAIL, "none of 3 lines contain x, at least 1 wanted"),
        ("contains: x, at_least: 3", "axx", Verdict.FAIL, "2 of 3 lines contain x, at least 3 wanted"),
        ("contains: x, absent: b", "axx", Verdict.PASS, "2 of 3 lines contain x"),
    ],
)
def test_a_log_check_counts_what_it_found_and_says_what_was_wanted(
    wanted: str, lines: str, verdict: Verdict, message: str
) -> None:
    outcome = ask(f"kind: log, path: a.log, {wanted}", answers={"log": LogSeen(tuple(lines), 1.0)})
    assert (outcome.verdict, str(outcome.message)) == (verdict, message)


@pytest.mark.parametrize(
    ("output", "is_cut", "ending"),
    [
        ("Traceback\nImportError: no module named shop\n\n  \n", False, "ImportError: no module named shop"),
        ("a\r\n  b   c\r\n", False, "b c"),
        ("x" * 200, False, "x" * 119 + "…"),
        ("first\ntoken=abcdef123456 for +55 11 98765 4321", False, "token=[…] for […]"),
        ("word " * 10_000 + "\nlast", False, "last"),
        ("-----BEGIN PRIVATE KEY-----\nMIIB\nAb3c", False, "[…]"),
        ("word " * 10_000, False, ""),
        (" \n\n", False, ""),
        ("a\nhalf a li", True, ""),
    ],
)
def test_a_program_that_fails_shows_the_last_line_of_what_it_printed(output: str, is_cut: bool, ending: str) -> None:
    outcome = ask("kind: command, command: [tool]", answers={"run": CommandEnded(3, output, is_cut, 0.1, output)})
    shown = f"; its last line: {ending}" if ending else ""
    assert str(outcome.message) == f"exit status 3; wanted 0{shown}"


def test_a_program_that_passes_shows_nothing_of_what_it_printed() -> None:
    outcome = ask(
        "kind: command, command: [tool]", answers={"run": CommandEnded(0, "all is well", False, 0.1, "all is well")}
    )
    assert str(outcome.message) == "exit status 0"


@pytest.mark.parametrize(
    ("wanted", "content", "message"),
    [
        ("contains: a+", b"aa", "x.txt contains what it should"),
        ("contains: a+, absent: b", b"aa", "x.txt contains what it should"),
        ("absent: b", b"aa", "x.txt contains nothing that it should not"),
        ("newer_than: 1h", b"", "x.txt is there"),
        (f"contains: {'a' * 61}", b"b", f"x.txt: it does not contain {'a' * 59}…"),
        (f"contains: {'a' * 60}", b"b", f"x.txt: it does not contain {'a' * 60}"),
        ("absent: 'a{1,3}|" + "b" * 60 + "'", b"aa", "x.txt: it contains a{1,3}|" + "b" * 52 + "…"),
    ],
)
def test_a_file_check_says_whether_the_content_is_right_and_keeps_long_patterns_short(
    wanted: str, content: bytes, message: str
) -> None:
    seen = FileSeen("file", len(content), 1.0, content)
    assert str(ask(f"kind: file, path: x.txt, {wanted}", answers={"file": seen}).message) == message


def test_a_schema_check_names_what_is_missing_and_counts_what_is_there() -> None:
    text = (
        "kind: migrations, source: events, tables: [events, a, b, c, d, e],"
        " indexes: [{table: events, name: by_key}, {table: events, unique: [b, a]}]"
    )
    everything = {**TABLES, **dict.fromkeys("abcde", TableSeen())}
    assert str(ask(text, answers={"schema": TablesSeen(everything)}).message) == "events has 6 tables, 2 indexes"
    outcome = ask(text, answers={"schema": TablesSeen({})})
    assert str(outcome.message) == "missing: table events, table a, table b, table c, table d, and 3 more"
    assert outcome.evidence["missing"][-1] == "uniqueness of events (b, a)"
    one = ask("kind: migrations, source: events, tables: [events], head: abc", answers={
        "schema": TablesSeen(TABLES, versions=frozenset({"abc"})),
    })  # fmt: skip
    assert str(one.message) == "events has 1 table, migration abc"


def test_a_file_that_must_not_be_there_passes_only_when_nothing_is() -> None:
    for what in ("nothing", "file", "folder", "something else"):
        outcome = ask("kind: file, path: a, exists: false", answers={"file": FileSeen(what)})
        assert (outcome.verdict is Verdict.PASS) == (what == "nothing")
    assert str(ask("kind: file, path: a, newer_than: 1h", answers={"file": FileSeen("file", 1, 7200.0)}).message) == (
        "a: it is 2h old, wanted newer than 1h"
    )


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("kind: http", "say one of `url` and `source`"),
        (f"{HTTP}, source: app", "say one of `url` and `source`"),
        (f"{HTTP}, path: /x", "a `path` is below a source: with `url`, write it there"),
        (f"{HTTP}, pointer: /a", "`pointer` and `equals` go together"),
        (f"{HTTP}, body: x", "only a POST has a `body`"),
        (f"{HTTP}, method: HEAD, contains: x", "the answer to a HEAD has no body to look into"),
        (f"{HTTP}, headers: {{Host: x}}", CONNECTION),
        (f"{HTTP}, headers: {{Content-Length: X}}", CONNECTION),
        (f"{HTTP}, headers: {{A: x, a: X}}", "a header is said twice"),
        (f'{HTTP}, headers: {{A: "x\\r\\nB: y"}}', "it has no line ends, and no characters beyond ASCII"),
        ('kind: command, command: ["a\\0b"]', "an argument has no NUL in it"),
        ("kind: command, command: [a], inconclusive_on: [0]", "an exit status passes, or it is inconclusive, not both"),
        ("kind: file, path: a, exists: false, contains: x", "a file that must not be there has no content and no age"),
        ('kind: file, path: "a\\nb"', "a path has no invisible characters"),
        ("kind: log, absent: x", "say one of `path` and `command`"),
        ("kind: log, path: a", "say at least one of `contains` and `absent`"),
        ("kind: log, command: [a], absent: x, fresh: 1m", "`fresh` looks at a file: what a program prints has no age"),
        (
            "kind: log, path: a, absent: x, lines: 5, min_lines: 6",
            "`lines` is less than what is asked of them: nothing would ever pass",
        ),
        ("kind: migrations, source: events", "say at least one of tables, indexes, head, applied"),
        ("kind: migrations, indexes: [{table: a}]", "say one of `name` and `unique`"),
    ],
)  # fmt: skip
def test_a_question_that_makes_no_sense_is_refused(text: str, hint: str) -> None:
    assert problems(text) == [hint]


@pytest.mark.parametrize("where", ["url: 'http://app.example/'", "source: app"])
def test_a_phase_file_sends_no_variable_of_the_environment(where: str) -> None:
    reading = read_files(_files(f"kind: http, {where}, header_env: {{X: TOKEN}}"))
    (problem,) = [each.message for each in reading.findings if each.severity == "error"]
    assert problem == "preflight.0.header_env: unknown key"
