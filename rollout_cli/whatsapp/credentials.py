"""Credentials: what opens an account stays out of everything that leaves this room."""

from functools import lru_cache
from typing import Any

import msgspec

from rollout_cli.whatsapp.decoding import check_depth, decode, encode
from rollout_cli.whatsapp.failure import NormalizeError

REDACTED = "[REDACTED]"
CREDENTIALS = frozenset({
    "apikey", "xapikey", "token", "accesstoken", "refreshtoken", "apitoken", "authtoken", "instancetoken", "usertoken",
    "bearertoken", "authorization", "proxyauthorization", "webhookverifytoken", "verifytoken", "hubverifytoken",
    "password", "passwd", "clientsecret", "appsecret", "webhooksecret", "secretkey", "apisecret", "jwtkey", "jwt",
    "bearer", "cookie", "setcookie", "privatekey", "proxypassword",
    "qrcode",
})  # fmt: skip
"""Names of fields, in lower case without separators."""
ADDRESSES = frozenset({"destination", "serverurl", "webhookurl"})
"""Fields with an address of somebody's server: what stands after the path, or before the host, may be a secret."""

_KELVIN = "\u212a".encode()  # the one character beyond ASCII whose lower case is within: a k
_LONGEST_NAME = 64
_SECRET, _ADDRESS, _JSON = 1, 2, 3
_JSON_END, _JSON_NAME = "json", "disconnectionobject"
"""How the names of fields end whose strings hold JSON (`paramsJson`, `response_json`), and one more of them."""
_DEEPEST_INNER = 16
_MOST_ESCAPED = "\\" * 8
"""Before the quotes of JSON in a string in a string in a string in a string."""
_SEPARATORS = str.maketrans("", "", "_-. ")


_SECRETS = tuple(sorted(name.encode() for name in CREDENTIALS if "secret" in name))


def is_free_of_secrets(data: bytes) -> bool:
    """Whether JSON cannot have a field with a credential: a look at its bytes, much faster than at its fields.

    One of these words is in each of the names above. In a string that is JSON itself, letters may be escaped.

    Args:
        data: JSON in which ASCII letters stand as themselves, as our own encoder writes it.
    """
    text = data.translate(None, b"_-. ").lower()
    return not (
        b"token" in text or b"apikey" in text or b"authorization" in text or b"passw" in text
        or (b"secret" in text and any(name in text for name in _SECRETS))  # every message has a `messageSecret`
        or b"jwt" in text or b"bearer" in text or b"cookie" in text or b"privatekey" in text
        or b"qrcode" in text or b"destination" in text or b"serverurl" in text or b"webhookurl" in text
        or (b"\x84" in data and _KELVIN in data)  # to look for one byte costs next to nothing
        or (b"\\" in data and b"\\u" in data and (b"json" in text or b"disconnectionobject" in text))
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
    if plain in CREDENTIALS:
        return _SECRET
    return _ADDRESS if plain in ADDRESSES else _JSON if plain.endswith(_JSON_END) or plain == _JSON_NAME else 0


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
        return value if not sort else without_secrets(value) if sort == _ADDRESS else _without_secrets_inside(value)
    return redacted(value) if isinstance(value, dict | list) else value


def _without_secrets_inside(written: str) -> str:
    """JSON that stands in a string, without its credentials; whatever has none, or is no JSON, as it is written."""
    if not written.lstrip().startswith(("{", "[")) or _MOST_ESCAPED in written:
        return written
    try:
        data = written.encode()
        if b"\\u" not in data and is_free_of_secrets(data):
            return written
        check_depth(data, _DEEPEST_INNER)
        value = decode(data)
        safe = redacted(value)
        return written if safe == value else encode(safe).decode()
    except (msgspec.DecodeError, NormalizeError, UnicodeError, OverflowError):
        return written
