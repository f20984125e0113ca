"""Secrets that we know by their value: whatever brings one of them back, it is not repeated."""

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from rollout_cli.checks.questions import NoAnswer
from rollout_cli.checks.redaction import MASK
from rollout_cli.checks.words import Said

_SHORTEST = 6
_SHORTEST_PIECE = 4
_CUT = "…"
_NAME = re.compile(
    r"PASSW|PASSPHRASE|_PWD|TOKEN|SECRET|KEY|CREDENTIAL|AUTHORIZATION|COOKIE|SENHA|(?:^|_)(?:TOK|PASS|PW)(?:_|$)",
    re.IGNORECASE,
)
_Answer = TypeVar("_Answer")

Secrets = Sequence[str]
"""What must not be repeated, the longest first."""


def secrets_in(values: Iterable[str]) -> Secrets:
    """What must not be repeated of some values: they, their lines and words, the passwords in addresses.

    What has fewer than six characters is no secret: it would be found everywhere.
    """
    found: set[str] = set()
    for value in values:
        found |= {value, value.strip(), *value.splitlines(), *value.split(), *_passwords(value)}
    return sorted((each for each in found if len(each) >= _SHORTEST), key=len, reverse=True)


def secrets_of(environment: Mapping[str, str]) -> Secrets:
    """The values of an environment's variables that are called like secrets, and the passwords in all addresses."""
    values = [value for name, value in environment.items() if _NAME.search(name)]
    return secrets_in([*values, *(found for value in environment.values() for found in _passwords(value))])


def _passwords(value: str) -> set[str]:
    with suppress(ValueError):
        password = urlsplit(value).password if "://" in value else None
        if password:
            return {password, unquote(password)}
    return set()


def masked(text: str, secrets: Secrets) -> str:
    """A text without them."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def masked_bytes(data: bytes, secrets: Secrets) -> bytes:
    """The same for what came over a line, also where JSON writes a secret in its own way."""
    for secret in secrets:
        for written in {os.fsencode(secret), json.dumps(secret)[1:-1].encode()}:
            data = data.replace(written, MASK.encode())
    return data


def masked_json(value: Any, secrets: Secrets) -> Any:
    """The same for a JSON document: in texts, names, and numbers that are a secret as a whole."""
    if isinstance(value, str):
        return masked(value, secrets)
    if isinstance(value, Mapping):
        return {masked(str(name), secrets): masked_json(inner, secrets) for name, inner in value.items()}
    if isinstance(value, list):
        return [masked_json(inner, secrets) for inner in value]
    return MASK if str(value) in secrets else value


def kept_in(answer: _Answer, secrets: Secrets) -> _Answer:
    """An answer as it is, or the reason why there is none, without the secrets of whoever was asked."""
    if not isinstance(answer, NoAnswer) or not secrets:
        return answer
    return replace(answer, message=_kept(answer.message, secrets), hint=_kept(answer.hint, secrets))


def _kept(said: Said, secrets: Secrets) -> Said:
    return Said(said.template, {name: _filled(value, secrets) for name, value in said.values.items()})


def _filled(value: Any, secrets: Secrets) -> Any:
    if isinstance(value, Said):
        return _kept(value, secrets)
    return _without_pieces(masked(value, secrets), secrets) if isinstance(value, str) else value


def _without_pieces(text: str, secrets: Secrets) -> str:
    """Without the beginning of a secret that stood where the text was cut off."""
    if not text.endswith(_CUT):
        return text
    text = text.removesuffix(_CUT)
    for secret in secrets:
        for length in range(len(secret) - 1, _SHORTEST_PIECE - 1, -1):
            if text.endswith(secret[:length]):
                return f"{text[:-length]}{MASK}{_CUT}"
    return f"{text}{_CUT}"
