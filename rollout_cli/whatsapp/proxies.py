"""What stands around a body: a workflow tool in between hands on `[{headers, params, query, body}]`."""

from collections.abc import Iterator, Mapping

from msgspec import Raw

from rollout_cli.whatsapp.decoding import check_depth, decode, elements, fields
from rollout_cli.whatsapp.failure import NormalizeError, Reason

_WRAPPER = frozenset({"headers", "params", "query", "query_params", "webhookUrl", "executionMode"})
_BODIES = ("body", "body_params")


def bodies(data: bytes, provider: str) -> Iterator[bytes]:
    """The bodies in what is no plain object: of an array of wrappers each one's, else the whole.

    Raises:
        NormalizeError: it is neither an object nor an array that this provider sends.
    """
    outer = elements(data)
    if outer is None:
        if fields(data) is None:
            raise _not_an_object()
        yield data
        return
    inner = [unwrapped(fields(each) or {}) for each in outer]
    if outer and all(each is not None for each in inner):
        yield from (each for each in inner if each is not None)
    elif provider == "baileys":
        yield data
    elif provider == "evolution" and all(fields(each) is not None for each in outer):
        yield from map(bytes, outer)
    else:
        raise _not_an_object()


def unwrapped(top: Mapping[str, Raw]) -> bytes | None:
    """The body that a wrapper holds, beside its own fields or alone; None for what is no wrapper.

    Meta's dashboard shows what its test button sends as the `sample` of an object.
    """
    names = _BODIES if len(top) > 1 else (*_BODIES, "sample")
    body = next((top[name] for name in names if name in top), None)
    if body is None or not (_WRAPPER & top.keys() or len(top) == 1):
        return None
    if fields(body) is None:
        written = decode(body)  # some hand the body on as the text that it was
        body = Raw(written.encode()) if type(written) is str and written.startswith("{") else None
    if body is None or fields(body) is None:
        return None
    inner = bytes(body)
    check_depth(inner)  # each wrapper is taken off in a look of its own
    return inner


def _not_an_object() -> NormalizeError:
    return NormalizeError(
        Reason.NOT_AN_OBJECT,
        "the body is JSON, but not an object",
        hint="send the raw bytes of the request, unchanged",
    )
