"""A snapshot survives the way into a record and back, to the last field."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.flags.document import snapshot_document, snapshot_from_document
from rollout_cli.flags.evaluator import Evaluator
from rollout_cli.flags.model import FlagDefinition, FlagState, FlagType, Snapshot
from rollout_cli.flags.percent import Percent, percent_from_number, percent_number
from tests.flags.random_snapshots import any_key, snapshots
from tests.support.examples import examples


@given(snapshots())
@settings(max_examples=examples(100), deadline=None)
def test_a_snapshot_comes_back_from_json_as_it_was(snapshot: Snapshot) -> None:
    text = json.dumps(snapshot_document(snapshot), allow_nan=False)
    back = snapshot_from_document(json.loads(text), revision=snapshot.revision)
    whole = replace(snapshot, states={name: snapshot.state_of(name) for name in snapshot.definitions})
    assert back == whole
    assert list(back.definitions) == list(snapshot.definitions)
    assert json.dumps(snapshot_document(back)) == text


@given(snapshots(), any_key)
@settings(max_examples=examples(40), deadline=None)
def test_it_answers_as_before(snapshot: Snapshot, key: str | None) -> None:
    back = snapshot_from_document(snapshot_document(snapshot), revision=snapshot.revision)
    before, after = Evaluator(snapshot), Evaluator(back)
    assert [before.decide(name, key) for name in before.names()] == [after.decide(name, key) for name in after.names()]


@given(st.frozensets(st.text(st.characters(exclude_categories=()), max_size=9), max_size=5))
@settings(max_examples=examples(40), deadline=None)
def test_ids_of_any_characters_come_back(ids: frozenset[str]) -> None:
    definition = FlagDefinition("EVENTS", FlagType.BOOLEAN, False)
    snapshot = Snapshot("test", definitions={"EVENTS": definition}, states={"EVENTS": FlagState(True, None, ids, ids)})
    document = json.loads(json.dumps(snapshot_document(snapshot)))
    assert snapshot_from_document(document, revision=0).state_of("EVENTS").allowlist == ids


@given(st.integers(0, 100_000))
@settings(max_examples=examples(200), deadline=None)
def test_a_percent_comes_back_from_the_number_people_write(thousandths: int) -> None:
    written = json.loads(json.dumps(percent_number(thousandths)))
    assert percent_from_number(written) == Percent(thousandths)
