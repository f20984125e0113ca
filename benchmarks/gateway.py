"""What `rollout gateway` adds to a caller's time: the same requests to an endpoint, straight and through it."""

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from time import perf_counter

from benchmarks.harness import interleave, undisturbed
from benchmarks.report import Section, Verdict

CLIENTS = (1, 16)
WANTED_MS = 5.0
PAUSE_SECONDS = 0.02
"""Of each of several clients behind each request: what is measured is the way, not a queue."""
SHADOW = {"WHATSAPP_CANONICAL_EVENTS_ENABLED": "true", "WHATSAPP_CANONICAL_SHADOW_MODE": "true"}
LIVE = {**SHADOW, "WHATSAPP_CANONICAL_SHADOW_MODE": "false", "WHATSAPP_ROUTING_ENABLED": "true"}
WAYS: Mapping[str, tuple[Mapping[str, str], tuple[str, ...]]] = {
    "gateway, flags off": ({}, ()),
    "gateway, shadow": (SHADOW, ()),
    "gateway, live": (LIVE, ()),
    "gateway, live, --keep-alive 30": (LIVE, ("--keep-alive", "30")),
}
STRAIGHT = "straight"
METHOD = """POST requests of {length} bytes to an endpoint that answers at once, in a process of its own, by callers
that keep their connections; each of several rests {pause:.0f} ms behind each request. {rounds} rounds of {requests:,}
requests, all ways in turn in each round. The gateway is two processes, one that passes on and one for the new path. It
opens a connection to the endpoint for each request unless it is told otherwise. All share {cores} cores with the
callers: where the new path works for every delivery, they wait for a core."""
BODY = (
    b'{"event":"messages.upsert","instance":"north","data":{"key":{"remoteJid":"5511970000001@s.whatsapp.net",'
    b'"fromMe":false,"id":"%020d"},"messageTimestamp":1760000000,"message":{"conversation":"' + 300 * b"x" + b'"}}}'
)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Times = list[float]
"""Seconds of each request."""


def section(quick: bool) -> Section:  # noqa: FBT001 - every section has this one parameter
    """Straight, and through a gateway in each of its moods."""
    rounds, requests = (2, 200) if quick else (8, 1000)
    rows: list[tuple[str, ...]] = []
    added: dict[str, float] = {}
    with ExitStack() as stack, undisturbed():
        upstream = stack.enter_context(_listening([sys.executable, "-m", "benchmarks.gateway"], {}))
        places = {STRAIGHT: upstream}
        for name, (flags, options) in WAYS.items():
            places[name] = stack.enter_context(_gateway(upstream, flags, options))
        for clients in CLIENTS:
            times = _measured(places, clients, rounds, requests)
            rows += [_row(name, clients, times[name], times[STRAIGHT]) for name in places]
            added |= {f"{name}, {clients}": _at(times[name], 50) - _at(times[STRAIGHT], 50) for name in WAYS}
    wanted = f"the gateway adds less than {WANTED_MS:.0f} ms to the median of one caller"
    worst = max((name for name in added if name.endswith(", 1")), key=lambda name: added[name])
    return Section(
        "A gateway in front of an endpoint",
        METHOD.format(
            length=len(BODY % 0), pause=PAUSE_SECONDS * 1000, rounds=rounds, requests=requests, cores=os.cpu_count()
        ),
        ("way", "callers", "p50", "p99", "added to p50", "added to p99"),
        tuple(rows),
        (Verdict(wanted, f"measured {added[worst]:.2f} ms ({worst.rpartition(', ')[0]})", added[worst] < WANTED_MS),),
    )


def _measured(places: Mapping[str, int], clients: int, rounds: int, requests: int) -> dict[str, Times]:
    """Milliseconds of each request, by way."""
    runs = {name: partial(_round, port, clients, requests) for name, port in places.items()}
    return {name: [each * 1000 for times in told for each in times] for name, told in interleave(runs, rounds).items()}


def _round(port: int, clients: int, requests: int, number: int) -> Times:
    async def work() -> Times:
        each = requests // clients
        first = number * requests
        told = await asyncio.gather(*(_caller(port, each, first + at * each, clients > 1) for at in range(clients)))
        return [time for times in told for time in times[1:]]  # the first one connects

    return asyncio.run(work())


async def _caller(port: int, requests: int, first: int, rests: bool) -> Times:  # noqa: FBT001
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times: Times = []
    for number in range(first, first + requests):
        body = BODY % number
        head = (
            b"POST /hook HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        )
        started = perf_counter()
        writer.write(head % len(body) + body)
        await reader.readuntil(b"\r\n\r\nok")
        times.append(perf_counter() - started)
        if rests:
            await asyncio.sleep(PAUSE_SECONDS)
    writer.close()
    return times


@contextmanager
def _gateway(upstream: int, flags: Mapping[str, str], options: Sequence[str]) -> Iterator[int]:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "rollout_cli.cli.main", "gateway", "--upstream", f"http://127.0.0.1:{upstream}",
            "--listen", "127.0.0.1:0", "--provider", "evolution", "--shopper", "shopper-1", "--project", folder,
            *options,
        ]  # fmt: skip
        with _listening(command, flags) as port:
            yield port


@contextmanager
def _listening(command: Sequence[str], variables: Mapping[str, str]) -> Iterator[int]:
    """A process that says where it listens, with the last number of its first line."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ROLLOUT_", "WHATSAPP_"))}
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(command, stderr=said, env=environment | dict(variables)) as child,  # noqa: S603 - our own
    ):
        try:
            yield _port(child, said.fileno())
        finally:
            child.terminate()


def _port(child: "subprocess.Popen[bytes]", descriptor: int) -> int:
    """The port that a process says it has got.

    Raises:
        RuntimeError: it has ended.
    """
    while child.poll() is None:
        line, is_whole, _ = os.pread(descriptor, 1000, 0).decode().partition("\n")
        if is_whole:
            return int(line.partition("http://127.0.0.1:")[2].split()[0])
        sys.stdout.flush()
    raise RuntimeError(os.pread(descriptor, 1000, 0).decode())


def _row(name: str, clients: int, times: Times, straight: Times) -> tuple[str, ...]:
    middle, high = _at(times, 50), _at(times, 99)
    shown = (middle, high, middle - _at(straight, 50), high - _at(straight, 99))
    return name, str(clients), *(f"{each:.2f} ms" for each in shown)


def _at(times: Times, percent: int) -> float:
    """A percentile, in milliseconds."""
    return sorted(times)[len(times) * percent // 100]


class _Endpoint(asyncio.Protocol):
    """Answers each request when its body is there."""

    def __init__(self) -> None:
        self._kept = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has come."""
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Something has come."""
        self._kept += data
        head, is_whole, body = self._kept.partition(b"\r\n\r\n")
        if is_whole and len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]):
            self._kept = b""
            self._transport.write(ANSWER)
            if b"\r\nConnection: close" in head:
                self._transport.close()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Endpoint, "127.0.0.1", 0)
    sys.stderr.write(f"endpoint on http://127.0.0.1:{server.sockets[0].getsockname()[1]} for ever\n")
    sys.stderr.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
