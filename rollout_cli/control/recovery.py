"""After a rollback: did it help? The post-checks of the phase are asked again and again, until that can be said.

What counts is the last third of the time: things may be broken at first, they have to be sound at the end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from rollout_cli.checks.verdict import CheckResult, Verdict, combined
from rollout_cli.checks.words import ENGLISH, Catalog, Said, say
from rollout_cli.control.check import check_views
from rollout_cli.control.record import Revision
from rollout_cli.control.views import RecoveryView
from rollout_cli.errors import ConflictError

DEFAULT_TIME = timedelta(minutes=15)
SHORTEST_PAUSE = timedelta(seconds=5)
_LOOKS = 60


class Recovered(StrEnum):
    """What a rollback came to."""

    RECOVERED = "recovered"
    NOT_RECOVERED = "not recovered"
    CANNOT_SAY = "cannot say"


_OUTCOMES = {
    Verdict.PASS: Recovered.RECOVERED,
    Verdict.FAIL: Recovered.NOT_RECOVERED,
    Verdict.INCONCLUSIVE: Recovered.CANNOT_SAY,
}


class Pacer(Protocol):
    """Real time, as far as an observation needs it."""

    def elapsed(self) -> float:
        """Seconds since the observation began; never goes back."""
        ...

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        ...


@dataclass(frozen=True, slots=True)
class Round:
    """All post-checks, asked once; `at` in seconds since the observation began."""

    at: float
    results: tuple[CheckResult, ...]


Watcher = Callable[[Sequence[Round], float], None]
"""Is shown the rounds so far, and how many seconds there are in all."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What an observation came to."""

    rounds: tuple[Round, ...]
    seconds: float
    results: tuple[CheckResult, ...]

    @property
    def verdict(self) -> Verdict:
        """The verdict of the last third; nothing asked is nothing known."""
        return combined(self.results) if any(each.counts for each in self.results) else Verdict.INCONCLUSIVE

    @property
    def outcome(self) -> Recovered:
        """The same in the words of an operator."""
        return _OUTCOMES[self.verdict]


def pause_between(observe: timedelta) -> timedelta:
    """How long to wait between two rounds, unless somebody says."""
    return max(observe / _LOOKS, SHORTEST_PAUSE)


def observe_recovery(
    ask: Callable[[], Sequence[CheckResult]],
    pacer: Pacer,
    observe: timedelta,
    pause: timedelta,
    watcher: Watcher,
    *,
    rounds: list[Round] | None = None,
) -> Recovery:
    """Ask until the time is over; the last round is asked at its end.

    Args:
        ask: asks every post-check once.
        pacer: real time.
        observe: how long to observe.
        pause: how long to wait between two rounds.
        watcher: is shown every round.
        rounds: where the rounds are kept, for whoever wants to know them although the observation is cut short.
    """
    seconds = observe.total_seconds()
    rounds = [] if rounds is None else rounds
    while True:
        at = pacer.elapsed()
        rounds.append(Round(at, tuple(ask())))
        watcher(rounds, seconds)
        left = seconds - pacer.elapsed()
        if left <= 0 and len(rounds) > 1:
            break
        pacer.pause(min(pause.total_seconds(), max(left, 0.0)))
    return Recovery(tuple(rounds), seconds, settled(rounds, seconds))


def settled(rounds: Sequence[Round], seconds: float) -> tuple[CheckResult, ...]:
    """For each check what counts at the end.

    A failure in the last third is one. Else the latest clear answer of that time counts: a source that was silent once
    says nothing against what it said before and after. Without a clear answer, nobody knows.
    """
    last = [each for each in rounds if each.at >= seconds * 2 / 3] or list(rounds[-1:])
    found: list[CheckResult] = []
    for index in range(len(last[-1].results) if last else 0):
        answers = [each.results[index] for each in last]
        failures = [each for each in answers if each.verdict is Verdict.FAIL]
        clear = [each for each in answers if each.verdict is Verdict.PASS]
        found.append((failures or clear or answers)[-1])
    return tuple(found)


def recovery_view(recovery: Recovery, catalog: Catalog = ENGLISH) -> RecoveryView:
    """An observation as reports show it."""
    return RecoveryView(
        outcome=recovery.outcome.value,
        verdict=recovery.verdict.value,
        observed_seconds=round(recovery.rounds[-1].at, 3) if recovery.rounds else 0.0,
        rounds=len(recovery.rounds),
        checks=check_views(recovery.results, catalog),
    )


def nothing_known(because: Said, hint: Said, catalog: Catalog = ENGLISH, rounds: Sequence[Round] = ()) -> RecoveryView:
    """The view of an observation that could not be made, or not to its end: with what was seen until then."""
    outcome, verdict = Recovered.CANNOT_SAY.value, Verdict.INCONCLUSIVE.value
    at = round(rounds[-1].at, 3) if rounds else 0.0
    checks = check_views(settled(rounds, at), catalog)
    return RecoveryView(outcome, verdict, at, len(rounds), checks, because.spoken(catalog), hint.spoken(catalog))


INTERRUPTED = (
    say("the watching was interrupted; the rollback is done"),
    say("watch again with `rollout rollback --watch`"),
)
NOTHING_WAS_ON = (say("nothing was on before, so there is nothing to recover from"), say("see `rollout status`"))


def require_unmoved(before: Revision | None, now: Revision | None) -> None:
    """Make sure that the rollout still stands where the rollback left it; changes by hand within that are no move.

    Raises:
        ConflictError: somebody moved it, or its history is gone: answers are about something else by now.
    """
    if before is None:
        return
    if now is None:
        raise ConflictError("the store is gone, so nobody knows how the rollout stands", hint="see `rollout doctor`")
    if (now.draft.stage, now.draft.position) != (before.draft.stage, before.draft.position):
        message = f"revision {now.number} ({now.draft.action} by {now.draft.actor}) moved the rollout meanwhile"
        raise ConflictError(message, hint="see `rollout status`; if that was not meant, roll back again")


def no_post_checks(phase: int) -> tuple[Said, Said]:
    """Why a phase cannot be observed, and what to do about it."""
    hint = say("say in its file what to ask: `rollback: {{post_checks: [...]}}`")
    return say("phase {number} has no post-checks", number=phase), hint
