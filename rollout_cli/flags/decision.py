"""A decision: the answer to one question about one flag, with the reason for it."""

from enum import StrEnum
from typing import NamedTuple

from rollout_cli.flags.model import FlagValue

ENVIRONMENT_PREFIX = "ENV_"
"""Put before the reason when the answer comes from environment variables because there is no store."""

EVALUATION_ERROR = "ERROR"
"""The reason when a question could not be understood, so that the caller's default is the answer."""


class Reason(StrEnum):
    """Why a decision came out as it did, in the order in which the reasons are tried."""

    FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
    KILLED = "KILLED"
    DISABLED = "DISABLED"
    PREREQUISITE = "PREREQUISITE"
    DENYLIST = "DENYLIST"
    ALLOWLIST = "ALLOWLIST"
    TARGETING_KEY_MISSING = "TARGETING_KEY_MISSING"
    PERCENT = "PERCENT"
    NOT_ALLOWLISTED = "NOT_ALLOWLISTED"
    GLOBAL = "GLOBAL"


class Decision(NamedTuple):
    """The answer for one flag and one targeting key.

    A tuple, because a frozen dataclass takes ten times as long to make, and this is made for every message. It is as
    true as its flag is on, so that `if client.decide(…):` says what it seems to say.

    Attributes:
        flag: the name that was asked for.
        value: true or false, or the string of a string flag; the caller's default when the flag is unknown.
        enabled: whether the flag is on for this key.
        reason: a `Reason`, prefixed `ENV_` when environment variables answered.
        bucket: the key's bucket in percent (0 to 99.999), when a percent decided.
        shadow: whether what is on is to run in shadow only.
        revision: of the store; 0 before the first and without a store.
        stale: whether the store could not be reached since this answer's state was read.
        age_seconds: how long ago that state was known to be current; set when stale.
    """

    flag: str
    value: FlagValue | None
    enabled: bool
    reason: str
    bucket: float | None = None
    shadow: bool = False
    revision: int = 0
    stale: bool = False
    age_seconds: float | None = None

    def __bool__(self) -> bool:
        return self.enabled
