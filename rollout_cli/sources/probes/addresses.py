"""Where a URL leads: the host it names, resolved once, and only to addresses that may be reached."""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rollout_cli.checks.networks import Address, to_be_named
from rollout_cli.checks.questions import NoAnswer
from rollout_cli.checks.verdict import Cause
from rollout_cli.checks.words import Said, say

_NAME = r"(?=[^/?#:]{1,254}(?:[/?#:]|\Z))[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?"
_IN_BRACKETS = r"\[(?P<six>[0-9A-Fa-f:.]{2,45})(?:%25(?P<zone>[A-Za-z0-9_.-]{1,32}))?\]"
_URL = re.compile(
    rf"(?P<scheme>https?)://(?:(?P<name>{_NAME})|{_IN_BRACKETS})(?::(?P<port>[0-9]{{1,5}}))?"
    r"(?P<target>[/?][\x20-\x22\x24-\x7e]*)?(?:#[\x20-\x7e]*)?"
)
_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65_535
_MOST_SHOWN = 5
_FAMILIES = frozenset({socket.AF_INET, socket.AF_INET6})


class NoReplyError(Exception):
    """There will be no reply; `answer` says why."""

    def __init__(self, cause: Cause, message: Said, hint: Said) -> None:
        super().__init__(str(message))
        self.answer = NoAnswer(cause, message, hint)


@dataclass(frozen=True, slots=True)
class Place:
    """What a URL says.

    Attributes:
        host: a name or an address, ASCII, as it stands in the URL; without brackets.
        zone: of an IPv6 address, the interface it is meant on; else empty.
        target: path and query, as a request line has them.
    """

    scheme: str
    host: str
    zone: str
    port: int
    target: str

    @property
    def bare_host(self) -> str:
        """The host as certificates and Host headers know it: without the dot that ends an absolute name."""
        return self.host.removesuffix(".")

    @property
    def authority(self) -> str:
        """The host, and the port unless it is the usual one, as a Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.bare_host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address and a port to connect to; nothing in it has to be resolved any more."""

    address: Address
    port: int
    scope: int = 0

    @property
    def family(self) -> socket.AddressFamily:
        """The family of the address."""
        return socket.AF_INET if self.address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4

    @property
    def name(self) -> tuple[str, int] | tuple[str, int, int, int]:
        """The endpoint as sockets name it, the address in digits."""
        if isinstance(self.address, ipaddress.IPv4Address):
            return str(self.address), self.port
        return str(ipaddress.IPv6Address(int(self.address))), self.port, 0, self.scope


Resolver = Callable[[Place], Iterable[Endpoint]]
"""Finds where a place is. May take long; raises OSError when there is no such place."""


def place_of(url: str) -> Place:
    """Read a URL. Whatever is not plainly one host is none: no user, no backslash, nothing beyond ASCII.

    Raises:
        NoReplyError: it is no URL that can be asked. The URL itself is not repeated, it may hold a secret.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise _not_askable()
    port = _PORTS[match["scheme"]] if match["port"] is None else int(match["port"])
    if not 1 <= port <= _LAST_PORT:
        raise _not_askable()
    target = (match["target"] or "/").replace(" ", "%20")
    target = target if target.startswith("/") else f"/{target}"
    return Place(match["scheme"], match["name"] or match["six"], match["zone"] or "", port, target)


def _not_askable() -> NoReplyError:
    hint = say("write it like http://host:9090/path: in ASCII, with no user and no password")
    return NoReplyError(Cause.NOT_SET_UP, say("the address is no URL that can be asked"), hint)


def resolved_by_the_system(place: Place) -> list[Endpoint]:
    """Ask the system, once. It also reads the short, octal and hexadecimal ways to write an IPv4 address.

    Raises:
        OSError: there is no such place.
    """
    host = f"{place.host}%{place.zone}" if place.zone else place.host
    # bytes: a text would be sent through IDNA, and might come out as another host than the one that was read
    found = socket.getaddrinfo(host.encode("ascii"), place.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [
        _endpoint(name, place.port)
        for family, _, _, _, name in found
        if family in _FAMILIES
    ]  # fmt: skip


def _endpoint(name: Sequence[str | int | bytes], port: int) -> Endpoint:
    address = ipaddress.ip_address(str(name[0]).partition("%")[0])
    return Endpoint(address, port, int(name[3]) if address.version == 6 else 0)  # noqa: PLR2004 - IPv6


def allowed_endpoints(place: Place, named: Iterable[str], resolve: Resolver) -> list[Endpoint]:
    """Where a place is, every address looked at before the first is reached.

    Args:
        place: what the URL says.
        named: private addresses and networks that the plan names.
        resolve: is asked exactly once.

    Raises:
        NoReplyError: it is nowhere, or at one address at least that may not be reached.
    """
    allowed = tuple(named)
    try:
        found = list(dict.fromkeys(resolve(place)))
    except OSError:
        found = []
    if not found:
        message = say("the name {host} leads nowhere", host=place.host)
        raise NoReplyError(
            Cause.UNREACHABLE, message, say("see whether it is spelled right, and the name server answers")
        )
    needed = [str(address) for each in found if (address := to_be_named(each.address, allowed)) is not None]
    if needed:
        message = say("{host} is at {address}, which is not public", host=place.host, address=needed[0])
        names = ", ".join(needed[:_MOST_SHOWN])
        hint = say("if that is what you mean, name {addresses} under `addresses`", addresses=names)
        raise NoReplyError(Cause.FORBIDDEN, message, hint)
    return found
