"""What comes from outside is shown without people and secrets, readable where it is harmless, and costs little."""

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.checks.redaction import MASK, MOST_EVIDENCE, redacted, redacted_evidence
from tests.support.examples import examples

WORDS = st.text(alphabet="abc xyz,;()", max_size=20)
GAPS = st.sampled_from(["", " ", "-", " - ", ") ", "\u2011", "\u00a0"])


@pytest.mark.parametrize(
    "text",
    [
        "3 bad of 12 840 = 0.023 % < 0.1 %",
        "2026-11-24 14:00:01",
        "2026-11-24 14:00:01,123 ERROR the queue is full",
        "2026-11-24T14:00:01.123456+00:00 ok, since 2026-11-20",
        "20261124T140001Z",
        "24.11.2026 14:00 and 24/11/2026",
        "2026/11/24 14:00:01 12 rows",
        "[24/Nov/2026:14:00:01 +0000] GET /",
        "2024_11_24_120000_create_users",
        "14:00:01.123456 started, 14:00 ended",
        "404, 500, 502, 503 and 504",
        "12 840 000 rows, 12,840,123 bytes, 1234567 events",
        "p95 12.5 ms, p99 40.125 ms, share 0.0231234567",
        "cannot connect to 192.168.100.200:5432",
        "Python 3.11.7, PostgreSQL 16.4, rollout 1.25.300",
        "/usr/lib/python3.11/site-packages/rollout_cli/sources/probes/file2.py:120",
        "index ix_whatsapp_events_2024_idx of whatsapp_conversations is missing",
        "WHATSAPP_GROUP_ROUTING_V2_ENABLED is true in phases/3-production.yaml",
        "https://app.example/health/ready says 503",
        "basic checks passed; the token expired; no password given",
        "acentuação, 日本語, emoji 🙂",
    ],
)
def test_what_is_harmless_stays_readable(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("call +55 (11) 98888-7777 now", "call […] now"),
        ("+5511988887777", "[…]"),
        ("11 987 654", "[…]"),
        ("94 016 643 of them", "[…] of them"),
        ("98765.432", "[…]"),
        ("12345678.5 ms", "[…] ms"),
        ("11_98888_7777 55/11/988887777 11·98888·7777", "[…]"),
        ("11:98888:7777, 55 | 11 | 988887777", "[…], […]"),
        ("at 14:00 5511988887777", "at […]"),
        ("from 5511988887777@s.whatsapp.net to 120363041234567890@g.us", "from […] to […]"),
        ("lid 123456789012345@lid", "lid […]@lid"),
        ("shopper5511988887777x", "shopper[…]x"),
        ("55\u200b1198888\u20607777", "[…]"),
        ("2026-11-24 5511988887777", "2026-11-24 […]"),
        ("ana.maria+x@mail.example.com wrote", "[…] wrote"),
        ("postgresql://ana:p@ss/w#rd@db.example:5432/x?sslmode=no", "postgresql://[…]@db.example:5432/x?[…]"),
        ("https://app.example/a?key=abc&x=1 failed", "https://app.example/a?[…] failed"),
        ("login ana:hunter2@db refused", "login […]@db refused"),
        ("Authorization: Bearer abc def\nnext line", "Authorization: […] next line"),
        ("Set-Cookie: session=1; path=/", "Set-Cookie: […]"),
        ("bearer abc.def-ghi", "bearer […]"),
        ("curl -H 'basic dXNlcjpwYXNz'", "curl -H 'basic […]'"),
        ("DB_PASSWORD=hunter2 HOST=db", "DB_PASSWORD=[…] HOST=db"),
        ('{"api_key": "a b c", "n": 5}', '{"api_key": […], "n": 5}'),
        (r"{\"access_token\": \"abc\"}", r"{\"access_token\": \[…]"),
        (r'{"token": "a\"b c", "n": 1}', '{"token": […], "n": 1}'),
        ('"token": "never closed', '"token": […]'),
        ("{'client-secret': 'x y'}", "{'client-secret': […]}"),
        ("senha: segredo", "senha: […]"),
        ("tool --password hunter2 --user x", "tool --password […] --user x"),
        ("token => abc", "token => […]"),
        ("key AKIAIOSFODNN7EXAMPLE used", "key […] used"),
        ("ghp_abcdefghijklmnopqrst", "[…]"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "[…]"),
        ("550e8400-e29b-41d4-a716-446655440000", "[…]"),
        ("hash 9f86d081884c7d659a2feaa0c55ad015", "hash […]"),
        ("-----BEGIN PRIVATE KEY-----\nabc\ndef\n-----END PRIVATE KEY----- after", "[…] after"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\ndef", "[…]"),
        ("\x1b[31mred\x1b[0m\x07 and\x00nul", "red and nul"),
        ("one\r\n\r\ntwo\u2028three\ttabs", "one two three tabs"),
        ("turned \u202eround", "turned round"),
        ("half \ud800", "half �"),
    ],
)
def test_people_secrets_and_tricks_are_masked(text: str, shown: str) -> None:
    assert redacted(text) == shown


@given(st.integers(10**7, 10**15 - 1), st.data(), WORDS, WORDS)
def test_no_phone_number_comes_through_however_it_is_written(
    number: int, data: st.DataObject, before: str, after: str
) -> None:
    digits = str(number)
    if digits.startswith(("19", "20")):  # could be a day
        digits = "5" + digits[1:]
    parts = [digits[:2], digits[2:4], digits[4:7], digits[7:]]
    written = parts[0] + "".join(data.draw(GAPS) + part for part in parts[1:] if part)
    assert not any(each.isdigit() for each in redacted(f"{before}{written}{after}"))


