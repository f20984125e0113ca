"""normalize --explain: which field of a body went where, without a word of what was said."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.support.program import Run, rollout_here, text

Rollout = Callable[..., Run]
BODY: dict[str, Any] = {
    "event": "messages.upsert",
    "instance": "store-1",
    "data": {
        "key": {"remoteJid": "5541999990101@s.whatsapp.net", "fromMe": False, "id": "3EB0AA01"},
        "pushName": "Ana",
        "message": {"conversation": "Is the blue one still there?", "unheardOf": 7},
        "messageTimestamp": 1790857800,
    },
    "apikey": "k-4711-secret",
}
PRIVATE = ("5541999990101", "Ana", "blue", "4711", "3EB0AA01")
EVOLUTION = ("normalize", "--provider", "evolution", "--explain", "--received-at", "2026-10-01T12:30:00Z")
SIMULATED = ("normalize", "--provider", "simulated", "--explain")


@pytest.fixture
def rollout(tmp_path: Path) -> Rollout:
    """`rollout` in a folder that is no project, where a message lies."""
    (tmp_path / "message.json").write_text(json.dumps(BODY))
    return partial(rollout_here, cwd=tmp_path)


def test_every_field_has_a_line_that_says_where_it_went(rollout: Rollout) -> None:
    run = rollout(*EVOLUTION, "message.json")
    assert (run.code, run.err) == (0, "1 body, 1 event, 0 unknown, 0 refused\n")
    assert run.out == text("""
        message.json: 1 event
          whatsapp.message.inbound, text, key msg
          event                     -> decides what kind of event it is
          instance                  -> source.instance, routing.thread_key, trace.idempotency_key
          data.key.remoteJid        -> routing.thread_key, actor.wa_id, actor.phone, context.chat_id, \
context.chat_aliases.0
          data.key.fromMe           -> decides what kind of event it is
          data.key.id               -> source.provider_message_id, message.message_id, trace.idempotency_key
          data.pushName             -> actor.display_name
          data.message.conversation -> message.text
          data.message.unheardOf    -> raw only
          data.messageTimestamp     -> occurred_at
          apikey                    -> redacted
        """)


def test_no_value_of_the_body_is_shown(rollout: Rollout) -> None:
    for more in ((), ("--format", "json")):
        shown = rollout(*EVOLUTION, *more, "message.json").out
        assert not [word for word in PRIVATE if word in shown]


def test_as_json_every_body_is_one_document_on_a_line(rollout: Rollout, tmp_path: Path) -> None:
    (tmp_path / "two.ndjson").write_text(f"{json.dumps(BODY)}\n{json.dumps(BODY)}\n")
    run = rollout(*EVOLUTION, "--format", "json", "--lines", "two.ndjson")
    first, second = map(json.loads, run.out.splitlines())
    assert {**first, "line": 2} == second
    assert first["leaves"][6] == {
        "path": "data.message.conversation",
        "redacted": False,
        "decides": None,
        "to": [{"path": "message.text", "events": [0]}],
        "kept": True,
    }
    del first["leaves"]
    assert first == {
        "schema": "rollout/normalize-explain/v1",
        "provider": "evolution",
        "file": "two.ndjson",
        "line": 1,
        "events": [{"event_type": "whatsapp.message.inbound", "message_type": "text", "key_kind": "msg"}],
        "leaves_left": 0,
    }


def test_of_several_events_it_is_said_which(rollout: Rollout) -> None:
    body = {"instance": "s", "note": 1, "events": [{"kind": "call", "id": "1"}, {"kind": "call", "id": "2"}]}
    run = rollout("normalize", "--provider", "simulated", "--explain", "-", stdin=json.dumps(body))
    assert run.out == text("""
        standard input: 2 events
          1. whatsapp.call, key call
          2. whatsapp.call, key call
          instance      -> source.instance (all), trace.idempotency_key (all)
          note          -> not kept
          events.0.kind -> decides what kind of event it is
          events.0.id   -> trace.idempotency_key (1)
          events.1.kind -> decides what kind of event it is
          events.1.id   -> trace.idempotency_key (2)
        """)


def test_a_body_of_very_many_fields_is_cut_and_says_so(rollout: Rollout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollout_cli.whatsapp.explaining.MAX_LEAVES", 3)
    run = rollout(*EVOLUTION, "message.json")
    assert run.out.splitlines()[-1] == "  and 7 fields more, not looked at"
    assert rollout(*EVOLUTION, "--format", "json", "message.json").document["leaves_left"] == 7


def test_a_refused_body_is_told_and_the_others_are_explained(rollout: Rollout) -> None:
    run = rollout(*EVOLUTION, "--lines", "-", stdin=f"[7]\n{json.dumps(BODY)}\n")
    assert run.code == 2
    assert run.err.startswith("standard input:1: not_an_object: ")
    assert run.out.startswith("standard input:2: 1 event\n")


@pytest.mark.parametrize("columns", ["20", "40", "80", "200"])
def test_on_a_screen_of_any_width_no_name_is_lost(rollout: Rollout, columns: str) -> None:
    run = rollout(*EVOLUTION, "message.json", terminal=True, COLUMNS=columns, NO_COLOR="1")
    assert run.code == 0
    assert "source.provider_message_id" in "".join(run.out.split())
    assert max(map(len, run.out.splitlines())) <= int(columns)


def test_on_a_screen_where_it_went_stays_in_its_column(rollout: Rollout) -> None:
    run = rollout(*EVOLUTION, "message.json", terminal=True, COLUMNS="72", NO_COLOR="1")
    assert run.out.splitlines()[2:8] == [
        "  event                     -> decides what kind of event it is",
        "  instance                  -> source.instance, routing.thread_key,",
        "                               trace.idempotency_key",
        "  data.key.remoteJid        -> routing.thread_key, actor.wa_id,",
        "                               actor.phone, context.chat_id,",
        "                               context.chat_aliases.0",
    ]


def test_on_a_narrow_screen_where_it_went_stands_below_the_field(rollout: Rollout) -> None:
    run = rollout(*EVOLUTION, "message.json", terminal=True, COLUMNS="48", NO_COLOR="1")
    assert run.out.splitlines()[2:7] == [
        "  event",
        "   -> decides what kind of event it is",
        "  instance",
        "   -> source.instance, routing.thread_key,",
        "      trace.idempotency_key",
    ]


def test_a_path_that_is_wider_than_its_column_has_a_line_of_its_own(rollout: Rollout) -> None:
    body = {"kind": "call", "id": "c-1", "details": {"a_rather_long_name": {"within_another_one": 1}}}
    run = rollout(*SIMULATED, "-", stdin=json.dumps(body), terminal=True, COLUMNS="72", NO_COLOR="1")
    assert run.out.splitlines()[2:6] == [
        "  kind                                 -> decides what kind of event it",
        "                                          is",
        "  id                                   -> trace.idempotency_key",
        "  details.a_rather_long_name.within_another_one",
    ]


def test_quiet_leaves_the_answer_to_people_and_to_programs(rollout: Rollout) -> None:
    run = rollout(*EVOLUTION, "-q", "message.json")
    assert (run.out, run.err) == (rollout(*EVOLUTION, "message.json").out, "")
    assert rollout(*EVOLUTION, "-q", "--format", "json", "message.json").document["events"]
