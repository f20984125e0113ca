"""What the refresher writes and every evaluation reads: the answers of now, and how sure they are."""

from dataclasses import dataclass
from math import inf
from time import monotonic

from rollout_cli.client.answers import Answers, Source
from rollout_cli.flags.decision import Decision

NO_ANSWER = "the store does not answer"


@dataclass(frozen=True, slots=True)
class Health:
    """How a client stands.

    Attributes:
        source: who answers.
        rollout: the rollout's name; empty while it is not known.
        revision: of the answers; 0 before the first and without a store.
        stale: whether a store is configured and the answers are not known to be its present ones.
        age_seconds: how long ago they were; None when there is no telling.
        problem: what is wrong with the store, in words; None when nothing is.
        killed: the names that break-glass keeps at their defaults, or `*`.
    """

    source: Source
    rollout: str
    revision: int
    stale: bool
    age_seconds: float | None
    problem: str | None
    killed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What a callback is told.

    Attributes:
        flags: the flags that may answer differently now.
        revision: of the answers of now.
        source: who answers now.
    """

    flags: frozenset[str]
    revision: int
    source: Source


class Current:
    """The answers of now. One thread writes, any number read without a lock: every field is replaced whole.

    Attributes:
        answers: what is answered.
        fresh_until: until when (monotonic seconds) the answers count as the store's present ones.
        confirmed_at: when (monotonic seconds) they last were; None when they never were.
        problem: what is wrong with the store.
    """

    __slots__ = ("answers", "confirmed_at", "fresh_until", "problem")

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.fresh_until = inf
        self.confirmed_at: float | None = None
        self.problem: str | None = None

    @property
    def is_stale(self) -> bool:
        """Whether the answers are not known to be the store's present ones."""
        return monotonic() >= self.fresh_until

    @property
    def age_seconds(self) -> float | None:
        """How long ago they were known to be."""
        return None if self.confirmed_at is None else round(max(0.0, monotonic() - self.confirmed_at), 3)

    def marked(self, decision: Decision) -> Decision:
        """The decision as one of answers that are not known to be the store's present ones."""
        return decision._replace(stale=True, age_seconds=self.age_seconds)

    def health(self) -> Health:
        """How the client stands."""
        answers, kills, is_stale = self.answers, self.answers.kills, self.is_stale
        return Health(
            source=answers.source,
            rollout=answers.snapshot.rollout,
            revision=answers.snapshot.revision,
            stale=is_stale,
            age_seconds=self.age_seconds,
            problem=self.problem or (NO_ANSWER if is_stale else None),
            killed=("*",) if kills.everything else tuple(sorted(kills.names)),
        )
