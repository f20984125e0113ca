"""`rollout check`: offline, in Portuguese, with what a failure calls for; and `advance` with the same checks."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import Run, text
from tests.support.projects import PHASES, write_project

Rollout = Callable[..., Run]
CHECKED = {
    **PHASES,
    "1-staging": """\
phase: 1
name: staging
flags:
  EVENTS: {enabled: true}
soak: 1h
preflight:
  - {id: events-on, kind: flag, flag: EVENTS, enabled: true, state: planned}
  - {id: team-trained, kind: attestation, title: The team has been trained, title_pt: Equipe treinada, expires: 30d}
  - {id: normalizes, kind: simulate, provider: evolution, pending: the normalizer}
gates:
  - id: in-shadow
    kind: flag
    flag: SHADOW
    enabled: true
    title: Canonical events stay in shadow
    on: {fail: rollback, inconclusive: hold, error: hold}
alerts:
  - id: nobody-routed
    kind: flag
    flag: ROUTING
    enabled: true
    on: {fail: warn, inconclusive: hold, error: hold}
rollback:
  post_checks:
    - {id: routing-is-off, kind: flag, flag: ROUTING, enabled: false}
""",
}


@pytest.fixture
def checked(rollout: Rollout, folder: Path) -> Rollout:
    write_project(folder, phases=CHECKED)
    return rollout


def test_offline_needs_no_store_and_says_what_it_did_not_ask(checked: Rollout, folder: Path) -> None:
    run = checked("check", "--phase", "1", "--offline")
    assert (run.code, run.err) == (0, "")
    assert run.answer == text("""
        test-rollout: checks for phase 1 (staging)
          preflight of phase 1
            PASS         events-on: EVENTS: enabled true
            NOT ASKED    team-trained: files alone cannot answer this
                         The team has been trained
            INCONCLUSIVE normalizes: pending: it waits for the normalizer
                         -> until then look yourself, and run `rollout attest normalizes --note …`
                         has no say
          gates of phase 1
            PASS         in-shadow: SHADOW: enabled true
                         Canonical events stay in shadow
          alerts of phase 1 (PASS: no alarm)
            FAIL         nobody-routed: ROUTING: enabled false; wanted enabled true
                         -> see how it came to this: `rollout history`
                         only a warning
          post-checks of phase 1
            NOT ASKED    routing-is-off: asked after a rollback, by `rollout rollback --watch`
        2 passed, 1 without a say, 1 not asked offline, 1 not asked yet, 1 pending
        Verdict: PASS, of what files alone can answer: 3 of 6 checks
        """)
    assert not (folder / ".rollout").exists()


def test_what_stands_in_the_way_of_a_move_is_said_beside_its_checks(checked: Rollout) -> None:
    run = checked("check", "--phase", "2")
    assert run.code == 0
    assert run.out.splitlines()[-2:] == [
        "Besides: not a legal move from here: positions are never skipped; advance to phase 0 (development) first",
        "Verdict: PASS",
    ]
    checked("advance")
    for check_id in ("normalizes", "team-trained"):
        checked("attest", check_id)
    checked("advance")
    assert re.search(r"Besides: the soak is not over: \d+s of 1h; wait until ", checked("check").out)
    (obstacle,) = checked("check", "--format", "json").document["obstacles"]
    assert obstacle.startswith("the soak is not over: ")


def test_a_phase_that_is_named_shows_what_will_be_asked_there(checked: Rollout) -> None:
    checked("advance")
    for check_id in ("normalizes", "team-trained"):
        checked("attest", check_id)
    checks = {each["id"]: each for each in checked("check", "--phase", "1", "--format", "json").document["checks"]}
    later = {name: each["message"] for name, each in checks.items() if each["cause"] == "later"}
    assert later == {
        "in-shadow": "asked once the rollout is in phase 1",
        "nobody-routed": "asked once the rollout is in phase 1",
        "routing-is-off": "asked after a rollback, by `rollout rollback --watch`",
    }
    assert not any(each["counts"] for each in checks.values() if each["cause"] == "later")
    assert "in-shadow" not in checked("check").out


def test_where_there_are_many_those_that_hold_are_named_again(rollout: Rollout, folder: Path) -> None:
    many = "".join(
        f"  - {{id: c{n}, kind: flag, flag: EVENTS, enabled: {str(n % 3 == 0).lower()}}}\n" for n in range(9)
    )
    write_project(folder, phases={**PHASES, "0-development": f"{PHASES['0-development']}preflight:\n{many}"})
    run = rollout("check")
    assert run.code == 3
    assert run.out.splitlines()[-3:] == ["6 passed, 3 failed", "FAIL: c0, c3, c6", "Verdict: FAIL"]


@pytest.mark.parametrize("language", ["pt", "pt-BR", "pt_BR", "PT"])
def test_a_language_may_name_its_country(checked: Rollout, language: str) -> None:
    assert "Veredito" in checked("check", "--lang", language).out


def test_offline_works_although_the_store_does_not(checked: Rollout, folder: Path) -> None:
    (folder / ".rollout").mkdir()
    (folder / ".rollout" / "rollout.db").write_text("rubbish")
    assert checked("check", "--phase", "1").code == 7
    assert checked("check", "--phase", "1", "--offline").code == 0


def test_offline_fails_with_3_when_the_files_contradict_themselves(checked: Rollout, folder: Path) -> None:
    bad = CHECKED["1-staging"].replace("flag: SHADOW\n    enabled: true", "flag: EVENTS\n    shadow: true")
    write_project(folder, phases={**CHECKED, "1-staging": bad.replace("{fail: rollback", "{fail: hold")})
    run = checked("check", "--phase", "1", "--offline", "-q")
    assert run.code in {2, 3}  # a lint rule may already say so


def test_a_pending_check_says_what_it_waits_for_and_a_person_can_stand_in(checked: Rollout) -> None:
    checked("advance")
    run = checked("check")
    assert run.code == 4
    assert "INCONCLUSIVE normalizes: pending: it waits for the normalizer\n" in run.out
    assert "1 passed, 1 inconclusive, 1 pending\n" in run.out
    checked("attest", "normalizes", "--note", "two hundred bodies, by hand")
    checked("attest", "team-trained")
    run = checked("check")
    assert run.code == 0
    assert "the check itself waits for the normalizer" in run.out


def test_portuguese_speaks_of_titles_verdicts_and_findings(checked: Rollout) -> None:
    checked("advance")
    run = checked("check", "--lang", "pt")
    assert run.code == 4
    assert "Equipe treinada\n" in run.out
    assert "The team" not in run.out
    assert "nobody has attested" not in run.out
    assert "Verdict" not in run.out
    by_variable = checked("check", ROLLOUT_LANG="pt_BR.UTF-8")
    assert by_variable.out == run.out


def test_a_language_that_we_do_not_speak_is_exit_2(checked: Rollout) -> None:
    run = checked("check", "--lang", "ptt")
    assert (run.code, run.err) == (2, "error: there is no language 'ptt'\n  -> did you mean pt?\n")


def test_json_says_section_cause_reaction_and_place(checked: Rollout) -> None:
    checked("advance")
    for check_id in ("normalizes", "team-trained"):
        checked("attest", check_id)
    checked("advance")
    checks = {each["id"]: each for each in checked("check", "--format", "json").document["checks"]}
    assert {name: (each["section"], each["reaction"], each["counts"]) for name, each in checks.items()} == {
        "in-shadow": ("gates", None, True),
        "nobody-routed": ("alerts", "warn", False),
    }
    assert (checks["in-shadow"]["file"], checks["in-shadow"]["line"]) == ("phases/1-staging.yaml", 11)


def test_advance_is_held_by_an_alert_and_says_that_it_calls_for_a_rollback(checked: Rollout, folder: Path) -> None:
    checked("advance")
    for check_id in ("normalizes", "team-trained"):
        checked("attest", check_id)
    assert checked("advance").code == 0
    checked("flags", "set", "SHADOW", "--off")
    run = checked("advance", "--allow-removals")
    assert run.code == 3
    assert "calls for a rollback\n" in run.out
    assert "-> this calls for `rollout rollback`; else see how it came to this: `rollout history`\n" in run.err


def test_with_no_phase_to_check_offline_is_exit_2(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases={})
    run = rollout("check", "--offline")
    assert (run.code, run.err) == (2, "error: there is no phase to check\n  -> add phases/0-name.yaml\n")
