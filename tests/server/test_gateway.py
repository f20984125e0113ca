"""The gateway passes on every byte, both ways."""

import asyncio
import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.gateways import gateway, within_time
from tests.server.raw_upstream import OK, RawUpstream, call, headers_of, listening, post
from tests.support.examples import examples

BODY = b'{"event": "messages.upsert", "instance": "north"}'
FORWARDED = [
    (b"X-Forwarded-For", b"127.0.0.1"),
    (b"X-Forwarded-Proto", b"http"),
    (b"X-Forwarded-Host", b"shop.example"),
]


async def exchanged(upstream: RawUpstream, request: bytes, **settings: object) -> bytes:
    """What a gateway in front of the upstream answers to one request."""
    async with listening(upstream), gateway(upstream, **settings) as running:  # type: ignore[arg-type]
        return await call(running.address, request)


def answered(answer: bytes, request: bytes = post(BODY), **settings: object) -> bytes:
    return within_time(exchanged(RawUpstream(answer), request, **settings))


def heard(request: bytes, **settings: object) -> RawUpstream:
    upstream = RawUpstream()
    within_time(exchanged(upstream, request, **settings))
    return upstream


class TestTheRequest:
    def test_comes_to_the_upstream_with_its_bytes_its_order_and_its_spelling(self) -> None:
        request = b"\r\n".join([
            b"POST //web%2Fhook/./a?b=%C3%A9&b=1&&c? HTTP/1.1",
            b"X-First: 1", b"x-a: one", b"HOST: shop.example", b"X-A: two", b"x-a: one", b"Cookie: a=1; b=2",
            "X-Name: Conceição".encode(), b"X-Latin: caf\xe9", b"X-Empty: ", b"Content-Length: 3",
            b"Connection: close", b"", b"\x00\xff\n",
        ])  # fmt: skip
        (got,) = heard(request).heard
        assert got.first == b"POST //web%2Fhook/./a?b=%C3%A9&b=1&&c? HTTP/1.1"
        assert got.body == b"\x00\xff\n"
        assert got.headers == [
            (b"X-First", b"1"), (b"x-a", b"one"), (b"HOST", b"shop.example"), (b"X-A", b"two"), (b"x-a", b"one"),
            (b"Cookie", b"a=1; b=2"), (b"X-Name", "Conceição".encode()), (b"X-Latin", b"caf\xe9"), (b"X-Empty", b""),
            (b"Content-Length", b"3"), *FORWARDED, (b"Connection", b"close"),
        ]  # fmt: skip

    def test_loses_what_concerned_the_connection_alone(self) -> None:
        request = post(
            BODY, b"Keep-Alive: 5", b"TE: trailers", b"Connection: X-Mine, host", b"X-Mine: 1", b"Upgrade: h2c",
            b"Proxy-Authorization: x", b"Authorization: y",
        )  # fmt: skip
        (got,) = heard(request).heard
        names = [name for name, _ in got.headers]
        assert names[:3] == [b"Host", b"Authorization", b"Content-Length"]
        assert names[3:] == [name for name, _ in FORWARDED] + [b"Connection"]

    def test_says_whom_it_is_from_and_keeps_what_other_proxies_have_said(self) -> None:
        said = (b"X-Forwarded-For: 203.0.113.7", b"X-Forwarded-Proto: https", b"X-Forwarded-Host: outer.example")
        (got,) = heard(post(BODY, *said)).heard
        assert (b"X-Forwarded-For", b"203.0.113.7, 127.0.0.1") in got.headers
        assert (b"X-Forwarded-Proto", b"https") in got.headers
        assert (b"X-Forwarded-Host", b"outer.example") in got.headers
        assert sum(name.startswith(b"X-Forwarded") for name, _ in got.headers) == 3

    def test_has_another_host_where_that_is_wanted(self) -> None:
        (got,) = heard(post(BODY), host="inner.example").heard
        assert got.headers[0] == (b"Host", b"inner.example")
        assert (b"X-Forwarded-Host", b"shop.example") in got.headers

    def test_has_a_length_when_it_came_in_chunks(self) -> None:
        chunks = b"3\r\nabc\r\n4;x=1\r\ndefg\r\n0\r\nX-Trailer: 1\r\n\r\n"
        lines = [b"POST / HTTP/1.1", b"Host: shop.example", b"Transfer-Encoding: chunked", b"Connection: close"]
        (got,) = heard(b"\r\n".join([*lines, b"", chunks])).heard
        assert got.body == b"abcdefg"
        assert (b"Content-Length", b"7") in got.headers
        assert not any(name.lower() == b"transfer-encoding" for name, _ in got.headers)

    def test_stays_packed(self) -> None:
        packed = gzip.compress(BODY)
        (got,) = heard(post(packed, b"Content-Encoding: gzip")).heard
        assert got.body == packed
        assert (b"Content-Encoding", b"gzip") in got.headers

    def test_that_waits_to_be_asked_for_its_body_is_asked(self) -> None:
        upstream = RawUpstream()
        answer = within_time(exchanged(upstream, post(BODY, b"Expect: 100-continue")))
        assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
        assert upstream.heard[0].body == BODY
        assert not any(name == b"Expect" for name, _ in upstream.heard[0].headers)

    @pytest.mark.parametrize("method", [b"GET", b"HEAD", b"DELETE", b"OPTIONS"])
    def test_without_a_body_has_none_at_the_upstream(self, method: bytes) -> None:
        (got,) = heard(method + b" /?hub.mode=subscribe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").heard
        assert got.first == method + b" /?hub.mode=subscribe HTTP/1.1"
        assert [name for name, _ in got.headers] == [b"Host", *(name for name, _ in FORWARDED), b"Connection"]

    def test_of_an_old_protocol_is_served_too(self) -> None:
        upstream = RawUpstream(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
        answer = within_time(exchanged(upstream, b"GET / HTTP/1.0\r\n\r\n"))
        assert answer == b"HTTP/1.1 200 OK\r\n\r\nok"
        assert upstream.heard[0].headers[0] == (b"Host", upstream.url.removeprefix("http://").encode())

    def test_to_a_proxy_is_for_the_path_alone(self) -> None:
        (got,) = heard(b"GET http://other.example/a?b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").heard
        assert got.first == b"GET /a?b HTTP/1.1"

    def test_goes_below_the_upstreams_own_path(self) -> None:
        async def work() -> None:
            async with listening(RawUpstream()) as upstream, gateway(f"{upstream.url}/inner/") as running:
                await call(running.address, post(BODY, target=b"/hook?a=1"))
                assert upstream.heard[0].first == b"POST /inner/hook?a=1 HTTP/1.1"

        within_time(work())

    @given(st.lists(st.binary(max_size=300_000), min_size=1, max_size=3))
    @settings(max_examples=examples(15), suppress_health_check=[HealthCheck.too_slow])
    def test_of_any_body_comes_whole_and_so_does_the_answer(self, bodies: list[bytes]) -> None:
        async def work() -> None:
            async with listening(RawUpstream()) as upstream, gateway(upstream) as running:
                for body in bodies:
                    upstream.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
                    answer = await call(running.address, post(body))
                    assert answer.partition(b"\r\n\r\n")[2] == body
                assert [each.body for each in upstream.heard] == bodies
                await running.settled()
                assert [each.body for each in running.taken] == [each for each in bodies if each]

        within_time(work())


class TestTheAnswer:
    def test_comes_back_with_its_bytes_its_order_and_its_spelling(self) -> None:
        answer = b"\r\n".join([
            b"HTTP/1.1 207 Very Odd", b"x-a: 1", b"X-A: 2", b"Set-Cookie: a=1", b"set-cookie: b=2",
            b"Content-Encoding: gzip", b"X-Latin: caf\xe9", b"Content-Length: 4", b"", b"\x00\xff\r\n",
        ])  # fmt: skip
        assert answered(answer) == answer.replace(b"\r\n\r\n\x00", b"\r\nConnection: close\r\n\r\n\x00")

    def test_of_unknown_length_comes_in_chunks_and_whole(self) -> None:
        for answer in (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            b"HTTP/1.0 200 OK\r\n\r\nabcde",
        ):
            head, _, body = answered(answer).partition(b"\r\n\r\n")
            assert headers_of(head) == [(b"Transfer-Encoding", b"chunked"), (b"Connection", b"close")]
            assert b"".join(body.split(b"\r\n")[1::2]) == b"abcde"
            assert body.endswith(b"0\r\n\r\n")

    @pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
    def test_without_a_body_has_none(self, status: bytes) -> None:
        answer = b"HTTP/1.1 " + status + b"\r\nETag: x\r\n\r\n"
        assert answered(answer) == b"HTTP/1.1 " + status + b"\r\nETag: x\r\nConnection: close\r\n\r\n"

    def test_to_head_says_a_length_and_has_no_body(self) -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"
        request = b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        assert answered(answer, request) == b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n"

    def test_stays_packed_and_redirects_are_the_callers(self) -> None:
        packed = gzip.compress(b"moved" * 100)
        head = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n" % len(
            packed
        )
        assert answered(head + b"\r\n" + packed) == head + b"Connection: close\r\n\r\n" + packed

    def test_comes_while_the_upstream_is_still_at_it(self) -> None:
        async def work() -> None:
            goes_on = asyncio.Event()

            async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc")
                await goes_on.wait()
                writer.write(b"def")
                writer.close()

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            async with server, gateway(url) as running:
                reader, writer = await asyncio.open_connection(*running.address.split(":"))
                writer.write(post(BODY))
                assert (await reader.readuntil(b"abc")).endswith(b"\r\n\r\nabc")
                goes_on.set()
                assert await reader.read() == b"def"
                writer.close()

        within_time(work())

    def test_that_ends_too_early_cannot_be_taken_for_a_whole_one(self) -> None:
        half = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\nhalf")
        assert b"Content-Length: 60\r\n" in half
        assert half.endswith(b"\r\n\r\nhalf")
        half = answered(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        assert half.endswith(b"\r\n\r\n4\r\nhalf\r\n")

    def test_many_requests_on_one_connection_are_answered_in_turn(self) -> None:
        async def work() -> None:
            async with listening(RawUpstream()) as upstream, gateway(upstream) as running:
                requests = [b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(3)]
                answers = await call(running.address, b"".join([*requests, post(BODY)]))
                assert answers == 3 * OK + OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
                assert [each.first.split()[1] for each in upstream.heard] == [b"/0", b"/1", b"/2", b"/hook"]

        within_time(work())
