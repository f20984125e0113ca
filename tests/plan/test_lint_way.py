"""The lint rule about removals says what `advance` would refuse, step by step on the way."""

from datetime import date
from itertools import pairwise

from hypothesis import given, settings

from rollout_cli.plan.difference import snapshot_at
from rollout_cli.plan.document import Document
from rollout_cli.plan.lint_rules import FlagSubject
from rollout_cli.plan.lint_way import removals, rollback_missing, way_of
from rollout_cli.plan.models import FlagsFile
from rollout_cli.plan.removal import removals_between
from rollout_cli.plan.wanted import Wanted
from tests.plan.random_plans import plans
from tests.support.examples import examples


def subject_of(wanted: Wanted) -> FlagSubject:
    phases = tuple((phase, Document(f"phases/{phase.phase}-{phase.name}.yaml", {})) for phase in wanted.phases)
    way = way_of(wanted.file, phases)
    return FlagSubject(wanted.file, Document("flags.yaml", {}), date(2026, 1, 5), phases, way)


@settings(max_examples=examples(60), deadline=None)
@given(wanted=plans())
def test_the_rule_names_exactly_the_phases_that_advance_would_refuse_to_enter(wanted: Wanted) -> None:
    refused, positions = set(), wanted.positions()
    for before, after in pairwise(positions):
        for removal in removals_between(snapshot_at(wanted, before), before, snapshot_at(wanted, after)):
            refused.add((after.phase, removal.flag))
    said = [(int(document.file[7]), message) for document, _, message, _ in removals(subject_of(wanted))]
    assert {(phase, message.split(" switches off ")[1].split(" for ")[0]) for phase, message in said} == refused


@settings(max_examples=examples(60), deadline=None)
@given(wanted=plans())
def test_whoever_a_rollback_could_take_something_from_is_asked_about_afterwards(wanted: Wanted) -> None:
    """A phase without shadow of any kind that `rollout rollback` would switch shoppers off in has the warning."""
    said = {int(document.file[7]) for document, _, _, _ in rollback_missing(subject_of(wanted))}
    for position in wanted.positions():
        here = snapshot_at(wanted, position)
        safeguards = [name for name, each in here.definitions.items() if each.default is True]
        in_shadow = all(here.state_of(name).enabled for name in safeguards)
        shadowed = any(here.state_of(name).shadow for name in here.definitions)
        if removals_between(here, position, snapshot_at(wanted, None)) and not in_shadow and not shadowed:
            assert position.phase in said


def test_a_plan_that_contradicts_itself_is_not_followed() -> None:
    flags = {"A": {"type": "boolean", "default": False, "requires": ["A"]}}
    file = FlagsFile.model_validate({"version": 1, "rollout": "test", "flags": flags})
    assert way_of(file, ()) is None
