"""A check that waits for something: it cannot be asked yet, and until then a person's yes answers it."""

from dataclasses import dataclass
from functools import cache

from rollout_cli.checks.attestation_check import AttestationCheck, judged_yeses
from rollout_cli.checks.facts import Facts
from rollout_cli.checks.questions import NO_QUESTIONS, Answers, Questions
from rollout_cli.checks.verdict import Cause, Outcome, Verdict, passed, unclear
from rollout_cli.checks.words import say, term
from rollout_cli.plan.models import CheckEntry


@dataclass(frozen=True, slots=True)
class PendingCheck:
    """The kind of every check that says `pending`, whatever kind it will be.

    Attributes:
        is_known: whether that kind is there already, and has read the check's parameters.
    """

    is_known: bool = True

    def questions(self, entry: CheckEntry, facts: Facts) -> Questions:  # noqa: ARG002 - every kind is given them
        """Nothing: it is not asked yet."""
        return NO_QUESTIONS

    def judge(self, entry: CheckEntry, facts: Facts, answers: Answers) -> Outcome:  # noqa: ARG002
        """INCONCLUSIVE until what it waits for is there, or somebody looks and says yes."""
        waits_for = term(entry.pending or "")
        by_hand = judged_yeses(stand_in(entry), entry, facts)
        evidence = {"pending": entry.pending, **by_hand.evidence}
        if by_hand.verdict is Verdict.PASS:
            message = say("{yes}; the check itself waits for {thing}", yes=by_hand.message, thing=waits_for)
            return passed(message, evidence)
        message = say("pending: it waits for {thing}", thing=waits_for)
        if facts.attestations.get(entry.id):
            message = say("{pending}; {yes}", pending=message, yes=by_hand.message)
        hint = say("until then look yourself, and run `rollout attest {id} --note …`", id=entry.id)
        return unclear(Cause.PENDING, message, hint, evidence)


def stand_in(entry: CheckEntry) -> AttestationCheck:
    """How a pending check asks for its yes; one that will be an attestation asks as it will then, and for no less."""
    return AttestationCheck.model_validate(entry.parameters) if entry.kind == "attestation" else _stands_in()


@cache
def _stands_in() -> AttestationCheck:
    """What a person's yes to a pending check is: good for thirty days, as long as the check asks the same."""
    return AttestationCheck.model_validate({"expires": "30d", "bound_to": "check"})
