"""Forgetting a person: of their events type, time and provider are left, and nothing leads to them any more.

The whole log is looked through, some events in each transaction, because a person may stand in anybody's: as a mention,
a quote, a member. Publishers take their turns between. SQLite overwrites what is deleted, and its log is emptied.
"""

import hmac
from base64 import b64decode
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update

from rollout_cli.pipeline.reports import ForgetReport
from rollout_cli.pipeline.routing.spelling import spelling
from rollout_cli.store.events.rows import payload_of
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import aliases, contacts, conversations, dead_letters, events, participants
from rollout_cli.whatsapp import CanonicalEvent
from rollout_cli.whatsapp.events import Actor, Context, Message, Routing, Security, Source, Trace
from rollout_cli.whatsapp.keys import event_id, part
from rollout_cli.whatsapp.match_keys import match_keys
from rollout_cli.whatsapp.originals import Original

_AT_ONCE = 1_000
_SHORTEST = 7
"""Digits. What is shorter is no phone, and would be found everywhere."""
_WAMID = "wamid."


@dataclass(frozen=True, slots=True)
class _Person:
    """Whoever is to be forgotten.

    Attributes:
        needles: what leads to them, wherever it stands: digits without a server, LIDs' digits, BSUIDs.
        homes: what stands for them in thread keys.
        contact_ids: of ours.
    """

    needles: tuple[str, ...]
    homes: frozenset[str]
    contact_ids: frozenset[str]

    def is_in(self, text: str | None) -> bool:
        """Whether anything in a text leads to them; a Cloud API message id holds a phone in base64."""
        if not text:
            return False
        return any(each in text for each in self.needles) or (_WAMID in text and self._is_in_wamid(text))

    def blotted_out(self, text: str, key: bytes) -> str:
        """A text without the person. Ids that hold them in base64 go as a whole."""
        for needle in sorted(self.needles, key=len, reverse=True):
            text = text.replace(needle, forgotten(key, needle))
        pieces = text.split(_WAMID)
        for number, piece in enumerate(pieces[1:], start=1):
            if any(each in _decoded(piece) for each in self.needles):
                code = "".join(_taken(piece))
                pieces[number] = forgotten(key, code) + piece[len(code) :].lstrip("=")
        return _WAMID.join(pieces)

    def _is_in_wamid(self, text: str) -> bool:
        found = text.split(_WAMID)[1:]
        return any(each in _decoded(piece) for piece in found for each in self.needles)


def forget(
    store: SqlEventStore, who: str, *, shopper: str | None, key: bytes, is_dry_run: bool = False
) -> ForgetReport:
    """Forget a person, given in any spelling of any of their ids.

    Args:
        store: where.
        who: a phone, a JID, a LID or a BSUID.
        shopper: of one shopper alone; of all when None.
        key: for what stands in place of keys that would lead to the person: the same gives the same.
        is_dry_run: count, and change nothing.

    Raises:
        StoreError: what was forgotten before stays so; the same call goes on.
    """
    with store.reading() as connection:
        person = _person(connection, who, shopper)
        newest: int = connection.execute(select(func.coalesce(func.max(events.c.id), 0))).scalar_one()
    emptied = blotted = start = 0
    while start < newest:
        with _erasing(store) as connection:
            changes = _Changes(connection, person, shopper, key, is_dry_run=is_dry_run)
            changes.look_through(start, min(start + _AT_ONCE, newest))
        emptied, blotted, start = emptied + changes.emptied, blotted + changes.blotted, start + _AT_ONCE
    buried = _letters(store, person, shopper, is_dry_run=is_dry_run)
    threads = _people(store, person, shopper, key, is_dry_run=is_dry_run)
    store.empty_log()
    return ForgetReport(store.name, not is_dry_run, len(person.contact_ids), emptied, blotted, threads, buried)


