"""Whatever a server does, the answer is right or there is none, and it comes within the limit."""

import gzip
import ipaddress
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.checks.questions import HttpQuestion, NoAnswer
from rollout_cli.checks.verdict import Cause
from rollout_cli.sources.probes.addresses import Endpoint, NoReplyError, Place
from rollout_cli.sources.probes.http import World
from rollout_cli.sources.probes.http_reply import MOST_BODY, MOST_HEAD, received
from rollout_cli.sources.probes.leash import Leash, OutOfTimeError
from rollout_cli.sources.probes.wire import Wire
from tests.sources.probes.asking_http import NAMED, asked, nothing_left_behind, reply, why
from tests.support.lying_server import Behaviour, LyingServer, drips, floods, hangs, head, replies, says, server_tls

SHORT = 0.2
MEGABYTE = b"x" * 1_000_000
CHUNKED = head(200, "Transfer-Encoding: chunked")
BOMB = gzip.compress(b"0" * 10_000_000)


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    with nothing_left_behind():
        yield


BAD_ANSWERS: dict[str, Behaviour] = {
    "sixty megabytes, and it says so": floods(head(200, f"Content-Length: {60 * len(MEGABYTE)}"), MEGABYTE, 60),
    "sixty megabytes in chunks": floods(CHUNKED, b"f4240\r\n" + MEGABYTE + b"\r\n", 60),
    "sixty megabytes to the end": floods(head(200), MEGABYTE, 60),
    "one byte too many": says(head(200) + MEGABYTE + b"x"),
    "a flood of tiny chunks with long names": floods(CHUNKED, b"1;" + b"a" * 3_000 + b"\r\nx\r\n", 20_000),
    "two lengths": says(head(200, "Content-Length: 3", "Content-Length: 4") + b"abc"),
    "a negative length": says(head(200, "Content-Length: -1") + b"abc"),
    "a length that is no number": says(head(200, "Content-Length: three") + b"abc"),
    "an empty length": says(head(200, "Content-Length:") + b"abc"),
    "a length beyond all numbers": says(head(200, f"Content-Length: {'9' * 5_000}") + b"abc"),
    "cut in the body": says(head(200, "Content-Length: 10") + b"abc"),
    "cut in a chunk": says(CHUNKED + b"5\r\nab"),
    "cut between chunks": says(CHUNKED + b"2\r\nab\r\n"),
    "cut before the first chunk": says(CHUNKED),
    "cut in the head": says(b"HTTP/1.1 200 OK\r\nContent-Ty"),
    "cut after the head's first line": says(b"HTTP/1.1 200 OK\r\n"),
    "a chunk of no size": says(CHUNKED + b"\r\nabc\r\n0\r\n\r\n"),
    "a negative chunk": says(CHUNKED + b"-1\r\nabc\r\n0\r\n\r\n"),
    "a chunk that is no number": says(CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n"),
    "a chunk with an underscore": says(CHUNKED + b"0_3\r\nabc\r\n0\r\n\r\n"),
    "a chunk of an endless size": says(CHUNKED + b"f" * 60_000),
    "a chunk longer than it says": says(CHUNKED + b"2\r\nabc\r\n0\r\n\r\n"),
    "garbage": says(b"\x00\x01\x02" * 100),
    "garbage without an end": floods(b"", b"\xff" * 1_000, 100_000),
    "another protocol": says(b"220 mail.example ESMTP\r\n"),
    "a page without a head": says(b"<html>hello</html>"),
    "a later protocol": says(b"HTTP/2.0 200 OK\r\n\r\n"),
    "a status that is no number": says(b"HTTP/1.1 abc OK\r\n\r\n"),
    "a status beyond all": says(b"HTTP/1.1 999 OK\r\n\r\n"),
    "another protocol from now on": says(head(101, "Upgrade: websocket") + b"\x81\x00"),
    "a flood of interim answers": floods(b"", head(100, "X: y"), 1_000_000),
    "a flood of early hints": floods(b"", head(103, "Link: </x>"), 1_000_000),
    "a head without an end": floods(head(200)[:-2], b"X: y\r\n", 1_000_000),
    "a header without an end": floods(head(200)[:-2] + b"X: ", b"y" * 1_000, 100_000),
    "a thousand headers": says(head(200, *(f"X-{number}: y" for number in range(1_000)))),
    "a bomb": replies(BOMB, 200, "Content-Encoding: gzip"),
    "a bomb in disguise": replies(BOMB, 200, "Content-Encoding: identity", "Content-Encoding: gzip"),
    "a coding nobody asked for": says(head(200, "Transfer-Encoding: gzip, chunked") + b"0\r\n\r\n"),
    "chunked twice": says(head(200, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + b"0\r\n\r\n"),
}


@pytest.mark.parametrize("behaviour", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_what_is_no_proper_answer_is_a_bad_one(behaviour: Behaviour) -> None:
    with LyingServer(behaviour) as server:
        assert why(asked(HttpQuestion(server.url, addresses=NAMED))) is Cause.BAD_ANSWER


def test_the_limit_is_named_when_an_answer_is_too_long() -> None:
    with LyingServer(BAD_ANSWERS["sixty megabytes to the end"]) as server:
        answer = asked(HttpQuestion(server.url, addresses=NAMED))
    assert isinstance(answer, NoAnswer)
    assert str(answer.message) == "the answer is longer than 1 MB"


NEVER_ENDING: dict[str, Behaviour] = {
    "silence": hangs(),
    "silence after the first line": hangs(b"HTTP/1.1 200 OK\r\n"),
    "silence after the head": hangs(head(200, "Content-Length: 5")),
    "silence in the body": hangs(head(200, "Content-Length: 5") + b"abc"),
    "silence between chunks": hangs(CHUNKED + b"1\r\na\r\n"),
    "silence after an interim answer": hangs(head(100)),
    "drops of a head": drips(b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "drops of headers": drips(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "drops of a body": drips(head(200, "Content-Length: 100000"), b"z"),
    "drops of chunks": drips(CHUNKED, b"1\r\nz\r\n"),
    "drops to the end": drips(head(200), b"z"),
}


@pytest.mark.parametrize("behaviour", NEVER_ENDING.values(), ids=NEVER_ENDING)
def test_what_does_not_end_ends_at_the_limit(behaviour: Behaviour) -> None:
    with LyingServer(behaviour) as server:
        assert why(asked(HttpQuestion(server.url, addresses=NAMED), seconds=SHORT)) is Cause.TIMEOUT


def test_a_server_that_reads_nothing_ends_at_the_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)  # else it takes megabytes unread
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        question = HttpQuestion(url, method="POST", body="x" * 10_000_000, addresses=NAMED)
        assert why(asked(question, seconds=SHORT)) is Cause.TIMEOUT


def test_a_handshake_that_does_not_end_ends_at_the_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"https://127.0.0.1:{deaf.getsockname()[1]}/"
        assert why(asked(HttpQuestion(url, addresses=NAMED), seconds=SHORT)) is Cause.TIMEOUT


def test_an_address_that_takes_no_connection_leaves_time_for_the_next() -> None:
    with socket.socket() as full, LyingServer(replies(b"here")) as server, socket.socket() as waiting:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting.setblocking(False)
        waiting.connect_ex(full.getsockname())  # fills the queue: whoever comes next is left standing
        ports = (full.getsockname()[1], server.port)
        world = World(lambda _: [Endpoint(ipaddress.ip_address("127.0.0.1"), port) for port in ports])
        answer = asked(HttpQuestion("http://two.example/", addresses=NAMED), seconds=3, world=world)
        assert reply(answer).body == b"here"
        alone = HttpQuestion(f"http://127.0.0.1:{ports[0]}/", addresses=NAMED)
        assert why(asked(alone, seconds=SHORT)) is Cause.TIMEOUT


def test_a_name_server_that_does_not_answer_ends_at_the_limit() -> None:
    enough = threading.Event()

    def slow(place: Place) -> list[Endpoint]:
        enough.wait(SHORT + 0.2)
        return [Endpoint(ipaddress.ip_address("127.0.0.1"), place.port)]

    with LyingServer(replies(b"")) as server:
        question = HttpQuestion(server.url, addresses=NAMED)
        assert why(asked(question, seconds=SHORT, world=World(slow))) is Cause.TIMEOUT
    assert not server.requests  # the answer came too late to be acted on


def test_a_leash_that_is_cut_ends_the_wait_at_once() -> None:
    here, there = socket.socketpair()
    leash = Leash(60)
    leash.on_cut(lambda: here.shutdown(socket.SHUT_RDWR))
    threading.Timer(0.05, leash.cut).start()
    with there:
        wire = Wire(here, leash, MOST_HEAD)
        with pytest.raises(OutOfTimeError):
            received(wire, "GET")
        wire.close()


@pytest.mark.parametrize("tls", [False, True])
def test_a_server_that_hangs_up_without_a_word_is_unreachable(tls: bool) -> None:
    def vanish(connection: socket.socket, _request: bytes) -> None:
        connection.close()

    with LyingServer(vanish, tls=server_tls() if tls else None) as server:
        scheme = "https" if tls else "http"
        question = HttpQuestion(f"{scheme}://127.0.0.1:{server.port}/", addresses=NAMED)
        assert why(asked(question)) is Cause.UNREACHABLE


HEADS = st.lists(
    st.sampled_from(
        [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 \r\n", b"HTTP/1.0 204 \r\n", b"Content-Length: 3\r\n", b"\r\n", b"\n",
         b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n", b"abc", b"-1\r\n",
         b"Content-Encoding: gzip\r\n", b"Content-Length: 99999999999\r\n",
         b": \r\n", b" folded\r\n", b"\x00", b"X" * 70_000]
    )
    | st.binary(max_size=20),
    max_size=12,
).map(b"".join)  # fmt: skip


@given(HEADS, st.sampled_from(["GET", "HEAD", "POST"]))
def test_whatever_bytes_come_they_are_an_answer_within_the_limits_or_none(sent: bytes, method: str) -> None:
    here, there = socket.socketpair()
    with there:
        there.settimeout(5)
        sender = threading.Thread(target=send_and_close, args=(there, sent))
        sender.start()
        wire = Wire(here, Leash(5), MOST_HEAD)
        cause, status, body = None, 200, b""
        try:
            status, body = received(wire, method)
        except NoReplyError as error:
            cause = error.answer.cause
        finally:
            wire.close()
            sender.join()
    assert cause in {None, Cause.BAD_ANSWER, Cause.UNREACHABLE}
    assert 200 <= status <= 599
    assert len(body) <= MOST_BODY


def send_and_close(connection: socket.socket, data: bytes) -> None:
    try:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
    except OSError:  # the reader has had enough
        pass
