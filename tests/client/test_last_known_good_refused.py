"""A file with last known good answers that is not what was written: it is refused, and the environment answers."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rollout_cli.client import Source
from tests.client.clients import client_without_store
from tests.support.children import without_privileges


def _garble(file: Path) -> None:
    file.write_bytes(b"\xff\xfe\x00garbage")


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _tamper(file: Path) -> None:
    file.write_text(file.read_text().replace("false", "true"))


def _change(**fields: object) -> Callable[[Path], None]:
    def work(file: Path) -> None:
        file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))

    return work


def _grow(file: Path) -> None:
    os.truncate(file, 50_000_001)


def _replace_by(*make: Callable[[Path], object]) -> Callable[[Path], None]:
    def work(file: Path) -> None:
        file.unlink()
        for each in make:
            each(file)

    return work


def _text(text: str) -> Callable[[Path], None]:
    return lambda file: file.write_text(text) and None


UNSOUND: dict[str, tuple[Callable[[Path], None], str]] = {
    "garbage": (_garble, "is not what was written"),
    "empty": (_empty, "is not what was written"),
    "cut": (_cut, "is not what was written"),
    "a changed record": (_tamper, "is not what was written"),
    "another number": (_change(revision=7), "is not what was written"),
    "another hash": (_change(hash="0" * 64), "is not what was written"),
    "no record": (_change(record=None), "is not what was written"),
    "a rollout that is none": (_change(rollout=["a"]), "is not what was written"),
    "another schema": (_change(schema="rollout/last-known-good/v9"), "is of another program"),
    "a list": (_text("[]"), "is not what was written"),
    "a number": (_text("1"), "is not what was written"),
    "no schema": (_text("{}"), "is not what was written"),
    "a deep nest": (_text("[" * 100_000), "is not what was written"),
    "a number of a million digits": (_text('{"schema": ' + "9" * 1_000_000 + "}"), "is not what was written"),
    "too large": (_grow, "cannot be read"),
    "a folder": (_replace_by(Path.mkdir), "cannot be read"),
    "a pipe": (_replace_by(os.mkfifo), "cannot be read"),
}


@pytest.mark.parametrize(("happens", "problem"), UNSOUND.values(), ids=UNSOUND.keys())
def test_a_file_that_is_not_what_was_written_is_refused_and_the_environment_answers(
    kept: Path, happens: Callable[[Path], None], problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    happens(kept)
    with client_without_store(kept) as client:
        health = client.health()
        assert (health.source, health.stale, health.age_seconds) == (Source.ENVIRONMENT, True, None)
        assert not client.is_enabled("EVENTS")
        assert client.decide("POLICY", default="other").value == "round_robin"
    assert len(caplog.records) == 1
    assert "; until it can be used again, the environment answers (" in caplog.text
    assert f"{kept} {problem}" in caplog.text


def test_a_file_of_another_rollout_is_refused_where_one_is_named(kept: Path, caplog: pytest.LogCaptureFixture) -> None:
    with client_without_store(kept, rollout="another") as client:
        assert client.health().source is Source.ENVIRONMENT
    assert f"{kept} is of another rollout" in caplog.text
    with client_without_store(kept, rollout="test-rollout") as client:
        assert client.health().source is Source.LAST_KNOWN_GOOD


def test_a_file_that_may_not_be_read_is_refused(kept: Path) -> None:
    kept.chmod(0)

    def work() -> tuple[Source, bool]:
        with client_without_store(kept) as client:
            return client.health().source, client.is_enabled("EVENTS")

    assert without_privileges(work) == (Source.ENVIRONMENT, False)
