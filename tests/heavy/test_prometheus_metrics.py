"""A real Prometheus collects what two processes of an application count, and the shipped gates read it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.support.program import rollout_here
from tests.support.projects import REPOSITORY
from tests.support.prometheus import Prometheus, running_prometheus

pytestmark = pytest.mark.heavy

APPLICATION = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from rollout_cli.pipeline.metrics import *
from rollout_cli.pipeline.prometheus import PrometheusMetrics, exposition

counting = PrometheusMetrics(phase="1")

def work(pipe):
    for line in os.fdopen(pipe):
        times, milliseconds = line.split()
        labels = {"provider": "evolution", "path": "shadow"}
        for _ in range(int(times)):
            if milliseconds == "divergence":
                counting.add(DIVERGED, outcome="missing", **labels)
            else:
                counting.observe(LATENCY, float(milliseconds), outcome="shadow", **labels)
                counting.observe(ADDED, -1.5, outcome="compared", **labels)
    os._exit(0)

workers = []
for _ in range(2):
    read, write = os.pipe()
    if os.fork() == 0:
        for other in workers:
            os.close(other)
        os.close(write)
        work(read)
    os.close(read)
    workers.append(write)

class Metrics(BaseHTTPRequestHandler):
    def do_GET(self):
        shown = exposition(accept=self.headers.get("Accept", ""))
        self.send_response(200)
        self.send_header("Content-Type", shown.content_type)
        self.end_headers()
        self.wfile.write(shown.body)

    def log_message(self, *arguments):
        pass

server = HTTPServer(("127.0.0.1", 0), Metrics)
Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
for line in sys.stdin:
    number, told = line.split(" ", 1)
    os.write(workers[int(number)], told.encode())
for each in workers:
    os.close(each)
    os.wait()
"""


class Application:
    """An application with two workers, and `/metrics` of both."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        self.port = int(process.stdout.readline())

    def takes(self, deliveries: int, milliseconds: float) -> None:
        """Each worker takes so many deliveries."""
        for worker in (0, 1):
            self._tell(worker, f"{deliveries} {milliseconds}")

    def diverges(self) -> None:
        """One worker sees one divergence."""
        self._tell(1, "1 divergence")

    def _tell(self, worker: int, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{worker} {line}\n")
        self._process.stdin.flush()


@contextmanager
def running_application(folder: Path) -> Iterator[Application]:
    folder.mkdir()
    surroundings = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-c", APPLICATION], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=surroundings, cwd=REPOSITORY,
    )  # fmt: skip
    try:
        yield Application(process)
    finally:
        process.communicate(timeout=30)
        assert process.returncode == 0


def collect(server: Prometheus, port: int) -> None:
    """Have a running server ask an application every half second."""
    target = f"{{job_name: application, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}"
    configuration = f"global: {{scrape_interval: 500ms}}\nscrape_configs: [{target}]\n"
    (server._folder / "prometheus.yml").write_text(configuration)
    assert server._process is not None
    server._process.send_signal(signal.SIGHUP)


def number(server: Prometheus, query: str) -> float | None:
    """What a query comes to now."""
    address = f"{server.url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    with urllib.request.urlopen(address, timeout=10) as answer:
        found = json.load(answer)["data"]["result"]
    return float(found[0]["value"][1]) if found else None


def wait_until(server: Prometheus, query: str, value: float) -> None:
    """Wait until a query has come to a value, and a moment more, so that there are two samples of it."""
    for _ in range(300):
        if number(server, query) == value:
            time.sleep(1.2)
            return
        time.sleep(0.1)
    raise AssertionError(f"{query} is {number(server, query)}, not {value}")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The shipped plan, in phase 1, asking a Prometheus on this machine."""
    folder = tmp_path / "shipped"
    assert rollout_here("init", str(folder), cwd=tmp_path).code == 0
    sources = folder / "sources.yaml"
    text = sources.read_text()
    sources.write_text(text.replace("    # addresses: [10.0.0.0/8]", "    addresses: [127.0.0.1]", 1))
    assert sources.read_text() != text
    for _ in range(2):
        moved = rollout_here("advance", "--force", "--reason", "only the metrics matter here", cwd=folder)
        assert moved.code == 0
    return folder


def test_the_shipped_gates_read_what_two_processes_have_counted(project: Path, tmp_path: Path) -> None:
    with (
        running_prometheus({"before": [(60, 1)]}) as server,
        running_application(tmp_path / "counted") as application,
    ):
        ask = partial(rollout_here, "check", "--format", "json", cwd=project, ROLLOUT_PROMETHEUS_URL=server.url)

        def gates() -> tuple[str, str]:
            checks = {each["id"]: each for each in ask().document["checks"]}
            return checks["no-divergence"]["verdict"], checks["adds-little-latency"]["verdict"]

        collect(server, application.port)
        wait_until(server, "sum(divergence_count_total)", 0)
        application.takes(1, 20)
        wait_until(server, "sum(latency_ms_count)", 2)
        assert gates() == ("INCONCLUSIVE", "INCONCLUSIVE")

        application.takes(1000, 20)
        wait_until(server, "sum(latency_ms_count)", 2002)
        assert number(server, "sum(rollout_delivery_duration_seconds_count)") == 2002
        assert number(server, 'sum(latency_ms_bucket{le="25.0"})') == 2002
        assert number(server, 'sum(added_latency_ms_bucket{le="-1.0"})') == 2002
        assert gates() == ("PASS", "PASS")

        application.diverges()
        application.takes(1000, 300)
        wait_until(server, "sum(divergence_count_total)", 1)
        wait_until(server, "sum(latency_ms_count)", 4002)
        assert gates() == ("FAIL", "FAIL")
