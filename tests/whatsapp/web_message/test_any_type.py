"""Whatever type a field has, a body is read: no exception, and nothing that only a safety net has caught."""

import json
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.whatsapp import CanonicalEvent, NormalizeError, normalize
from rollout_cli.whatsapp.baileys.events import EVENTS as BAILEYS
from rollout_cli.whatsapp.evolution.events import EVENTS as EVOLUTION
from tests.support.examples import examples
from tests.support.for_each import for_each
from tests.whatsapp.web_message.damage import STRANGERS, paths, replaced, words
from tests.whatsapp.written import Case, cases

RECEIVED_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
CASES = [*cases("evolution"), *cases("baileys")]
STEP = 5
NAMES = sorted({name for case in CASES for name in words(case.body)})


def survives(provider: str, body: Any, event: str | None) -> list[CanonicalEvent]:
    """The events of a body that nothing was wrong with on our side; each is what its JSON form says."""
    try:
        events = normalize(provider, json.dumps(body).encode(), event=event, received_at=RECEIVED_AT)
    except NormalizeError as refused:
        assert refused.reason in ("not_an_object", "foreign_format", "too_deep")  # noqa: PT017 - either way is right
        return []
    for each in events:
        assert "unreadable" not in each.security.risk_flags, (body, event)
        assert CanonicalEvent.from_json(each.to_json()) == each
    return events


@for_each("case", CASES, ids=lambda case: case.name)
def test_any_node_may_be_of_another_type(case: Case) -> None:
    """A part of the nodes, each with one other type; CI tries all of both."""
    strangers = cycle(STRANGERS)
    for path in islice(paths(case.body), len(case.name) % STEP, None, STEP):
        survives(case.provider, replaced(case.body, path, next(strangers)), case.event)


@pytest.mark.heavy
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_any_node_may_be_of_every_other_type(case: Case) -> None:
    for path in paths(case.body):
        for stranger in STRANGERS:
            survives(case.provider, replaced(case.body, path, stranger), case.event)


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(1 << 63), (1 << 64) - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["1793530800", "READ", "MESSAGE_EDIT", "5511955550123@s.whatsapp.net", "1@g.us"]),
)  # fmt: skip
KNOWN = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(NAMES), inner, max_size=6)),
    max_leaves=24,
)
"""Any JSON whose fields have names that somebody reads."""
MESSAGE = st.fixed_dictionaries(
    {"key": st.fixed_dictionaries({"id": KNOWN, "remoteJid": KNOWN}, optional={"fromMe": KNOWN, "participant": KNOWN})},
    optional={"message": KNOWN, "messageStubType": KNOWN, "messageTimestamp": KNOWN, "update": KNOWN, "status": KNOWN},
)


@settings(max_examples=examples(60), deadline=None)
@given(
    name=st.sampled_from(sorted(EVOLUTION)), data=KNOWN | MESSAGE, around=st.dictionaries(st.sampled_from(NAMES), KNOWN)
)
def test_evolution_reads_any_data_under_any_event(name: str, data: Any, around: dict[str, Any]) -> None:
    survives("evolution", {**around, "event": name, "data": data}, None)


@settings(max_examples=examples(60), deadline=None)
@given(
    name=st.sampled_from(sorted(BAILEYS)), data=KNOWN | MESSAGE, around=st.dictionaries(st.sampled_from(NAMES), KNOWN)
)
def test_baileys_reads_any_payload_under_any_event(name: str, data: Any, around: dict[str, Any]) -> None:
    survives("baileys", {**around, "event": name, "data": data}, None)
    survives("baileys", data if isinstance(data, dict | list) else [data], name)
