"""Many decisions as lines: each like the one that would have been written for it alone."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout_cli.control.views import decision_view
from rollout_cli.flags.decision import Decision
from rollout_cli.render.decisions import json_lines, tab_lines
from rollout_cli.render.documents import document
from tests.support.examples import examples

ids = st.lists(st.one_of(st.from_regex(r"shopper-[0-9]{1,6}", fullmatch=True), st.text(max_size=8)), max_size=20)
decisions = st.lists(
    st.builds(
        Decision,
        flag=st.just("FLAG"),
        value=st.sampled_from([True, False, "true", "sticky", "a\tb", None]),
        enabled=st.booleans(),
        reason=st.sampled_from(["PERCENT", "ENV_PERCENT", "ALLOWLIST"]),
        bucket=st.sampled_from([None, 0, 7, 48.052, 99.999]),
        shadow=st.booleans(),
        revision=st.integers(0, 2),
        stale=st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@given(ids, decisions, st.integers(1, 7))
@settings(deadline=None, max_examples=examples(200))
def test_a_line_of_json_is_the_document_of_its_decision(keys: list[str], made: list[Decision], size: int) -> None:
    answers = (made[number % len(made)] for number in range(len(keys)))
    lines = "".join(json_lines(lambda _flag, _key: next(answers), "FLAG", keys, size))
    expected = [
        json.dumps(document("evaluate", decision_view(made[number % len(made)], key)))
        for number, key in enumerate(keys)
    ]
    assert lines.splitlines() == expected


@pytest.mark.parametrize("size", [1, 2, 100])
def test_an_id_is_quoted_where_it_has_to_be_whatever_stands_beside_it(size: int) -> None:
    keys = ["plain", '"quoted"', 'in"side', "tab\t", "ção", "\ud800"]
    decision = Decision("FLAG", "a\tb", enabled=True, reason="GLOBAL")
    lines = "".join(tab_lines(lambda _flag, _key: decision, "FLAG", keys, size))
    shown = ["plain", '"\\"quoted\\""', 'in"side', '"tab\\t"', "ção", '"\\ud800"']
    assert lines == "".join(f'{each}\t"a\\tb"\tGLOBAL\n' for each in shown)


def test_quotes_alone_make_an_id_looked_at() -> None:
    decision = Decision("FLAG", value=False, enabled=False, reason="DISABLED")
    assert list(tab_lines(lambda _flag, _key: decision, "FLAG", ['"a"', "b"], 9)) == [
        '"\\"a\\""\tfalse\tDISABLED\nb\tfalse\tDISABLED\n'
    ]
