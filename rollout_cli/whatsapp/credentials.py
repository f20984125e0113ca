"""Credentials: what opens an account stays out of everything that leaves this room."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rollout_cli.whatsapp.decoding import decode, encode

REDACTED = "[REDACTED]"
CREDENTIALS = frozenset({
    "apikey", "xapikey", "token", "accesstoken", "refreshtoken", "apitoken", "authtoken", "instancetoken", "usertoken",
    "bearertoken", "authorization", "proxyauthorization", "webhookverifytoken", "verifytoken", "hubverifytoken",
    "password", "passwd", "clientsecret", "appsecret", "webhooksecret", "secretkey", "apisecret", "jwtkey", "jwt",
    "bearer", "cookie", "setcookie", "privatekey", "proxypassword",
})  # fmt: skip
"""Names of fields, in lower case without separators."""
ADDRESSES = frozenset({"destination", "serverurl", "webhookurl"})
"""Fields with an address of somebody's server: what stands after the path, or before the host, may be a secret."""

_MARKS = (
    b"api", b"token", b"authorization", b"password", b"passwd", b"clientsecret", b"appsecret", b"webhooksecret",
    b"secretkey", b"_secret", b"-secret", b".secret", b" secret", b"secret_", b"secret-", b"secret.", b"secret ",
    b"jwt", b"bearer", b"cookie", b"private", b"webhook", b"destination", b"server", b"\\u002", b"\\u004", b"\\u005",
    b"\\u006", b"\\u007",
)  # fmt: skip
"""What a body with such a field has somewhere, its names in lower case or with letters escaped."""
_STRIDE, _OVERLAP = 1 << 16, 1 << 5
_LONGEST_NAME = 64
_SEPARATORS = str.maketrans("", "", "_-. ")


def cleaned(raw: bytes) -> bytes:
    """The same JSON without credentials."""
    if not may_hold_some(raw):
        return raw
    value = decode(raw)
    return encode(redacted(value)) if any(map(_is_credential, _names(value))) else raw


def may_hold_some(raw: bytes) -> bool:
    """Whether a field of that name may be there: a quick look, wrong in one direction only."""
    for start in range(0, len(raw), _STRIDE):
        small = raw[start : start + _STRIDE + _OVERLAP].lower()
        for mark in _MARKS:
            if mark in small:
                return True
    return False


def redacted(value: Any) -> Any:
    """The same value with every credential replaced."""
    if isinstance(value, dict):
        return {name: _safe(name, inner) for name, inner in value.items()}
    return [redacted(each) for each in value] if isinstance(value, list) else value


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a credential."""
    return len(name) <= _LONGEST_NAME and _is_one_of(name, CREDENTIALS)


def is_address_name(name: str) -> bool:
    """Whether a field of this name holds the address of somebody's server."""
    return len(name) <= _LONGEST_NAME and _is_one_of(name, ADDRESSES)


@lru_cache(maxsize=1024)  # of short names: what a body says is not to be remembered
def _is_one_of(name: str, names: frozenset[str]) -> bool:
    return name.lower().translate(_SEPARATORS) in names


def without_secrets(address: str) -> str:
    """An address without user, password, query and fragment."""
    scheme, mark, rest = address.partition("://")
    place = (rest if mark else scheme).partition("?")[0].partition("#")[0]
    host, slash, path = place.partition("/")
    return f"{scheme if mark else ''}{mark}{host.rpartition('@')[2]}{slash}{path}"


def _safe(name: str, value: Any) -> Any:
    if _is_credential(name):
        if is_secret_name(name):
            return value if value is None or value is False or value == "" else REDACTED
        return without_secrets(value) if isinstance(value, str) else value
    return redacted(value)


def _is_credential(name: str) -> bool:
    return is_secret_name(name) or is_address_name(name)


def _names(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _names(inner)
    elif isinstance(value, list):
        for each in value:
            yield from _names(each)
