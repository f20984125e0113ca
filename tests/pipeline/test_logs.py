"""The log of the new path: words that checks look for, and nobody who could be recognized."""

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.client.records import Recorder, Records
from rollout_cli.pipeline import logs
from rollout_cli.pipeline.delivery import Delivery
from rollout_cli.pipeline.dual_run.observation import Kind, Observation, Severity
from rollout_cli.pipeline.event_store import Conversation
from rollout_cli.pipeline.logs import JsonFormatter, PipelineLog
from rollout_cli.whatsapp import CanonicalEvent, NormalizeError, normalize
from rollout_cli.whatsapp.originals import Original
from rollout_cli.whatsapp.vocabulary import PROVIDERS
from tests.support.projects import REPOSITORY
from tests.whatsapp.written import Case, cases

AT = datetime(2026, 11, 1, 12, tzinfo=UTC)
KEY = b"a key of the tests"
CASES = cases()
MADE = "0b7f3c1e-5f0a-4c56-9d3e-2f6f4a1b9c0d"


class Kept(logging.Handler):
    """Keeps the records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def messages(self) -> list[str]:
        return [each.getMessage() for each in self.records]

    @property
    def shown(self) -> list[str]:
        """Everything there is to be seen of each record, in every form, unescaped."""
        lines = [json.loads(JsonFormatter().format(each)) for each in self.records]
        return [f"{each.getMessage()}\n{each.args}\n{line}" for each, line in zip(self.records, lines, strict=True)]


def listening(level: int = logging.DEBUG) -> tuple[PipelineLog, Kept]:
    kept = Kept()
    logger = logging.Logger("rollout.pipeline", level)  # noqa: LOG001 - of its own: nobody else hears it
    logger.addHandler(kept)
    return PipelineLog(KEY, logger), kept


def delivery(**told: Any) -> Delivery:
    return Delivery(**{"provider": "evolution", "body": b"{}", "received_at": AT, "shopper_id": "shopper-1", **told})


def conversation(**told: Any) -> Conversation:
    said = {"id": MADE, "thread_key": "s:loja:5511970000001", "chat_type": "private", "provider": "evolution"}
    return Conversation(**{**said, "opened_at": AT, "shopper_id": "shopper-1", **told})


def divergence(severity: Severity = Severity.CRITICAL, **told: Any) -> Observation:
    return Observation(**{"at": AT, "provider": "evolution", "kind": Kind.FIELD, "severity": severity, **told})


def events_of(case: Case) -> list[CanonicalEvent]:
    headers = {"X-Request-Id": MADE}
    return normalize(case.provider, case.data, event=case.event, received_at=AT, tenant="shopper-1", headers=headers)


def say_everything(log: PipelineLog, event: CanonicalEvent, of: Delivery, about: Conversation, where: str) -> None:
    """Say everything that there is to say."""
    log.shadow(event, of.shopper_id)
    log.normalized(of, 1)
    log.published(of.provider, of.shopper_id, 1, 1, event.trace.correlation_id)
    log.compared(of, [divergence(path=where, delivery=where), replace(divergence(), kind=Kind.MISSING)])
    log.conversation("opened", about, "message")
    log.conversation("closed", about, where)
    log.assigned(about, about.skm_id or where, about.assigned_by or where)
    log.risk("invalid_signature", of)
    log.risk(where, event)
    log.failed(where, 1)
    log.dropped(where)
    log.refused(of, where, "the body is empty")


def strings_in(form: Any) -> Iterator[str]:
    """Every text of a JSON value, its keys too."""
    if isinstance(form, str):
        yield form
    elif isinstance(form, dict):
        for name, value in form.items():
            yield from (name, *strings_in(value))
    elif isinstance(form, list):
        for each in form:
            yield from strings_in(each)


def personal(event: CanonicalEvent) -> set[str]:
    """The texts, names and ids of an event."""
    form = event.to_dict()
    said = {*strings_in({name: form[name] for name in ("actor", "context", "message", "status", "details", "raw")})}
    told = {event.source.instance, event.source.provider_message_id, event.routing.thread_key}
    said |= {each for each in told if each} | {event.trace.idempotency_key, event.event_id}
    return {each for each in said if re.search(r"\d{6}|[^ -~]| |@", each)}


def test_nothing_of_any_body_is_said() -> None:
    for case in CASES:
        for event in events_of(case):
            log, kept = listening()
            of = delivery(provider=case.provider, body=case.data, instance=event.source.instance, event=case.event)
            about = conversation(thread_key=event.routing.thread_key or "", instance=event.source.instance)
            say_everything(log, event, of, about, "message.text")
            shown = "\n".join(kept.shown)
            assert [each for each in personal(event) if each in shown] == [], case.name


PLANTS = st.one_of(
    st.from_regex(r"55[1-9][1-9]9[0-9]{8}(@s\.whatsapp\.net|@lid)?", fullmatch=True),
    st.from_regex(r"3EB0[0-9A-F]{16,20}|wamid\.HBgN[A-Za-z0-9+/]{20}==", fullmatch=True),
    st.text(alphabet="kqwxzKQWXZÁÉçãñ日本 ", min_size=8).filter(
        lambda text: len(text.strip()) > 6 and not text.isascii()
    ),
    st.just("\ud83dkqw\udc00 xzx\nkq"),
)


def planted(value: Any, plant: str) -> Any:
    """The same with every text exchanged, whatever it stood for."""
    if isinstance(value, msgspec.Struct):
        fields = {name: planted(getattr(value, name), plant) for name in value.__struct_fields__}
        return type(value)(**fields)
    if isinstance(value, dict):
        return {plant: [planted(each, plant) for each in value.values()]}
    if isinstance(value, tuple | list):
        return type(value)(planted(each, plant) for each in value)
    return plant if isinstance(value, str) or value is None else value


@given(st.sampled_from(CASES), PLANTS)
def test_whatever_is_planted_in_whichever_field_is_not_found_in_the_log(case: Case, plant: str) -> None:
    log, kept = listening()
    names = [name for name in CanonicalEvent.__struct_fields__ if name not in {"original", "occurred_at"}]
    headers = {plant: plant, "X-Request-Id": plant}
    of = Delivery(plant, plant.encode(errors="replace"), AT, plant, plant, headers, plant)
    about = Conversation(plant, plant, plant, plant, AT, plant, plant, plant, plant, plant)
    for event in events_of(case):
        fields = {name: planted(getattr(event, name), plant) for name in names}
        foreign = CanonicalEvent(occurred_at=AT, original=Original({"a": plant}), **fields)
        say_everything(log, foreign, of, about, plant)
    shown = "\n".join(kept.shown)
    assert plant not in shown
    assert repr(plant)[1:-1] not in shown


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"a": "5511970000001"', b'"5511970000001"', b"\xff5511970000001", b"[" * 999]
)
def test_why_a_body_was_refused_says_nothing_of_it(body: bytes) -> None:
    log, kept = listening()
    for provider in (*PROVIDERS, "5511970000001"):
        with pytest.raises(NormalizeError) as caught:
            normalize(provider, body, received_at=AT)
        log.refused(delivery(provider=provider, body=body), caught.value.reason, caught.value.message)
    assert "5511970000001" not in "\n".join(kept.shown)
    assert {each.levelname for each in kept.records} == {"WARNING"}


def all_lines() -> Kept:
    log, kept = listening()
    event = events_of(CASES[0])[0]
    say_everything(log, event, delivery(), conversation(), "message.text")
    return kept


def checks_of_logs(word: str) -> list[Any]:
    """The patterns that the shipped plan looks for in the log of the new path."""
    plans = [yaml.safe_load(file.read_text()) for file in sorted((REPOSITORY / "phases").glob("*.yaml"))]
    found = [check for plan in plans for part in ("preflight", "gates", "alerts") for check in plan.get(part, [])]
    found += [check for plan in plans for check in plan.get("rollback", {}).get("post_checks", [])]
    return [check[word] for check in found if check["kind"] == "log" and word in check and "logs/" in check["path"]]


@pytest.mark.parametrize("pattern", sorted(set(checks_of_logs("contains"))))
def test_the_log_has_what_the_shipped_plan_looks_for(pattern: str) -> None:
    kept = all_lines()
    assert any(re.search(pattern, each) for each in kept.messages)
    assert any(re.search(pattern, JsonFormatter().format(each)) for each in kept.records)


@pytest.mark.parametrize("pattern", sorted(set(checks_of_logs("absent"))))
def test_nothing_that_is_said_is_what_the_shipped_plan_takes_for_a_disaster(pattern: str) -> None:
    kept = all_lines()
    assert not any(re.search(pattern, JsonFormatter().format(each)) for each in kept.records)


def test_a_shopper_has_the_name_that_the_log_of_decisions_has_for_them() -> None:
    decisions = Recorder(Records(key=KEY), {}, lambda: False)
    assert PipelineLog(KEY).name_of("shopper-1") == decisions.name_of("shopper-1")
    assert PipelineLog(None).name_of("shopper-1") == Recorder(Records(), {}, lambda: False).name_of("shopper-1")
    assert PipelineLog(None).name_of("shopper-1") != PipelineLog(KEY).name_of("shopper-1")
    assert PipelineLog(KEY).name_of(None) is None


def test_a_message_alone_tells_what_happened() -> None:
    log, kept = listening()
    log.published("evolution", None, 2, 0, None)
    log.published("evolution", None, 0, 3, None)
    log.published("evolution", None, 0, 0, None)
    log.compared(delivery(shopper_id=None), [replace(divergence(), kind=Kind.MATCH, severity=Severity.NONE)])
    log.failed("comparison: ValueError", 1)
    assert kept.messages == [
        "canonical events published: 2 provider=evolution shopper=None",
        "duplicate events ignored (idempotent): 3 provider=evolution shopper=None",
        "canonical events published: 0 provider=evolution shopper=None",
        "[DUAL_RUN] legacy and canonical compared: match provider=evolution shopper=None",
        "the new path failed: comparison: ValueError deliveries=1",
    ]


def test_divergences_are_said_one_by_one_unless_a_rule_says_not_to_mind() -> None:
    log, kept = listening()
    found = [divergence(path="message.text"), divergence(Severity.MINOR, path="order[0].price")]
    log.compared(delivery(), [*found, divergence(path="message.text", ignored="known")])
    first, *rest = kept.records
    assert first.getMessage().startswith("[DUAL_RUN] legacy and canonical compared: 2 divergences")
    assert [(each.levelname, getattr(each, logs.FIELDS)["path"]) for each in rest] == [
        ("WARNING", "message.text"),
        ("INFO", "order[0].price"),
    ]


@pytest.mark.parametrize(
    "identity",
    [MADE, MADE.upper(), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736"],
)
def test_a_correlation_id_that_a_machine_made_stays_as_it_is(identity: str) -> None:
    log, kept = listening()
    log.published("evolution", None, 1, 0, identity)
    log.refused(delivery(headers={"x-REQUEST-id": identity}), "not_json", "the body is empty")
    assert [getattr(each, logs.FIELDS)["correlation_id"] for each in kept.records] == [identity, identity]


@pytest.mark.parametrize("identity", ["ana-5511970000001", "3EB0C767D097B7C7C1F2", "5" * 32, "A" * 32, f"{MADE}\n"])
def test_any_other_correlation_id_has_a_name(identity: str) -> None:
    log, kept = listening()
    log.published("evolution", None, 1, 0, identity)
    assert getattr(kept.records[0], logs.FIELDS)["correlation_id"] == log.name_of(identity)


def test_drops_are_said_now_and_then_with_how_many_there_were(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(logs, "monotonic", lambda: now)
    log, kept = listening()
    for _ in range(5):
        log.dropped("full", 2)
    log.dropped("stuck")
    log.dropped("full", 0)
    now += logs.QUIET_SECONDS
    log.dropped("full")
    assert [(each.args["outcome"], each.args["deliveries"]) for each in kept.records] == [  # type: ignore[call-overload,index]
        ("full", 2),
        ("stuck", 1),
        ("full", 11),
    ]


def test_a_handler_that_raises_harms_nobody() -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError("no space left")

    log, kept = listening()
    log._logger.handlers = [Broken()]
    say_everything(log, events_of(CASES[0])[0], delivery(), conversation(), "message.text")
    assert kept.records == []


def test_what_nobody_hears_is_not_even_put_together() -> None:
    log, kept = listening(logging.CRITICAL)
    log.name_of = None  # type: ignore[assignment,method-assign] # asked, it would raise
    event = events_of(CASES[0])[0]
    log.shadow(event, "shopper-1")
    log.normalized(delivery(), 1)
    log.published("evolution", "shopper-1", 1, 1, None)
    log.refused(delivery(), "not_json", "the body is empty")
    log.compared(delivery(), [divergence()])
    log.conversation("opened", conversation(), "message")
    log.assigned(conversation(), "skm-1", "sticky")
    log.risk("invalid_signature", event)
    assert kept.records == []
