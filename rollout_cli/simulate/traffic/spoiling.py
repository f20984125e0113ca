"""Bodies that are none, and bodies with more in them than anybody knows."""

from rollout_cli.simulate.traffic.choosing import Draw


def spoiled(body: bytes, provider: str, draw: Draw) -> bytes:  # noqa: ARG001 - each has its own ways
    """A body that is cut off."""
    return body[: 1 + int(draw() * (len(body) - 2))]


def grown(body: bytes, draw: Draw) -> bytes:
    """The same with a field that nobody knows."""
    return b'{"x_new_field":%d,' % int(draw() * 1000) + body[1:]
