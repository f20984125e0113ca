"""Two people, planted wherever people stand: one is forgotten, in every spelling; of the other nothing changes."""

import json
import re
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from rollout_cli.pipeline.event_store import DeadLetter, Entry
from rollout_cli.pipeline.routing.router import Router
from rollout_cli.pipeline.switches import Mode
from rollout_cli.pipeline.switches import Path as Way
from rollout_cli.store.address import address_from_url
from rollout_cli.store.events.forgetting import forget
from rollout_cli.store.events.opening import open_event_store
from rollout_cli.store.events.reading import Wanted, stored_events
from rollout_cli.store.events.sql_event_store import SqlEventStore
from rollout_cli.store.events.tables import events
from rollout_cli.whatsapp import CanonicalEvent, normalize
from tests.support.event_stores import NOW, new_events_file
from tests.support.examples import examples

KEY = b"key of this test"
TABLES = ("events", "conversations", "contacts", "aliases", "participants", "dead_letters")


@dataclass(frozen=True)
class Somebody:
    """A person with all of their ids; the phone is one of Brazil, with its ninth digit."""

    phone: str
    lid: str
    bsuid: str

    @property
    def short(self) -> str:
        return self.phone[:4] + self.phone[5:]

    @property
    def formatted(self) -> str:
        phone = self.phone
        return f"+{phone[:2]} ({phone[2:4]}) {phone[4:9]}-{phone[9:]}"

    def spellings(self) -> list[str]:
        phone = [self.phone, f"+{self.phone}", self.formatted, self.short, f"{self.short}:7@s.whatsapp.net"]
        return [*phone, f"{self.lid}@lid", f"{self.lid}:12@lid", self.bsuid]

    def is_in(self, content: str) -> bool:
        """Looked for in another way than the program does it: digit by digit, whole numbers alone."""
        bare = re.sub(r"(?<=\d)[ ()\-]{1,2}(?=\d)", "", content)
        numbers = set(re.findall(r"\d+", content)) | set(re.findall(r"\d+", bare))
        is_coded = any(wamid_of(each, 0)[:-8] in content for each in (self.phone, self.short))
        words = re.findall(r"[A-Z]{2}\.[0-9A-Za-z]+", content)
        return not numbers.isdisjoint({self.phone, self.short, self.lid}) or self.bsuid in words or is_coded


ANA = Somebody("5541998908495", "201100000000777", "BR.77001122334455")
BIA = Somebody("5511987654321", "201100000000888", "BR.88001122334455")
LONGER = Somebody("15541998908495", "2011000000007770", "BR.770011223344556")
"""Whose every id has one of Ana's in it."""
GROUP = "120363000000000001@g.us"


def wamid_of(phone: str, number: int) -> str:
    code = b"\x1c\x18" + bytes([len(phone)]) + phone.encode() + b"\x15\x02\x00" + number.to_bytes(3)
    return f"wamid.{b64encode(code).decode()}"


@dataclass(frozen=True)
class Planted:
    """One delivery: whose it is, what it is, and who is mentioned in it."""

    who: Somebody
    shape: str
    mentioned: Somebody | None
    is_short: bool

    def is_about(self, somebody: Somebody) -> bool:
        return somebody in (self.who, self.mentioned)

    def events(self, number: int) -> list[CanonicalEvent]:
        phone = self.who.short if self.is_short else self.who.phone
        if self.shape.startswith("cloud"):
            return normalize("cloud_api", self._cloud(number, phone), received_at=NOW, tenant="shopper-1")
        body = self._baileys(number, phone)
        return normalize("baileys", body, received_at=NOW, instance="shop", tenant="shopper-1")

    def _cloud(self, number: int, phone: str) -> bytes:
        message = {"from": phone, "from_user_id": self.who.bsuid, "id": wamid_of(phone, number), "type": "text",
                   "timestamp": str(1_793_000_000 + number), "text": {"body": self._words()}}  # fmt: skip
        if self.shape == "cloud number" and self.mentioned is not None:
            message["unknown"] = {"phones": [int(self.mentioned.phone)], self.mentioned.phone: 1}
        contact = {"profile": {"name": "Somebody"}, "wa_id": phone, "user_id": self.who.bsuid}
        value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "700100"}, "contacts": [contact],
                 "messages": [message]}  # fmt: skip
        change = {"field": "messages", "value": value}
        return json.dumps({"object": "x", "entry": [{"id": "810200", "changes": [change]}]}).encode()

    def _baileys(self, number: int, phone: str) -> bytes:
        alone = {"remoteJid": f"{self.who.lid}@lid"}
        keys: dict[str, dict[str, Any]] = {
            "lid": alone,
            "lid and phone": {**alone, "remoteJidAlt": f"{phone}@s.whatsapp.net"},
            "to them": {"remoteJid": f"{phone}@s.whatsapp.net", "fromMe": True},
            "group": {"remoteJid": GROUP, "participant": f"{self.who.lid}@lid"},
            "their group": {"remoteJid": f"{self.who.short}-1600000000@g.us", "participant": f"{self.who.lid}@lid"},
        }
        key = {"id": f"3EB0{number:016X}", "fromMe": False, **keys[self.shape]}
        context = {"mentionedJid": [f"{self.mentioned.lid}@lid"], "participant": f"{self.mentioned.phone}@c.us"} \
            if self.mentioned else {}  # fmt: skip
        said = {"extendedTextMessage": {"text": self._words(), "contextInfo": context}}
        message = {"key": key, "messageTimestamp": 1_793_000_000 + number, "message": said, "pushName": "Somebody"}
        return json.dumps({"event": "messages.upsert", "data": {"messages": [message], "type": "notify"}}).encode()

    def _words(self) -> str:
        other = self.mentioned
        return (
            "hello" if other is None else f"@{other.lid} is {other.formatted}, in short 00{other.short}; {other.bsuid}"
        )


