"""`rollout events`: what is said, what is done, and nothing of a person on the screen."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from rollout_cli import RolloutClient
from rollout_cli.errors import ExitCode
from rollout_cli.new_path import open_new_path
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.render.schemas import json_schema
from tests.support.event_stores import NOW, cloud_text
from tests.support.program import PROGRAM, Run, rollout_here, surroundings, text

Rollout = Callable[..., Run]
PHONE = "5511970000001"
LIVE = {
    "WHATSAPP_CANONICAL_EVENTS_ENABLED": "true", "WHATSAPP_CANONICAL_SHADOW_MODE": "false",
    "WHATSAPP_ROUTING_ENABLED": "true",
}  # fmt: skip
KEY = {"ROLLOUT_PSEUDONYM_KEY": "of this test"}


@pytest.fixture
def events(tmp_path: Path) -> Rollout:
    """`rollout events` in a new project with a filled store of events."""
    rollout_here("init", ".", cwd=tmp_path)
    rollout_here("events", "upgrade", cwd=tmp_path)
    flags = RolloutClient.connect(None, environment=LIVE, project=tmp_path)
    with flags, open_new_path(f"sqlite:///{tmp_path}/.rollout/events.db", flags) as path:
        texts = [Delivery("cloud_api", cloud_text(number), NOW, shopper_id="shopper-1") for number in range(2)]
        path.take([*texts, Delivery("cloud_api", b'{"a":', NOW, shopper_id="shopper-1")])
    return lambda *words, **environment: rollout_here("events", *words, cwd=tmp_path, **KEY, **environment)


def test_a_store_is_made_once_and_never_by_looking(tmp_path: Path) -> None:
    rollout_here("init", ".", cwd=tmp_path)
    looked = rollout_here("events", "list", cwd=tmp_path)
    assert (looked.code, looked.out) == (ExitCode.STORE, "")
    assert "there is no store of events" in looked.err
    assert "`rollout events upgrade`" in looked.err
    assert not (tmp_path / ".rollout" / "events.db").exists()
    assert rollout_here("events", "upgrade", cwd=tmp_path).out.endswith("schema none -> 0001\n")
    assert rollout_here("events", "upgrade", cwd=tmp_path).out.endswith("schema 0001, nothing to do\n")


def test_where_the_store_is_may_be_said_or_stand_in_the_environment(tmp_path: Path) -> None:
    rollout_here("init", ".", cwd=tmp_path)
    other = f"sqlite:///{tmp_path}/other.db"
    rollout_here("events", "upgrade", "--events-store", other, cwd=tmp_path)
    assert rollout_here("events", "list", cwd=tmp_path, ROLLOUT_EVENTS_DATABASE_URL=other).out == "No such events\n"


def test_a_list_shows_where_and_when_and_nobody(events: Rollout) -> None:
    run = events("list")
    assert run.code == 0
    assert run.answer.count("whatsapp.message.inbound") == 2
    assert run.answer.count("whatsapp.conversation.opened") == 1
    assert PHONE not in run.out
    assert "good morning" not in run.out


def test_what_is_wanted_is_narrowed_down(events: Rollout) -> None:
    assert events("list", "--type", "whatsapp.conversation").out.count("whatsapp.") == 1
    assert events("list", "--message", "wamid.T1").out.count("inbound") == 1
    assert events("list", "--since", "1h").out == "No such events\n"
    assert events("list", "--shopper", "nobody").out == "No such events\n"
    assert events("list", "--provider", "cloud-api", "--type", "whatsapp.message").out.count("inbound") == 2
    assert events("list", "--provider", "baileys").out == "No such events\n"
    assert events("list", "--limit", "1").out.endswith("There are more: --limit\n")


def test_a_provider_that_there_is_not_is_no_empty_list(events: Rollout) -> None:
    run = events("list", "--provider", "clowd_api")
    assert (run.code, run.out) == (ExitCode.USAGE, "")
    assert run.err == "error: there is no provider 'clowd_api'\n  -> did you mean cloud_api?\n"


@pytest.mark.parametrize("command", [("forget", PHONE), ("prune", "--events-older-than", "0s")], ids=" ".join)
def test_who_is_asked_and_says_no_has_let_go_of_nothing(events: Rollout, command: tuple[str, ...]) -> None:
    before = events("export").out
    run = events(*command, terminal=True, stdin="n\n")
    assert run.code == ExitCode.INTERRUPTED
    assert run.err.endswith("Not applied.\n")
    assert events("export").out == before
    assert events(*command, "-y", terminal=True).code == ExitCode.DONE
    assert events("export").out != before


def test_a_time_that_is_none_is_refused_with_an_example(events: Rollout) -> None:
    run = events("list", "--since", "yesterday")
    assert run.code == ExitCode.USAGE
    assert run.err == text("""
        error: --since 'yesterday' is no time
          -> a time like 2026-11-02T09:00:00Z, or a duration like 24h for so long ago
        """)


def test_whole_events_come_a_line_each_in_the_order_asked_for(events: Rollout) -> None:
    by_time = [json.loads(each) for each in events("list", "--full").out.splitlines()]
    by_place = [json.loads(each) for each in events("export").out.splitlines()]
    assert [each["event_type"].split(".")[1] for each in by_time] == ["message", "conversation", "message"]
    assert [each["event_type"].split(".")[1] for each in by_place] == ["message", "message", "conversation"]
    assert by_time[0]["message"]["text"] == "good morning"
    assert by_time[0]["routing"]["conversation_id"] is not None
    assert len(events("export", "--after", "2").out.splitlines()) == 1


def test_dead_letters_are_listed_and_explained_without_their_body(events: Rollout) -> None:
    assert events("dead-letters").answer == text("""
        1 dead letter
        1     <time> cloud_api not_json
              the body is not JSON: Input data was truncated (5 bytes)
        """)
    assert "still refused" in events("dead-letters", "--explain", "1").out
    assert events("dead-letters", "--explain", "9").code == ExitCode.USAGE


def test_a_letter_says_whether_its_signature_was_good_where_that_was_looked_at(events: Rollout, tmp_path: Path) -> None:
    flags = RolloutClient.connect(None, environment=LIVE, project=tmp_path)
    with flags, open_new_path(f"sqlite:///{tmp_path}/.rollout/events.db", flags) as path:
        path.take(
            [Delivery("cloud_api", b"{", NOW, shopper_id="shopper-1", signature_valid=each) for each in (False, True)]
        )
    assert "(1 bytes, badly signed)" in events("dead-letters").out
    assert "(1 bytes, well signed)" in events("dead-letters").out
    letters = events("dead-letters", "--format", "json").document["letters"]
    assert [each["signature_valid"] for each in letters] == [None, False, True]


def test_whole_events_that_cannot_be_written_are_no_crash_and_say_so(events: Rollout) -> None:
    with Path("/dev/full").open("w") as full:
        command = [*PROGRAM, "events", "export"]
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, cwd=events("list").folder,
                             env=surroundings(), check=False)  # fmt: skip
    assert run.returncode == ExitCode.USAGE
    assert "the answer cannot be written" in run.stderr


def test_a_word_that_is_no_id_forgets_nobody(events: Rollout) -> None:
    before = events("export").out
    run = events("forget", "whatsapp", "--yes")
    assert run.code == ExitCode.USAGE
    assert run.err.startswith("error: that is nobody's id\n")
    assert events("export").out == before


def test_a_letter_that_is_refused_again_stays(events: Rollout) -> None:
    planned = events("replay", "--all", "--dry-run", "--format", "json").document
    done = events("replay", "1", "--format", "json").document
    assert (planned["applied"], planned["still_refused"]) == (False, 1)
    assert (done["applied"], done["still_refused"], done["become_events"]) == (True, 1, 0)
    assert events("replay").code == ExitCode.USAGE
    assert events("replay", "9").code == ExitCode.USAGE


def test_a_letter_that_becomes_events_now_is_stored_once_and_gone(events: Rollout, tmp_path: Path) -> None:
    from rollout_cli.pipeline.event_store import DeadLetter
    from rollout_cli.wiring import open_events, open_workspace

    store = open_events(open_workspace(tmp_path, None, {}), None)
    with store.publication() as publication:
        letter = DeadLetter(NOW, "cloud_api", "not_json", "an older program", cloud_text(7), shopper_id="shopper-1")
        publication.bury([letter])
    rollout_here("rollback", cwd=tmp_path)
    still_off = events("replay", "2", "--format", "json").document
    done = events("replay", "2", "--format", "json", ROLLOUT_STORE=None, **_nowhere(tmp_path)).document
    assert (still_off["become_events"], done["become_events"], done["events"]) == (0, 1, 1)
    assert events("dead-letters").out.startswith("1 dead letter\n")
    assert events("list", "--message", "wamid.T7").out.count("inbound") == 1


def test_what_is_replayed_is_served_by_the_teams_and_lines_of_a_file(events: Rollout, tmp_path: Path) -> None:
    from rollout_cli.pipeline.event_store import DeadLetter
    from rollout_cli.wiring import open_events, open_workspace

    body = cloud_text(7, sender="5511970000002")
    with open_events(open_workspace(tmp_path, None, {}), None).publication() as publication:
        publication.bury([DeadLetter(NOW, "cloud_api", "not_json", "an older program", body, shopper_id="shopper-1")])
    teams = tmp_path / "teams.yaml"
    teams.write_text("teams:\n  shopper-1: {default: ana}\nsame_line: {'cloud_api:700100': 'evolution:loja'}\n")
    assert events("replay", "2", "--dry-run", "--teams", str(tmp_path / "nowhere.yaml")).code == ExitCode.USAGE
    events("replay", "2", "--teams", str(teams), ROLLOUT_STORE=None, **_nowhere(tmp_path))
    (event,) = map(json.loads, events("list", "--full", "--message", "wamid.T7").out.splitlines())
    assert event["routing"]["skm_id"] == "ana"
    assert event["trace"]["idempotency_key"].startswith("shopper-1:evolution:msg:loja:")


def test_a_line_that_is_said_counts_more_than_one_of_the_file_and_needs_none(events: Rollout, tmp_path: Path) -> None:
    from rollout_cli.sources.teams import teams_and_lines

    teams = tmp_path / "teams.yaml"
    teams.write_text(
        "teams: {'*': {default: ana}}\nsame_line: {'cloud_api:1': 'evolution:a', 'cloud_api:2': 'evolution:b'}\n"
    )
    who, lines = teams_and_lines(teams, ["cloud_api:2=evolution:c"])
    assert who.of("anybody") is not None
    assert lines == {("cloud_api", "1"): ("evolution", "a"), ("cloud_api", "2"): ("evolution", "c")}
    assert teams_and_lines(None, ["cloud_api:2=evolution:c"])[1] == {("cloud_api", "2"): ("evolution", "c")}
    for wrong in ("cloud_api:2", "cloud_api=evolution:a", "telegram:1=evolution:a"):
        refused = events("replay", "--all", "--same-line", wrong)
        assert (refused.code, "\n  -> " in refused.err) == (ExitCode.USAGE, True)


def _nowhere(project: Path) -> dict[str, str]:
    """An environment that answers, with no store to ask."""
    for each in (project / ".rollout").glob("rollout.db*"):
        each.unlink()
    return dict(LIVE)


def test_a_person_is_forgotten_and_only_numbers_are_said(events: Rollout) -> None:
    planned = events("forget", f"+{PHONE}", "--dry-run")
    assert planned.out == text("""
        Would be forgotten: 1 person known by that id
          3 events of theirs emptied; of each type, time and provider are left
          0 events of others in which they stood
          1 conversation, 0 dead letters
        """)
    assert events("forget", PHONE, "--yes").out.startswith("Forgotten: 1 person")
    assert PHONE not in events("export").out
    assert "good morning" not in events("export").out


def test_old_things_are_let_go_when_it_is_said_which(events: Rollout) -> None:
    assert events("prune").code == ExitCode.USAGE
    planned = events("prune", "--raw-older-than", "1m", "--dry-run", "--format", "json").document
    done = events("prune", "--raw-older-than", "1m", "--events-older-than", "1m", "--yes", "--format", "json").document
    assert (planned["raw"], planned["applied"], done["events"]) == (3, False, 3)
    assert events("list").out == "No such events\n"


def test_idle_conversations_are_closed_once(events: Rollout) -> None:
    assert events("close-idle", "--after", "1h").out == "Closed 1 conversation\n"
    assert events("close-idle", "--after", "1h").out == "Closed 0 conversations\n"
    assert events("list", "--type", "whatsapp.conversation.closed").out.count("closed") == 1


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("list",), "events-list"),
        (("dead-letters",), "events-dead-letters"),
        (("replay", "--all", "--dry-run"), "events-replay"),
        (("forget", PHONE, "--dry-run"), "events-forget"),
        (("prune", "--raw-older-than", "1d", "--dry-run"), "events-prune"),
        (("close-idle",), "events-close-idle"),
        (("upgrade",), "events-upgrade"),
    ],
)
def test_every_document_has_a_published_schema_that_it_fits(events: Rollout, words: tuple[str, ...], name: str) -> None:
    document = events(*words, "--format", "json").document
    assert document["schema"] == f"rollout/{name}/v1"
    jsonschema.validate(document, json_schema(name))
