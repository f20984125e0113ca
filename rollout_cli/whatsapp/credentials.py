"""Credentials: what opens an account stays out of everything that leaves this room."""

from functools import lru_cache
from typing import Any

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

_KELVIN = "\u212a".encode()  # the one character beyond ASCII whose lower case is within: a k
_LONGEST_NAME = 64
_SECRET, _ADDRESS = 1, 2
_SEPARATORS = str.maketrans("", "", "_-. ")


_SECRETS = tuple(sorted(name.encode() for name in CREDENTIALS if "secret" in name))


def is_free_of_secrets(data: bytes) -> bool:
    """Whether JSON cannot have a field with a credential: a look at its bytes, much faster than at its fields.

    One of these words is in each of the names above.

    Args:
        data: JSON in which ASCII letters stand as themselves, as our own encoder writes it.
    """
    text = data.translate(None, b"_-. ").lower()
    return not (
        b"token" in text or b"apikey" in text or b"authorization" in text or b"passw" in text
        or (b"secret" in text and any(name in text for name in _SECRETS))  # every message has a `messageSecret`
        or b"jwt" in text or b"bearer" in text or b"cookie" in text or b"privatekey" in text
        or b"destination" in text or b"serverurl" in text or b"webhookurl" in text or _KELVIN in data
    )  # fmt: skip


def redacted(value: Any) -> Any:
    """The same value with every credential replaced."""
    if isinstance(value, dict):
        return {name: _safe(name, inner) for name, inner in value.items()}
    return [redacted(each) for each in value] if isinstance(value, list) else value


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a credential."""
    return len(name) <= _LONGEST_NAME and _sort_of(name) == _SECRET


def is_address_name(name: str) -> bool:
    """Whether a field of this name holds the address of somebody's server."""
    return len(name) <= _LONGEST_NAME and _sort_of(name) == _ADDRESS


@lru_cache(maxsize=1024)  # of short names: what a body says is not to be remembered
def _sort_of(name: str) -> int:
    plain = name.lower().translate(_SEPARATORS)
    return _SECRET if plain in CREDENTIALS else _ADDRESS if plain in ADDRESSES else 0


def without_secrets(address: str) -> str:
    """An address without user, password, query and fragment."""
    scheme, mark, rest = address.partition("://")
    place = (rest if mark else scheme).partition("?")[0].partition("#")[0]
    host, slash, path = place.partition("/")
    return f"{scheme if mark else ''}{mark}{host.rpartition('@')[2]}{slash}{path}"


def _safe(name: str, value: Any) -> Any:
    sort = _sort_of(name) if len(name) <= _LONGEST_NAME else 0
    if sort == _SECRET:
        return value if value in (None, False, "") else REDACTED
    if isinstance(value, str):
        return without_secrets(value) if sort == _ADDRESS else value
    return redacted(value) if isinstance(value, dict | list) else value
