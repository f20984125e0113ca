"""What a writer writes becomes what it says it becomes, for every kind, direction and spelling."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from rollout_cli.errors import UsageError
from rollout_cli.simulate.traffic.happening import SPEAKING, STATES, Happening
from rollout_cli.simulate.traffic.ids import mixed
from rollout_cli.simulate.traffic.kinds import ABOUT_A_MESSAGE, IN_GROUPS, OURS, THEIRS, TO_MANY, USUAL
from rollout_cli.simulate.traffic.people import Thread, audience_of, group_id, instance, person
from rollout_cli.simulate.traffic.writing import Writer, writer_of
from rollout_cli.whatsapp import CanonicalEvent, normalize
from tests.support.for_each import for_each

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
PROVIDERS = ("cloud_api", "evolution", "baileys", "simulated")
AT = 1_767_614_400_000


def happening(
    kind: str, place: int = 3, *, provider: str, group: bool = False, out: bool = False, spelling: int = 0,
    sort: str = "",
) -> Happening:  # fmt: skip
    audience = audience_of(sort, 7) if sort else None
    where = Thread(7, instance(1, provider, "shopper-1"), person(12), group_id(7) if group else None, audience)
    return Happening(
        kind,
        where,
        person(13 if group else 12),
        place,
        mixed(7, place),
        AT + place * 1000,
        about=mixed(7, 2) if kind in ABOUT_A_MESSAGE or kind in STATES else "",
        about_outbound=kind in STATES,
        outbound=out or kind in STATES,
        words="bom dia, tem azul?",
        spelling=spelling,
    )


def told(writer: Writer, *happenings: Happening) -> list[CanonicalEvent]:
    written = [writer.write(each) for each in happenings]
    body = writer.body(happenings[0].thread.instance, written[0].folder, [each.told for each in written])
    return normalize(writer.provider, body.encode(), received_at=NOW, tenant="shopper-1")


def cases() -> Iterator[tuple[str, str, bool, bool]]:
    for provider in PROVIDERS:
        writer = writer_of(provider)
        for kind in writer.kinds:
            for group in (False, True) if writer.has_groups else (False,):
                for out in (False, True):
                    is_ours = kind in OURS or kind in STATES
                    fits = (not out or kind not in THEIRS) and (out or not is_ours) and (group or kind not in IN_GROUPS)
                    if fits:
                        yield provider, kind, group, out


def posts() -> Iterator[tuple[str, str, str, bool]]:
    """What is said to many at once: the provider, the sort, the kind, and whether the business says it."""
    for provider in PROVIDERS:
        for sort, kinds in TO_MANY.items() if writer_of(provider).has_posts else ():
            told_of = sorted(STATES) if sort == "status" else []
            for kind in (*sorted(kinds), *told_of):
                for out in (False, True):
                    if (out or kind not in STATES) and not (out and sort == "newsletter"):
                        yield provider, sort, kind, out


@for_each("provider, kind, group, out", cases())
def test_it_becomes_the_one_event_that_it_is_said_to_become(provider: str, kind: str, group: bool, out: bool) -> None:
    writer = writer_of(provider)
    what = happening(kind, provider=provider, group=group, out=out)
    assert [each.event_type for each in told(writer, what)] == [writer.kinds[kind].event_type(what)]


@for_each("provider, kind, group, out", cases())
def test_told_again_in_another_spelling_it_is_the_same_event(provider: str, kind: str, group: bool, out: bool) -> None:
    writer = writer_of(provider)
    (usual,) = told(writer, happening(kind, provider=provider, group=group, out=out))
    for spelling in writer.respelled.get(kind, ()):
        (again,) = told(writer, happening(kind, provider=provider, group=group, out=out, spelling=spelling))
        assert again.event_id == usual.event_id


@for_each("provider, sort, kind, out", posts())
def test_what_is_said_to_many_becomes_the_one_event_that_it_is_said_to_become_in_no_thread(
    provider: str, sort: str, kind: str, out: bool
) -> None:
    writer = writer_of(provider)
    for place in range(12):
        what = happening(kind, place, provider=provider, sort=sort, out=out)
        for spelling in (0, *writer.respelled.get(kind, ())):
            (event,) = told(writer, replace(what, spelling=spelling))
            assert event.event_type == writer.kinds[kind].event_type(what)
            assert (event.routing.thread_key, event.context.group_id) == (None, None)
            assert event.context.chat_type in ("newsletter" if sort == "newsletter" else "broadcast", None)
            if not spelling:
                usual = event
            assert event.event_id == usual.event_id


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_is_said_has_a_type_of_its_own(provider: str) -> None:
    writer = writer_of(provider)
    for kind in (SPEAKING & writer.kinds.keys()) - {"stub", *OURS}:
        (event,) = told(writer, happening(kind, provider=provider))
        assert event.message is not None
        assert event.message.type == kind


@pytest.mark.parametrize("provider", PROVIDERS)
def test_as_many_items_as_a_body_may_hold_are_as_many_events(provider: str) -> None:
    writer = writer_of(provider)
    many = [happening("text", place, provider=provider) for place in range(3, 3 + min(writer.most, 50))]
    assert len({each.event_id for each in told(writer, *many)}) == len(many)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_id_of_the_message_that_it_is_or_is_about_can_be_read_from_the_event(provider: str) -> None:
    writer = writer_of(provider)
    for kind in ("text", *STATES):
        what = happening(kind, provider=provider, out=True)
        (event,) = told(writer, what)
        assert (what.about or what.id) in (event.source.provider_message_id or "")


def test_every_kind_that_can_be_told_has_a_usual_share() -> None:
    for provider in PROVIDERS:
        assert writer_of(provider).kinds.keys() - set(STATES) <= USUAL.keys()


def test_a_provider_that_there_is_not_is_refused() -> None:
    with pytest.raises(UsageError):
        writer_of("telegram")
