"""One client for a whole process: set up once, or by itself at the first question."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import rollout_cli
from rollout_cli.client import Records, Source, application
from rollout_cli.errors import UsageError
from rollout_cli.flags.decision import Reason
from tests.client.clients import EVENTS_OFF, write
from tests.support.program import CLEAN
from tests.support.stores import new_sqlite


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A process in which nobody has configured anything, in a folder where nothing is declared."""
    import os

    for name in set(os.environ) - set(CLEAN):
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(application, "_client", None)
    yield
    if application._client is not None:
        application._client.close()


def refreshers() -> int:
    return sum(each.name == "rollout-refresher" for each in threading.enumerate())


def test_questions_go_to_the_client_that_was_configured(path: Path) -> None:
    client = rollout_cli.configure(f"sqlite:///{path}")
    assert application.client() is client
    assert rollout_cli.is_enabled("EVENTS", shopper_id="shopper-1")
    assert rollout_cli.is_enabled("EVENTS", "shopper-1")
    assert rollout_cli.is_enabled("EVENTS")
    assert rollout_cli.value("POLICY", shopper_id="shopper-1", default="default") == "sticky"
    assert rollout_cli.decide("ROUTING", shopper_id="shopper-1") == client.decide("ROUTING", "shopper-1")
    assert rollout_cli.is_enabled("UNKNOWN", default=True)
    assert refreshers() == 1


def test_options_are_those_of_connect(path: Path) -> None:
    client = rollout_cli.configure(f"sqlite:///{path}", rollout="test-rollout", refresh_seconds=60, records=Records())
    rollout_cli.is_enabled("EVENTS")
    assert len(client.counts()) == 1


def test_without_configuring_the_store_of_the_variable_answers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLOUT_STORE", f"sqlite:///{path}")
    assert rollout_cli.is_enabled("EVENTS", "shopper-1")
    assert application.client().health().source is Source.STORE


def test_configuring_without_a_store_takes_the_variable_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLOUT_STORE", f"sqlite:///{path}")
    assert rollout_cli.configure(refresh_seconds=60).health().source is Source.STORE


@pytest.mark.parametrize("variable", [None, ""])
def test_without_any_store_the_environment_answers(variable: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if variable is not None:
        monkeypatch.setenv("ROLLOUT_STORE", variable)
    monkeypatch.setenv("EVENTS", "true")
    assert rollout_cli.decide("EVENTS").reason == "ENV_GLOBAL"
    assert not application.client().health().stale


def test_a_variable_that_is_no_address_never_makes_a_question_fail(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("ROLLOUT_STORE", "nonsense with a s3cret")
    monkeypatch.setenv("EVENTS", "true")
    assert rollout_cli.is_enabled("EVENTS")
    assert rollout_cli.decide("EVENTS").reason == "ENV_GLOBAL"
    assert rollout_cli.value("UNKNOWN", default="x") == "x"
    assert len(caplog.records) == 1
    assert caplog.records[0].levelname == "ERROR"
    assert "ROLLOUT_STORE" in caplog.text
    assert "s3cret" not in caplog.text


def test_configuring_anew_closes_the_client_before(path: Path) -> None:
    first = rollout_cli.configure(f"sqlite:///{path}")
    other = new_sqlite(path.with_name("other.db"))
    write(other, EVENTS_OFF)
    second = rollout_cli.configure(f"sqlite:///{other}")
    assert application.client() is second
    assert first.health().stale
    assert refreshers() == 1
    assert rollout_cli.decide("EVENTS").reason == Reason.DISABLED


def test_an_address_that_is_none_is_refused_and_the_client_before_stays(path: Path) -> None:
    first = rollout_cli.configure(f"sqlite:///{path}")
    with pytest.raises(UsageError):
        rollout_cli.configure("nonsense")
    with pytest.raises(ValueError, match="refresh_seconds"):
        rollout_cli.configure(f"sqlite:///{path}", refresh_seconds=0)
    assert application.client() is first
    assert not first.health().stale
    assert rollout_cli.is_enabled("EVENTS")


def test_the_first_question_of_many_threads_makes_one_client(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLLOUT_STORE", f"sqlite:///{path}")
    together, answers = threading.Barrier(16), list[bool]()

    def ask() -> None:
        together.wait()
        answers.append(rollout_cli.is_enabled("EVENTS"))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)
    assert answers == [True] * 16
    assert refreshers() == 1


def test_questions_are_answered_while_the_client_is_exchanged(path: Path) -> None:
    rollout_cli.configure(f"sqlite:///{path}")
    ended, wrong = threading.Event(), list[object]()

    def ask() -> None:
        while not ended.is_set():
            if not rollout_cli.is_enabled("EVENTS"):
                wrong.append(rollout_cli.decide("EVENTS"))

    thread = threading.Thread(target=ask)
    thread.start()
    for _ in range(5):
        rollout_cli.configure(f"sqlite:///{path}")
    ended.set()
    thread.join(5)
    assert not wrong
