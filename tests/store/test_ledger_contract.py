"""What every ledger promises: the fake, SQLite and PostgreSQL alike."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from rollout_cli.checks.facts import Attestation
from rollout_cli.control.attest import AttestedLedger
from rollout_cli.control.history import verify_history
from rollout_cli.control.ledger import Head
from rollout_cli.control.record import GENESIS, DamagedRecordError, Draft, Revision
from rollout_cli.plan.moves import Stage
from rollout_cli.plan.position import Position
from tests.support.places import Place
from tests.support.stores import SNAPSHOT, draft


def _write(ledger: AttestedLedger, *drafts: Draft) -> list[Revision]:
    written = []
    for each in drafts:
        with ledger.writing() as writing:
            written.append(writing.append(each))
    return written


def _reasons(ledger: AttestedLedger, *, newest_first: bool = True) -> list[str]:
    with ledger.reading() as reading:
        return [
            each.draft.reason for each in reading.revisions(newest_first=newest_first) if isinstance(each, Revision)
        ]


def _yes(check: str, note: str = "", *, at: datetime, ends: datetime | None = None) -> Attestation:
    return Attestation(check, "anna", at, note, ends, "d" * 64)


def _fail_while_writing(ledger: AttestedLedger) -> None:
    def work() -> None:
        with ledger.writing() as writing:
            writing.append(draft("lost"))
            writing.attest(_yes("trained", at=writing.now()))
            raise KeyError

    with pytest.raises(KeyError):
        work()


def test_an_unknown_rollout_has_no_history(place: Place) -> None:
    with place.ledger("one").reading() as reading:
        assert reading.pointer() is None
        assert list(reading.revisions()) == []
        assert reading.attestations() == []


def test_revisions_are_numbered_from_one_and_chained(place: Place) -> None:
    first, second = _write(place.ledger("one"), draft("a"), draft("b"))
    assert (first.number, first.previous_hash) == (1, GENESIS)
    assert (second.number, second.previous_hash) == (2, first.hash)


def test_the_pointer_names_the_latest_revision(place: Place) -> None:
    ledger = place.ledger("one")
    last = _write(ledger, draft("a"), draft("b"), draft("c"))[-1]
    with ledger.reading() as reading:
        assert reading.pointer() == Head(3, last.hash)


def test_the_history_is_read_in_both_orders(place: Place) -> None:
    ledger = place.ledger("one")
    expected = [str(number) for number in range(45)]  # more than one batch of rows
    with ledger.writing() as writing:
        for reason in expected:
            writing.append(draft(reason))
    assert _reasons(ledger, newest_first=False) == expected
    assert _reasons(ledger) == expected[::-1]


def test_a_writer_reads_what_it_has_written(place: Place) -> None:
    with place.ledger("one").writing() as writing:
        written = [writing.append(draft("a")), writing.append(draft("b"))]
        assert list(writing.revisions(newest_first=False)) == written
        assert writing.pointer() == Head(2, written[1].hash)


def test_a_history_can_be_left_half_read_while_writing(place: Place) -> None:
    ledger = place.ledger("one")
    _write(ledger, *(draft(str(number)) for number in range(30)))
    with ledger.writing() as writing:
        history = writing.revisions()
        assert next(history) != next(history)
        writing.append(draft("after"))
        del history
    assert _reasons(ledger)[0] == "after"


def test_rollouts_in_one_store_do_not_see_each_other(place: Place) -> None:
    one, other = place.ledger("one"), place.ledger("other")
    _write(one, draft("a"), draft("b"))
    _write(other, draft("c"))
    with other.writing() as writing:
        writing.attest(_yes("trained", at=writing.now()))
    assert (_reasons(one), _reasons(other)) == (["b", "a"], ["c"])
    with one.reading() as reading:
        assert reading.attestations() == []
        assert verify_history("one", reading).sound
    assert (one.rollout, other.rollout) == ("one", "other")


def test_an_exception_in_a_writing_block_leaves_nothing(place: Place) -> None:
    ledger = place.ledger("one")
    _write(ledger, draft("a"))
    _fail_while_writing(ledger)
    assert _reasons(ledger) == ["a"]
    with ledger.reading() as reading:
        assert reading.attestations() == []
        assert reading.pointer() == Head(
            1, next(each.hash for each in reading.revisions() if isinstance(each, Revision))
        )


def test_after_an_exception_the_next_writer_works(place: Place) -> None:
    ledger = place.ledger("one")
    _fail_while_writing(ledger)
    _write(ledger, draft("kept"))
    assert _reasons(ledger) == ["kept"]


def test_a_record_comes_back_as_it_was_written(place: Place) -> None:
    ledger, moment = place.ledger("one"), datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    given = draft(
        'why "quoted" ünï 日本 \udcff\x1b[0m\n',
        actor="josé@host",
        stage=Stage.ROLLED_BACK,
        came_from=Position(3, "production", 12_500),
        position=Position(2, "beta"),
        denied_by_hand={"EVENTS": frozenset({"x", "ü"})},
        checks=({"id": "soak", "verdict": "PASS", "evidence": {"seconds": 1.5, "list": [1, None, True]}},),
        plan_digest="e" * 64,
        entered_at=moment,
        base=7,
        forced=True,
    )
    written = _write(ledger, given)[0]
    with ledger.reading() as reading:
        (read,) = reading.revisions()
    assert isinstance(read, Revision)
    assert read == written
    assert read.draft == replace(given, snapshot=replace(SNAPSHOT, revision=1))
    assert (read.entered_at, read.base) == (moment, 7)


def test_a_position_is_entered_with_its_revision_unless_said_otherwise(place: Place) -> None:
    (revision,) = _write(place.ledger("one"), draft())
    assert revision.entered_at == revision.at
    assert revision.base == revision.number


def test_a_revision_has_the_time_of_the_store(place: Place) -> None:
    ledger = place.ledger("one")
    with ledger.writing() as writing:
        before = writing.now()
        revision = writing.append(draft())
        after = writing.now()
    assert before <= revision.at <= after
    assert revision.at.utcoffset() == timedelta(0)


def test_attestations_come_back_oldest_first(place: Place) -> None:
    ledger, at = place.ledger("one"), datetime(2026, 1, 5, 12, tzinfo=UTC)
    given = [
        _yes("trained", "all five", at=at, ends=at + timedelta(days=30)),
        _yes("legal", "Vereinbarung geprüft\n", at=at + timedelta(microseconds=1)),
        _yes("trained", at=at - timedelta(hours=1)),
    ]
    for each in given:
        with ledger.writing() as writing:
            writing.attest(each)
    with ledger.reading() as reading:
        assert reading.attestations() == given


def test_a_revocation_stays_one_among_the_yeses_around_it(place: Place) -> None:
    ledger, at = place.ledger("one"), datetime(2026, 1, 5, 12, tzinfo=UTC)
    given = [
        _yes("trained", at=at, ends=at + timedelta(days=30)),
        Attestation("trained", "bob", at + timedelta(hours=1), "two have left", None, "", is_revocation=True),
        _yes("trained", "all five again", at=at + timedelta(hours=2)),
    ]
    for each in given:
        with ledger.writing() as writing:
            writing.attest(each)
    with ledger.reading() as reading:
        assert reading.attestations() == given
    with place.ledger("other").reading() as reading:
        assert reading.attestations() == []


def test_whoever_writes_reads_what_was_just_said_in_the_order_it_was_said(place: Place) -> None:
    at = datetime(2026, 1, 5, 12, tzinfo=UTC)
    yes, no = _yes("trained", at=at), replace(_yes("trained", at=at), is_revocation=True)
    with place.ledger("one").writing() as writing:
        for each in (no, yes, yes, no):
            writing.attest(each)
        assert writing.attestations() == [no, yes, yes, no]


def test_words_that_are_no_text_are_kept_as_escapes(place: Place) -> None:
    ledger = place.ledger("one")
    with ledger.writing() as writing:
        writing.attest(_yes("trained", "ol\udce3", at=writing.now()))
    with ledger.reading() as reading:
        assert [each.note for each in reading.attestations()] == ["ol\\udce3"]


@pytest.mark.parametrize("record", ["{}", "", "[]", "not json", '"\\ud800"', "null"])
def test_a_damaged_record_comes_as_an_error_and_hides_no_other(place: Place, record: str) -> None:
    ledger = place.ledger("one")
    _write(ledger, draft("a"), draft("b"), draft("c"))
    place.rewrite("one", 2, record)
    with ledger.reading() as reading:
        entries = list(reading.revisions(newest_first=False))
    assert [type(each) for each in entries] == [Revision, DamagedRecordError, Revision]
    assert [each.number for each in entries] == [1, 2, 3]


def test_a_record_that_was_moved_is_damaged(place: Place) -> None:
    ledger = place.ledger("one")
    _write(ledger, draft("a"), draft("b"))
    _write(place.ledger("other"), draft("a"))
    place.rewrite("one", 1, "{}")
    with ledger.reading() as reading:
        assert not verify_history("one", reading).sound
    with place.ledger("other").reading() as reading:
        assert verify_history("other", reading).sound


def test_a_large_state_is_one_revision(place: Place) -> None:
    ledger = place.ledger("one")
    ids = frozenset(f"shopper-{number}" for number in range(20_000))
    states = {**SNAPSHOT.states, "EVENTS": replace(SNAPSHOT.states["EVENTS"], allowlist=ids)}
    _write(ledger, draft(snapshot=replace(SNAPSHOT, states=states)))
    with ledger.reading() as reading:
        (read,) = reading.revisions()
    assert isinstance(read, Revision)
    assert read.draft.snapshot.states["EVENTS"].allowlist == ids
