"""What the judge counts where no store is needed to see it."""

from rollout_cli.pipeline.switches import Mode, Path
from rollout_cli.simulate.judging import Judge
from rollout_cli.simulate.traffic.sent import Fact, Sent


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
