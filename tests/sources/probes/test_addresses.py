"""Where a URL leads: one host, looked up once, and every address of it allowed before the first is reached."""

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.checks.verdict import Cause
from rollout_cli.sources.probes.addresses import (
    Endpoint,
    NoReplyError,
    Place,
    allowed_endpoints,
    place_of,
    resolved_by_the_system,
)

LOOPBACK = """
127.0.0.1 127.1 127.0.1 127.255.0.3 2130706433 0x7f000001 0x7f.1 0X7F.0.0.1 0177.0.0.1 017700000001 0177.1
[::1] [0:0:0:0:0:0:0:1] [::0001] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::]
0 0.0.0.0 00 0x0 [::] [127.0.0.1]
"""
OTHER_PRIVATE = """
169.254.169.254 2852039166 0xa9fea9fe 0xa9.0xfe.0xa9.0xfe 0251.0376.0251.0376 169.254.43518 [::ffff:a9fe:a9fe]
[::ffff:169.254.169.254] [64:ff9b::a9fe:a9fe] [2002:a9fe:a9fe::] [fe80::1] [fe80::1%251] [fd00:ec2::254]
10.1 10.0.0.1 167772161 192.168.257 100.100.100.200 168.63.129.16 [fc00::1] [fec0::1] 255.255.255.255 [ff02::1]
"""


def at(*addresses: str) -> list[Endpoint]:
    return [Endpoint(ipaddress.ip_address(each), 80) for each in addresses]


def refusal(url: str, *named: str) -> NoReplyError:
    with pytest.raises(NoReplyError) as caught:
        allowed_endpoints(place_of(url), named, resolved_by_the_system)
    return caught.value


@pytest.mark.parametrize("host", LOOPBACK.split() + OTHER_PRIVATE.split())
def test_no_spelling_of_a_private_address_gets_past_the_look_at_it(host: str) -> None:
    error = refusal(f"http://{host}/")
    assert error.answer.cause in {Cause.FORBIDDEN, Cause.UNREACHABLE}  # a system may not know a spelling
    assert refusal(f"http://{host}:8080/x?y").answer.cause is error.answer.cause


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::ffff:7f00:1]"])
def test_the_refusal_says_which_address_to_name_and_naming_it_helps(host: str) -> None:
    answer = refusal(f"http://{host}/").answer
    assert answer.cause is Cause.FORBIDDEN
    assert "name 127.0.0.1 under `addresses`" in str(answer.hint)
    found = allowed_endpoints(place_of(f"http://{host}:81/"), ["127.0.0.1"], resolved_by_the_system)
    assert {each.port for each in found} == {81}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org",
        "ftp://example.org",
        "file:///etc/passwd",
        "HTTP://example.org",
        "http:example.org",
        "http:///path",
        "http://",
        "http://?x",
        "http://:80/",
        "http://user@example.org/",
        "http://user:secret@example.org/",
        "http://example.org@127.0.0.1/",
        "http://example.org\\@127.0.0.1/",
        "http://127.0.0.1\\.example.org/",
        "http://exa mple.org/",
        "http://example.org\t/",
        "http://example.org/\r\nHost: other",
        "http://example.org/\x00",
        "http://example.org\n",
        "http://\uff11\uff12\uff17.0.0.1/",
        "http://127。0。0。1/",
        "http://ⓛocalhost/",
        "http://bücher.example/",
        "http://example.org/ü",
        "http://example..org/",
        "http://.example.org/",
        "http://./",
        "http://example.org../",
        f"http://{'a' * 64}.example/",
        f"http://{'a.' * 130}example/",
        "http://example.org:/",
        "http://example.org:0/",
        "http://example.org:65536/",
        "http://example.org:80:80/",
        "http://example.org:-1/",
        "http://example.org:\uff18\uff10/",
        "http://[::1/",
        "http://::1/",
        "http://[::1]x/",
        "http://[example.org]/",
        "http://[::1%eth0]/",
        "http://[::1%25]/",
        "http://%31%32%37.0.0.1/",
        "http://exam%00ple.org/",
    ],
)
def test_what_is_not_plainly_one_host_is_not_asked_and_not_repeated(url: str) -> None:
    with pytest.raises(NoReplyError) as caught:
        place_of(url)
    assert caught.value.answer.cause is Cause.NOT_SET_UP
    assert "secret" not in str(caught.value.answer.message) + str(caught.value.answer.hint)


