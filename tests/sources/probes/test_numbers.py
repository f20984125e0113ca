"""One number from each kind of source, and the reason where there is none."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from rollout_cli.checks.questions import Answer, NoAnswer, Number, NumberQuestion
from rollout_cli.checks.sources_file import SourceEntry
from rollout_cli.checks.verdict import Cause
from tests.sources.probes.asking_http import asked, nothing_left_behind, settings, why
from tests.support.lying_server import Behaviour, LyingServer, drips, floods, hangs, head, replies, says


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    with nothing_left_behind():
        yield


def ask(server: LyingServer, query: str, kind: str, *, below: str = "", seconds: float = 5.0) -> Answer:
    source = SourceEntry.model_validate({"kind": kind, "url": server.url + below, "addresses": ["127.0.0.1"]})
    return asked(NumberQuestion("there", query), seconds=seconds, project=settings(sources={"there": source}))


def prometheus(answer: Behaviour, query: str = "up", *, seconds: float = 5.0) -> Answer:
    with LyingServer(answer) as server:
        return ask(server, query, "prometheus", seconds=seconds)


def vector(*values: str, ago: float = 0.0) -> Behaviour:
    series = [{"metric": {"n": str(n)}, "value": [time.time() - ago, value]} for n, value in enumerate(values)]
    return replies(json.dumps({"status": "success", "data": {"resultType": "vector", "result": series}}).encode())


def test_prometheus_is_asked_for_an_instant_and_told_how_long_it_may_take() -> None:
    query = 'sum(increase(bad_total{job="café & co"}[3600s])) or vector(0)'
    with LyingServer(vector("3")) as server:
        assert ask(server, query, "prometheus", below="/prom/") == Number(3)
    target = urlsplit(server.requests[0].split()[1].decode("ascii"))
    assert target.path == "/prom/api/v1/query"
    said = parse_qs(target.query)
    assert said["query"] == [query]
    assert 0 < float(said["timeout"][0]) <= 5
    assert set(said) == {"query", "timeout"}


REFUSED = json.dumps({"status": "error", "errorType": "bad_data", "error": "1:5: parse error: unclosed left brace"})


@pytest.mark.parametrize(
    ("behaviour", "cause"),
    [
        (vector(), Cause.NO_DATA),
        (vector("1", "2"), Cause.SEVERAL_SERIES),
        (vector("NaN"), Cause.NOT_A_NUMBER),
        (vector("+Inf"), Cause.NOT_A_NUMBER),
        (vector("1", ago=3_600), Cause.STALE),
        (vector("1", ago=-3_600), Cause.STALE),
        (replies(REFUSED.encode(), 400), Cause.BAD_ANSWER),
        (replies(b"", 500), Cause.BAD_ANSWER),
        (replies(b"upstream timed out", 503), Cause.BAD_ANSWER),
        (replies(b"<html>log in</html>"), Cause.BAD_ANSWER),
        (replies(b""), Cause.BAD_ANSWER),
        (replies(b"", 302, "Location: /api/v1/query"), Cause.BAD_ANSWER),
        (floods(head(200), b'{"a": "' + b"x" * 1_000_000, 60), Cause.BAD_ANSWER),
        (says(b"garbage"), Cause.BAD_ANSWER),
        (says(b""), Cause.UNREACHABLE),
    ],
    ids=range(15),
)
def test_a_prometheus_that_has_no_number_or_lies_gives_none(behaviour: Behaviour, cause: Cause) -> None:
    assert why(prometheus(behaviour)) is cause


def test_what_prometheus_says_of_a_query_is_passed_on() -> None:
    answer = prometheus(replies(REFUSED.encode(), 400), "up{")
    assert isinstance(answer, NoAnswer)
    assert "bad_data: 1:5: parse error: unclosed left brace" in str(answer.message)


@pytest.mark.parametrize("behaviour", [hangs(), drips(head(200, "Content-Length: 9999"), b" ")], ids=["hang", "drip"])
def test_a_source_that_takes_too_long_is_given_up(behaviour: Behaviour) -> None:
    assert why(prometheus(behaviour, seconds=0.2)) is Cause.TIMEOUT


def test_a_redirect_loop_is_one_request() -> None:
    with LyingServer(replies(b"", 302, "Location: /")) as server:
        assert why(ask(server, "/#/a", "http")) is Cause.BAD_ANSWER
    assert len(server.requests) == 1


def test_a_number_stands_in_the_json_of_an_http_source() -> None:
    with LyingServer(replies(b'{"a b": {"m~n": [1, 2.5]}}')) as server:
        assert ask(server, "/stats?since=1h#/a%20b/m~0n/1", "http", below="/v1") == Number(2.5)
        assert why(ask(server, "/stats#/missing", "http")) is Cause.NO_DATA
        assert why(ask(server, "/stats#", "http")) is Cause.BAD_ANSWER  # the document itself is no number
    assert server.requests[0].startswith(b"GET /v1/stats?since=1h HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "query", ["/stats", "stats#/a", "#/a", "", "/stats#a", "/stats#/~2", "/stats#/%ff", ".evil/#/a"]
)
def test_a_query_that_is_no_path_with_a_pointer_is_not_asked(query: str) -> None:
    with LyingServer(replies(b"1")) as server:
        assert why(ask(server, query, "http")) is Cause.NOT_SET_UP
    assert not server.requests


def test_the_token_of_a_source_goes_with_the_question() -> None:
    source = SourceEntry(
        kind="prometheus", url_env="PROMETHEUS", header_env={"Authorization": "TOKEN"}, addresses=["127.0.0.1"]
    )
    with LyingServer(vector("1")) as server:
        project = settings({"PROMETHEUS": server.url, "TOKEN": "Bearer s3cret"}, {"there": source})
        assert asked(NumberQuestion("there", "up"), project=project) == Number(1)
        assert b"authorization: Bearer s3cret\r\n" in server.requests[0]
        without = settings({"PROMETHEUS": server.url}, {"there": source})
        assert why(asked(NumberQuestion("there", "up"), project=without)) is Cause.NOT_SET_UP
    assert len(server.requests) == 1


SECRET = 's3cret, "quoted" <and> 5511988887777'
WRITTEN = json.dumps(SECRET)


@pytest.mark.parametrize("written", [WRITTEN, WRITTEN.replace("<", r"\u003c"), WRITTEN.replace("s3", r"\u00733")])
def test_a_secret_that_a_source_was_given_does_not_come_back(written: str) -> None:
    source = SourceEntry(kind="prometheus", url_env="AT", header_env={"X-Token": "TOKEN"}, addresses=["127.0.0.1"])
    body = f'{{"status": "error", "errorType": "bad_data", "error": {written}}}'
    with LyingServer(replies(body.encode(), 400)) as server:
        project = settings({"AT": server.url, "TOKEN": SECRET}, {"there": source})
        answer = asked(NumberQuestion("there", "up"), project=project)
    assert isinstance(answer, NoAnswer)
    assert str(answer.message).startswith("Prometheus refuses: ")
    assert not any(part in str(answer.message) for part in ("s3cret", "quoted", "5511"))


@pytest.mark.parametrize("length", [0, 180, 260, 270, 280, 290, 296])
def test_no_beginning_of_a_secret_is_left_where_words_are_cut_off(length: int) -> None:
    source = SourceEntry(kind="prometheus", url_env="AT", header_env={"X-Token": "TOKEN"}, addresses=["127.0.0.1"])
    secret = "open-sesame-and-let-me-in-at-once"
    # written so that only the words show it, not the bytes
    said = f'"{". " * (length // 2)}{secret.replace("o", chr(92) + "u006f")} {"x " * 200}"'
    with LyingServer(replies(f'{{"status": "error", "errorType": "a", "error": {said}}}'.encode(), 400)) as server:
        project = settings({"AT": server.url, "TOKEN": secret}, {"there": source})
        answer = asked(NumberQuestion("there", "up"), project=project)
    assert isinstance(answer, NoAnswer)
    assert "open" not in str(answer.message)


def test_what_only_the_environment_knows_of_a_database_does_not_come_back_in_its_errors(tmp_path: Path) -> None:
    path = tmp_path / "hunter2-hunter2"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE events (id INTEGER)")
    project = settings({"AT": f"sqlite:///{path}"}, {"there": SourceEntry(kind="sql", url_env="AT")})
    answer = asked(NumberQuestion("there", f'SELECT "sqlite:///{path}"."x"'), project=project)
    assert isinstance(answer, NoAnswer)
    assert "cannot answer the query" in str(answer.message)
    assert "hunter2" not in str(answer.message)


def test_a_source_at_a_private_address_that_nobody_names_is_not_asked() -> None:
    source = SourceEntry(kind="prometheus", url="http://169.254.169.254/latest")
    answer = asked(NumberQuestion("there", "up"), project=settings(sources={"there": source}))
    assert why(answer) is Cause.FORBIDDEN


def test_a_database_answers_for_a_source_of_kind_sql(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE events (id INTEGER)")
        connection.execute("INSERT INTO events VALUES (1), (2)")
    project = settings(sources={"events": SourceEntry(kind="sql", url=f"sqlite:///{path}")})
    assert asked(NumberQuestion("events", "SELECT count(*) FROM events"), project=project) == Number(2)


def test_a_source_that_is_not_there_is_not_set_up() -> None:
    assert why(asked(NumberQuestion("nobody", "up"))) is Cause.NOT_SET_UP
    assert why(asked(NumberQuestion("store", "SELECT 1"))) is Cause.NOT_SET_UP


@pytest.mark.parametrize("secret", ["success", "result", "vector"])
def test_a_secret_that_is_a_word_of_the_answer_does_not_change_what_it_says(secret: str) -> None:
    with LyingServer(vector("3")) as server:
        source = SourceEntry.model_validate(
            {"kind": "prometheus", "url": server.url, "addresses": ["127.0.0.1"], "header_env": {"X-Tenant": "TENANT"}}
        )
        project = settings({"TENANT": secret}, sources={"there": source})
        assert asked(NumberQuestion("there", "up"), project=project) == Number(3)
