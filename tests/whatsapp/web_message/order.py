"""Whether a list has become events item by item."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(1 << 53), 1 << 53), st.text(max_size=6), st.sampled_from((0.5, -2.25))
)
STRANGE = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=6,
)
"""What no server sends."""
MESSAGES = st.builds(
    lambda name, text: {"key": {"remoteJid": "1@lid", "id": name}, "message": {"conversation": text}},
    st.text(min_size=1, max_size=4),
    st.text(max_size=4),
)
UPDATES = st.builds(
    lambda name, status: {"key": {"remoteJid": "1@lid", "id": name, "fromMe": True}, "update": {"status": status}},
    st.text(min_size=1, max_size=4),
    st.integers(-1, 7),
)
PRESENCES = st.builds(
    lambda states: {"id": "1@g.us", "presences": {f"{n}@lid": {"lastKnownPresence": s} for n, s in enumerate(states)}},
    st.lists(st.sampled_from(("composing", "paused")), min_size=1, max_size=1),
)
PEOPLE = st.builds(lambda number: {"id": f"{number}@lid"}, st.integers(0, 9))
ITEMS = st.lists(st.one_of(STRANGE, MESSAGES, UPDATES, PRESENCES, PEOPLE), max_size=6)


def is_told_in_order(items: Sequence[Any], raws: Sequence[Any]) -> bool:
    """Whether each item has led to one event or several, and no event has come before that of an earlier item."""
    position = 0
    for raw in raws:
        if position < len(items) and raw == items[position]:
            position += 1
        elif position == 0 or raw != items[position - 1]:
            return False
    return position == len(items)
