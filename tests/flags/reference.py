"""The decision as the documentation words it, written plainly and without any of the program's own cleverness."""

import hashlib
import struct
from dataclasses import dataclass

import mmh3

from rollout_cli.flags.bucketing import Generation
from rollout_cli.flags.kill import Kills
from rollout_cli.flags.model import FlagType, FlagValue, Snapshot, default_state

NO_KILLS = Kills()


@dataclass(frozen=True)
class Answer:
    """What a decision has to say."""

    value: FlagValue | None
    enabled: bool
    reason: str
    thousandths: int | None = None


def cbor_pair(salt: str, key: str) -> bytes:
    """The array [salt, key] in CBOR, from the RFC's table of major types."""
    encoded = b"\x82"
    for text in (salt, key):
        data = text.encode("utf-8", "surrogatepass")
        size = len(data)
        if size <= 23:
            head = struct.pack(">B", 96 + size)
        elif size <= 0xFF:
            head = struct.pack(">BB", 120, size)
        elif size <= 0xFFFF:
            head = struct.pack(">BH", 121, size)
        else:
            head = struct.pack(">BI", 122, size)
        encoded += head + data
    return encoded


def bucket(generation: Generation, salt: str, key: str) -> int:
    """The bucket in thousandths of a percent."""
    if generation is Generation.MD5_MOD_100:
        return int(hashlib.md5(key.encode("utf-8", "surrogatepass")).hexdigest(), 16) % 100 * 1000
    data = cbor_pair(salt, key) if generation is Generation.FLAGD_V3 else (salt + key).encode("utf-8", "surrogatepass")
    return mmh3.hash(data, 0, signed=False) * 100_000 >> 32


def decide(  # noqa: C901, PLR0911 - one return for each rule
    snapshot: Snapshot, flag: str, key: str | None, kills: Kills = NO_KILLS, default: FlagValue | None = None
) -> Answer:
    """Rules 1 to 9, the first that applies."""
    if flag not in snapshot.definitions:
        return Answer(default, default is True, "FLAG_NOT_FOUND")
    definition = snapshot.definitions[flag]
    state = snapshot.states.get(flag, default_state(definition))
    off: FlagValue = False if definition.type is FlagType.BOOLEAN else definition.default
    on: FlagValue = True if definition.type is FlagType.BOOLEAN else state.value or definition.default
    if kills.everything or flag in kills.names:
        return Answer(definition.default, definition.default is True, "KILLED")
    if not state.enabled:
        return Answer(off, False, "DISABLED")
    for need in definition.requires:
        if not decide(snapshot, need, key, kills).enabled:
            return Answer(off, False, "PREREQUISITE")
    if key and key in state.denylist:
        return Answer(off, False, "DENYLIST")
    if key and key in state.allowlist:
        return Answer(on, True, "ALLOWLIST")
    if state.percent is not None:
        if not key:
            return Answer(off, False, "TARGETING_KEY_MISSING")
        salt = snapshot.rollout if definition.salt is None else definition.salt
        place = bucket(snapshot.generation, salt, key)
        return Answer(on if place < state.percent else off, place < state.percent, "PERCENT", place)
    if state.allowlist:
        return Answer(off, False, "NOT_ALLOWLISTED")
    return Answer(on, True, "GLOBAL")
