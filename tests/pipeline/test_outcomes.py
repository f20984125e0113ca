"""What the legacy path did comes through a file and another process as it was, as far as that is bounded."""

import gzip
import zlib
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.pipeline.delivery import Answer, Delivery, LegacyOutcome
from rollout_cli.pipeline.isolated_wire import packed, unpacked
from rollout_cli.pipeline.outcomes import kept, outcome_of, sent
from rollout_cli.pipeline.spool.framing import delivery_of, header_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LENGTH = 4
texts = st.text(max_size=8)
answers = st.builds(
    Answer,
    status=st.integers(0, 999),
    headers=st.lists(st.tuples(texts, texts), max_size=3),
    body=st.none() | st.binary(max_size=60),
)
seconds = st.floats(0, 60)
heard = st.builds(LegacyOutcome, answers, st.none(), seconds) | st.builds(LegacyOutcome, st.none(), texts, seconds)


@given(heard)
def test_an_answer_and_an_error_are_the_same_behind_a_file_and_in_another_process(outcome: LegacyOutcome) -> None:
    delivery = Delivery("evolution", b"{}", NOW, legacy=outcome)
    assert delivery_of(header_of(delivery), b"{}") == delivery
    assert unpacked(packed([delivery])[LENGTH:]) == [delivery]


@pytest.mark.parametrize("headers", [[("X", "\ud800")], [(b"X", b"y")], [("X",)], 7, [("X", object())]])
def test_an_answer_whose_headers_are_none_is_left_out_and_never_raises(headers: Any) -> None:
    outcome = LegacyOutcome(Answer(200, headers, b"ok"), None, 0.5)
    assert kept(outcome) is None
    assert outcome_of(sent(outcome)) == LegacyOutcome(None, None, 0.5)


@given(st.binary(max_size=40))
def test_bytes_of_anything_else_are_an_outcome_or_refused(written: bytes) -> None:
    with suppress(ValueError):
        assert isinstance(outcome_of(written), LegacyOutcome)


def test_a_delivery_whose_outcome_another_program_wrote_is_read_without_it() -> None:
    header = header_of(Delivery("evolution", b"", NOW, legacy=LegacyOutcome(None, "KeyError", 0.5)))
    strange = header.rpartition(b'"')[0].rpartition(b'"')[0] + b'"AAAA"]'
    read = delivery_of(strange, b"")
    assert (read.provider, read.legacy) == ("evolution", None)


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        (Answer(200, [], b'{"ok": true}'), {"ok": True}),
        (Answer(200, [("content-type", "text/plain")], b"EVENT_RECEIVED"), "EVENT_RECEIVED"),
        (Answer(200, [("Content-Encoding", "gzip")], gzip.compress(b"[1]")), [1]),
        (Answer(200, [("content-encoding", "Deflate")], zlib.compress(b"[1]")), [1]),
        (Answer(200, [("content-encoding", "br")], b"\xff"), "\ufffd"),
        (Answer(200, [], b"[" * 100_000), "[" * 100_000),
        (Answer(204, [], b""), ""),
        (Answer(200), None),
    ],
)
def test_the_content_of_an_answer_is_what_its_json_or_its_text_says(answer: Answer, content: object) -> None:
    assert answer.content() == content
