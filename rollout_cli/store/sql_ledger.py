"""One rollout's history in SQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from rollout_cli.checks.facts import Attestation
from rollout_cli.control.ledger import Head
from rollout_cli.control.record import (
    GENESIS,
    DamagedRecordError,
    Draft,
    Revision,
    seal,
    time_from_text,
    time_text,
    unseal,
)
from rollout_cli.errors import ConflictError, StoreError
from rollout_cli.store.engine import WRITING, empty_log
from rollout_cli.store.failures import in_our_words
from rollout_cli.store.tables import attestations, heads, revisions

Clock = Callable[[], datetime]
_MAX_NUMBER = 2**31 - 1
_MARKS = {0: False, 1: True}


def system_clock() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)


def _number(stored: object) -> int:
    """A number as it is stored; SQLite lets a column hold anything, and 0 is the number of nothing."""
    return stored if isinstance(stored, int) else 0


def _encodable(text: str) -> str:
    """A person's words; what a shell passed on that is no UTF-8 is kept as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _attestation(row: Row[Any, Any]) -> Attestation:
    try:
        return Attestation(
            check=row.check_id,
            actor=str(row.actor),
            at=time_from_text(row.at),
            note=str(row.note),
            expires_at=None if row.expires_at is None else time_from_text(row.expires_at),
            plan_digest=row.plan_digest,
            is_revocation=_MARKS[row.is_revocation],
        )
    except (TypeError, ValueError, LookupError) as error:
        raise StoreError(
            f"the store is damaged: an attestation of {row.check_id} cannot be read",
            hint="restore a backup; `rollout rollback` works all the same",
        ) from error


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
        row = self._head()
        return None if row is None else Head(_number(row.revision), str(row.hash))

    def revisions(self, *, newest_first: bool = True) -> Iterator[Revision | DamagedRecordError]:
        """The history, read one by one; a record that cannot be read comes as the error that says why."""
        number = revisions.c.revision
        query = select(number, revisions.c.hash, revisions.c.record).where(revisions.c.rollout == self._rollout)
        query = query.order_by(number.desc() if newest_first else number).execution_options(yield_per=20)
        for numbered in (number <= _MAX_NUMBER, number > _MAX_NUMBER):  # SQLite sorts what is no number behind
            with self._connection.execute(query.where(numbered)) as rows:
                for row in rows:
                    try:
                        yield unseal(row.record, row.hash, rollout=self._rollout, number=_number(row.revision))
                    except DamagedRecordError as error:
                        yield error

    def append(self, draft: Draft) -> Revision:
        """Make the draft the latest revision.

        Where the pointer does not fit the history, the draft gets a number beyond both and follows nothing, so that
        a rollback works and `history verify` goes on saying that something is wrong before it.

        Raises:
            ConflictError: the pointer moved although this transaction holds it.
        """
        head, pointer, last = self._head(), self.pointer(), self._last()
        number = max(each.number for each in (pointer, last, Head(0, "")) if each is not None) + 1
        previous_hash = pointer.hash if pointer is not None and pointer == last else GENESIS
        record, digest = seal(self._rollout, draft, number=number, at=self.now(), previous_hash=previous_hash)
        row = {"rollout": self._rollout, "revision": number, "hash": digest}
        self._connection.execute(insert(revisions).values(**row, record=record))
        if head is None:
            self._connection.execute(insert(heads).values(**row))
        else:
            moved = update(heads).where(heads.c.rollout == self._rollout, heads.c.revision == head.revision)
            if self._connection.execute(moved.values(**row)).rowcount != 1:
                raise ConflictError("somebody else changed the rollout", hint="look again and repeat")
        return unseal(record, digest, rollout=self._rollout, number=number)

    def _head(self) -> Row[Any, Any] | None:
        query = select(heads.c.revision, heads.c.hash).where(heads.c.rollout == self._rollout)
        return self._connection.execute(query).one_or_none()

    def _last(self) -> Head | None:
        """What the pointer ought to be."""
        number = revisions.c.revision
        query = select(number, revisions.c.hash).where(revisions.c.rollout == self._rollout, number <= _MAX_NUMBER)
        row = self._connection.execute(query.order_by(number.desc()).limit(1)).one_or_none()
        return None if row is None else Head(_number(row.revision), str(row.hash))

    def attestations(self) -> list[Attestation]:
        """Every recorded yes and every revocation, oldest first."""
        query = select(attestations).where(attestations.c.rollout == self._rollout).order_by(attestations.c.id)
        return [_attestation(row) for row in self._connection.execute(query)]

    def attest(self, attestation: Attestation) -> None:
        """Record what a person says."""
        ends = attestation.expires_at
        self._connection.execute(
            insert(attestations).values(
                rollout=self._rollout,
                check_id=attestation.check,
                actor=_encodable(attestation.actor),
                at=time_text(attestation.at),
                note=_encodable(attestation.note),
                expires_at=None if ends is None else time_text(ends),
                plan_digest=attestation.plan_digest,
                is_revocation=int(attestation.is_revocation),
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
                self._hold(connection)
                yield SqlTransaction(connection, self._rollout, self._clock)
            empty_log(connection)

    def _hold(self, connection: Connection) -> None:
        """Take the rollout's lock; SQLite's whole file is already held."""
        if connection.dialect.name == "postgresql":  # before its first revision a rollout has no row to lock
            key = func.hashtextextended(f"rollout:{self._rollout}", 0)
            connection.execute(select(func.pg_advisory_xact_lock(key)))
        connection.execute(select(heads.c.revision).where(heads.c.rollout == self._rollout).with_for_update())
