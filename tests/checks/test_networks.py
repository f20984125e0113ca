"""Which addresses may be reached: what is public in every reading, and what the plan names."""

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from rollout_cli.checks.networks import AddressField, is_allowed, to_be_named

PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255
198.17.255.255 198.20.0.1 223.255.255.255 2606:4700::1111 2001:4860:4860::8888 2a00:1450::1 2400:cb00::1 2001:200::1
::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808:: 2a00::5efe:8.8.8.8
"""
PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254
168.63.129.16 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.0.170 192.0.0.192
192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255
240.0.0.1 255.255.255.255
:: ::1 ::2 ::0.0.1.0 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:10.0.0.1 ::ffff:0:127.0.0.1
64:ff9b::127.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::8.8.8.8 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2
2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe:: 2a00::5efe:10.0.0.1 2a00::200:5efe:127.0.0.1
3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
"""


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses_need_no_name(address: str) -> None:
    assert is_allowed(ipaddress.ip_address(address), [])


@pytest.mark.parametrize("address", PRIVATE.split())
def test_all_others_need_one(address: str) -> None:
    assert not is_allowed(ipaddress.ip_address(address), [])


@pytest.mark.parametrize("address", PRIVATE.split())
def test_whoever_names_what_is_asked_for_may_reach_it(address: str) -> None:
    named: list[str] = []
    while (needed := to_be_named(ipaddress.ip_address(address), named)) is not None:
        named.append(TypeAdapter(AddressField).validate_python(str(needed)))
        assert len(named) <= 2
    assert is_allowed(ipaddress.ip_address(address), named)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("10.0.3.7", "10.0.3.7"),
        ("10.0.3.7", "10.0.3.0/24"),
        ("::ffff:10.0.3.7", "10.0.3.7"),
        ("64:ff9b::10.0.3.7", "10.0.3.0/24"),
        ("2002:a00:307::", "10.0.3.7"),
        ("fe80::1%eth0", "fe80::1"),
        ("fd12::1", "fd12::/32"),
        ("169.254.169.254", "169.254.169.254"),
    ],
)
def test_a_name_admits_what_it_names(address: str, named: str) -> None:
    assert is_allowed(ipaddress.ip_address(address), ["192.168.77.1", named])


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("10.0.4.7", "10.0.3.0/24"),
        ("127.0.0.1", "::1"),
        ("::1", "127.0.0.1"),
        ("2002:7f00:1::", "2002:7f00:1::"),  # the tunnel is named, what is behind it is not
        ("169.254.169.254", "169.0.0.0/8"),  # credentials are there: such an address is named alone
        ("100.100.100.200", "100.64.0.0/10"),
        ("fd00:ec2::254", "fd00:ec2::/32"),
    ],
)
def test_a_name_admits_nothing_else(address: str, named: str) -> None:
    assert not is_allowed(ipaddress.ip_address(address), [named])


@given(st.ip_addresses())
def test_what_the_standard_library_calls_private_is_never_public(address: Any) -> None:
    kinds = ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_unspecified", "is_reserved")
    wraps = getattr(address, "ipv4_mapped", None) is not None or address in ipaddress.ip_network("64:ff9b::/96")
    if not wraps and any(getattr(address, kind) for kind in kinds):
        assert not is_allowed(address, [])


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_never_makes_it_public(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    for prefix in (0, 0xFFFF << 32, 0x64FF9B << 96, 0xFE80 << 112 | 0x5EFE << 32, 0x2A00 << 112 | 0x5EFE << 32):
        if not is_allowed(address, []):
            assert not is_allowed(ipaddress.IPv6Address(prefix | number), [])
    if not is_allowed(address, []):
        assert not is_allowed(ipaddress.IPv6Address(0x2002 << 112 | number << 80), [])


@pytest.mark.parametrize("text", ["10.0.3.7", "10.0.0.0/8", "::1", "fd12::/32", "169.254.169.254", "fe80::1"])
def test_addresses_and_networks_can_be_named(text: str) -> None:
    assert TypeAdapter(AddressField).validate_python(text) in {text, f"{text}/32", f"{text}/128"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("0.0.0.0/0", "not wider"),
        ("10.0.0.0/7", "not wider"),
        ("::/0", "not wider"),
        ("169.254.0.0/16", "one by one"),
        ("169.254.0.0/15", "one by one"),  # wider than link-local, and all of it is inside
        ("169.0.0.0/8", "one by one"),
        ("fe80::/64", "one by one"),
        ("::ffff:10.0.0.1", "wraps an IPv4 address"),
        ("64:ff9b::a00:1", "wraps an IPv4 address"),
        ("::/32", "wraps an IPv4 address"),
        ("10.0.0.1/8", "written like"),
        ("010.0.0.1", "written like"),
        ("2130706433", "written like"),
        ("localhost", "written like"),
        ("10.0.0.*", "written like"),
    ],
)
def test_what_names_too_much_or_nothing_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        TypeAdapter(AddressField).validate_python(text)