def _person(connection: Connection, who: str, shopper: str | None) -> _Person:
    """Who is meant, with every id that is known of them."""
    spelled = {spelling(who)} - {""}
    mine: ColumnElement[bool] = aliases.c.alias.in_(spelled)
    if shopper is not None:
        mine &= aliases.c.tenant == shopper
    ids = frozenset(connection.execute(select(aliases.c.contact_id).where(mine)).scalars())
    known = select(aliases.c.alias).where(aliases.c.contact_id.in_(ids))
    spelled |= set(connection.execute(known).scalars())
    homes = frozenset(connection.execute(select(contacts.c.home).where(contacts.c.id.in_(ids))).scalars())
    return _Person(tuple(sorted(_needles([*spelled, *homes, who]))), homes | _needles([who]), ids)


def _needles(written: Iterable[str]) -> frozenset[str]:
    """What to look for: every spelling, a LID without its server."""
    keys = {key for each in written for key in match_keys(each)}
    bare = {key.removesuffix("@lid").partition(":")[0] for key in keys}
    return frozenset(each for each in bare if len(each) >= _SHORTEST)


def _decoded(piece: str) -> str:
    """What a message id of the Cloud API holds; as much of it as is base64."""
    code = "".join(_taken(piece))
    try:
        return b64decode(code + "=" * (-len(code) % 4)).decode("latin-1")
    except ValueError:
        return ""


def _taken(piece: str) -> Iterator[str]:
    for letter in piece:
        if not (letter.isascii() and (letter.isalnum() or letter in "+/")):
            return
        yield letter


class _Changes:
    """Some events of the log, looked through in one transaction."""

    def __init__(
        self, connection: Connection, person: _Person, shopper: str | None, key: bytes, *, is_dry_run: bool
    ) -> None:
        self._connection = connection
        self._person = person
        self._shopper = shopper
        self._key = key
        self._is_dry_run = is_dry_run
        self.emptied = self.blotted = 0

    def look_through(self, after: int, last: int) -> None:
        """Empty the person's own events, and blot them out of others'."""
        query = select(events).where(events.c.id > after, events.c.id <= last)
        if self._shopper is not None:
            query = query.where(events.c.shopper_id == self._shopper)
        rows: list[dict[str, Any]] = []
        for row in self._connection.execute(query).all():
            texts = (row.payload, row.raw, row.thread_key, row.idempotency_key, row.message_id)
            if not any(map(self._person.is_in, texts)):
                continue
            if self._is_theirs(row):
                self.emptied += 1
                rows.append(self._emptied(row))
            else:
                self.blotted += 1
                rows.append(self._blotted(row))
        if self._is_dry_run:
            return
        for each in rows:
            self._connection.execute(update(events).where(events.c.id == each.pop("number")).values(each))

    def _is_theirs(self, row: Any) -> bool:
        """Whether the person did it, or it is of their private thread."""
        thread: str = "" if _is_group(row.thread_key) else row.thread_key or ""
        if thread.rpartition(":")[2] in {part(home) for home in self._person.homes} or self._person.is_in(thread):
            return True
        actor = msgspec.json.decode(row.payload)["actor"]
        return any(self._person.is_in(actor[name]) for name in ("wa_id", "phone", "lid", "bsuid"))

    def _emptied(self, row: Any) -> dict[str, Any]:
        told = msgspec.json.decode(row.payload)
        name = self._name(row.idempotency_key)
        holds = self._person.is_in(row.idempotency_key)
        skeleton = CanonicalEvent(
            told["event_type"], row.occurred_at, Source(row.provider, row.instance), Routing(),
            Actor(told["actor"]["role"]), Context(told["context"]["chat_type"]), _empty(told["message"]), None, None,
            Trace(name if holds else row.idempotency_key), msgspec.convert(told["security"], Security),
            Original({}),
        )  # fmt: skip
        return {
            "number": row.id,
            "idempotency_key": skeleton.trace.idempotency_key,
            "event_id": skeleton.event_id,
            "thread_key": self._thread(row.thread_key),
            "message_id": None if self._person.is_in(row.message_id) else row.message_id,
            "payload": payload_of(skeleton, skeleton.event_id),
            "raw": None,
        }

    def _blotted(self, row: Any) -> dict[str, Any]:
        key = self._name(row.idempotency_key) if self._person.is_in(row.idempotency_key) else row.idempotency_key
        told = msgspec.json.decode(self._blot(row.payload))
        told["trace"]["idempotency_key"] = key
        told["event_id"] = event_id(key)
        return {
            "number": row.id,
            "idempotency_key": key,
            "thread_key": row.thread_key and self._blot(row.thread_key),
            "event_id": told["event_id"],
            "message_id": None if self._person.is_in(row.message_id) else row.message_id,
            "payload": msgspec.json.encode(told).decode(),
            "raw": None if row.raw is None else self._blot(row.raw),
        }

    def _blot(self, text: str) -> str:
        return self._person.blotted_out(text, self._key)

    def _thread(self, thread: str | None) -> str | None:
        if thread is None or _is_group(thread):
            return thread and self._blot(thread)
        return forgotten(self._key, thread)

    def _name(self, key: str) -> str:
        """A key that leads nowhere, with the parts that tell whose and what it was."""
        tenant, provider, kind, *_ = (*key.split(":"), "", "")
        return f"{tenant}:{provider}:{kind}:{forgotten(self._key, key)}"


