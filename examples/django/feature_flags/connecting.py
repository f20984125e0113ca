"""The setting `ROLLOUT`, and the client that is made from it."""

import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured

import rollout_cli
from rollout_cli.client import Records, RolloutClient
from rollout_cli.errors import UsageError

_MEANING: dict[str, tuple[type | tuple[type, ...], str]] = {
    "STORE": (str, "a URL like sqlite:////srv/shop/.rollout/rollout.db"),
    "ROLLOUT": (str, "the name in flags.yaml"),
    "LAST_KNOWN_GOOD": ((str, os.PathLike), "a path"),
    "LOG_EVERY": (int, "a whole number from 1"),
}


def connect(setting: object) -> RolloutClient:
    """Connect the process as the setting says.

    Args:
        setting: a dictionary; what it leaves out, or has None for, is as `rollout_cli.configure` has it.

    Raises:
        ImproperlyConfigured: the setting cannot be meant; the client before stays.
    """
    known = _checked(setting)
    records = None
    try:
        if "LOG_EVERY" in known:
            records = Records(log_every=known["LOG_EVERY"])
        return rollout_cli.configure(
            known.get("STORE"),
            rollout=known.get("ROLLOUT"),
            last_known_good=known.get("LAST_KNOWN_GOOD"),
            records=records,
        )
    except UsageError as error:
        raise ImproperlyConfigured(f"ROLLOUT['STORE']: {error.message} ({error.hint})") from None
    except ValueError as error:
        raise ImproperlyConfigured(f"ROLLOUT: {error}") from None


def _checked(setting: object) -> dict[str, Any]:
    if not isinstance(setting, dict):
        raise ImproperlyConfigured("the settings need ROLLOUT, a dictionary like {'STORE': 'sqlite:////…'}")
    for key, value in setting.items():
        if key not in _MEANING:
            raise ImproperlyConfigured(f"ROLLOUT[{key!r}] is not known; known are {', '.join(_MEANING)}")
        types, meaning = _MEANING[key]
        if value is not None and (isinstance(value, bool) or not isinstance(value, types)):
            raise ImproperlyConfigured(f"ROLLOUT[{key!r}] is {meaning}, not a {type(value).__name__}")
    return {key: value for key, value in setting.items() if value is not None}
