"""One request, as it is sent and as its answer is read, by a server that means well."""

import ipaddress
import socket
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from rollout_cli.checks.questions import HttpQuestion, NoAnswer
from rollout_cli.checks.sources_file import SourceEntry
from rollout_cli.checks.verdict import Cause
from rollout_cli.sources.probes.addresses import Endpoint, Place
from rollout_cli.sources.probes.http import World
from tests.sources.probes.asking_http import NAMED, asked, nothing_left_behind, reply, settings, why
from tests.support.lying_server import (
    LyingServer,
    closed_port,
    head,
    replies,
    says,
    server_tls,
    trust_in_the_server,
)


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    with nothing_left_behind():
        yield


def leads_to(*ports: int, address: str = "127.0.0.1") -> World:
    """A world where every name is at these ports of one address, and only the test server is trusted."""
    return World(lambda _: [Endpoint(ipaddress.ip_address(address), port) for port in ports], trust_in_the_server)


def lines(request: bytes) -> list[str]:
    return request.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")


def test_a_reply_is_status_body_and_time() -> None:
    with LyingServer(replies(b"fine", 418)) as server:
        answer = reply(asked(HttpQuestion(f"{server.url}/health", addresses=NAMED)))
    assert (answer.status, answer.body) == (418, b"fine")
    assert 0 < answer.seconds < 5


def test_a_request_says_what_was_asked_and_nothing_of_ours() -> None:
    with LyingServer(replies(b"")) as server:
        asked(HttpQuestion(f"{server.url}/a%20b?c=d e#f", headers={"X-One": "1"}, addresses=NAMED))
    first, *headers = lines(server.requests[0])
    assert first == "GET /a%20b?c=d%20e HTTP/1.1"
    assert sorted(headers) == [
        "accept-encoding: identity",
        "accept: */*",
        "connection: close",
        f"host: 127.0.0.1:{server.port}",
        "user-agent: rollout",
        "x-one: 1",
    ]


def test_a_post_sends_its_body() -> None:
    with LyingServer(replies(b"")) as server:
        asked(HttpQuestion(server.url, method="POST", body='{"a": "ü"}', addresses=NAMED))
    assert "content-length: 11" in lines(server.requests[0])
    assert server.requests[0].endswith('\r\n\r\n{"a": "ü"}'.encode())


