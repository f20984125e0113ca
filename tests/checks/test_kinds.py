"""Every kind of check keeps to one protocol, whatever its parameters are."""

from typing import get_type_hints

import pytest

from rollout_cli.checks.facts import Facts
from rollout_cli.checks.kinds import KINDS, Kind
from rollout_cli.checks.pending_check import PendingCheck
from rollout_cli.checks.plugin import PluginCheck
from rollout_cli.checks.questions import NoAnswer, Question
from rollout_cli.checks.verdict import Cause, Outcome, Verdict
from rollout_cli.checks.words import say
from rollout_cli.plan.models import CheckEntry, FileModel
from tests.checks.asking import NOW, OFF, check, problems
from tests.checks.matrix import ROWS

FACTS = Facts(NOW, OFF, OFF)
METHODS = ("questions", "judge")


@pytest.mark.parametrize("model", [*KINDS.values(), PendingCheck, PluginCheck])
def test_every_kind_takes_and_gives_what_the_protocol_says(model: type) -> None:
    for name in METHODS:
        assert get_type_hints(getattr(model, name)) == get_type_hints(getattr(Kind, name))


@pytest.mark.parametrize("name", KINDS)
def test_every_model_is_strict_and_says_what_each_of_its_keys_means(name: str) -> None:
    model = KINDS[name]
    assert issubclass(model, FileModel)
    assert model.model_config.get("extra") == "forbid"
    assert all(key.description for key in model.model_fields.values())
    assert not set(model.model_fields) & set(CheckEntry.model_fields)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.kind != "ours"])
def test_questions_are_values_the_same_every_time_and_silence_about_them_has_an_outcome(name: str) -> None:
    found = check(ROWS[name].text)
    questions = found.kind.questions(found.entry, FACTS)
    assert questions == found.kind.questions(found.entry, FACTS)
    assert all(isinstance(each, Question) for each in questions.values())
    nothing = dict.fromkeys(questions, NoAnswer(Cause.BROKEN, say("broken"), say("mend it")))
    outcome = found.kind.judge(found.entry, FACTS, nothing)
    assert isinstance(outcome, Outcome)
    assert not questions or (outcome.verdict, outcome.cause) == (Verdict.INCONCLUSIVE, Cause.BROKEN)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_refuses_keys_that_it_does_not_know(name: str) -> None:
    text = next(row.text for row in ROWS.values() if row.kind == name)
    assert not problems(text)
    assert problems(f"{text}, nonsense: 1")


def test_a_kind_that_is_not_there_is_named_with_the_one_that_may_be_meant() -> None:
    assert problems("kind: rato, bad: x") == ["did you mean `ratio`?"]
    (hint,) = problems("kind: nothing-like-it")
    assert all(kind in hint for kind in KINDS)
