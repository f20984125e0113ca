"""Secrets are found wherever they stand, and no finding repeats one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.plan.findings import Finding
from rollout_cli.sources.strict_yaml import MAX_BYTES
from tests.support.files import read_files

SECONDS = 3.0
BODY = "Zx9" * 14
SECRETS = {
    "AKIA" + "ABCDEFGH12345678": "a key of AWS",
    f"ghs_{BODY}": "a GitHub token",
    f"github_pat_{BODY}": "a GitHub token",
    f"glpat-{BODY}": "a GitLab token",
    f"xoxb-123456-{BODY}": "a Slack token",
    f"EAA{BODY}": "an access token of Meta",
    f"AIza{BODY[:35]}": "a key of Google",
    f"sk_live_{BODY}": "a key of Stripe",
    f"sk-ant-{BODY}": "an API key",
    f"eyJ{BODY}.{BODY}.{BODY}": "a JSON web token",
    "-----BEGIN RSA PRIVATE KEY-----": "a private key",
    f"Bearer {BODY}": "a bearer's token",
    f"postgresql://app:{BODY}@db.internal/app": "an address with a password",
    f"https://api.example/v1?access_token={BODY}": "an address with a token",
}
HARMLESS = (
    "shopper-eyJ", "the bearer of this title is somebody", "Bearer authentication is needed", "task-" + "a" * 40,
    "ghp_", "AKIA", "sk-learn", "https://api.example/v1?page=1", "https://api.example:8080/a@b",
    "postgresql://app@db.internal/app", "postgresql://app:${PASSWORD}@db/app", "-----BEGIN CERTIFICATE-----",
    "sum(increase(canonical_publish_fail_count_total[{window}])) or vector(0)", "a" * 64,
)  # fmt: skip


def secrets_in(files: dict[str, str]) -> list[Finding]:
    return [each for each in read_files(files).findings if each.rule == "secret-in-file"]


def quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


@pytest.mark.parametrize("secret", SECRETS, ids=SECRETS.values())
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("flags.yaml", "version: 1\nrollout: test\nflags:\n  A: {type: boolean, default: false, owner: %s}\n"),
        ("phases/0-x.yaml", "phase: 0\nname: x\ntitle: %s\n"),
        ("phases/0-x.yaml", "phase: no number\ngates: [{anything: [1, {deeper: %s}]}]\n"),
        ("sources.yaml", "version: 1\nsources:\n  app: {kind: http, url: 'http://a.example', headers: {X: %s}}\n"),
        ("sources.yaml", "version: 1\nsources:\n  app: {kind: sql, url: %s}\n"),
    ],
    ids=["flags", "phase", "unsound phase", "header", "address"],
)
def test_a_secret_is_found_anywhere_and_named_and_never_repeated(secret: str, file: str, text: str) -> None:
    (found,) = secrets_in({file: text % quoted(secret)})
    assert (found.file, found.message) == (file, f"this looks like {SECRETS[secret]}")
    assert "environment variable" in found.hint
    said = " ".join(f"{each.message} {each.hint}" for each in read_files({file: text % quoted(secret)}).findings)
    assert BODY[:12] not in said


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_resembles_a_secret_is_none(text: str) -> None:
    assert secrets_in({"phases/0-x.yaml": f"phase: 0\nname: x\ntitle: {quoted(text)}\n"}) == []


@pytest.mark.parametrize(
    "key", ["password", "api_key", "apikey", "X-Api-Key", "Authorization", "X-Auth-Token", "db_secret"]
)
def test_a_key_that_says_secret_holds_a_variable_or_a_placeholder(key: str) -> None:
    for value, is_secret in {
        "hunter-22": True, "123456789": True, "APP_TOKEN": False, "${APP_TOKEN}": False, "<token>": False,
        "short": False, "true": False, "{a: b}": False,
    }.items():  # fmt: skip
        found = secrets_in({"phases/0-x.yaml": f"phase: 0\nname: x\npreflight: [{{headers: {{{key}: {value}}}}}]\n"})
        assert [each.message for each in found] == ["this looks like a secret: its key says so"] * is_secret, value


def test_a_variable_that_holds_a_header_is_no_secret() -> None:
    source = "{kind: http, url: 'http://a.example', header_env: {Authorization: APP_AUTHORIZATION}}"
    assert secrets_in({"sources.yaml": f"version: 1\nsources:\n  app: {source}\n"}) == []


@pytest.mark.parametrize("key", ["token_count", "secretary", "tokens_per_second", "keyboard", "passwordless"])
def test_a_key_that_only_contains_such_a_word_says_nothing(key: str) -> None:
    assert secrets_in({"phases/0-x.yaml": f"phase: 0\nname: x\n{key}: something-long\n"}) == []


@given(st.text(max_size=80))
def test_whatever_a_key_holds_is_not_repeated(secret: str) -> None:
    text = f"{secret}hunter22"
    document = "phase: 0\nname: x\npassword: '" + text.replace("'", "''") + "'\n"
    for each in read_files({"phases/0-x.yaml": document}).findings:
        assert "hunter22" not in f"{each.message} {each.hint}"


HOSTILE = {
    "ghp_": "ghp_ ", "eyJ": "eyJa.", "eyJ in dashes": "-eyJ", "bearer": "Bearer ", "addresses": "://a:",
    "dots": "eyJaaaaaaaaaaa.", "parameters": "?token=", "keys": "-----BEGIN A", "one token": "gh", "sk": "sk-a-",
    "digits": "Bearer aaaaaaaaaaaa",
}  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_a_file_full_of_beginnings_of_secrets_is_judged_quickly(piece: str) -> None:
    line = (piece * 9_990)[:9_990]
    text = "phase: 0\nname: x\nx:\n" + f"- {quoted(line)}\n" * ((MAX_BYTES - 500) // 10_000)
    begun = time.process_time()
    read_files({"phases/0-x.yaml": text})
    assert time.process_time() - begun < SECONDS
