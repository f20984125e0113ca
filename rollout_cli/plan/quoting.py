"""What a finding may repeat of a file: short, harmless values, and none where a secret may stand by mistake.

Whoever puts a password where its variable's name belongs has made one mistake; a log that repeats it makes a second.
"""

import re
from collections.abc import Mapping
from typing import Any

from rollout_cli.plan.document import Path

SECRET_NAME = re.compile(
    r"(?i)(?:^|[_.-])(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|private[_-]?key|secret[_-]?key"
    r"|access[_-]?key|credentials?|authorization|cookie)s?$"
)
"""A key whose value is a secret, by its own words."""
_UNQUOTED = frozenset({
    "absent", "allow", "bad", "body", "command", "contains", "count", "environment", "equals", "folder", "good",
    "header_env", "headers", "newest", "path", "pointer", "query", "source", "total", "url", "url_env", "value",
    "within",
})  # fmt: skip
_HEADERS = frozenset({"headers", "header_env"})
_HARMLESS = re.compile(r"[\w .,%+-]{1,24}")
_LONGEST_NUMBER = 40
_PLAIN_PART = re.compile(r"[\w.-]{1,40}")
_KEY = re.compile(r"[A-Za-z_-]{1,40}")
"""Keys of ours have no digits, and most tokens have."""
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
_KINDS: tuple[tuple[Any, str], ...] = (
    (bool, "true or false"),
    (int | float, "a number"),
    (str, "text"),
    (list, "a list"),
    (Mapping, "a mapping"),
)


def quoted(path: Path, value: Any) -> str:
    """A value as a finding says it: itself where that is harmless, else what it is.

    Args:
        path: where it stands.
        value: what stands there.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping | list) or value is None:
        return kind_of(value)
    shown = quotable(path, value)
    return f"this {kind_of(value).removeprefix('a ')}" if shown is None else shown


def quotable(path: Path, value: Any) -> str | None:
    """A text in quotes, or a number; None for one that is not to be repeated."""
    if not _may_be_quoted(path):
        return None
    if isinstance(value, str):
        return repr(value) if _HARMLESS.fullmatch(value) else None
    number = repr(value) if isinstance(value, float) or abs(value) < 10**_LONGEST_NUMBER else ""
    return number or None


def kind_of(value: Any) -> str:
    """What a value is, in words."""
    return next((words for kind, words in _KINDS if isinstance(value, kind)), "nothing")


def where(path: Path, *, unknown: bool = False) -> str:
    """A path with dots; parts that may be somebody's secret are left out.

    Args:
        path: keys and indexes from the top.
        unknown: whether the last key is none of ours.
    """
    above = ("", *path)
    parts = [part if _is_plain(over, part) else "…" for over, part in zip(above, path, strict=False)]
    if unknown and not _KEY.fullmatch(str(path[-1])):
        parts[-1] = "…"
    return ".".join(str(part) for part in parts)


def _may_be_quoted(path: Path) -> bool:
    keys = [part for part in path if isinstance(part, str)]
    is_name_of_source = len(path) > 1 and path[-2] == "sources"
    return not is_name_of_source and not any(
        key in _UNQUOTED or key.endswith("_env") or SECRET_NAME.search(key[-64:]) for key in keys
    )


def _is_plain(over: str | int, part: str | int) -> bool:
    if over in _HEADERS:
        return False
    return bool((_NAME if over == "sources" else _PLAIN_PART).fullmatch(str(part)))