def forgotten(key: bytes, text: str) -> str:
    """What stands in place of a text that leads to somebody."""
    return f"forgotten-{hmac.new(key, text.encode(), sha256).hexdigest()[:16]}"


def _is_group(thread: str | None) -> bool:
    """Whether a thread is a group's: the id of an old one begins with the phone of whoever made it."""
    return thread is not None and thread.endswith("@g.us")


@contextmanager
def _erasing(store: SqlEventStore) -> Iterator[Connection]:
    """One transaction in which what is deleted is overwritten."""
    with store.writing() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        yield connection


def _empty(message: dict[str, Any] | None) -> Message | None:
    return None if message is None else Message(None, message["direction"], message["type"])


def _letters(store: SqlEventStore, person: _Person, shopper: str | None, *, is_dry_run: bool) -> int:
    with _erasing(store) as connection:
        query = select(dead_letters.c.id, dead_letters.c.body)
        if shopper is not None:
            query = query.where(dead_letters.c.shopper_id == shopper)
        found = [row.id for row in connection.execute(query) if person.is_in(bytes(row.body).decode("latin-1"))]
        if found and not is_dry_run:
            connection.execute(delete(dead_letters).where(dead_letters.c.id.in_(found)))
    return len(found)


def _people(store: SqlEventStore, person: _Person, shopper: str | None, key: bytes, *, is_dry_run: bool) -> int:
    """Forget the person and their threads; how many conversations they had."""
    ids: Collection[str] = person.contact_ids
    ends = [conversations.c.thread_key.endswith(f":{part(each)}", autoescape=True) for each in person.homes]
    with _erasing(store) as connection:
        theirs = or_(conversations.c.contact_id.in_(ids), *ends)
        if shopper is not None:
            theirs &= conversations.c.shopper_id == shopper
        found = connection.execute(select(conversations).where(theirs)).all()
        if is_dry_run:
            return len(found)
        for row in found:
            name = {"thread_key": forgotten(key, row.thread_key), "contact_id": None}
            ended = {"closed_at": row.last_event_at or row.opened_at} if row.closed_at is None else {}
            connection.execute(update(conversations).where(conversations.c.id == row.id).values(name | ended))
        for row in _groups(connection, person, shopper):
            name = {"thread_key": person.blotted_out(row.thread_key, key)}
            connection.execute(update(conversations).where(conversations.c.id == row.id).values(name))
        connection.execute(delete(participants).where(participants.c.contact_id.in_(ids)))
        connection.execute(delete(aliases).where(aliases.c.contact_id.in_(ids)))
        connection.execute(delete(contacts).where(contacts.c.id.in_(ids)))
    return len(found)


def _groups(connection: Connection, person: _Person, shopper: str | None) -> list[Any]:
    """Conversations of groups in whose id the person stands."""
    query = select(conversations).where(conversations.c.thread_key.endswith("@g.us"))
    if shopper is not None:
        query = query.where(conversations.c.shopper_id == shopper)
    return [row for row in connection.execute(query).all() if person.is_in(row.thread_key)]
