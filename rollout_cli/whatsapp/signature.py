"""Whether a request comes from Meta: the signature of a Cloud API webhook, and the handshake that sets it up."""

import hmac
from collections.abc import Mapping, Sequence

_SCHEME = b"sha256="

Secret = str | bytes


def verify_signature(body: bytes, header: str | bytes | None, secret: Secret | Sequence[Secret]) -> bool:
    """Whether `X-Hub-Signature-256` is that of the body. Takes the same time wherever the two differ.

    Args:
        body: the raw bytes of the request: another spelling of the same JSON has another signature.
        header: as it came, `sha256=` and 64 hex digits in lower case; anything else, and None, is no signature.
        secret: the app secret; while it is changed, the old and the new one.

    Raises:
        ValueError: there is no secret, or an empty one: everybody could sign with it.
    """
    secrets = [secret] if isinstance(secret, str | bytes) else secret
    if not secrets or not all(secrets):
        raise ValueError("the app secret is empty: anybody could sign; set the secret of the app")
    expected = [_SCHEME + hmac.digest(_as_bytes(each), body, "sha256").hex().encode() for each in secrets]
    given = b"" if header is None else _as_bytes(header)
    return any([hmac.compare_digest(given, each) for each in expected])  # noqa: C419 - all are compared, in any case


def challenge(query: Mapping[str, str], verify_token: str) -> str | None:
    """What to answer to the handshake, as it is and as `text/plain`; None where it is to be refused (403).

    Args:
        query: the parameters of the address, decoded: `hub.mode`, `hub.verify_token`, `hub.challenge`.
        verify_token: what was entered beside the address when the webhook was set up.

    Raises:
        ValueError: the token is empty: everybody could subscribe with it.
    """
    if not verify_token:
        raise ValueError("the verify token is empty: anybody could subscribe; set the token of the webhook")
    told = query.get("hub.verify_token", "")
    is_known = hmac.compare_digest(_as_bytes(told), _as_bytes(verify_token))
    return query.get("hub.challenge") if is_known and query.get("hub.mode") == "subscribe" else None


def _as_bytes(value: str | bytes) -> bytes:
    """Text as UTF-8; halves of characters too, which servers make of bytes that are none."""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value
