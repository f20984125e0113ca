"""A Prometheus server of our own, from Debian's packages, with series written into its past; gone afterwards."""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

Samples = Sequence[tuple[float, float]]
"""Seconds before now, and the value then."""


class Prometheus:
    """A running server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._port = _free_port()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._port}"

    def fill(self, series: Mapping[str, Samples]) -> None:
        """Write the past, before it is started: for each series, as it is written in PromQL, its samples."""
        now = time.time()
        lines = [
            f"{name} {value!r} {now - ago:.3f}"
            for name, samples in series.items()
            for ago, value in sorted(samples, reverse=True)
        ]
        past = self._folder / "past.om"
        past.write_text("\n".join(lines) + "\n# EOF\n")
        command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", past, self._folder / "data"]
        subprocess.run(command, check=True, capture_output=True)

    def start(self) -> None:
        """Start it and wait until it answers."""
        (self._folder / "prometheus.yml").write_text("global: {scrape_interval: 1h}\n")
        command = [
            "prometheus",
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--log.level=error",
        ]
        log = (self._folder / "log").open("ab")
        with log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
        for _ in range(400):
            try:
                with urllib.request.urlopen(f"{self.url}/-/ready", timeout=1):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"Prometheus did not start:\n{(self._folder / 'log').read_text()}")

    def stop(self) -> None:
        """Stop it by its own process id."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=30)
            self._process = None


@contextmanager
def running_prometheus(series: Mapping[str, Samples]) -> Iterator[Prometheus]:
    """A server for as long as the block lasts. A test that needs one fails where the package is missing."""
    assert shutil.which("prometheus"), "Prometheus is needed: apt-get install prometheus"
    folder = Path(tempfile.mkdtemp(prefix="prometheus-"))
    server = Prometheus(folder)
    try:
        server.fill(series)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
