"""Headless Chromium from Debian's packages, spoken to over a pipe: what a page does when it is really opened."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from select import select
from time import monotonic
from typing import Any

_PATIENCE = 30.0


def is_installed() -> bool:
    """Whether there is a Chromium here."""
    return shutil.which("chromium") is not None


@dataclass(frozen=True)
class Seen:
    """A page, as it was seen.

    Attributes:
        complaints: what the browser's console said.
        requests: what was asked for, the page itself not counted.
        wide: pixels from the left to the end of all that is on it.
        picture: a PNG.
    """

    complaints: list[str]
    requests: list[str]
    wide: int
    picture: bytes


class Chromium:
    """A running browser with one tab."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._rest = b""
        self._number = 0
        self._heard: list[dict[str, Any]] = []
        target = self._ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self._ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self._ask(f"{domain}.enable", {})

    def look(self, page: Path, *, wide: int, dark: bool) -> Seen:
        """Open a page in a window so wide, and see what happens."""
        self._heard.clear()
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", {"features": [scheme]})
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            {"width": wide, "height": 900, "deviceScaleFactor": 1, "mobile": wide < 600},
        )
        address = page.resolve().as_uri()
        self._ask("Page.navigate", {"url": address})
        self._wait_for("Page.loadEventFired")
        found = self._ask("Runtime.evaluate", {"expression": "document.documentElement.scrollWidth"})
        picture = self._ask("Page.captureScreenshot", {"captureBeyondViewport": True})["data"]
        return Seen(
            [json.dumps(each["params"]) for each in self._heard
             if each["method"] in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")],
            [url for each in self._heard if each["method"] == "Network.requestWillBeSent"
             and (url := each["params"]["request"]["url"]) != address],
            int(found["result"]["value"]),
            picture.encode(),
        )  # fmt: skip

    def _ask(self, method: str, parameters: dict[str, Any]) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if getattr(self, "_session", None) is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            heard = self._next()
            if heard.get("id") == self._number:
                assert "error" not in heard, heard
                return heard["result"]
            if "method" in heard:
                self._heard.append(heard)

    def _wait_for(self, method: str) -> None:
        while not any(each["method"] == method for each in self._heard):
            self._heard.append(self._next())

    def _next(self) -> dict[str, Any]:
        until = monotonic() + _PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select([self._answers], [], [], max(until - monotonic(), 0))
            read = os.read(self._answers, 1 << 20) if ready else b""
            if not read:
                raise TimeoutError("the browser says nothing")
            self._rest += read
        said, self._rest = self._rest.split(b"\0", 1)
        heard: dict[str, Any] = json.loads(said)
        return heard


@contextmanager
def running_chromium() -> Iterator[Chromium]:
    """A browser, gone afterwards with all that it started."""
    its_commands, commands = os.pipe()
    answers, its_answers = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        command = f'exec chromium "$@" 3<&{its_commands} 4>&{its_answers}'
        process = subprocess.Popen(
            ["/bin/bash", "-c", command, "chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={home}"],
            pass_fds=(its_commands, its_answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        os.close(its_commands)
        os.close(its_answers)
        try:
            yield Chromium(commands, answers)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            os.close(commands)
            os.close(answers)
