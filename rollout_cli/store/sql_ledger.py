"""One rollout's history in SQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, func, insert, select, update

from rollout_cli.checks.facts import Attestation
from rollout_cli.control.ledger import Head
from rollout_cli.control.record import GENESIS, DamagedRecordError, Draft, Revision, seal, time_text, unseal
from rollout_cli.errors import ConflictError
from rollout_cli.store.engine import WRITING
from rollout_cli.store.failures import in_our_words
from rollout_cli.store.tables import attestations, heads, revisions

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)


class SqlTransaction:
    """One transaction on one rollout; what `reading` and `writing` hand out."""

    def __init__(self, connection: Connection, rollout: str, clock: Clock) -> None:
        self._connection = connection
        self._rollout = rollout
        self._clock = clock

    def now(self) -> datetime:
        """The store's time: the server's, or for a file the machine's."""
        if self._connection.dialect.name == "postgresql":
            moment: datetime = self._connection.execute(select(func.clock_timestamp())).scalar_one()
            return moment.astimezone(UTC)
        return self._clock()

    def pointer(self) -> Head | None:
        """Which revision is the latest; None before the first."""
        query = select(heads.c.revision, heads.c.hash).where(heads.c.rollout == self._rollout)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else Head(row.revision, row.hash)

    def revisions(self, *, newest_first: bool = True) -> Iterator[Revision | DamagedRecordError]:
        """The history, read one by one; a record that cannot be read comes as the error that says why."""
        order = revisions.c.revision.desc() if newest_first else revisions.c.revision
        query = select(revisions.c.revision, revisions.c.hash, revisions.c.record)
        query = query.where(revisions.c.rollout == self._rollout).order_by(order)
        for row in self._connection.execution_options(yield_per=20).execute(query):
            try:
                yield unseal(row.record, row.hash, rollout=self._rollout, number=row.revision)
            except DamagedRecordError as error:
                yield error
            except (AttributeError, TypeError, UnicodeError):  # SQLite lets a column hold anything
                yield DamagedRecordError(row.revision, "is not text")

    def append(self, draft: Draft) -> Revision:
        """Make the draft the latest revision.

        Raises:
            ConflictError: the pointer moved although this transaction holds it.
        """
        pointer = self.pointer()
        number = 1 if pointer is None else pointer.number + 1
        previous_hash = GENESIS if pointer is None else pointer.hash
        at = self.now()
        record, digest = seal(self._rollout, draft, number=number, at=at, previous_hash=previous_hash)
        row = {"rollout": self._rollout, "revision": number, "hash": digest}
        self._connection.execute(insert(revisions).values(**row, record=record))
        if pointer is None:
            self._connection.execute(insert(heads).values(**row))
        else:
            moved = update(heads).where(heads.c.rollout == self._rollout, heads.c.revision == pointer.number)
            if self._connection.execute(moved.values(**row)).rowcount != 1:
                raise ConflictError("somebody else changed the rollout", hint="look again and repeat")
        return unseal(record, digest, rollout=self._rollout, number=number)

    def attestations(self) -> list[Attestation]:
        """Every recorded yes, oldest first."""
        query = select(attestations).where(attestations.c.rollout == self._rollout).order_by(attestations.c.id)
        return [
            Attestation(
                check=row.check_id,
                actor=row.actor,
                at=datetime.fromisoformat(row.at),
                note=row.note,
                expires_at=None if row.expires_at is None else datetime.fromisoformat(row.expires_at),
                plan_digest=row.plan_digest,
            )
            for row in self._connection.execute(query)
        ]

    def attest(self, attestation: Attestation) -> None:
        """Record a person's yes."""
        ends = attestation.expires_at
        self._connection.execute(
            insert(attestations).values(
                rollout=self._rollout,
                check_id=attestation.check,
                actor=attestation.actor,
                at=time_text(attestation.at),
                note=attestation.note,
                expires_at=None if ends is None else time_text(ends),
                plan_digest=attestation.plan_digest,
            )
        )


class SqlLedger:
    """One rollout in a SQL store."""

    def __init__(self, engine: Engine, store: str, rollout: str, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._store = store
        self._rollout = rollout
        self._clock = clock

    @property
    def rollout(self) -> str:
        """The rollout's name."""
        return self._rollout

    @contextmanager
    def reading(self) -> Iterator[SqlTransaction]:
        """Look at the rollout: one consistent view."""
        with in_our_words(self._store), self._engine.connect() as connection, connection.begin():
            yield SqlTransaction(connection, self._rollout, self._clock)

    @contextmanager
    def writing(self) -> Iterator[SqlTransaction]:
        """Change the rollout: all of it when the block ends well, else nothing. Waits for its turn."""
        with in_our_words(self._store), self._engine.connect() as connection:
            connection = connection.execution_options(**WRITING)  # noqa: PLW2901 - the same one, told to write
            with connection.begin():
                held = select(heads.c.revision).where(heads.c.rollout == self._rollout).with_for_update()
                connection.execute(held)
                yield SqlTransaction(connection, self._rollout, self._clock)