@pytest.mark.parametrize(
    ("url", "place", "authority"),
    [
        ("http://example.org", Place("http", "example.org", "", 80, "/"), "example.org"),
        ("https://example.org", Place("https", "example.org", "", 443, "/"), "example.org"),
        ("http://example.org:80/", Place("http", "example.org", "", 80, "/"), "example.org"),
        ("https://example.org:80/", Place("https", "example.org", "", 80, "/"), "example.org:80"),
        ("http://Example.org.:9090/a?b#c", Place("http", "Example.org.", "", 9090, "/a?b"), "Example.org:9090"),
        ("http://my_service:1?q=a b", Place("http", "my_service", "", 1, "/?q=a%20b"), "my_service:1"),
        ("http://xn--bcher-kva.example/%C3%BC", Place("http", "xn--bcher-kva.example", "", 80, "/%C3%BC"),
         "xn--bcher-kva.example"),
        ("http://[::1]:8080/", Place("http", "::1", "", 8080, "/"), "[::1]:8080"),
        ("http://[fe80::1%25eth0]/", Place("http", "fe80::1", "eth0", 80, "/"), "[fe80::1]"),
        ("http://a/@b://c", Place("http", "a", "", 80, "/@b://c"), "a"),
    ],
)  # fmt: skip
def test_a_url_is_read_as_it_stands(url: str, place: Place, authority: str) -> None:
    assert place_of(url) == place
    assert place.authority == authority


@given(st.text(alphabet=st.characters(max_codepoint=0x2100) | st.sampled_from("./:@\\#?[]%0x1"), max_size=30))
def test_whatever_stands_in_a_url_the_host_is_plain(text: str) -> None:
    try:
        place = place_of(f"http://{text}")
    except NoReplyError:
        return
    assert text.startswith((place.host, f"[{place.host}"))
    assert place.host.isascii()
    assert not set(place.host) & set("/\\@#?%[] \t\r\n\x00")
    assert place.target.isascii()
    assert place.target.isprintable()
    assert " " not in place.target


def test_one_forbidden_address_among_allowed_ones_refuses_them_all() -> None:
    for addresses in (("1.1.1.1", "10.0.0.1"), ("10.0.0.1", "1.1.1.1"), ("2606:4700::1111", "1.1.1.1", "::1")):
        with pytest.raises(NoReplyError) as caught:
            allowed_endpoints(place_of("http://mixed.example"), (), lambda _, found=addresses: at(*found))
        assert caught.value.answer.cause is Cause.FORBIDDEN
    found = allowed_endpoints(place_of("http://mixed.example"), ["10.0.0.1"], lambda _: at("1.1.1.1", "10.0.0.1"))
    assert [str(each.address) for each in found] == ["1.1.1.1", "10.0.0.1"]


def test_all_that_has_to_be_named_is_said_at_once() -> None:
    with pytest.raises(NoReplyError) as caught:
        allowed_endpoints(place_of("http://localhost"), ["10.0.0.1"], lambda _: at("::1", "10.0.0.1", "127.0.0.1"))
    assert "name ::1, 127.0.0.1 under `addresses`" in str(caught.value.answer.hint)


def test_the_system_is_asked_about_the_host_as_it_was_read() -> None:
    found = allowed_endpoints(place_of("http://localhost:82"), ["127.0.0.0/8", "::1"], resolved_by_the_system)
    assert {each.port for each in found} == {82}


def test_a_name_is_looked_up_once_however_often_the_answer_would_change() -> None:
    looked_up: list[str] = []

    def changing(place: Place) -> list[Endpoint]:
        looked_up.append(place.host)
        return at("1.1.1.1") if len(looked_up) == 1 else at("169.254.169.254")

    found = allowed_endpoints(place_of("http://changing.example/"), (), changing)
    assert [each.name for each in found] == [("1.1.1.1", 80)]
    assert looked_up == ["changing.example"]


def test_what_is_connected_to_is_in_digits() -> None:
    v6 = Endpoint(ipaddress.ip_address("fe80::1%eth0"), 81, scope=2)
    assert (v6.family, v6.name) == (socket.AF_INET6, ("fe80::1", 81, 0, 2))
    v4 = Endpoint(ipaddress.ip_address("10.0.0.1"), 80)
    assert (v4.family, v4.name) == (socket.AF_INET, ("10.0.0.1", 80))


def test_a_name_that_leads_nowhere_is_unreachable() -> None:
    def unknown(_place: Place) -> list[Endpoint]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for resolve in (unknown, lambda _: []):
        with pytest.raises(NoReplyError) as caught:
            allowed_endpoints(place_of("http://nowhere.example/"), (), resolve)
        assert caught.value.answer.cause is Cause.UNREACHABLE
        assert "nowhere.example" in str(caught.value.answer.message)
