"""Checkpoints: how far a replay has come and what it has counted, so that one that was cut off can go on."""

from collections import Counter
from typing import Any, get_origin

import msgspec
from msgspec import Struct

from rollout_cli.errors import UsageError
from rollout_cli.simulate.evidence import Mark
from rollout_cli.simulate.measuring import Measures
from rollout_cli.simulate.replay import Place
from rollout_cli.simulate.sketch import Sketch
from rollout_cli.simulate.totals import Totals

_FORMAT = "rollout/replay/2"
_Cells = tuple[dict[int, int], int, float, float]
_Counts = tuple[dict[tuple[str, str, str, str], int], int, list[_Cells]]


class Checkpoint(Struct):
    """A replay between two batches.

    Attributes:
        what: names what is replayed, and how; another replay cannot go on from here.
        read: how far the recording was read.
        began: the store when the replay began.
        stored: the store now.
        at: milliseconds since 1970; when what has no time of its own comes.
        totals: all that was counted, but for what only the store shows.
        repeats: the bodies that are remembered.
    """

    what: str
    read: Place
    began: Mark
    stored: Mark
    at: int
    totals: Totals
    repeats: bytes
    format: str = _FORMAT


def packed(checkpoint: Checkpoint) -> bytes:
    """A checkpoint as bytes."""
    return msgspec.msgpack.encode(checkpoint, enc_hook=_plain)


def unpacked(data: bytes) -> Checkpoint:
    """A checkpoint from its bytes.

    Raises:
        UsageError: they are none.
    """
    try:
        found = msgspec.msgpack.decode(data, type=Checkpoint, dec_hook=_made)
    except (msgspec.DecodeError, ValueError, TypeError):
        found = None
    if found is None or found.format != _FORMAT:
        raise UsageError("it is no checkpoint of this version", hint="begin anew with another file, and another store")
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Sketch):
        return value.state()
    if isinstance(value, Measures):
        return value.counts, value.untold, [each.state() for each in value.sketches()]
    raise NotImplementedError(type(value).__name__)


def _made(kind: type, value: Any) -> Any:
    if kind is Measures:
        counts, untold, sketches = msgspec.convert(value, _Counts)
        measures = Measures()
        measures.counts.update(counts)
        measures.untold = untold
        for mine, state in zip(measures.sketches(), sketches, strict=True):
            mine.merge(Sketch.of_state(state))
        return measures
    if get_origin(kind) is Counter:
        return Counter(value)
    raise NotImplementedError(str(kind))
