"""Bodies that are none, and bodies with more in them than anybody knows."""

import json
from collections.abc import Callable, Mapping
from urllib.parse import quote

from rollout_cli.simulate.traffic.choosing import Draw

_Way = Callable[[bytes, Draw], bytes]


def _cut_off(body: bytes, draw: Draw) -> bytes:
    return body[: 1 + int(draw() * (len(body) - 1))]


def _in_latin_1(body: bytes, draw: Draw) -> bytes:
    """A letter of another encoding among UTF-8: no place is one where it could be a part of a character."""
    place = 1 + int(draw() * (len(body) - 1))
    return body[:place] + "ç".encode("latin-1") + body[place:]


def _in_utf_16(body: bytes, _draw: Draw) -> bytes:
    return b"\xff\xfe" + body.decode().encode("utf-16-le")


def _with_mark(body: bytes, _draw: Draw) -> bytes:
    return b"\xef\xbb\xbf" + body


def _error_page(_body: bytes, draw: Draw) -> bytes:
    code, title = ((502, "Bad Gateway"), (413, "Request Entity Too Large"))[int(draw() * 2)]
    return (
        f"<html>\r\n<head><title>{code} {title}</title></head>\r\n<body>\r\n<center><h1>{code} {title}</h1></center>"
        "\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    ).encode()


def _empty(_body: bytes, draw: Draw) -> bytes:
    return (b"", b"\r\n")[int(draw() * 2)]


def _template(_body: bytes, draw: Draw) -> bytes:
    """What a workflow tool sends whose expression was not filled in, or was made a string of."""
    return (b"{{ $json.body }}", b"[object Object]", b"undefined")[int(draw() * 3)]


def _bare(_body: bytes, draw: Draw) -> bytes:
    """JSON, but no object."""
    return (b"null", b"true", b"1767614400", b'"ok"')[int(draw() * 4)]


def _twice_encoded(body: bytes, _draw: Draw) -> bytes:
    """A JSON string with the body in it."""
    return json.dumps(body.decode()).encode()


def _as_form(body: bytes, _draw: Draw) -> bytes:
    return b"payload=" + quote(body).encode()


def _as_upload(body: bytes, _draw: Draw) -> bytes:
    edge = b"------------------------8c2f6f1d4b7a"
    return edge + b'\r\nContent-Disposition: form-data; name="payload"\r\n\r\n' + body + b"\r\n" + edge + b"--\r\n"


def _zeros(body: bytes, draw: Draw) -> bytes:
    """A buffer that was never filled, or not to its end."""
    kept = int(draw() * len(body))
    return body[:kept] + bytes(len(body) - kept)


def _doubled(body: bytes, _draw: Draw) -> bytes:
    return body + b"\n" + body


def _as_python(body: bytes, _draw: Draw) -> bytes:
    """Quotes as Python writes them."""
    return body.replace(b'"', b"'")


def _with_comma(body: bytes, _draw: Draw) -> bytes:
    """A comma before the end."""
    return body[:-1] + b",}"


_WAYS: tuple[_Way, ...] = (
    _cut_off, _in_latin_1, _in_utf_16, _with_mark, _error_page, _empty, _template, _bare, _twice_encoded, _as_form,
    _as_upload, _zeros, _doubled, _as_python, _with_comma,
)  # fmt: skip


def _in_list(body: bytes, _draw: Draw) -> bytes:
    return b"[" + body + b"]"


def _of_evolution_go(_body: bytes, _draw: Draw) -> bytes:
    """The format of another server under the same names."""
    return (
        b'{"event":"Message","instanceToken":"7c0e","data":{"Info":{"Chat":"5541900000000@s.whatsapp.net","ID":"3EB0",'
        b'"IsFromMe":false,"IsGroup":false,"Timestamp":"2026-01-05T09:00:00-03:00"},"Message":{"conversation":"oi"}}}'
    )


_WAYS_OF: Mapping[str, tuple[_Way, ...]] = {
    "cloud_api": (*_WAYS, _in_list),
    "simulated": (*_WAYS, _in_list),
    "evolution": (*_WAYS, _of_evolution_go),
}
"""In which ways bodies are broken. What is an object at all is none of them: its provider may have something new."""


def spoiled(body: bytes, provider: str, draw: Draw) -> bytes:
    """A body that is broken in one of the ways in which real ones are: `normalize` refuses it.

    Args:
        body: a JSON object; nothing stands around it.
        provider: whose; an array is no body of some, and is one of others.
        draw: chooses the way.
    """
    ways = _WAYS_OF.get(provider, _WAYS)
    return ways[int(draw() * len(ways))](body, draw)


def grown(body: bytes, draw: Draw) -> bytes:
    """The same body with fields that nobody knows: before everything else, and in the object that ends last but inmost.

    It means the same to `normalize`, but where that knows nothing of it: there, what is told is all that tells it from
    other things.
    """
    place = body.index(b"}", len(body.rstrip(b"]}")))
    comma = b"" if body[place - 1 : place] == b"{" else b","
    field = b'"x_new_field":{"a":%d}' % int(draw() * 1000)
    return b'{"x_new_version":%d,' % int(draw() * 10) + body[1:place] + comma + field + body[place:]
