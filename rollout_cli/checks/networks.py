"""Which addresses a check may reach: public ones, and of the others only those that the plan names.

What is public stands here as a table of its own: what the standard library calls global changes from release to
release.
"""

import ipaddress
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_WIDEST = {4: 8, 6: 32}
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_LINK_LOCAL: tuple[Network, ...] = (ipaddress.IPv4Network("169.254.0.0/16"), ipaddress.IPv6Network("fe80::/10"))
_KEEPERS_OF_CREDENTIALS: tuple[Network, ...] = (
    *_LINK_LOCAL,
    ipaddress.IPv6Network("fd00:ec2::/32"),  # the metadata of a cloud, and further inner services of it
    ipaddress.IPv4Network("100.100.100.200/32"),  # of another
    ipaddress.IPv4Network("192.0.0.192/32"),  # and another
    ipaddress.IPv4Network("168.63.129.16/32"),  # and one that hides among the public addresses
)
_NOT_PUBLIC: tuple[Network, ...] = (
    *_KEEPERS_OF_CREDENTIALS,
    ipaddress.IPv4Network("0.0.0.0/8"),  # "this host": many systems reach themselves by it
    ipaddress.IPv4Network("10.0.0.0/8"),
    ipaddress.IPv4Network("100.64.0.0/10"),  # shared by carriers, and by some clouds' inner services
    ipaddress.IPv4Network("127.0.0.0/8"),
    ipaddress.IPv4Network("172.16.0.0/12"),
    ipaddress.IPv4Network("192.0.0.0/24"),
    ipaddress.IPv4Network("192.0.2.0/24"),  # documentation, with the next two of its kind below
    ipaddress.IPv4Network("192.88.99.0/24"),
    ipaddress.IPv4Network("192.168.0.0/16"),
    ipaddress.IPv4Network("198.18.0.0/15"),  # benchmarks
    ipaddress.IPv4Network("198.51.100.0/24"),
    ipaddress.IPv4Network("203.0.113.0/24"),
    ipaddress.IPv4Network("224.0.0.0/3"),  # multicast, reserved, broadcast
    ipaddress.IPv6Network("2001::/23"),  # Teredo, benchmarks, ORCHID and other protocols' own
    ipaddress.IPv6Network("2001:db8::/32"),
    ipaddress.IPv6Network("3fff::/20"),
)


def is_allowed(address: Address, named: Iterable[str]) -> bool:
    """Whether an address may be reached: it is public in every reading, or the plan names it or its network."""
    return to_be_named(address, named) is None


def to_be_named(address: Address, named: Iterable[str]) -> Address | None:
    """What the plan would have to name for an address to be reached; None when nothing more.

    An address that only wraps another one, like `::ffff:10.0.3.7`, is named by that one.
    """
    networks = [ipaddress.ip_network(each) for each in named]
    for reading in _readings(address):
        if not _is_public(reading) and not any(_names(network, reading) for network in networks):
            return reading
    return None


def _readings(address: Address) -> list[Address]:
    """The address itself, and the IPv4 address that a translator or a tunnel would make of it.

    Of those that only wrap an IPv4 address, that one alone: it is what is really reached.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    number = int(address)
    last = ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if address in _MAPPED or address in _NAT64:
        return [last]
    plain = ipaddress.IPv6Address(number)  # without its zone
    if address in _SIX_TO_FOUR:
        return [plain, ipaddress.IPv4Address(number >> 80 & 0xFFFFFFFF)]
    is_wrapped = address in _COMPATIBLE and number > 0xFFFF  # noqa: PLR2004 - ::1 and its like are themselves
    if is_wrapped or number >> 32 & 0xFFFFFFFF in _ISATAP:
        return [plain, last]
    return [plain]


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return not any(_is_in(address, network) for network in _NOT_PUBLIC)


def _names(network: Network, address: Address) -> bool:
    """Whether a network of the plan means this address; where credentials are, only an address alone does."""
    if network.num_addresses > 1 and any(_is_in(address, keeper) for keeper in _KEEPERS_OF_CREDENTIALS):
        return False
    return _is_in(address, network)


def _is_in(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise ValueError("an address is written like 10.0.3.7, a network like 10.0.3.0/24") from None
    if network.prefixlen < _WIDEST[network.version]:
        raise ValueError(f"a network is not wider than /{_WIDEST[network.version]}: name what you mean")
    if network.num_addresses > 1 and any(_overlap(network, each) for each in _LINK_LOCAL):
        raise ValueError("link-local addresses are named one by one: a cloud's credentials are among them")
    if _overlap(network, _MAPPED) or _overlap(network, _NAT64):
        raise ValueError("it wraps an IPv4 address: write that one, like 10.0.3.7")
    return str(network)


def _overlap(one: Network, other: Network) -> bool:
    if isinstance(one, ipaddress.IPv4Network):
        return isinstance(other, ipaddress.IPv4Network) and one.overlaps(other)
    return isinstance(other, ipaddress.IPv6Network) and one.overlaps(other)


AddressField = Annotated[str, StringConstraints(min_length=2, max_length=64), AfterValidator(_network)]
