"""What `attest` says: who said yes, how many it takes, and why a yes does not count."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import Run, text
from tests.support.projects import PHASES, write_project

Rollout = Callable[..., Run]
ATTESTED = {
    **PHASES,
    "0-development": """\
phase: 0
name: development
flags:
  EVENTS: {enabled: true}
preflight:
  - {id: team-trained, kind: attestation, title: The team has been trained, title_pt: Equipe treinada, expires: 30d}
  - {id: plan-read, kind: attestation}
  - {id: go, kind: attestation, approvals: 2, expires: 2d}
  - {id: normalizes, kind: simulate, provider: evolution, pending: the normalizer}
""",
}


def test_attest_lists_what_is_asked_and_records_who_said_yes(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases=ATTESTED)
    run = rollout("attest", "team-trained", "--note", "all five")
    assert run.code == 0
    assert run.answer == text("""
        yes     team-trained (phase 0)
                The team has been trained
                tester on <time>, until <time>
                note: all five
        """)
    listed = rollout("attest", "--list")
    assert (listed.code, listed.err) == (0, "")
    assert listed.answer == run.answer + text("""
        open    plan-read (phase 0)
        0 of 2  go (phase 0)
        open    normalizes (phase 0)
                stands in for a check that waits for the normalizer
        """)


def test_attest_says_how_many_of_those_who_are_needed_have_said_yes(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases=ATTESTED)
    first = rollout("attest", "go")
    assert first.code == 0
    assert first.err.endswith("go needs more than one: somebody else has to say yes, too.\n")
    assert rollout("attest", "go", ROLLOUT_ACTOR="Tester ").answer == text("""
        1 of 2  go (phase 0)
                Tester on <time>, until <time>
        """)
    second = rollout("attest", "go", ROLLOUT_ACTOR="bob")
    assert (second.err, second.answer) == ("", text("""
        yes     go (phase 0)
                Tester on <time>, until <time>
                bob on <time>, until <time>
        """))  # fmt: skip


def test_attest_revokes_what_everybody_said(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases=ATTESTED)
    rollout("attest", "go")
    rollout("attest", "go", ROLLOUT_ACTOR="bob")
    run = rollout("attest", "go", "--revoke", "--note", "old numbers", ROLLOUT_ACTOR="carl")
    assert (run.code, run.err) == (0, "")
    assert run.answer == text("""
        0 of 2  go (phase 0)
                revoked by carl on <time>
                note: old numbers
        """)
    rollout("attest", "go")
    assert "revoked by carl" in rollout("attest", "--list").out
    assert "revoked by carl" not in rollout("attest", "go", ROLLOUT_ACTOR="bob").out


def test_attest_with_nothing_to_revoke_says_so_records_nothing_and_creates_no_store(
    rollout: Rollout, folder: Path
) -> None:
    write_project(folder, phases=ATTESTED)
    run = rollout("attest", "plan-read", "--revoke")
    assert (run.code, run.err) == (0, "Nothing to revoke: there is no yes to plan-read.\n")
    assert run.answer == "open    plan-read (phase 0)\n"
    assert not (folder / ".rollout").exists()
    rollout("attest", "go")
    assert rollout("attest", "plan-read", "--revoke").err == run.err
    assert rollout("attest", "plan-raed", "--revoke").code == 2


def test_attest_lists_one_check_alone(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases=ATTESTED)
    run = rollout("attest", "plan-read", "--list")
    assert (run.code, run.answer) == (0, "open    plan-read (phase 0)\n")
    assert not (folder / ".rollout").exists()
    wrong = rollout("attest", "plan-raed", "--list")
    assert (wrong.code, wrong.out) == (2, "")
    assert "did you mean plan-read?" in wrong.err


@pytest.mark.parametrize("more", [(), ("--list",), ("--revoke",)])
def test_attest_says_of_a_check_that_the_program_asks_that_nobodys_yes_counts(
    rollout: Rollout, folder: Path, more: tuple[str, ...]
) -> None:
    asked = "preflight:\n  - {id: legacy-answers, kind: http, url: 'http://legacy.example/'}\n"
    write_project(folder, phases={**ATTESTED, "1-staging": PHASES["1-staging"] + asked})
    run = rollout("attest", "legacy-answers", *more)
    assert (run.code, run.out) == (2, "")
    assert "legacy-answers is asked by the program itself (kind http): nobody's yes counts for it" in run.err
    assert not (folder / ".rollout").exists()


def test_attest_says_why_a_yes_does_not_count(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases=ATTESTED)
    rollout("attest", "plan-read", "--note", "read")
    write_project(folder, phases={**ATTESTED, "1-staging": PHASES["1-staging"].replace("1h", "2h")})
    listed = rollout("attest", "--list").answer
    assert text("""
        open    plan-read (phase 0)
                tester on <time>
                does not count: tester's yes of <day> is void: the files have changed since
                note: read
        """) in re.sub(r"\d{4}-\d\d-\d\d is", "<day> is", listed)


def test_attest_speaks_of_checks_in_the_words_of_the_language(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases=ATTESTED)
    listed = rollout("attest", "--list", "--lang", "pt")
    assert listed.code == 0
    assert "Equipe treinada\n" in listed.out
    assert "The team" not in listed.out
    assert rollout("attest", "--list", "--lang", "klingon").code == 2


def test_attest_of_an_unknown_check_suggests_one_and_creates_no_store(rollout: Rollout, folder: Path) -> None:
    write_project(folder, phases=ATTESTED)
    run = rollout("attest", "team-traned")
    assert (run.code, run.out) == (2, "")
    assert run.err == "error: there is no attestation 'team-traned'\n  -> did you mean team-trained?\n"
    assert not (folder / ".rollout").exists()


def test_attest_takes_either_a_check_or_the_list(rollout: Rollout) -> None:
    assert rollout("attest").code == 2
    assert rollout("attest", "team-trained", "--list").code == 2
    assert rollout("attest", "--list", "--revoke").code == 2
    assert rollout("attest", "--revoke").code == 2
    assert rollout("attest", "--list").answer == "The plan asks for no attestation.\n"