@given(st.integers(10**7, 10**15 - 1), st.sampled_from([*"_/·:.|~*-", " ", " / ", " : "]), WORDS, WORDS)
def test_no_phone_number_comes_through_whatever_parts_it(number: int, sign: str, before: str, after: str) -> None:
    digits = "5" + str(number)[1:]  # no hour, and no century
    parts = (
        [digits[:2], digits[2:7], digits[7:]]
        if len(digits) < 12
        else [digits[:2], digits[2:4], digits[4:9], digits[9:]]
    )
    assert not any(each.isdigit() for each in redacted(f"{before}{sign.join(parts)}{after}"))


@given(st.text(alphabet="abcdefghijkABCDEFGHIJK0123456789", min_size=24, max_size=3_000), WORDS)
def test_no_long_key_comes_through(key: str, before: str) -> None:
    secret = f"{key}7Kq3"
    shown = redacted(f"{before} {secret} end", most=10_000)
    assert not any(secret[at : at + 12] in shown for at in range(0, len(secret) - 12, 6))


@given(
    st.sampled_from(["password", "API_KEY", "clientSecret", "x-auth-token", "senha", "PRIVATE-KEY"]),
    st.sampled_from(["=", ": ", '": "', "':'", " = ", "=>"]),
    st.text(alphabet="qwz", min_size=6, max_size=3_000),
)
def test_no_value_of_a_secrets_name_comes_through(name: str, sign: str, value: str) -> None:
    assert value not in redacted(f"start {name}{sign}{value} end", most=10_000)
    assert "qw" * 3 not in redacted(f"{name}{sign}{'qw' * 5_000}", most=20_000)


@given(st.text(max_size=400), st.integers(1, 100))
def test_whatever_it_is_it_becomes_one_short_printable_line(text: str, most: int) -> None:
    shown = redacted(text, most)
    assert len(shown) <= most
    assert shown.splitlines() in ([], [shown])
    assert shown == shown.strip()
    shown.encode()
    assert not any(ord(each) < 32 or 0x7F <= ord(each) < 0xA0 for each in shown)


@given(st.text(alphabet="5 1-(+)@.:/ab=?token\n", max_size=60))
def test_what_was_redacted_once_is_not_opened_by_doing_it_again(text: str) -> None:
    once = redacted(text)
    assert sum(each.isdigit() for each in redacted(once)) <= sum(each.isdigit() for each in once)


@pytest.mark.parametrize("before", [19_975, 19_985, 19_990, 19_995, 19_999])
def test_nothing_is_left_of_what_stands_across_the_cut(before: int) -> None:
    mask = "-----BEGIN X-----" + "-" * (before - 50) + "-----END X-----"
    for secret in ("5511988887777", "ana.maria@example.com", "https://ana:hunter2@db"):
        shown = redacted(f"{mask} {secret} {'x ' * 20_000}", most=1_000)
        assert not any(part in shown for part in ("5511", "ana", "hunter"))


HOSTILE = [
    "a", "1", "1 ", "(1", "1.1", "a@", "a@a.", "a:", "://", "http://", "password", "password=", 'password="', "-a",
    "--", "-", "-----BEGIN A-----", "-token ", "Bearer ", "basic ", "basic a", "authorization:", 'cookie" ', "0.1 ",
    "sk-", "1 111 111 ", "\x1b[", "a1", "192.168.", "secret.", "token\\", "senha'", "a-", "Aa1/", "é", "\0", "'", '"',
    "eyJ", "a.b+", "2026-11-24 ", "a\u0301", "\u202e", "+", "%", "\\", 'pwd="\\',
]  # fmt: skip


def test_the_time_is_small_whatever_the_text() -> None:
    for piece in HOSTILE:
        begun = time.process_time()
        redacted(piece * 1_000_000)
        assert time.process_time() - begun < 0.5, piece


def test_the_time_grows_with_the_text_and_not_faster() -> None:
    def cost(piece: str, length: int) -> float:
        text = piece * (length // len(piece))
        return min(_timed(text) for _ in range(3))

    for piece in HOSTILE:
        small, large = cost(piece, 1_000), cost(piece, 8_000)
        assert large < 30 * small + 0.01, piece  # eight times the text; the square would be sixty-four


def _timed(text: str) -> float:
    begun = time.process_time()
    redacted(text)
    return time.process_time() - begun


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"phone": 5511988887777, "float": 5511988887777.0}, {"phone": MASK, "float": MASK}),
        ([-5511988887777, 12_840, 9_999_999_999, 0.5, True, None], [MASK, 12_840, 9_999_999_999, 0.5, True, None]),
        ({"password": "x", "Token": ["a"], "tokens": 7}, {"password": MASK, "Token": MASK, "tokens": 7}),
        ([["call 11 98888-7777"], ("ana@example.com",)], [[f"call {MASK}"], [MASK]]),
        ({"ana@example.com": 1, 5: 2}, {MASK: 1, "5": 2}),
        ("x" * 1_000, "x" * (MOST_EVIDENCE - 1) + "…"),
    ],
)
def test_evidence_is_masked_by_value_and_by_name(value: Any, shown: Any) -> None:
    assert redacted_evidence(value) == shown


def test_evidence_that_lies_too_deep_is_left_out() -> None:
    value: Any = "deep"
    for _ in range(900):
        value = [value]
    assert json.dumps(redacted_evidence(value)).count("[") == 20 + json.dumps(MASK).count("[")


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@settings(max_examples=examples(50), deadline=None)
@given(JSON)
def test_any_json_stays_json(value: Any) -> None:
    json.dumps(redacted_evidence(value), allow_nan=False).encode()
