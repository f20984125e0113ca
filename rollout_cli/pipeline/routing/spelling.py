"""The one spelling that all spellings of an id share: what aliases are looked up by."""

from functools import lru_cache

from rollout_cli.whatsapp.match_keys import match_keys


@lru_cache(maxsize=1 << 16)
def spelling(written: str) -> str:
    """Of all spellings that an id may be known under, always the same: the longest.

    Two ids have one spelling exactly when they have one of their match keys in common.
    """
    return max(match_keys(written), key=lambda each: (len(each), each), default="")
