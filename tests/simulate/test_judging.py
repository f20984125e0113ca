"""What the judge counts where no store is needed to see it."""

import msgspec
import pytest

from rollout_cli.checks.verdict import Verdict
from rollout_cli.pipeline.new_path import Outcome, Taken
from rollout_cli.pipeline.switches import Mode, Path
from rollout_cli.simulate import remembering
from rollout_cli.simulate.evidence import Audit
from rollout_cli.simulate.judging import Judge
from rollout_cli.simulate.kpis import findings
from rollout_cli.simulate.ledger import Ledger
from rollout_cli.simulate.tallied import ShopperSeen, Tallied
from rollout_cli.simulate.totals import Totals
from rollout_cli.simulate.traffic.moments import moment_of
from rollout_cli.simulate.traffic.sent import Fact, Sent
from rollout_cli.whatsapp import CanonicalEvent, normalize


def sent(shopper: str) -> Sent:
    fact = Fact("whatsapp.message.inbound", 1, "A1", 1, is_new=True, is_told_again=False, speaks=True)
    return Sent(0, 0, 1, "simulated", b"{}", shopper, facts=(fact,))


def mode_of(shopper: str | None) -> Mode:
    return Mode(Path.OFF if shopper == "off" else Path.LIVE, compares=False)


def test_attempts_are_counted_of_those_alone_whom_the_new_path_has_to_take() -> None:
    judge, batch = Judge(mode_of), [sent("off"), sent("on"), sent("off")]
    judge.failed(batch)
    judge.lost(batch)
    told = judge.tallied
    assert (told.bodies, told.failed, told.lost, told.taken) == (3, 1, 1, 0)


def told(name: int, *, new: bool, again: bool) -> Sent:
    fact = Fact("whatsapp.call", -1, f"{name}", name, is_new=new, is_told_again=again, speaks=False)
    return Sent(0, 0, name, "simulated", b"{}", "on", facts=(fact,))


def event(name: int) -> CanonicalEvent:
    (found,) = normalize("simulated", b'{"kind": "call", "id": "%d"}' % name, received_at=moment_of(0))
    return found


def test_of_what_is_lost_only_what_comes_again_is_remembered_and_not_more_of_it_than_of_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remembering, "MOST", 3)
    judge = Judge(mode_of)
    judge.lost([told(name, new=True, again=False) for name in range(100)])
    assert judge.tallied.forgotten == 0
    judge.lost([told(name, new=True, again=True) for name in range(5)])
    assert judge.tallied.forgotten == 2
    for name in range(5):
        judge.took([told(name, new=False, again=False)], [Taken(Outcome.PUBLISHED, (event(name),), 1)])
    assert judge.expected.count == 3


def keyed(name: int, key: str) -> Taken:
    found = event(name)
    trace = msgspec.structs.replace(found.trace, idempotency_key=key)
    return Taken(Outcome.PUBLISHED, (msgspec.structs.replace(found, trace=trace),), 1)


def test_what_comes_again_under_another_key_has_to_be_stored_once_however_often_it_comes() -> None:
    judge, again = Judge(mode_of), told(1, new=False, again=True)
    judge.took([told(1, new=True, again=True), again, again, again], [keyed(1, key) for key in ("a", "b", "b", "c")])
    assert judge.expected.count == 3
    assert (judge.tallied.repeats, judge.tallied.unlike) == (3, 3)


def test_of_a_normalizer_whose_keys_are_all_different_no_more_is_remembered_than_of_any(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remembering, "MOST", 3)
    judge = Judge(mode_of)
    for name in range(50):
        judge.took([told(name, new=True, again=True)], [keyed(name, f"{name}")])
        judge.took([told(name, new=False, again=False)], [keyed(name, f"{name} again")])
    assert judge.tallied.unlike == 50
    assert len(judge._remembered[0]._others) == 3


def test_what_was_lost_and_forgotten_and_came_again_is_held_against_nobody() -> None:
    stored = Ledger()
    stored.add(map(event, range(5)))
    few, many = Ledger(), Ledger()
    few.add(map(event, range(3)))
    many.add(map(event, range(1, 8)))
    forgetful = Tallied(forgotten=2)
    live = {"on": ShopperSeen("live", 5)}
    for expected, tallied, verdict in (
        (few, forgetful, Verdict.INCONCLUSIVE),
        (few, Tallied(forgotten=1), Verdict.FAIL),
        (many, forgetful, Verdict.FAIL),
        (stored, forgetful, Verdict.PASS),
    ):
        totals = Totals(tallied, Audit(rows=5, stored=stored), expected=expected, shoppers=live)
        assert {each.id: each.verdict for each in findings(totals)}["stored_rate"] is verdict