SHAPES = ("cloud", "cloud number", "lid", "lid and phone", "to them", "group", "their group")
PEOPLE = st.sampled_from([ANA, BIA, LONGER])
PLANTED = st.builds(Planted, PEOPLE, st.sampled_from(SHAPES), st.none() | PEOPLE, st.booleans())
INTRODUCED = [Planted(ANA, shape, None, is_short=False) for shape in ("cloud", "lid and phone")]
"""What tells that Ana's ids are one person's."""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without events, to be copied: each example has its own."""
    folder = tmp_path_factory.mktemp("empty")
    new_events_file(folder).close()
    return folder / "events.db"


def copy_of(empty: Path, folder: Path) -> SqlEventStore:
    shutil.copy(empty, folder / "events.db")
    return open_event_store(address_from_url(f"sqlite:///{folder}/events.db"))


def publish(store: SqlEventStore, planted: Sequence[Planted], *, routes: bool) -> dict[str, Planted]:
    """Put them into the log; whose each key is."""
    mode = Mode(Way.LIVE, routes=routes, routes_groups=routes)
    router = Router()
    of_key: dict[str, Planted] = {}
    for number, each in enumerate(planted):
        made = each.events(number)
        of_key |= {event.trace.idempotency_key: each for event in made}
        with store.publication() as publication:
            router.publish(publication, [(Entry(event, NOW, "shopper-1"), mode) for event in made])
    return of_key


def rows_of(store: SqlEventStore) -> dict[int, Any]:
    with store.reading() as connection:
        return {row.id: row for row in connection.execute(select(events))}


def everything(store: SqlEventStore) -> str:
    with store.reading() as connection:
        rows = [row for name in TABLES for row in connection.execute(text(f"SELECT * FROM whatsapp_{name}"))]
    return "\n".join(
        "|".join(str(bytes(each)) if isinstance(each, bytes) else str(each) for each in row) for row in rows
    )


@settings(max_examples=examples(20))
@given(
    planted=st.lists(PLANTED, min_size=1, max_size=8), who=st.sampled_from(ANA.spellings()), routes=st.booleans(),
    buried=st.lists(PEOPLE, max_size=3),
)  # fmt: skip
def test_of_one_nothing_is_left_and_of_the_others_everything(
    empty: Path, planted: list[Planted], who: str, routes: bool, buried: list[Somebody]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = copy_of(empty, Path(folder))
        of_key = publish(store, [*INTRODUCED, *planted], routes=routes)
        with store.publication() as publication:
            letters = [f'{{"x": "{each.formatted}" '.encode() for each in buried]
            publication.bury([DeadLetter(NOW, "cloud_api", "not_json", "no JSON", each) for each in letters])
        before = rows_of(store)
        report = forget(store, who, shopper=None, key=KEY)
        after, left = rows_of(store), everything(store)
        store.close()
        files = [each.read_bytes().decode("latin-1") for each in Path(folder).glob("events.db*")]

    assert not ANA.is_in(left)
    assert not any(ANA.bsuid in f"{each} ".replace(LONGER.bsuid, "") for each in files)
    assert not any(re.search(rf"(?<!\d){ANA.lid}(?!\d)", each) for each in files)
    assert report.dead_letters == (ANA in buried)
    for number, row in before.items():
        owner = of_key.get(row.idempotency_key)
        if owner is not None and not owner.is_about(ANA) and not ANA.is_in(str(row)):
            assert after[number] == row
        if owner is not None and owner.who is not ANA:
            assert owner.who.is_in(after[number].payload)
    for row in after.values():
        assert json.loads(row.payload)["event_id"] == row.event_id
        assert json.loads(row.payload)["trace"]["idempotency_key"] == row.idempotency_key


@given(planted=st.lists(PLANTED, min_size=1, max_size=4), routes=st.booleans())
@settings(max_examples=8)
def test_the_log_stays_readable_and_forgetting_again_changes_nothing(
    empty: Path, planted: list[Planted], routes: bool
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = copy_of(empty, Path(folder))
        publish(store, [*INTRODUCED, *planted], routes=routes)
        before = [(each.number, each.event.event_type) for each in stored_events(store, Wanted())]
        planned = forget(store, ANA.lid + "@lid", shopper=None, key=KEY, is_dry_run=True)
        done = forget(store, ANA.lid + "@lid", shopper=None, key=KEY)
        assert [(each.number, each.event.event_type) for each in stored_events(store, Wanted())] == before
        assert (planned.emptied, planned.blotted, planned.conversations) == (
            done.emptied,
            done.blotted,
            done.conversations,
        )
        left = everything(store)
        again = forget(store, ANA.phone, shopper=None, key=KEY)
        assert (again.emptied, again.blotted, again.conversations) == (0, 0, 0)
        assert everything(store) == left
        store.close()
