"""`rollout gateway` as a process: it serves until it is told to stop, and leaves nothing behind that it had begun."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rollout_cli.errors import ExitCode
from tests.server.gateways import within_time
from tests.server.raw_upstream import RawUpstream, call, listening, post
from tests.support.event_stores import cloud_text
from tests.support.program import PROGRAM, rollout_here, surroundings

UPSTREAM = ("--upstream", "http://127.0.0.1:9")
LIVE = {"WHATSAPP_CANONICAL_EVENTS_ENABLED": "true", "WHATSAPP_CANONICAL_SHADOW_MODE": "false"}
SHADOW = {"WHATSAPP_CANONICAL_EVENTS_ENABLED": "true"}


@contextmanager
def process(folder: Path, *options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A gateway of its own, and where it listens."""
    listen = ("--listen", "127.0.0.1:0")
    child = subprocess.Popen(
        [*PROGRAM, "gateway", *listen, *options],
        cwd=folder, env=surroundings(**environment), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert child.stderr is not None
        address = None
        while address is None:
            line = child.stderr.readline()
            assert line, "it has ended"
            address = re.match(r"gateway on http://(\S+) in front of http", line)
        yield child, address[1]
    finally:
        child.kill()
        child.communicate()


def health(address: str) -> dict[str, object]:
    request = b"GET /-/rollout/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    told: dict[str, object] = json.loads(asyncio.run(call(address, request)).partition(b"\r\n\r\n")[2])
    return told


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.heavy)],
)
def test_a_signal_ends_it_when_the_running_request_is_answered_and_stored(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    async def work() -> None:
        came, goes_on = asyncio.Event(), asyncio.Event()

        async def before() -> None:
            came.set()
            await goes_on.wait()

        async with listening(RawUpstream(before=before)) as upstream:
            options = ("--upstream", upstream.url, "--provider", "cloud_api", "--shopper", "shopper-1")
            with process(tmp_path, *options, **LIVE) as (child, address):
                asked = asyncio.create_task(call(address, post(cloud_text(1))))
                await came.wait()
                os.kill(child.pid, number)
                await asyncio.to_thread(until_refused, address)
                goes_on.set()
                assert (await asked).startswith(b"HTTP/1.1 200 OK\r\n")
                assert await asyncio.to_thread(child.wait, 20) == code

    within_time(work())
    listed = rollout_here("events", "list", "--format", "json", cwd=tmp_path).document
    assert [each["event_type"] for each in listed["events"]] == ["whatsapp.message.inbound"]


def until_refused(address: str) -> None:
    while True:
        try:
            asyncio.run(call(address, b"", ends=True))
        except ConnectionRefusedError:
            return
        except ConnectionResetError:  # it was in line when the gateway stopped listening
            continue


def test_in_shadow_nothing_is_stored_and_nobody_is_named(tmp_path: Path) -> None:
    async def work() -> str:
        async with listening(RawUpstream()) as upstream:
            options = ("--upstream", upstream.url, "--provider", "cloud_api", "--no-store", "--format", "json")
            with process(tmp_path, *options, **SHADOW) as (child, address):
                assert (await call(address, post(cloud_text(1)))).startswith(b"HTTP/1.1 200 OK\r\n")
                child.send_signal(signal.SIGTERM)
                return (await asyncio.to_thread(child.communicate, None, 20))[1]

    said = within_time(work())
    assert "[SHADOW MODE]" in said
    assert "551197" not in said
    assert not list((tmp_path / ".rollout").glob("events*"))
    assert not (tmp_path / ".rollout" / "spool").exists()


def test_it_starts_without_a_project_and_while_the_store_is_away(tmp_path: Path) -> None:
    options = (*UPSTREAM, "--provider", "evolution", "--events-store", "postgresql://nobody@127.0.0.1:9/none")
    with process(tmp_path, *options) as (_, address):
        assert health(address)["status"] == "ok"


@pytest.mark.heavy
def test_several_may_listen_at_one_place_where_that_is_wanted(tmp_path: Path) -> None:
    options = (*UPSTREAM, "--provider", "evolution", "--no-store")
    with process(tmp_path, *options, "--reuse-port") as (_, address):
        refused = rollout_here("gateway", *options, "--listen", address, cwd=tmp_path)
        assert (refused.code, "one cannot listen on" in refused.err) == (ExitCode.USAGE, True)
        with process(tmp_path, *options, "--listen", address, "--reuse-port") as (_, same):
            assert same == address
            assert health(address)["status"] == "ok"


@pytest.mark.heavy
def test_its_health_is_the_upstreams_where_that_is_wanted(tmp_path: Path) -> None:
    async def work() -> None:
        async with listening(RawUpstream()) as upstream:
            options = ("--upstream", upstream.url, "--provider", "evolution", "--no-store", "--no-health")
            with process(tmp_path, *options) as (_, address):
                request = b"GET /-/rollout/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                assert (await call(address, request)).endswith(b"\r\n\r\nok")
                assert upstream.heard[0].first == b"GET /-/rollout/health HTTP/1.1"

    within_time(work())


def test_prometheus_is_told_what_is_counted(tmp_path: Path) -> None:
    async def work(address: str) -> bytes:
        return await call(address, b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    options = (*UPSTREAM, "--provider", "evolution", "--no-store", "--metrics-listen", "127.0.0.1:0")
    with process(tmp_path, *options) as (child, _):
        assert child.stderr is not None
        said = re.fullmatch(r"metrics on http://(\S+)/metrics\n", child.stderr.readline())
        assert said is not None
        told = within_time(work(said[1]))
    assert told.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'canonical_publish_fail_count_total{outcome="store",path="live",phase="",provider="evolution"} 0.0' in told


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((*UPSTREAM,), "say whose deliveries come"),
        ((*UPSTREAM, "--provider", "evolution", "--route", "/a=evolution"), "say whose deliveries come"),
        ((*UPSTREAM, "--provider", "telegram"), "there is no provider 'telegram'"),
        ((*UPSTREAM, "--route", "/a=telegram"), "there is no provider 'telegram'"),
        ((*UPSTREAM, "--route", "evolution"), "'evolution' is no route"),
        (("--upstream", "127.0.0.1:9", "--provider", "evolution"), "--upstream is no URL of an endpoint"),
        (("--upstream", "http://u:hush@h", "--provider", "evolution"), "--upstream is scheme, host, port"),
        ((*UPSTREAM, "--provider", "evolution", "--listen", "8080"), "'8080' is no address to listen on"),
        ((*UPSTREAM, "--provider", "evolution", "--listen", "a:99999"), "'a:99999' is no address to listen on"),
        ((*UPSTREAM, "--provider", "evolution", "--shoppers", "none.yaml"), "there is no none.yaml"),
        ((*UPSTREAM, "--provider", "evolution", "--app-secret-env", "NONE"), "the variable NONE is not set"),
        ((*UPSTREAM, "--provider", "evolution", "--no-store", "--listen", "192.0.2.1:1"), "one cannot listen on"),
    ],
)
def test_what_cannot_be_meant_is_said_with_a_hint(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    run = rollout_here("gateway", *options, cwd=tmp_path)
    assert run.code == ExitCode.USAGE
    assert said in run.err
    assert "\n  -> " in run.err
    assert "hush" not in run.err


def test_a_store_that_was_named_and_is_missing_is_not_made(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/none.db"
    run = rollout_here("gateway", *UPSTREAM, "--provider", "evolution", "--events-store", url, cwd=tmp_path)
    assert run.code == ExitCode.STORE
    assert "there is no store of events" in run.err
    assert not list(tmp_path.iterdir())


def test_shoppers_are_found_by_header_field_and_instance_and_the_rest_is_one_shoppers(tmp_path: Path) -> None:
    from rollout_cli.pipeline.shoppers import Request
    from rollout_cli.server.gateway.options import shoppers_from

    file = tmp_path / "shoppers.yaml"
    file.write_text("north: s-north\n700100: 12\n")
    shoppers = shoppers_from("s-rest", file, "X-Shopper", "data.shop")
    assert shoppers is not None
    cloud = b'{"entry":[{"changes":[{"value":{"metadata":{"phone_number_id":"700100"}}}]}]}'
    asked = {
        "s-header": Request("evolution", b'{"data":{"shop":"s-field"}}', headers={"x-shopper": "s-header"}),
        "s-field": Request("evolution", b'{"instance":"north","data":{"shop":"s-field"}}'),
        "s-north": Request("evolution", b'{"instance":"north"}'),
        "12": Request("cloud_api", cloud),
        "s-rest": Request("evolution", b"no JSON", "south"),
    }
    assert {shoppers.shopper_of(request): request for request in asked.values()} == asked


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("- north\n", ExitCode.USAGE, "is no mapping"),
        ("north: [a]\n", ExitCode.USAGE, "has no shoppers"),
        ("north: a\nnorth: b\n", ExitCode.USAGE, "shoppers.yaml:2:1"),
    ],
)
def test_a_file_without_shoppers_is_refused(tmp_path: Path, text: str, code: ExitCode, said: str) -> None:
    (tmp_path / "shoppers.yaml").write_text(text)
    options = (*UPSTREAM, "--provider", "evolution", "--no-store", "--shoppers", "shoppers.yaml")
    run = rollout_here("gateway", *options, cwd=tmp_path)
    assert (run.code, said in run.err) == (code, True)


def test_only_the_gateway_imports_aiohttp(tmp_path: Path) -> None:
    child = "import sys; from rollout_cli.cli.main import run; run(sys.argv[1:]); print(*sorted(sys.modules))"
    for words in (("--help",), ("gateway", "--help")):
        done = subprocess.run(
            [sys.executable, "-c", child, *words], cwd=tmp_path, env=surroundings(), capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        modules = set(done.stdout.splitlines()[-1].split())
        assert not modules & {"aiohttp", "asyncio", "prometheus_client", "rollout_cli.server"}


def test_without_aiohttp_it_says_what_to_install(tmp_path: Path) -> None:
    child = (
        "import sys; sys.modules['aiohttp'] = None; from rollout_cli.cli.main import run; sys.exit(run(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", child, "gateway", *UPSTREAM, "--provider", "evolution"],
        cwd=tmp_path, env=surroundings(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == ExitCode.USAGE
    assert "the gateway needs aiohttp" in done.stderr
    assert "pip install '.[gateway]'" in done.stderr
