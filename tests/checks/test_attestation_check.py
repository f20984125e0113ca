"""Kind `attestation`: people's yeses count until they end, are revoked, or what they were given to changes."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.checks.attestation_check import AttestationCheck, binding_digest, same_person
from rollout_cli.checks.entry_digest import entry_digest
from rollout_cli.checks.facts import Attestation, Facts
from rollout_cli.checks.verdict import Cause, Outcome, Verdict
from tests.checks.asking import NOW, OFF, ask, attested, check, problems

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
ONE = "kind: attestation, expires: 1d"
TWO = "kind: attestation, expires: 1d, approvals: 2"
ALONE = "kind: attestation, expires: 1d, bound_to: check, title: All five are trained"
PENDING = "kind: simulate, provider: evolution, pending: the simulator, title: Everything is normalized"


def revoked(*, ago: timedelta = timedelta(0), actor: str = "ana") -> Attestation:
    return replace(attested(ago=ago, actor=actor), is_revocation=True, plan_digest="")


def given_to(text: str, *, ago: timedelta = timedelta(0), actor: str = "ana") -> Attestation:
    """A yes to a check as it is written, whatever else the files say."""
    return replace(attested(ago=ago, actor=actor), plan_digest=entry_digest(check(text).entry))


def came_to(outcome: Outcome) -> tuple[str, str]:
    return outcome.verdict.value, str(outcome.message)


def test_without_a_yes_it_is_inconclusive_and_says_how_to_give_one() -> None:
    result = ask(ONE)
    assert came_to(result) == ("INCONCLUSIVE", "nobody has attested this")
    assert result.cause is Cause.NO_YES
    assert str(result.hint) == "ask the person who knows to run `rollout attest c --note …`"


def test_nothing_is_asked_of_the_outside() -> None:
    for text in (ONE, TWO, ALONE, PENDING):
        ask(text, answers={})


# how long


@pytest.mark.parametrize(
    ("ago", "verdict"),
    [(timedelta(0), "PASS"), (DAY - SECOND, "PASS"), (DAY, "INCONCLUSIVE"), (9 * DAY, "INCONCLUSIVE")],
)
def test_a_yes_counts_for_as_long_as_the_file_says(ago: timedelta, verdict: str) -> None:
    assert ask(ONE, yes=attested(ago=ago)).verdict == verdict


@pytest.mark.parametrize(
    ("left", "verdict"), [(SECOND, "PASS"), (timedelta(0), "INCONCLUSIVE"), (-SECOND, "INCONCLUSIVE")]
)
def test_a_yes_counts_until_the_end_that_was_promised_then(left: timedelta, verdict: str) -> None:
    yes = attested(ago=DAY, expires_at=NOW + left)
    assert ask("kind: attestation", yes=yes).verdict == verdict
    assert ask("kind: attestation, expires: 30d", yes=yes).verdict == verdict


def test_the_earlier_of_both_ends_counts() -> None:
    yes = attested(ago=2 * DAY, expires_at=NOW + DAY)
    assert ask(ONE, yes=yes).verdict is Verdict.INCONCLUSIVE


def test_a_yes_without_an_end_counts_for_ever() -> None:
    result = ask("kind: attestation", yes=attested(ago=3_000 * DAY))
    assert result.verdict is Verdict.PASS
    assert "until" not in str(result.message)


# who


def test_the_message_says_who_and_until_when() -> None:
    assert came_to(ask(ONE, yes=attested())) == ("PASS", "attested by ana on 2026-01-05, until 2026-01-06 12:00 UTC")
    expired = ask(ONE, yes=attested(ago=DAY))
    assert came_to(expired) == ("INCONCLUSIVE", "ana's yes of 2026-01-04 expired on 2026-01-05 12:00 UTC")


def test_one_of_two_is_not_enough_and_the_message_names_the_one() -> None:
    result = ask(TWO, yes=attested())
    assert came_to(result) == ("INCONCLUSIVE", "1 of 2 approvals: ana on 2026-01-05, until 2026-01-06 12:00 UTC")
    assert str(result.hint) == "somebody else has to run `rollout attest c --note …`"


def test_two_different_people_are_two() -> None:
    result = ask(TWO, said=(attested(), attested(actor="bob")))
    assert came_to(result) == (
        "PASS",
        "attested by ana on 2026-01-05, until 2026-01-06 12:00 UTC, bob on 2026-01-05, until 2026-01-06 12:00 UTC",
    )


@pytest.mark.parametrize("again", ["ana", "Ana", " ANA", "ana\n", "an\u200ba", "\uff41na", "an\x00a"])
def test_one_person_twice_is_one_however_the_name_is_typed(again: str) -> None:
    result = ask(TWO, said=(attested(ago=SECOND), attested(actor=again)))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.evidence["given"] == 1
    assert result.evidence["yeses"][0]["at"] == NOW


@pytest.mark.parametrize("other", ["anna", "ana@host", "an a", "ána", "ana.", "\u0430na"])
def test_names_that_differ_are_two_people(other: str) -> None:
    assert ask(TWO, said=(attested(), attested(actor=other))).verdict is Verdict.PASS


def test_people_stand_in_the_order_of_their_latest_yes() -> None:
    said = (attested(ago=2 * SECOND), attested(ago=SECOND, actor="bob"), attested())
    assert [each["actor"] for each in ask(ONE, said=said).evidence["yeses"]] == ["bob", "ana"]


def test_a_sharp_s_is_two_and_spaces_inside_are_one() -> None:
    assert same_person("Ana  M.\tStraße ") == same_person("ana m. STRASSE")


@pytest.mark.parametrize(
    "name",
    ["ana ", "an\u200ba", "ana\u2800", "\u3164ana", "ana\u115f", "ana\ufe0f", "a\u034fna", "ana\U000e0101", "\uff41na",
     "ana\ue000", "an\u00ada", "an\u0332a", "ana\uffa0 ", "ANA\u180e"],
)  # fmt: skip
def test_what_nobody_sees_makes_no_second_person(name: str) -> None:
    assert same_person(name) == "ana"
    outcome = ask(TWO, said=(attested(), attested(actor=name)))
    assert outcome.verdict is Verdict.INCONCLUSIVE
    assert outcome.evidence["given"] == 1


def test_an_accent_is_the_same_however_it_is_written() -> None:
    assert {same_person(each) for each in ("aná", "ana\u0301", "ANA\u034f\u0301", "ana\u200b\u0301")} == {"aná"}


@pytest.mark.parametrize(
    ("one", "other"), [("ana", "anna"), ("ana", "aná"), ("रमा", "राम"), ("李", "李李"), ("ana b", "anab")]
)
def test_names_that_read_differently_are_different_people(one: str, other: str) -> None:
    assert same_person(one) != same_person(other)


@given(st.text())
def test_comparing_names_twice_says_the_same(name: str) -> None:
    assert same_person(same_person(name)) == same_person(name)


def test_when_the_first_of_two_expires_it_is_one_of_two_again_and_says_so() -> None:
    result = ask(TWO, said=(attested(ago=DAY), attested(actor="bob", ago=SECOND)))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert str(result.message).split("; ") == [
        "1 of 2 approvals: bob on 2026-01-05, until 2026-01-06 11:59 UTC",
        "ana's yes of 2026-01-04 expired on 2026-01-05 12:00 UTC",
    ]


def test_the_evidence_is_whole_and_the_message_one_line_whatever_the_name() -> None:
    result = ask("kind: attestation", yes=attested(actor="ana\n\x1b[31mPASS"))
    assert result.evidence["yeses"][0]["actor"] == "ana\n\x1b[31mPASS"


def test_the_evidence_names_those_who_do_not_count_and_why() -> None:
    evidence = ask(TWO, said=(attested(ago=DAY), attested(actor="bob"))).evidence
    assert (evidence["approvals"], evidence["given"], evidence["revoked"]) == (2, 1, None)
    assert [(each["actor"], each["counts"], bool(each["problem"])) for each in evidence["yeses"]] == [
        ("ana", False, True), ("bob", True, False),
    ]  # fmt: skip


def test_a_note_leaves_its_phone_numbers_and_secrets_behind() -> None:
    note = "called +55 11 98765-4321, token=abcdef123456"
    said = (replace(attested(), note=note), replace(revoked(), note=note), replace(attested(actor="bob"), note=note))
    for outcome in (ask(ONE, said=said), ask(ONE, said=said[:2]), ask(PENDING, said=said)):
        kept = json.dumps(outcome.evidence, default=str) + str(outcome.message) + str(outcome.hint)
        assert "98765" not in kept
        assert "abcdef" not in kept
        assert "called" in kept


# revoked


def test_a_revocation_takes_away_every_yes_before_it_whoever_says_it() -> None:
    said = (attested(ago=2 * SECOND), attested(ago=SECOND, actor="bob"), revoked(actor="carl"))
    result = ask(TWO, said=said)
    assert came_to(result) == ("INCONCLUSIVE", "carl revoked on 2026-01-05 what was said before")
    assert result.evidence["revoked"] == {"actor": "carl", "at": NOW, "note": "looked at it"}


def test_a_yes_after_a_revocation_counts_and_those_before_stay_gone() -> None:
    said = (attested(ago=2 * SECOND), attested(ago=2 * SECOND, actor="bob"), revoked(ago=SECOND), attested())
    assert ask(ONE, said=said).verdict is Verdict.PASS
    assert str(ask(TWO, said=said).message).split("; ") == [
        "1 of 2 approvals: ana on 2026-01-05, until 2026-01-06 12:00 UTC",
        "ana revoked on 2026-01-05 what was said before",
    ]


def test_what_was_said_first_comes_first_even_when_the_clock_was_set_back_between() -> None:
    assert ask(ONE, said=(attested(), revoked(ago=DAY))).verdict is Verdict.INCONCLUSIVE
    assert ask(ONE, said=(revoked(), attested(ago=SECOND))).verdict is Verdict.PASS


# void


def test_a_yes_is_void_once_any_file_has_changed() -> None:
    result = ask(ONE, yes=attested(), digest="another")
    assert came_to(result) == ("INCONCLUSIVE", "ana's yes of 2026-01-05 is void: the files have changed since")
    assert ask(ONE, yes=attested(), digest="digest").verdict is Verdict.PASS


def test_a_yes_to_one_question_is_none_to_another_of_the_same_id() -> None:
    def judged(given_to: str, asked: str) -> Verdict:
        one, other = check(f"{ONE}, {given_to}"), check(f"{ONE}, {asked}")
        assert isinstance(one.kind, AttestationCheck)
        yes = replace(attested(), plan_digest=binding_digest(one.kind, one.entry, "digest"))
        return other.kind.judge(other.entry, Facts(NOW, OFF, OFF, {"c": [yes]}, "digest"), {}).verdict

    assert judged("title: A backup was made", "title: A backup was made") is Verdict.PASS
    assert judged("title: A backup was made", "title: A backup was made, approvals: 1, optional: true") is Verdict.PASS
    assert judged("title: A backup was made", "title: The customers were told") is Verdict.INCONCLUSIVE


def test_a_yes_that_an_older_program_bound_to_the_files_alone_is_void() -> None:
    one = check(ONE)
    facts = Facts(NOW, OFF, OFF, {"c": [attested()]}, attested().plan_digest)
    outcome = one.kind.judge(one.entry, facts, {})
    assert came_to(outcome) == ("INCONCLUSIVE", "ana's yes of 2026-01-05 is void: it does not say what was asked")


def test_a_yes_bound_to_the_check_survives_every_change_elsewhere() -> None:
    assert ask(ALONE, yes=given_to(ALONE), digest="another").verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("All five are trained", "All seven are trained"),
        (ALONE, f"{ALONE}, title_pt: Equipe treinada"),
        (ALONE, ALONE.replace("bound_to: check", "bound_to: plan")),
    ],
)
def test_a_yes_bound_to_the_check_is_void_once_it_asks_something_else(before: str, after: str) -> None:
    result = ask(ALONE.replace(before, after), yes=given_to(ALONE))
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "is void: the " in str(result.message)


@pytest.mark.parametrize(
    "change",
    [
        "on: {fail: hold, inconclusive: hold, error: hold}",
        "optional: true",
        "timeout: 5s",
        "approvals: 1",
        "covers: [a line]",
    ],
)
def test_what_follows_from_the_answer_is_no_part_of_what_is_asked(change: str) -> None:
    assert ask(f"{ALONE}, {change}", yes=given_to(ALONE)).verdict is Verdict.PASS


def test_a_longer_life_in_the_file_is_no_other_question_and_gives_none_to_old_yeses() -> None:
    yes = replace(given_to(ALONE, ago=2 * DAY), expires_at=NOW - DAY)
    result = ask(ALONE.replace("1d", "9d"), yes=yes)
    assert "expired on 2026-01-04" in str(result.message)


def test_a_yes_for_these_files_stands_though_one_for_others_was_said_later() -> None:
    said = (attested(ago=SECOND), replace(attested(), plan_digest="another"))
    assert ask(ONE, said=said).verdict is Verdict.PASS
    assert ask(ONE, said=said, digest="another").verdict is Verdict.PASS
    assert ask(ONE, said=said, digest="a third").verdict is Verdict.INCONCLUSIVE


def test_of_several_yeses_for_other_files_the_latest_is_shown() -> None:
    said = (attested(ago=2 * SECOND), replace(attested(ago=SECOND), plan_digest="another"))
    (yes,) = ask("kind: attestation", said=said, digest="a third").evidence["yeses"]
    assert (yes["at"], yes["counts"]) == (NOW - SECOND, False)


def test_digests_are_those_that_stores_hold() -> None:
    assert entry_digest(check(ALONE).entry) == "37d72da928c325ee8b43e9153951abbc227a715c46ff57ddc1a4bf3cd6a45721"
    assert entry_digest(check(PENDING).entry) == "041807c892dbc0c65c5911ae0360eff48f1f4463b496e5682bc60bc26a583078"


# pending


def test_a_pending_check_says_what_it_waits_for() -> None:
    result = ask(PENDING)
    assert came_to(result) == ("INCONCLUSIVE", "pending: it waits for the simulator")
    assert (result.cause, result.evidence["pending"]) == (Cause.PENDING, "the simulator")
    assert str(result.hint) == "until then look yourself, and run `rollout attest c --note …`"


@pytest.mark.parametrize(
    ("ago", "verdict"), [(timedelta(0), "PASS"), (30 * DAY - SECOND, "PASS"), (30 * DAY, "INCONCLUSIVE")]
)
def test_a_yes_stands_in_for_a_pending_check_for_thirty_days(ago: timedelta, verdict: str) -> None:
    result = ask(PENDING, yes=given_to(PENDING, ago=ago), digest="another")
    assert result.verdict == verdict
    assert "waits for the simulator" in str(result.message)


def test_a_pending_check_says_what_is_wrong_with_the_yes_there_is() -> None:
    expired = ask(PENDING, yes=given_to(PENDING, ago=30 * DAY))
    assert str(expired.message) == (
        "pending: it waits for the simulator; ana's yes of 2025-12-06 expired on 2026-01-05 12:00 UTC"
    )
    other = ask(PENDING.replace("evolution", "baileys"), yes=given_to(PENDING))
    assert str(other.message) == (
        "pending: it waits for the simulator; ana's yes of 2026-01-05 is void: the check has changed since"
    )
    assert {expired.cause, other.cause} == {Cause.PENDING}


def test_a_pending_attestation_asks_for_no_less_than_it_will_ask_for() -> None:
    text = "kind: attestation, expires: 1d, approvals: 2, bound_to: check, pending: the normalizer"
    assert ask(text, said=(given_to(text),)).verdict is Verdict.INCONCLUSIVE
    assert ask(text, said=(given_to(text), given_to(text, actor="bob"))).verdict is Verdict.PASS
    assert ask(text, said=(given_to(text, ago=DAY), given_to(text, actor="bob"))).verdict is Verdict.INCONCLUSIVE


# how it is written


def test_a_lifetime_is_a_duration() -> None:
    assert problems("kind: attestation, expires: 30") == [
        "a duration is a number with a unit, like 48h, 7d, 15m, 90s or 1h30m"
    ]


@pytest.mark.parametrize("wrong", ["approvals: 0", "approvals: 10", "approvals: two", "bound_to: nothing"])
def test_what_makes_no_sense_is_found_when_the_files_are_read(wrong: str) -> None:
    assert len(problems(f"kind: attestation, {wrong}")) == 1
