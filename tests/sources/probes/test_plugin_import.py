"""Importing a plugin for its parameters happens elsewhere first: whatever it does there, we go on and say so."""

import sys
import time
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from rollout_cli.checks.kinds import UnusablePluginError
from rollout_cli.checks.plugin import GROUP
from rollout_cli.sources.probes.plugin_import import imported
from rollout_cli.sources.probes.plugins import installed_plugins
from tests.plugins.installing import found_packages, install
from tests.sources.probes.naughty import NAUGHTY


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A folder whose packages are found."""
    with found_packages(tmp_path / "site") as folder:
        yield folder


def test_a_plugin_that_hangs_when_it_is_imported_is_a_finding_in_time(site: Path) -> None:
    install(site, "sleepy", "import time\nwhile True: time.sleep(60)", {"sleepy": "sleepy:plugin"})
    (offer,) = entry_points(group=GROUP, name="sleepy")
    begun = time.monotonic()
    with pytest.raises(UnusablePluginError, match=r"^importing it takes longer than 1 seconds$"):
        imported(offer, "sleepy", seconds=1)
    assert time.monotonic() - begun < 10
    assert "sleepy" not in sys.modules


def test_a_plugin_that_only_breaks_in_our_process_is_a_finding(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "import sys\nif sys.argv[0] != '-c': raise SystemExit(0)\n" + NAUGHTY
    install(site, "choosy", text, {"choosy": "choosy:prints"})
    monkeypatch.setattr(sys, "argv", ["rollout"])
    with pytest.raises(UnusablePluginError, match=r"^importing it raises SystemExit$"):
        installed_plugins().model("choosy")


def test_what_a_plugin_prints_when_it_is_imported_is_not_our_answer(
    site: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    prints = (
        "import os, sys\nprint('x')\nsys.__stdout__.write('x')\nos.write(1, b'x')\nos.system('echo x; echo x >&2')\n"
    )
    install(site, "chatty", prints + NAUGHTY, {"chatty": "chatty:prints"})
    assert installed_plugins().model("chatty") is not None
    assert tuple(capfd.readouterr()) == ("", "")
