"""Who is asking, from where: the actor, the environment, the day."""

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime

ACTOR_VARIABLE = "ROLLOUT_ACTOR"
MAX_ACTOR = 200


def actor_name(environment: Mapping[str, str]) -> str:
    """`ROLLOUT_ACTOR`, else user@host; works without HOME, USER and an entry in the user database."""
    import socket  # noqa: PLC0415 - who only looks needs no name

    named = environment.get(ACTOR_VARIABLE, "").strip()
    actor = named or f"{_user(environment)}@{socket.gethostname() or 'localhost'}"
    return unicode_text(actor)[:MAX_ACTOR]


def unicode_text(text: str) -> str:
    """Text from the command line or the environment; bytes in it that are not UTF-8 are written as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def now() -> datetime:
    """This machine's time, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The day, in UTC."""
    return now().date()


def _user(environment: Mapping[str, str]) -> str:
    try:
        import pwd  # noqa: PLC0415 - not on every system

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return environment.get("USER") or environment.get("LOGNAME") or f"uid-{os.getuid()}"
