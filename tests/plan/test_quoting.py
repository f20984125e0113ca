"""Findings help without repeating what may be a secret."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.plan.findings import Finding
from rollout_cli.plan.quoting import quotable, quoted, where
from tests.support.files import read_files

HTTP = "id: c, kind: http, "
MEASURED = "id: c, kind: value, source: app, value: up, max: 1"
SOURCE = "version: 1\nsources:\n  app: {{kind: http, {}}}\n"


def phase(check: str) -> dict[str, str]:
    return {"phases/0-x.yaml": f"phase: 0\nname: x\npreflight: [{{{check}}}]\n"}


PLACES = {
    "url_env": {"sources.yaml": SOURCE.format("url_env: %s")},
    "url_env of sql": {"sources.yaml": "version: 1\nsources:\n  app: {kind: sql, url_env: %s}\n"},
    "url of a source": {"sources.yaml": SOURCE.format("url: %s")},
    "url of sql": {"sources.yaml": "version: 1\nsources:\n  app: {kind: sql, url: %s, headers: {A: b}}\n"},
    "a source's name": {"sources.yaml": "version: 1\nsources:\n  %s: {kind: http, url_env: A}\n"},
    "a broken source's name": {"sources.yaml": "version: 1\nsources:\n  %s: {kind: htp}\n"},
    "header_env of a source": {"sources.yaml": SOURCE.format("url_env: A, header_env: {X-Key: %s}")},
    "headers of a source": {"sources.yaml": SOURCE.format('url_env: A, headers: {X-Key: %s, "X Key": %s}')},
    "a header's name": {"sources.yaml": SOURCE.format("url_env: A, header_env: {%s: [1]}, headers: {%s: 5}")},
    "a key of a source": {"sources.yaml": SOURCE.format("url_env: A, %s: 1")},
    "all of a source": {"sources.yaml": "version: 1\nsources:\n  app: %s\n"},
    "allow": {"sources.yaml": "version: 1\ncommands: {allow: [%s], path: [%s]}\n"},
    "addresses": {"sources.yaml": SOURCE.format("url_env: A, addresses: %s")},
    "url": phase(f"{HTTP}url: %s"),
    "source": phase(f"{HTTP}source: %s"),
    "source of a measured check": phase(MEASURED.replace("app", "%s")),
    "header_env": phase(f"{HTTP}source: app, header_env: {{Authorization: %s}}"),
    "header_env as text": phase(f"{HTTP}source: app, header_env: %s"),
    "headers": phase(f"{HTTP}source: app, headers: {{%s: [x], A: %s, a: %s}}"),
    "body": phase(f"{HTTP}source: app, body: [%s]"),
    "path": phase(f"{HTTP}source: app, path: %s"),
    "pointer": phase(f"{HTTP}source: app, pointer: %s, equals: [%s]"),
    "an unknown key": phase(f"{HTTP}source: app, %s: 1"),
    "environment": phase("id: c, kind: command, command: [docker], environment: [%s]"),
    "environment as text": phase("id: c, kind: command, command: [docker], environment: %s"),
    "command": phase("id: c, kind: command, command: [%s]"),
    "command as text": phase("id: c, kind: command, command: %s"),
    "query": phase("id: c, kind: sql, source: store, query: %s, max: 1"),
    "value": phase(f"{MEASURED}, newest: [%s]"),
}
CODE = st.text("BCDFGHJKLMNPQRSTVWXZbcdfghjkmnpqrstvwxz23456789", min_size=8, max_size=30).map("S3cret{}Pa55".format)
FORMS = ("{}", "Bearer {}", "API_TOKEN={}", "postgresql://u:{}@db/x", "http://me:{}@example.org/", "X-Key: {}", "a,{}")


def findings(files: dict[str, str], text: str) -> tuple[Finding, ...]:
    return read_files({name: each.replace("%s", json.dumps(text)) for name, each in files.items()}).findings


def errors(files: dict[str, str]) -> list[Finding]:
    return [each for each in read_files(files).findings if each.severity == "error"]


def pieces(secret: str) -> set[str]:
    return {secret[start : start + 6] for start in range(len(secret) - 5)}


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=8, deadline=None)
@given(secret=CODE, form=st.sampled_from(FORMS))
def test_no_finding_repeats_a_secret_or_a_piece_of_it(place: str, secret: str, form: str) -> None:
    found = findings(PLACES[place], form.format(secret))
    said = " ".join(f"{each.message} {each.hint}" for each in found)
    assert [piece for piece in pieces(secret) if piece in said] == []


@pytest.mark.parametrize("place", PLACES)
def test_each_of_these_places_is_one_where_a_finding_speaks(place: str) -> None:
    assert any(findings(PLACES[place], form.format("S3cretPa55word")) for form in FORMS)


@pytest.mark.parametrize("number", [12345678, 1234.5678])
def test_a_number_where_a_secret_may_stand_is_not_repeated(number: float) -> None:
    found = read_files({"sources.yaml": SOURCE.format(f"url_env: A, header_env: {{X-Key: {number}}}")}).findings
    assert [each.hint for each in found if each.rule == "wrong-type"] == ["put it in quotes"]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("soak",), "2 days", "'2 days'"),
        (("soak",), "0,5 %", "'0,5 %'"),
        (("soak",), 48, "48"),
        (("soak",), "x" * 25, "this text"),
        (("soak",), "a=b", "this text"),
        (("soak",), "a\nb", "this text"),
        (("soak",), 10**50, "this number"),
        (("soak",), True, "true"),
        (("soak",), [1], "a list"),
        (("soak",), None, "nothing"),
        (("preflight", 0, "api_token"), "short", "this text"),
        (("preflight", 0, "db_env"), "short", "this text"),
        (("preflight", 0, "environment", 0), "short", "this text"),
        (("sources", "Short"), "Short", "this text"),
    ],
)
def test_a_value_is_repeated_where_it_is_short_and_harmless_and_stands_where_no_secret_may(
    path: tuple[str | int, ...], value: object, said: str
) -> None:
    assert quoted(path, value) == said


def test_what_is_not_quoted_is_not_shown_in_any_other_way() -> None:
    assert quotable(("soak",), "2 days") == "'2 days'"
    assert quotable(("soak",), 48) == "48"
    assert quotable(("soak",), 10**50) is None
    assert quotable(("url",), "x") is None
    assert quotable(("url",), 48) is None


def test_a_path_leaves_out_what_may_be_a_secret() -> None:
    assert where(("preflight", 0, "url")) == "preflight.0.url"
    assert where(("sources", "app", "headers", "X-Key")) == "sources.app.headers.…"
    assert where(("sources", "S3cret")) == "sources.…"
    assert where(("flags", "A1")) == "flags.A1"
    assert where(("titel",), unknown=True) == "titel"
    assert where(("s3cret",), unknown=True) == "…"
    assert where(()) == ""


@pytest.mark.parametrize(
    ("check", "hint"),
    [
        (f"{HTTP}url: 'ftp://a'", "an address begins with http:// or https://, without user and password"),
        (f"{HTTP}url: x", "an address begins with http:// or https://, without user and password"),
        (f"{HTTP}url: 'http://me@a'", "an address begins with http:// or https://, without user and password"),
        ("id: c, kind: command, command: [a], environment: [A=b]",
         "here stands the name of a variable, like DEPLOY_TOKEN, not its value"),
        (f"{HTTP}url: 'http://a', headers: {{A b: c}}",
         "here stands the name of a header, like X-Api-Key: letters, digits and -, at most 64"),
        (f"{HTTP}url: 'http://a', status: 200", "write it like `status: [200, 204]`"),
        (f"{HTTP}url: 'http://a', status: ['200']", "write it like `status: [200, 204]`"),
        (f"{HTTP}url: 'http://a', addresses: 10.0.0.1", "write it like `addresses: [10.0.3.7, 10.1.0.0/24]`"),
        (f"{HTTP}url: 'http://a', headers: x", "write it like `headers: {Accept: application/json}`"),
        (f"{HTTP}url: 'http://a', body: [x]", "see `body` in docs/checks.md"),
        (f"{HTTP}source: app, path: x", "a path begins with /"),
        ("id: c, kind: command, command: ls", "write it like `command: [python3, -c, 'print(1)']`"),
        (MEASURED.replace("max: 1", "max: 80%"), "write 80, and `unit: '%'`: only shares have the sign"),
        (MEASURED.replace("max: 1", "max: '0,5'"), "decimals have a point: write 0.5"),
        (f"{MEASURED}, total: t, min_events: '5'", "write it in digits, without quotes"),
        ("id: c, kind: ratio, source: store, bad: SELECT 1, total: SELECT 1, min_events: 1, max: '0,1%'",
         "decimals have a point: write 0.1%"),
        ("id: c, kind: ratio, source: store, bad: SELECT 1, total: SELECT 1, min_events: 1, max: 0.1",
         "a share is a percent from 0% to 100%, written with its sign and a point: 0.1%"),
    ],
)  # fmt: skip
def test_a_hint_says_how_it_is_written(check: str, hint: str) -> None:
    sources = {"sources.yaml": "version: 1\nsources: {app: {kind: http, url_env: A}}\n"}
    assert [each.hint for each in errors({**phase(check), **sources})] == [hint]


def test_a_comma_in_braces_is_recognised_as_meant_for_a_point() -> None:
    check = "id: c, kind: ratio, source: store, bad: SELECT 1, total: SELECT 1, min_events: 1, max: 0,1%"
    found = errors(phase(check))
    assert len(found) > 1
    assert all("a point" in each.hint for each in found), found
    recognised = "decimals have a point, like 0.5: a comma in braces begins another key"
    found = errors({"phases/0-x.yaml": "phase: 0\nname: x\nflags: {A: {percent: 0,5}}\n"})
    assert {each.hint for each in found} == {recognised}
    found = errors({"phases/0-x.yaml": "phase: 0\nname: x\nflags: {A: {percent: '0,5'}}\n"})
    assert [each.hint for each in found] == ["decimals have a point: write 0.5"]
