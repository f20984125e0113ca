"""Who is asking."""

from datetime import UTC, datetime

import pytest

from rollout_cli.sources import surroundings
from rollout_cli.sources.surroundings import MAX_ACTOR, actor_name, today, unicode_text


def test_the_variable_names_the_actor() -> None:
    assert actor_name({"ROLLOUT_ACTOR": " ana@desk "}) == "ana@desk"
    assert len(actor_name({"ROLLOUT_ACTOR": "a" * 1000})) == MAX_ACTOR


@pytest.mark.parametrize("named", ["", "   "])
def test_without_it_the_actor_is_user_and_host(named: str) -> None:
    user, _, host = actor_name({"ROLLOUT_ACTOR": named}).partition("@")
    assert user
    assert host


def test_an_id_without_an_entry_in_the_user_database_is_still_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings.os, "getuid", lambda: 4_123_456)
    assert actor_name({}).startswith("uid-4123456@")
    assert actor_name({"LOGNAME": "ana"}).startswith("ana@")
    assert actor_name({"USER": "bea", "LOGNAME": "ana"}).startswith("bea@")


def test_bytes_that_are_no_text_become_escapes() -> None:
    assert unicode_text("caf\udce9 日本") == r"caf\udce9 日本"
    assert actor_name({"ROLLOUT_ACTOR": "caf\udce9"}) == r"caf\udce9"


def test_the_day_is_utcs() -> None:
    before = datetime.now(UTC).date()
    assert before <= today() <= datetime.now(UTC).date()