def test_a_head_asks_for_no_body_and_waits_for_none() -> None:
    with LyingServer(says(head(200, "Content-Length: 60000000", "Content-Encoding: gzip"))) as server:
        answer = reply(asked(HttpQuestion(server.url, method="HEAD", addresses=NAMED)))
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    ("sent", "body"),
    [
        (head(200) + b"to the end", b"to the end"),
        (head(200, "Content-Length: 3") + b"abcdef", b"abc"),
        (head(200, "Content-Length: 3, 3", "Content-Length: 3") + b"abc", b"abc"),
        (head(200, "Content-Length: 3", "Content-Encoding: identity") + b"abc", b"abc"),
        (head(200, "Transfer-Encoding: chunked") + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n", b"abcde"),
        (head(200, "Transfer-Encoding: Chunked") + b"0\r\n\r\n", b""),
        (head(204, "Content-Length: 3"), b""),
        (head(304, "Content-Length: 3"), b""),
        (head(100) * 3 + head(103, "Link: x") * 3 + head(200, "Content-Length: 1") + b"x", b"x"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", b"old"),
        (b"HTTP/1.1 200\nContent-Length: 1\n\nx", b"x"),
        (head(200, "Content-Length: 1000000") + b"x" * 1_000_000, b"x" * 1_000_000),
    ],
    ids=range(12),
)
def test_a_body_ends_where_its_head_says(sent: bytes, body: bytes) -> None:
    with LyingServer(says(sent)) as server:
        assert reply(asked(HttpQuestion(server.url, addresses=NAMED))).body == body


def test_a_redirect_is_never_followed() -> None:
    for status in (301, 302, 303, 307, 308):
        with LyingServer(replies(b"", status, "Location: http://169.254.169.254/latest/meta-data/")) as server:
            assert reply(asked(HttpQuestion(server.url, addresses=NAMED))).status == status
        assert len(server.requests) == 1


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with LyingServer(replies(b"by the proxy")) as proxy, LyingServer(replies(b"itself")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        assert reply(asked(HttpQuestion(server.url, addresses=NAMED))).body == b"itself"
        assert not proxy.requests


def test_cookies_are_not_kept() -> None:
    with LyingServer(replies(b"", 200, "Set-Cookie: session=1")) as server:
        for _ in range(2):
            asked(HttpQuestion(server.url, addresses=NAMED))
    assert not any("cookie" in line.lower() for request in server.requests for line in lines(request))


def test_what_is_not_named_is_not_connected_to() -> None:
    with LyingServer(replies(b"secret")) as server:
        answer = asked(HttpQuestion(server.url))
        assert why(answer) is Cause.FORBIDDEN
        assert isinstance(answer, NoAnswer)
        assert "127.0.0.1" in str(answer.hint)
        assert why(asked(HttpQuestion(server.url, addresses=("127.0.0.2", "::1")))) is Cause.FORBIDDEN
    assert not server.requests


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to() -> None:
    with LyingServer(replies(b"first")) as first, LyingServer(replies(b"second")) as second:
        ports = iter([first.port, second.port])
        lookups: list[Place] = []

        def changing(place: Place) -> list[Endpoint]:
            lookups.append(place)
            return [Endpoint(ipaddress.ip_address("127.0.0.1"), next(ports))]

        answer = asked(HttpQuestion("http://changing.example:81/", addresses=NAMED), world=World(changing))
        assert reply(answer).body == b"first"
    assert [each.host for each in lookups] == ["changing.example"]
    assert "host: changing.example:81" in lines(first.requests[0])
    assert not second.requests


def test_where_one_address_refuses_the_next_one_is_tried() -> None:
    with closed_port() as nobody, LyingServer(replies(b"here")) as server:
        world = leads_to(nobody, server.port)
        assert reply(asked(HttpQuestion("http://two.example/", addresses=NAMED), world=world)).body == b"here"


def test_where_nobody_listens_it_is_unreachable() -> None:
    with closed_port() as port:
        answer = asked(HttpQuestion(f"http://127.0.0.1:{port}/?token=abc", addresses=NAMED))
    assert why(answer) is Cause.UNREACHABLE
    assert isinstance(answer, NoAnswer)
    assert str(answer.message) == f"127.0.0.1 refuses connections on port {port}"


def test_an_address_that_cannot_be_reached_says_so() -> None:
    world = leads_to(80, address="255.255.255.255")
    question = HttpQuestion("http://x.example/", addresses=("255.255.255.255",))
    assert why(asked(question, world=world)) is Cause.UNREACHABLE


def test_a_certificate_of_nobody_we_know_is_not_trusted() -> None:
    with LyingServer(replies(b"secret"), tls=server_tls()) as server:
        answer = asked(HttpQuestion(f"https://127.0.0.1:{server.port}/", addresses=NAMED))
    assert why(answer) is Cause.UNREACHABLE
    assert isinstance(answer, NoAnswer)
    assert "certificate of 127.0.0.1 is not trusted" in str(answer.message)
    assert not server.requests


@pytest.mark.parametrize("host", ["localhost", "localhost.", "127.0.0.1"])
def test_a_certificate_that_is_trusted_and_for_this_name_is_fine(host: str) -> None:
    with LyingServer(replies(b"hello"), tls=server_tls()) as server:
        world = leads_to(server.port)
        assert reply(asked(HttpQuestion(f"https://{host}/", addresses=NAMED), world=world)).body == b"hello"
    assert f"host: {host.rstrip('.')}" in lines(server.requests[0])


def test_a_certificate_for_another_name_is_not_trusted() -> None:
    with LyingServer(replies(b"secret"), tls=server_tls()) as server:
        answer = asked(HttpQuestion("https://other.example/", addresses=NAMED), world=leads_to(server.port))
    assert why(answer) is Cause.UNREACHABLE
    assert not server.requests


def test_where_no_tls_is_spoken_it_says_so() -> None:
    with LyingServer(replies(b""), greeting=b"220 mail.example ESMTP\r\n") as server:
        answer = asked(HttpQuestion(f"https://127.0.0.1:{server.port}/", addresses=NAMED))
    assert why(answer) is Cause.UNREACHABLE
    assert isinstance(answer, NoAnswer)
    assert "does not agree on TLS" in str(answer.message)


def test_headers_of_a_source_come_from_the_environment_and_never_into_words() -> None:
    with LyingServer(replies(b"")) as server:
        source = SourceEntry(kind="http", url=server.url, header_env={"Authorization": "TOKEN"}, addresses=[*NAMED])
        question = HttpQuestion(source="app", path="/")
        reply(asked(question, project=settings({"TOKEN": "Bearer s3cret\n"}, {"app": source})))
        assert "authorization: Bearer s3cret" in lines(server.requests[0])
        assert why(asked(question, project=settings({}, {"app": source}))) is Cause.NOT_SET_UP
        answer = asked(question, project=settings({"TOKEN": "Bearer s3cret\r\nHost: other"}, {"app": source}))
        assert why(answer) is Cause.NOT_SET_UP
        assert isinstance(answer, NoAnswer)
        assert "s3cret" not in f"{answer.message}{answer.hint}"
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["Host", "Content-Length", "transfer-encoding", "Connection", "Expect"])
def test_headers_of_the_connection_are_not_for_sources_to_set(name: str) -> None:
    with pytest.raises(ValidationError, match="not yours to set"):
        SourceEntry(kind="http", url="http://127.0.0.1:1", headers={name: "x"}, addresses=["127.0.0.1"])
    answer = asked(HttpQuestion("http://127.0.0.1:1", headers={name: "x"}, addresses=NAMED))
    assert why(answer) is Cause.NOT_SET_UP


def test_a_source_gives_its_address_its_headers_and_what_it_names() -> None:
    with LyingServer(replies(b"")) as server:
        source = SourceEntry(
            kind="http", url="http://unused.example", url_env="APP", headers={"X-Team": "blue", "X-Both": "source"},
            header_env={"X-Key": "KEY"}, addresses=["127.0.0.1"],
        )  # fmt: skip
        project = settings({"APP": f"{server.url}/api/", "KEY": "k"}, {"app": source})
        reply(asked(HttpQuestion(source="app", path="/health", headers={"x-both": "check"}), project=project))
    first, *headers = lines(server.requests[0])
    assert first == "GET /api/health HTTP/1.1"
    assert {"x-team: blue", "x-key: k", "x-both: check"} <= set(headers)


@pytest.mark.parametrize(
    ("source", "environment"),
    [
        (SourceEntry(kind="sql", url="sqlite:///x.db"), {}),
        (SourceEntry(kind="http", url_env="APP"), {}),
        (SourceEntry(kind="http", url="http://a.example", header_env={"X": "KEY"}), {}),
        (SourceEntry(kind="http", url_env="APP"), {"APP": "http://user:secret@a.example"}),
        (SourceEntry(kind="http", url_env="APP"), {"APP": "http://a.example?key=secret"}),
        (SourceEntry(kind="http", url_env="APP"), {"APP": "postgresql://a.example/secret"}),
        (SourceEntry(kind="http", url_env="APP"), {"APP": "http://\udcff/secret"}),
    ],
)
def test_a_source_that_is_not_set_up_says_so(source: SourceEntry, environment: dict[str, str]) -> None:
    answer = asked(HttpQuestion(source="app", path="/"), project=settings(environment, {"app": source}))
    assert why(answer) is Cause.NOT_SET_UP
    assert isinstance(answer, NoAnswer)
    assert "secret" not in f"{answer.message}{answer.hint}"
    assert why(asked(HttpQuestion(source="nobody", path="/"))) is Cause.NOT_SET_UP


def test_a_path_cannot_lead_to_another_host() -> None:
    source = SourceEntry(kind="http", url="http://a.example")
    project = settings(sources={"app": source})
    for path in (".evil.example/", "@evil.example/", ":81/", ""):
        assert why(asked(HttpQuestion(source="app", path=path), project=project)) is Cause.NOT_SET_UP


def test_a_server_that_answers_before_it_has_read_everything_is_heard() -> None:
    def hasty(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(head(413, "Content-Length: 0"))

    with LyingServer(hasty) as server:
        question = HttpQuestion(server.url, method="POST", body="x" * 100_000, addresses=NAMED)
        assert reply(asked(question)).status == 413
