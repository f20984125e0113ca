"""A credential in a body, wherever and however it is spelled, is in nothing that leaves the room."""

import json
import traceback
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.whatsapp import CanonicalEvent, NormalizeError
from tests.support.examples import examples
from tests.whatsapp.bodies import Json, objects_of, read
from tests.whatsapp.written import cases

BODIES = [case.body for case in cases("cloud_api")]
NAMES = st.sampled_from([
    "access token", "api key", "x api key", "token", "refresh token", "verify token", "hub verify token",
    "authorization", "password", "client secret", "app secret", "api secret", "secret key", "jwt", "jwt key", "bearer",
    "cookie", "set cookie", "private key",
])  # fmt: skip
SEPARATORS = st.sampled_from(["", "_", "-", ".", " "])
CASES = st.sampled_from([str.lower, str.upper, str.title])
SECRET = "EAAsecret0123456789"
PLACE = "@place@"


@st.composite
def spelled(draw: st.DrawFn) -> str:
    """A credential's name as a field of JSON, between its quotes: in any spelling, perhaps with escaped letters."""
    name = draw(CASES)(draw(NAMES)).replace(" ", draw(SEPARATORS))
    escaped = draw(st.sets(st.integers(0, len(name) - 1), max_size=3))
    return "".join(f"\\u{ord(each):04x}" if at in escaped else each for at, each in enumerate(name))


@st.composite
def planted(draw: st.DrawFn) -> bytes:
    """One of our bodies with a credential in any of its objects."""
    told: Json = json.loads(json.dumps(draw(st.sampled_from(BODIES))))
    held: Any = draw(st.sampled_from([SECRET, [SECRET], {"value": SECRET}, f"Bearer {SECRET}"]))
    draw(st.sampled_from(list(objects_of(told))))[PLACE] = held
    return json.dumps(told).replace(PLACE, draw(spelled())).encode()


def everything_that_leaves(event: CanonicalEvent) -> str:
    return "\n".join([event.to_json(), repr(event), str(event), repr(event.to_dict()), repr(event.raw)])


@given(planted())
@settings(max_examples=examples(400), deadline=None)
def test_no_event_shows_a_credential(told: bytes) -> None:
    for event in read(told):
        assert SECRET not in everything_that_leaves(event)


@given(planted())
@settings(max_examples=examples(50), deadline=None)
def test_an_event_that_was_written_and_read_again_shows_none_either(told: bytes) -> None:
    for event in read(told):
        assert SECRET not in everything_that_leaves(CanonicalEvent.from_json(event.to_json()))


@given(planted(), st.data())
@settings(max_examples=examples(200), deadline=None)
def test_no_refusal_shows_a_credential(told: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(told) - 1))
    broken = data.draw(st.sampled_from([told[:cut], told[:cut] + b"\xff" + told[cut:], told + b"}", told + b"[" * 200]))
    try:
        read(broken)
    except NormalizeError as error:
        shown = [str(error), repr(error), error.message, error.hint, *traceback.format_exception(error)]
        assert SECRET not in "\n".join(shown)
