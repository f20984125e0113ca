"""The gateway gives to the new path what the upstream has taken; whatever goes wrong, the provider tries again."""

import asyncio
import hmac
import json
from pathlib import Path

import pytest

from rollout_cli.pipeline.delivery import Answer
from rollout_cli.pipeline.metrics import DROPPED, FAILED
from rollout_cli.server.gateway.load import Limits
from rollout_cli.server.gateway.serving import LONGEST_HEAD
from tests.pipeline.compat_doubles import Hanging, Raising
from tests.server.gateways import LIVE, gateway, within_time
from tests.server.raw_upstream import RawUpstream, call, listening, post
from tests.support.waiting import eventually

HEALTH = b"GET /-/rollout/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
BODY = b'{"event": "messages.upsert", "instance": "north"}'
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"
SIGNED = hmac.digest(b"new", BODY, "sha256").hex()


async def exchanged(upstream: RawUpstream, request: bytes, **settings: object) -> bytes:
    """What a gateway in front of the upstream answers to one request."""
    async with listening(upstream), gateway(upstream, **settings) as running:  # type: ignore[arg-type]
        return await call(running.address, request)


class TestWhenTheUpstream:
    @staticmethod
    async def offered(upstream: RawUpstream | str, **settings: object) -> tuple[bytes, int]:
        """The answer to a delivery, and how many the new path has got."""
        async with gateway(upstream, **settings) as running:  # type: ignore[arg-type]
            answer = await call(running.address, post(BODY))
            return answer, len(await running.settled())

    def test_is_down_the_provider_is_to_try_again_and_nothing_is_offered(self) -> None:
        async def work() -> None:
            async with listening(RawUpstream()) as upstream:
                pass  # now nobody listens there
            answer, offered = await self.offered(upstream)
            assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
            assert b"\r\nRetry-After: 5\r\n" in answer
            assert offered == 0

        within_time(work())

    @pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-", b"SSH-2.0-x\r\n\r\n", SWITCHED])
    def test_goes_away_or_speaks_otherwise_it_is_asked_once_and_nothing_is_offered(self, said: bytes) -> None:
        async def work() -> None:
            async with listening(RawUpstream(said)) as upstream:
                answer, offered = await self.offered(upstream)
                assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
                assert b"\r\nRetry-After: 5\r\n" in answer
                assert (offered, len(upstream.heard)) == (0, 1)

        within_time(work())

    def test_is_late_the_provider_is_to_try_again_and_nothing_is_offered(self) -> None:
        async def work() -> None:
            never = asyncio.Event()
            async with listening(RawUpstream(before=never.wait)) as upstream:
                answer, offered = await self.offered(upstream, timeout=0.2)
                never.set()
                assert answer.startswith(b"HTTP/1.1 504 Gateway Timeout\r\n")
                assert b"\r\nRetry-After: 5\r\n" in answer
                assert offered == 0

        within_time(work())

    @pytest.mark.parametrize("status", [b"500 Oops", b"404 Not Found", b"301 Moved", b"403 Forbidden"])
    def test_refuses_its_answer_passes_and_nothing_is_offered(self, status: bytes) -> None:
        async def work() -> None:
            async with listening(RawUpstream(b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\n\r\nno")) as upstream:
                answer, offered = await self.offered(upstream)
                assert answer == b"HTTP/1.1 " + status + b"\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"
                assert offered == 0

        within_time(work())

    def test_closes_behind_each_answer_without_a_word_every_delivery_comes_there_once(self) -> None:
        async def work() -> None:
            async with listening(RawUpstream()) as upstream, gateway(upstream) as running:
                for _ in range(20):
                    assert (await call(running.address, post(BODY))).startswith(b"HTTP/1.1 200 OK\r\n")
                assert (len(upstream.heard), upstream.connections) == (20, 20)
                assert len(await running.settled()) == 20

        within_time(work())

    def test_stays_on_the_line_its_connection_is_used_again_where_that_is_wanted(self) -> None:
        async def work() -> None:
            async with listening(RawUpstream(keeps=True)) as upstream, gateway(upstream, keep_alive=30.0) as running:
                for _ in range(3):
                    await call(running.address, post(BODY))
                assert (len(upstream.heard), upstream.connections) == (3, 1)
                assert not any(name == b"Connection" for each in upstream.heard for name, _ in each.headers)

        within_time(work())

    def test_hangs_up_on_a_used_connection_the_delivery_is_not_sent_again(self) -> None:
        async def work() -> None:
            async with listening(RawUpstream(keeps=True)) as upstream, gateway(upstream, keep_alive=30.0) as running:
                await call(running.address, post(BODY))
                upstream.answer, upstream.keeps = b"", False
                assert (await call(running.address, post(BODY))).startswith(b"HTTP/1.1 502 ")
                assert len(upstream.heard) == 2

        within_time(work())


class TestTheNewPath:
    def test_gets_what_the_upstream_has_taken_after_the_answer(self) -> None:
        async def work() -> None:
            async with listening(RawUpstream()) as upstream, gateway(upstream) as running:
                await call(running.address, post(BODY, b"X-A: 1", b"x-a: 2"))
                (taken,) = await running.settled()
            assert (taken.provider, taken.body, taken.shopper_id) == ("evolution", BODY, "s-1")
            assert (taken.headers or {})["x-a"] == "1, 2"
            assert taken.signature_valid is None
            assert taken.legacy is not None
            assert taken.legacy.response == Answer(200, [("Content-Length", "2")], b"ok")
            assert taken.legacy.seconds > 0

        within_time(work())

    def test_gets_nothing_but_posts_to_the_providers_paths(self) -> None:
        async def work() -> None:
            routes = ["/hooks/evolution/{instance}=evolution", "/hooks/cloud/{shop}=cloud_api:cloud-{shop}"]
            async with listening(RawUpstream()) as upstream, gateway(upstream, routes=routes) as running:
                for target in (b"/other", b"/hooks/cloud", b"/hooks/evolution/no%72th?a=1", b"/hooks/cloud/x/y"):
                    await call(running.address, post(BODY, target=target))
                await call(running.address, post(BODY, target=b"/hooks/cloud/x").replace(b"POST", b"PUT"))
                assert len(upstream.heard) == 5
                taken = await running.settled()
            assert [(each.provider, each.instance, each.shopper_id) for each in taken] == [
                ("evolution", "north", "s-north"), ("cloud_api", "cloud-x", "s-1")
            ]  # fmt: skip

        within_time(work())

    def test_is_not_there_at_all_while_the_flags_are_off(self) -> None:
        async def work() -> None:
            async with listening(RawUpstream()) as upstream, gateway(upstream, flags={}) as running:
                assert (await call(running.address, post(BODY))).startswith(b"HTTP/1.1 200 OK")
                assert await running.settled() == []
                assert not running.metrics.counts

        within_time(work())

    def test_that_is_live_gets_it_by_the_spool(self, tmp_path: Path) -> None:
        async def work() -> None:
            async with (
                listening(RawUpstream()) as upstream,
                gateway(upstream, flags=LIVE, spool=tmp_path / "spool", secrets=["s"]) as running,
            ):
                await call(running.address, post(BODY))
                (taken,) = await running.settled()
                assert (taken.body, taken.legacy) == (BODY, None)  # what came out of a file
                assert (tmp_path / "spool").is_dir()

        within_time(work())

    def test_is_told_whether_the_signature_is_good_and_a_bad_one_is_passed_on(self) -> None:
        async def work() -> None:
            good = b"X-Hub-Signature-256: sha256=" + SIGNED.encode()
            routes = ["/hook=cloud_api"]
            async with (
                listening(RawUpstream()) as upstream,
                gateway(upstream, routes=routes, secrets=["old", "new"]) as running,
            ):
                for headers in ((good,), (b"X-Hub-Signature-256: sha256=00",), ()):
                    assert (await call(running.address, post(BODY, *headers))).startswith(b"HTTP/1.1 200 OK")
                assert [each.signature_valid for each in await running.settled()] == [True, False, False]
                assert len(upstream.heard) == 3

        within_time(work())

    def test_may_hang_or_raise_and_changes_nothing(self) -> None:
        async def work() -> None:
            hanging = Hanging()
            for candidate in (hanging, Raising(ValueError("x"))):
                async with listening(RawUpstream()) as upstream, gateway(upstream, candidate=candidate) as running:
                    for _ in range(5):
                        assert (await call(running.address, post(BODY))).startswith(b"HTTP/1.1 200 OK")
                    assert len(upstream.heard) == 5
                    hanging.let_go.set()
                    await running.settled()
            assert running.metrics.counts[FAILED, "raised"] == 5

        within_time(work())

    def test_misses_what_is_more_than_it_may_keep_and_the_provider_does_not(self) -> None:
        async def work() -> None:
            async with listening(RawUpstream()) as upstream, gateway(upstream) as running:
                for body in (b"", b"x" * (16 * 1024 * 1024 + 1)):
                    assert (await call(running.address, post(body))).startswith(b"HTTP/1.1 200 OK")
                assert await running.settled() == []
                assert running.metrics.counts == {(DROPPED, "unread"): 1, (DROPPED, "oversized"): 1}

        within_time(work())


class TestTheCaller:
    def test_that_hangs_up_early_has_its_delivery_taken_all_the_same(self) -> None:
        async def work() -> None:
            came, goes_on = asyncio.Event(), asyncio.Event()

            async def before() -> None:
                came.set()
                await goes_on.wait()

            async with listening(RawUpstream(before=before)) as upstream, gateway(upstream) as running:
                _, writer = await asyncio.open_connection(*running.address.split(":"))
                writer.write(post(BODY))
                await came.wait()
                writer.transport.abort()
                await asyncio.sleep(0.05)
                goes_on.set()
                await running.serving.gateway.wait_until_idle()
                (taken,) = await running.settled()
                assert taken.legacy is not None
                assert taken.legacy.response.body == b"ok"

        within_time(work())

    def test_that_hangs_up_within_its_body_has_sent_nothing(self) -> None:
        async def work() -> None:
            async with listening(RawUpstream()) as upstream, gateway(upstream) as running:
                _, writer = await asyncio.open_connection(*running.address.split(":"))
                writer.write(post(BODY)[:-5])
                await asyncio.to_thread(eventually, lambda: running.serving.gateway.running)
                writer.transport.abort()
                await running.serving.gateway.wait_until_idle()
                assert (upstream.heard, await running.settled()) == ([], [])

        within_time(work())

    def test_gets_413_for_too_large_a_body_before_it_is_sent_or_while_it_is(self) -> None:
        async def work() -> None:
            chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n%s\r\n0\r\n\r\n" % (
                101 * b"x"
            )
            big = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 101\r\n\r\n"
            limits = Limits(body=100)
            async with listening(RawUpstream()) as upstream, gateway(upstream, limits=limits) as running:
                for request in (chunked, big + 101 * b"x"):
                    answer = await call(running.address, request)
                    assert answer.startswith(b"HTTP/1.1 413 Request Entity Too Large\r\n")
                assert (await call(running.address, post(100 * b"x"))).startswith(b"HTTP/1.1 200 OK")
                assert len(upstream.heard) == 1
                assert running.serving.gateway.running == 0

        within_time(work())

    def test_that_sends_a_head_without_an_end_is_cut_off(self) -> None:
        async def work() -> None:
            async with listening(RawUpstream()) as upstream, gateway(upstream) as running:
                reader, writer = await asyncio.open_connection(*running.address.split(":"))
                writer.write(b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
                await reader.readuntil(b"ok")
                writer.write(b"GET /second HTTP/1.1\r\n")
                sent = 0
                try:
                    while sent < 64 * LONGEST_HEAD:
                        writer.write(b"X-A: " + 60_000 * b"x" + b"\r\n")
                        await writer.drain()
                        sent += 60_000
                except ConnectionError:
                    pass
                writer.close()
                assert sent < 32 * LONGEST_HEAD  # what the system keeps on the way counts as sent
                assert [each.first for each in upstream.heard] == [b"GET /first HTTP/1.1"]

        within_time(work())

    def test_may_say_much_in_a_head_and_send_much_behind_each(self) -> None:
        async def work() -> None:
            long = [b"X-%d: %s" % (number, 10_000 * b"x") for number in range(80)]
            body = 3 * LONGEST_HEAD * b"x"
            async with listening(RawUpstream()) as upstream, gateway(upstream) as running:
                request = post(body, *long)
                kept = request.replace(b"Connection: close\r\n", b"", 1)
                assert (await call(running.address, kept + kept + request)).count(b"HTTP/1.1 200 OK") == 3
                assert [each.body for each in upstream.heard] == 3 * [body]

        within_time(work())

    def test_gets_503_while_there_is_too_much_at_once(self) -> None:
        async def work() -> None:
            came, goes_on = asyncio.Event(), asyncio.Event()

            async def before() -> None:
                came.set()
                await goes_on.wait()

            limits = Limits(requests=1)
            async with (
                listening(RawUpstream(before=before)) as upstream,
                gateway(upstream, limits=limits) as running,
            ):
                first = asyncio.create_task(call(running.address, post(BODY)))
                await came.wait()
                answer = await call(running.address, post(BODY))
                assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
                assert b"\r\nRetry-After: 5\r\n" in answer
                assert b'"requests_running": 1' in await call(running.address, HEALTH)
                goes_on.set()
                assert (await first).startswith(b"HTTP/1.1 200 OK")
                assert len(await running.settled()) == 1

        within_time(work())

    @pytest.mark.parametrize(
        ("request_", "status"),
        [
            (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", b"501"),
            (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", b"501"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"400"),
            (b"GET / HTTP/1.1\r\nHost: a\r\nno header\r\n\r\n", b"400"),
            (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
            (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
            (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", b"501"),
        ],
    )
    def test_is_refused_what_is_no_request_for_the_upstream(self, request_: bytes, status: bytes) -> None:
        upstream = RawUpstream()
        assert within_time(exchanged(upstream, request_)).split()[1] == status
        assert upstream.heard == []

    def test_may_ask_how_the_gateway_is_and_the_upstream_is_not_asked(self) -> None:
        upstream = RawUpstream()
        answer = within_time(exchanged(upstream, HEALTH))
        told = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert told == {
            "schema": "rollout/gateway-health/v1", "status": "ok", "requests_running": 0, "queue_depth": 0,
            "spool_bytes": None,
            "flags": {
                "source": "store", "rollout": "r", "revision": 1, "stale": False, "age_seconds": 0.0, "problem": None,
                "killed": [],
            },
        }  # fmt: skip
        assert upstream.heard == []

    def test_may_be_one_of_many(self) -> None:
        async def work() -> None:
            async with listening(RawUpstream()) as upstream, gateway(upstream) as running:
                bodies = [b"%d" % number for number in range(100)]
                answers = await asyncio.gather(*(call(running.address, post(each)) for each in bodies))
                assert all(each.startswith(b"HTTP/1.1 200 OK") for each in answers)
                assert sorted(each.body for each in await running.settled()) == sorted(bodies)

        within_time(work())


class TestStopping:
    def test_ends_what_has_begun_and_accepts_nothing_more(self) -> None:
        async def work() -> None:
            came, goes_on = asyncio.Event(), asyncio.Event()

            async def before() -> None:
                came.set()
                await goes_on.wait()

            async with listening(RawUpstream(before=before)) as upstream, gateway(upstream) as running:
                address = running.address
                first = asyncio.create_task(call(address, post(BODY)))
                await came.wait()
                stopping = asyncio.create_task(running.serving.stop())
                await asyncio.sleep(0.05)
                assert not stopping.done()
                with pytest.raises(ConnectionRefusedError):
                    await call(address, post(BODY))
                goes_on.set()
                await stopping
                assert (await first).startswith(b"HTTP/1.1 200 OK")
                assert len(await running.settled()) == 1

        within_time(work())

    def test_does_not_wait_for_ever(self) -> None:
        async def work() -> None:
            came = asyncio.Event()

            async def before() -> None:
                came.set()
                await asyncio.sleep(5)

            async with listening(RawUpstream(before=before)) as upstream:
                async with gateway(upstream, grace=0.1) as running:
                    first = asyncio.create_task(call(running.address, post(BODY)))
                    await came.wait()
                    await running.serving.stop()
                assert not (await first)

        within_time(work())
