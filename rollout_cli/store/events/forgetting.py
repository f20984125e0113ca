"""Forgetting a person: of their events type, time and provider are left, and nothing leads to them any more.

The whole log is looked through, because a person may stand in anybody's events: as a mention, a quote, a member. That
takes no lock. What is found is changed some events at a time, and publishers take their turns between.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, delete, func, select, update

from rollout_cli.errors import StoreBusyError, StoreError, UsageError
from rollout_cli.flags.pseudonym import pseudonym
from rollout_cli.pipeline.reports import ForgetReport
from rollout_cli.pipeline.routing.spelling import spelling
from rollout_cli.pipeline.storable import storable
from rollout_cli.store.events.emptying import CHANGED, Person, Values, change_of, linked_ids
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.sweeping import sweep
from rollout_cli.store.events.tables import aliases, contacts, conversations, dead_letters, events, heads, participants
from rollout_cli.store.events.traces import Traces, person_keys
from rollout_cli.whatsapp.identity import digits
from rollout_cli.whatsapp.keys import part

_READ, _CHANGED, _BODIES = 1_000, 100, 20
"""Rows at once: events that are looked at, events that are changed, and bodies of any size."""
_BREATH = 0.01
"""Seconds between changes, and as long as the last one took: SQLite gives its lock to whoever asks first."""
_SEEN = (
    events.c.id,
    events.c.payload,
    events.c.raw,
    events.c.thread_key,
    events.c.idempotency_key,
    events.c.message_id,
)
_LONGEST_BREATH = 1.0
_TURNS = 6
"""How often the store may be busy for as long as it lets us wait."""
_CHANGE = (
    update(events).where(events.c.id == bindparam("b_id")).values({name: bindparam(f"b_{name}") for name in CHANGED})
)
_log = logging.getLogger("rollout.pipeline")


def forget(
    store: SqlEventStore, who: str, *, shopper: str | None, key: bytes, is_dry_run: bool = False
) -> ForgetReport:
    """Forget a person, given in any spelling of any of their ids.

    Args:
        store: where.
        who: a phone, a JID, a LID or a BSUID.
        shopper: of one shopper alone; of all when None.
        key: for what stands in place of what would lead to the person: the same gives the same. Whoever has it can
            tell that somebody was meant; with one of random bytes, nobody can.
        is_dry_run: count, and change nothing.

    Raises:
        UsageError: that is nobody's id.
        StoreError: what was forgotten before stays so; the same call goes on. Also where copies are left in SQLite's
            file, because somebody read or wrote all the time.
    """
    search = _Search(store, who, shopper, key)
    work = _Work(store, search, is_dry_run=is_dry_run)
    work.change(search.numbers)
    work.bury(search.letters())
    if not is_dry_run:
        while search.look_again():
            work.change(search.numbers)
    threads = work.finish(*search.conversations())
    if not is_dry_run:
        name = pseudonym(key, spelling(who))
        _log.info("a person was forgotten: %s events=%s of_others=%s", name, work.emptied, work.blotted)
        if shopper is None:
            _leave_no_copies(store, search)
    people = len(search.person.contact_ids)
    return ForgetReport(store.name, not is_dry_run, people, work.emptied, work.blotted, threads, work.buried)


def _leave_no_copies(store: SqlEventStore, search: "_Search") -> None:
    """Make sure that the file itself holds nothing of the person.

    Raises:
        StoreError: it does.
    """
    again = "run the same again; what was forgotten stays so"
    if search.is_back():
        raise StoreError("the person was forgotten, and has written again meanwhile", hint=again)
    if sweep(store, search.person.traces):
        raise StoreError(
            f"the person was forgotten, and copies are left in unused pages of {store.name}",
            hint=f"somebody reads or writes just now: {again}",
        )


class _Search:
    """Who is meant, and where they stand. It takes no lock.

    Attributes:
        numbers: the events that may hold something of the person.
        seen: the last event that was looked at.
    """

    def __init__(self, store: SqlEventStore, who: str, shopper: str | None, key: bytes) -> None:
        self._store = store
        self.shopper = shopper
        with store.reading() as connection:
            self.person, self.seen = _person(connection, who, shopper, key), _newest(connection)
        if not self.person.traces.keys and not self.person.contact_ids:
            hint = "a phone with its country code, a JID, a LID like 201100000000777@lid, or a BSUID"
            raise UsageError("that is nobody's id", hint=hint)
        self.numbers, linked = self._look_through(0, self.seen)
        while linked:  # what is known of somebody tells who else is they
            self.person = Person(
                Traces(self.person.traces.keys | linked, key), self.person.homes, self.person.contact_ids
            )
            self.numbers, linked = self._look_through(0, self.seen)

    def look_again(self) -> bool:
        """Look at what has come meanwhile, while that is much; the last of it is left to `finish`."""
        with self._store.reading() as connection:
            newest = _newest(connection)
        if newest - self.seen <= _CHANGED:
            return False
        self.numbers, _ = self._look_through(self.seen, newest)
        self.seen = newest
        return True

    def is_back(self) -> bool:
        """Whether the person has written again since."""
        with self._store.reading() as connection:
            newest = _newest(connection)
        return bool(self._look_through(self.seen, newest)[0])

    def letters(self) -> list[int]:
        """The dead letters in which the person stands."""
        found: list[int] = []
        rows: Sequence[Any] = ()
        while rows := self._bodies(rows[-1].id if rows else 0):
            found += [row.id for row in rows if _is_in_body(self.person.traces, bytes(row.body))]
        return found

    def conversations(self) -> tuple[list[str], list[str]]:
        """The ids of those with the person, and of groups in whose id they stand."""
        theirs: list[str] = []
        groups: list[str] = []
        query = self.own(select(conversations.c.id, conversations.c.thread_key), conversations)
        with self._store.reading() as connection:
            for row in connection.execute(query.execution_options(yield_per=_READ)):
                if self.person.has_thread(row.thread_key):
                    theirs.append(row.id)
                elif self.person.traces.are_in(row.thread_key):
                    groups.append(row.id)
        return theirs, groups

    def _look_through(self, after: int, last: int) -> tuple[list[int], frozenset[str]]:
        """The events that may hold something of the person, and ids of theirs that were not known."""
        numbers: list[int] = []
        linked: set[str] = set()
        for start in range(after, last, _READ):
            query = select(*_SEEN).where(events.c.id > start, events.c.id <= min(start + _READ, last))
            with self._store.reading() as connection:
                rows = connection.execute(self.own(query, events)).all()
            found = [row for row in rows if self.person.may_be_in(row)]
            numbers += [row.id for row in found]
            linked.update(*(linked_ids(row, self.person.traces) for row in found))
        return numbers, frozenset(linked - self.person.traces.keys)

    def _bodies(self, after: int) -> Sequence[Any]:
        query = select(dead_letters.c.id, dead_letters.c.body).where(dead_letters.c.id > after)
        with self._store.reading() as connection:
            return connection.execute(self.own(query, dead_letters).order_by(dead_letters.c.id).limit(_BODIES)).all()

    def own(self, query: Any, table: Table) -> Any:
        """A question about one shopper alone, where that was asked for."""
        return query if self.shopper is None else query.where(table.c.shopper_id == self.shopper)


class _Work:
    """What is changed, and how much it was."""

    def __init__(self, store: SqlEventStore, search: _Search, *, is_dry_run: bool) -> None:
        self._store = store
        self._search = search
        self._is_dry_run = is_dry_run
        self.emptied = self.blotted = self.buried = 0

    def change(self, numbers: Sequence[int]) -> None:
        """Empty the person's own events, and take them out of others'."""
        self._in_turns(numbers, lambda connection, some: self._change(connection, events.c.id.in_(some)))

    def bury(self, ids: Sequence[int]) -> None:
        """Delete dead letters."""
        self._in_turns(ids, self._delete)

    def finish(self, theirs: Iterable[str], groups: Iterable[str]) -> int:
        """Forget the person and their threads, and what came since the search; how many conversations they had."""
        ids = self._search.person.contact_ids
        with self._store.reading() as connection:
            met = select(conversations.c.id).where(conversations.c.contact_id.in_(ids))
            found = {*theirs, *connection.execute(self._search.own(met, conversations)).scalars()}
        if self._is_dry_run:
            return len(found)
        person = self._search.person
        self._in_turns(sorted(found), lambda connection, some: _close(connection, some, person))
        self._in_turns(list(groups), lambda connection, some: _rename(connection, some, person))
        self._patiently(self._end)
        return len(found)

    def _end(self, connection: Connection) -> None:
        """What came since the search, and the person: nobody publishes in between."""
        ids = self._search.person.contact_ids
        self._change(connection, events.c.id > self._search.seen)
        self._search.seen = _newest(connection)
        for head in connection.execute(select(heads.c.head)).scalars().all():
            if self._search.person.traces.are_in(head):  # where it is used, it is remembered again
                connection.execute(delete(heads).where(heads.c.head == head))
        connection.execute(delete(participants).where(participants.c.contact_id.in_(ids)))
        connection.execute(delete(aliases).where(aliases.c.contact_id.in_(ids)))
        connection.execute(delete(contacts).where(contacts.c.id.in_(ids)))

    def _in_turns(self, ids: Sequence[Any], work: Callable[[Connection, Sequence[Any]], None]) -> None:
        """Do it with some at a time, each time in a transaction of its own, and let others have theirs."""
        for start in range(0, len(ids), _CHANGED):
            some = ids[start : start + _CHANGED]
            if self._is_dry_run:
                with self._store.reading() as connection:
                    work(connection, some)
                continue
            begun = time.monotonic()
            self._patiently(lambda connection, some=some: work(connection, some))  # type: ignore[misc]
            time.sleep(min(_BREATH + time.monotonic() - begun, _LONGEST_BREATH))

    def _patiently(self, work: Callable[[Connection], None]) -> None:
        """Do it in one transaction; where others never stop writing, wait for more than one turn."""
        counts = self.emptied, self.blotted, self.buried
        for attempt in range(_TURNS):
            try:
                with self._store.writing() as connection:
                    return work(connection)
            except StoreBusyError:
                self.emptied, self.blotted, self.buried = counts
                if attempt == _TURNS - 1:
                    raise
        return None

    def _change(self, connection: Connection, which: ColumnElement[bool]) -> None:
        person = self._search.person
        rows = connection.execute(self._search.own(select(events).where(which), events)).all()
        found = [(row.id, change_of(row, person)) for row in rows if person.may_be_in(row)]
        changes = [(number, change) for number, change in found if change is not None]
        self.emptied += sum(change.is_theirs for _, change in changes)
        self.blotted += sum(not change.is_theirs for _, change in changes)
        if changes and not self._is_dry_run:
            values = [{"b_id": number, **_bound(change.values)} for number, change in changes]
            connection.execute(_CHANGE, values)

    def _delete(self, connection: Connection, ids: Sequence[int]) -> None:
        self.buried += len(ids)
        if not self._is_dry_run:
            connection.execute(delete(dead_letters).where(dead_letters.c.id.in_(ids)))


def _person(connection: Connection, who: str, shopper: str | None, key: bytes) -> Person:
    """Who is meant, with every id that is known of them."""
    written = [who, f"{who}@lid"] if digits(who.strip()) else [who]
    mine: ColumnElement[bool] = aliases.c.alias.in_([storable(spelling(each)) for each in written if spelling(each)])
    if shopper is not None:
        mine &= aliases.c.tenant == shopper
    ids = frozenset(connection.execute(select(aliases.c.contact_id).where(mine)).scalars())
    known = connection.execute(select(aliases.c.alias).where(aliases.c.contact_id.in_(ids))).scalars()
    homes = list(connection.execute(select(contacts.c.home).where(contacts.c.id.in_(ids))).scalars())
    keys = frozenset[str]().union(*map(person_keys, [*written, *known, *homes]))
    return Person(Traces(keys, key), frozenset(map(part, homes)), ids)


def _is_in_body(traces: Traces, body: bytes) -> bool:
    return traces.may_be_in(body) and traces.are_in(body.decode("utf-8", "replace"))


def _bound(values: Values) -> Values:
    return {f"b_{name}": value for name, value in values.items()}


def _close(connection: Connection, ids: Sequence[str], person: Person) -> None:
    """End conversations; nothing says any more with whom they were."""
    for row in connection.execute(select(conversations).where(conversations.c.id.in_(ids))).all():
        name = {"thread_key": person.traces.name_of(row.thread_key), "contact_id": None}
        ended = {"closed_at": row.last_event_at or row.opened_at} if row.closed_at is None else {}
        connection.execute(update(conversations).where(conversations.c.id == row.id).values(name | ended))


def _rename(connection: Connection, ids: Sequence[str], person: Person) -> None:
    """The same of groups: they go on, under another name."""
    for row in connection.execute(select(conversations).where(conversations.c.id.in_(ids))).all():
        name = {"thread_key": person.traces.taken_out(row.thread_key)}
        connection.execute(update(conversations).where(conversations.c.id == row.id).values(name))


def _newest(connection: Connection) -> int:
    newest: int = connection.execute(select(func.coalesce(func.max(events.c.id), 0))).scalar_one()
    return newest
