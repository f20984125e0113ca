"""Every row of the table has a body of its own, and becomes what the table says."""

import re
from datetime import UTC, datetime

from rollout_cli.whatsapp import CanonicalEvent, normalize
from rollout_cli.whatsapp.table import Row, rows
from tests.support.for_each import for_each
from tests.whatsapp.written import Case, cases, looked_up

RECEIVED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
ROWS = {row.name: row for row in rows()}


def read(case: Case) -> list[CanonicalEvent]:
    return normalize(case.provider, case.data, event=case.event, received_at=RECEIVED_AT)


def is_of(event: CanonicalEvent, row: Row) -> bool:
    """Whether an event is what a row says."""
    message_type = event.message.type if event.message else None
    pattern = re.escape(row.key).replace("…", ".*")
    pattern = re.sub(r"\\\{[a-z]+\\\}", "[^:]*", pattern)
    key = event.trace.idempotency_key.split(":", 2)[2]
    is_named = row.message_type in (None, message_type)
    return event.event_type == row.event_type and is_named and bool(re.fullmatch(pattern, key))


def test_every_row_of_the_table_has_a_body_of_its_own() -> None:
    shown = {name for case in cases() for name in case.rows}
    assert shown - ROWS.keys() == set(), "rows that are not in the table"
    assert ROWS.keys() - shown == set(), "rows without a body"


@for_each("case", cases(), ids=lambda case: case.name)
def test_a_body_becomes_what_its_rows_say(case: Case) -> None:
    events = read(case)
    assert [name for name in case.rows if not any(is_of(event, ROWS[name]) for event in events)] == []


@for_each("case", cases(), ids=lambda case: case.name)
def test_a_body_becomes_the_events_written_beside_it(case: Case) -> None:
    forms = [event.to_dict() for event in read(case)]
    assert len(forms) == len(case.events)
    for form, expected in zip(forms, case.events, strict=True):
        assert {path: looked_up(form, path) for path in expected} == expected


def test_no_event_was_saved_from_a_mistake_of_ours() -> None:
    assert [case.name for case in cases() for event in read(case) if "unreadable" in event.security.risk_flags] == []
