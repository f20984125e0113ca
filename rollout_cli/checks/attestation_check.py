"""Kind `attestation`: have enough people said yes, and does it still count?"""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from rollout_cli.checks.entry_digest import entry_digest
from rollout_cli.checks.facts import Attestation, Facts
from rollout_cli.checks.invisible import is_invisible
from rollout_cli.checks.questions import NO_QUESTIONS, Answers, Questions
from rollout_cli.checks.redaction import redacted
from rollout_cli.checks.verdict import Cause, Outcome, passed, unclear
from rollout_cli.checks.words import NOTHING, Said, listed, say
from rollout_cli.plan.fields import DurationField
from rollout_cli.plan.models import CheckEntry, FileModel

Binding = Literal["plan", "check"]


class AttestationCheck(FileModel):
    """Asks for people's recorded yes (`rollout attest ID`)."""

    expires: DurationField | None = Field(default=None, description="How long a yes counts.")
    approvals: int = Field(default=1, ge=1, le=9, description="How many different people have to say yes.")
    bound_to: Binding = Field(
        default="plan",
        description="What must not change after a yes: any of the plan's files, or what this check alone asks.",
    )

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:  # noqa: ARG002 - every kind is given them
        """Nothing: what people said is among the facts."""
        return NO_QUESTIONS

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """Look for the yeses that count; too few are INCONCLUSIVE: somebody has to say it."""
        return judged_yeses(self, entry, facts)


@dataclass(frozen=True, slots=True)
class Yes:
    """One person's latest yes; when it ends, and why it does not count, if it does not."""

    given: Attestation
    ends: datetime | None
    problem: Said

    @property
    def counts(self) -> bool:
        """Whether it is one of those that are needed."""
        return not self.problem


def judged_yeses(asked: AttestationCheck, entry: CheckEntry, facts: Facts) -> Outcome:
    """The verdict of what people said about a check."""
    said = facts.attestations.get(entry.id, ())
    yeses = yeses_of(asked, entry, said, facts.now, facts.plan_digest)
    counting = [each for each in yeses if each.counts]
    evidence = _evidence(asked, yeses, latest_revocation(said))
    if len(counting) >= asked.approvals:
        return passed(say("attested by {people}", people=listed([_person(each) for each in counting])), evidence)
    hint = say("ask the person who knows to run `rollout attest {id} --note …`", id=entry.id)
    if counting:
        hint = say("somebody else has to run `rollout attest {id} --note …`", id=entry.id)
    return unclear(Cause.NO_YES, _what_is_missing(asked, yeses, latest_revocation(said)), hint, evidence)


def yeses_of(
    asked: AttestationCheck, entry: CheckEntry, said: Sequence[Attestation], now: datetime, plan_digest: str
) -> list[Yes]:
    """Each person's latest yes since the last revocation, oldest first; one for what is asked now before others.

    Args:
        asked: how the check asks.
        entry: the check.
        said: everything that was said about it, oldest first.
        now: the store's time.
        plan_digest: the digest of the files.
    """
    digest = binding_digest(asked, entry, plan_digest)
    latest: dict[str, Attestation] = {}
    for each in said:
        person = same_person(each.actor)
        if each.is_revocation:
            latest.clear()
        elif each.plan_digest == digest or person not in latest or latest[person].plan_digest != digest:
            latest.pop(person, None)
            latest[person] = each
    return [_weighed(each, asked, now, (digest, plan_digest)) for each in latest.values()]


def latest_revocation(said: Sequence[Attestation]) -> Attestation | None:
    """Who last said that no yes given before counts any more."""
    return next((each for each in reversed(said) if each.is_revocation), None)


def binding_digest(asked: AttestationCheck, entry: CheckEntry, plan_digest: str) -> str:
    """The digest of what a yes to this check is bound to: always to what it asks, and mostly to all files, too.

    One id may ask different things in different phases; a yes to the one is none to the other.
    """
    own = entry_digest(entry)
    return own if asked.bound_to == "check" else hashlib.sha256(f"{plan_digest}{own}".encode()).hexdigest()


def same_person(actor: str) -> str:
    """What two names have in common that mean one person: capitals, spaces and what nobody sees do not matter.

    Nobody proves a name: this keeps one person from counting twice by accident, not by intent.
    """
    seen = _folded("".join(each for each in _folded(actor) if not is_invisible(each)))
    # What an accent could not be joined with is no part of a name; vowels that are marks have class 0, and are.
    return _folded("".join(each for each in seen if not unicodedata.combining(each)))


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def _weighed(given: Attestation, asked: AttestationCheck, now: datetime, digests: tuple[str, str]) -> Yes:
    digest, plan_digest = digests
    ends, problem = given.ends(asked.expires), NOTHING
    who = {"actor": given.actor, "day": _day(given.at)}
    if ends is not None and now >= ends:
        problem = say("{actor}'s yes of {day} expired on {end} UTC", end=_minute(ends), **who)
    elif given.plan_digest != digest and asked.bound_to == "plan" and given.plan_digest == plan_digest:
        problem = say("{actor}'s yes of {day} is void: it does not say what was asked", **who)
    elif given.plan_digest != digest and asked.bound_to == "plan":
        problem = say("{actor}'s yes of {day} is void: the files have changed since", **who)
    elif given.plan_digest != digest:
        problem = say("{actor}'s yes of {day} is void: the check has changed since", **who)
    return Yes(given, ends, problem)


def _what_is_missing(asked: AttestationCheck, yeses: Sequence[Yes], revocation: Attestation | None) -> Said:
    """Why there are too few: how many there are, and what is wrong with the latest of the others."""
    counting = [each for each in yeses if each.counts]
    why = next((each.problem for each in reversed(yeses) if not each.counts), NOTHING)
    if not why and revocation is not None:
        who = {"actor": revocation.actor, "day": _day(revocation.at)}
        why = say("{actor} revoked on {day} what was said before", **who)
    if not counting:
        return why or say("nobody has attested this")
    people = listed([_person(each) for each in counting])
    count = say("{given} of {needed} approvals: {people}", given=len(counting), needed=asked.approvals, people=people)
    return say("{count}; {why}", count=count, why=why) if why else count


def _evidence(asked: AttestationCheck, yeses: Sequence[Yes], revocation: Attestation | None) -> dict[str, Any]:
    return {
        "approvals": asked.approvals,
        "given": sum(each.counts for each in yeses),
        "yeses": [
            {**_statement(each.given), "expires_at": each.ends, "counts": each.counts, "problem": str(each.problem)}
            for each in yeses
        ],
        "revoked": None if revocation is None else _statement(revocation),
    }


def _statement(said: Attestation) -> dict[str, Any]:
    """Who said it, when and why. The history keeps this for ever, and CI shows it: the note is made fit for that."""
    return {"actor": said.actor, "at": said.at, "note": redacted(said.note)}


def _person(yes: Yes) -> Said:
    who = {"actor": yes.given.actor, "day": _day(yes.given.at)}
    if yes.ends is None:
        return say("{actor} on {day}", **who)
    return say("{actor} on {day}, until {end} UTC", end=_minute(yes.ends), **who)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
