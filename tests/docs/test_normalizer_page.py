"""docs/normalizer.md: its examples run as they stand, and every kind, flag, reason and key of the code has its line."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rollout_cli.whatsapp import PROVIDERS, Reason, normalize
from rollout_cli.whatsapp.credentials import ADDRESSES, CREDENTIALS
from rollout_cli.whatsapp.simulated.kinds import KINDS
from rollout_cli.whatsapp.table import rows
from rollout_cli.whatsapp.vocabulary import EVENT_TYPES, MESSAGE_TYPES
from tests.support.program import PROGRAM, surroundings
from tests.support.projects import REPOSITORY
from tests.whatsapp.test_cases import RECEIVED_AT

PAGE = (REPOSITORY / "docs" / "normalizer.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
CONSOLES = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)


def ran(folder: Path, *command: str) -> str:
    """What a command prints, both streams together, where `rollout` is this one."""
    programs = folder / "programs"
    programs.mkdir()
    words = " ".join(f'"{word}"' for word in PROGRAM)
    (programs / "rollout").write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    (programs / "rollout").chmod(0o755)
    environment = surroundings(PATH=f"{programs}:{os.environ['PATH']}", PYTHONPATH=str(REPOSITORY))
    done = subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    )
    return done.stdout


def section(heading: str) -> str:
    """What stands below a heading, up to the next of its kind."""
    return re.split(r"^##+ ", PAGE.split(f"\n{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def test_there_are_examples_and_all_of_them_say_what_they_print() -> None:
    assert len(PYTHON) == PAGE.count("```python")
    assert CONSOLES


@pytest.mark.parametrize(("code", "output"), PYTHON)
def test_a_script_prints_what_the_page_says(tmp_path: Path, code: str, output: str) -> None:
    assert ran(tmp_path, sys.executable, "-W", "error", "-c", code) == output


@pytest.mark.parametrize("console", CONSOLES)
def test_a_command_prints_what_the_page_says(tmp_path: Path, console: str) -> None:
    if re.search(r"\bjq\b", console) and not shutil.which("jq"):
        pytest.skip("jq is not installed")
    typed = ("$ ", "> ")  # the second of them goes on with a command
    commands = [line[2:] for line in console.splitlines() if line.startswith(typed)]
    expected = [line for line in console.splitlines() if not line.startswith(typed)]
    assert ran(tmp_path, "/bin/sh", "-c", "\n".join(commands)).splitlines() == expected


def test_every_row_of_the_table_has_its_line() -> None:
    for row in rows():
        kind = f"`{row.message_type}`" if row.message_type else ""
        assert f"\n| {row.kind} | `{row.event_type}` | {kind} | `{row.key}` |\n" in PAGE, row.name
    assert PAGE.count("\n### ") == len(PROVIDERS)


def test_every_word_of_the_envelope_is_named() -> None:
    (event,) = normalize("simulated", b'{"kind": "message.status.sent"}', received_at=RECEIVED_AT)
    described = section("## The event")
    assert re.findall(r"^\| `(\w+)` \|", described, re.MULTILINE) == list(event.to_dict())
    assert [word for word in (*EVENT_TYPES, *MESSAGE_TYPES) if f"`{word}`" not in described] == []


def test_every_reason_flag_and_credential_is_named() -> None:
    assert re.findall(r"^\| `(\w+)` \|", section("## What is refused"), re.MULTILINE) == list(Reason)
    assert [name for name in CREDENTIALS | ADDRESSES if f"`{name}`" not in section("## `raw`, and credentials")] == []
    sources = "".join(path.read_text() for path in (REPOSITORY / "rollout_cli" / "whatsapp").rglob("*.py"))
    for flag in re.findall(r"^\| `(\w+)` \|", section("## Times and flags"), re.MULTILINE):
        assert f'"{flag}"' in sources


def test_the_example_of_the_simulated_shape_is_read_and_every_field_of_it_has_its_line() -> None:
    described = section("## The simulated shape")
    (example,) = re.findall(r"```json\n(.*?)```", described, re.DOTALL)
    (event,) = normalize("simulated", example.encode(), received_at=RECEIVED_AT)
    assert (event.event_type, event.security.risk_flags) == ("whatsapp.message.inbound", ())
    for name in event.raw:
        assert f"`{name}`" in described
    assert all(f"\n| {kind} | " in PAGE for kind in KINDS)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", PAGE):
        assert (REPOSITORY / "docs" / target).exists(), target
