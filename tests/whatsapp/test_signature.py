"""The signature of a webhook and the handshake that sets it up: nothing that comes raises, and nothing empty passes."""

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout_cli.whatsapp import challenge, verify_signature

BODY = b'{"object":"whatsapp_business_account","text":"ol\\u00e1"}'
SECRET = "an app secret"
any_text = st.text(st.characters())  # halves of characters as well


def signed(body: bytes, secret: str | bytes = SECRET) -> str:
    key = secret.encode() if isinstance(secret, str) else secret
    return "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()


def test_the_signature_of_a_known_body_is_the_one_that_others_compute() -> None:
    known = "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    assert verify_signature(b"The quick brown fox jumps over the lazy dog", known, "key")


@given(st.binary(), st.binary(min_size=1))
def test_what_was_signed_with_the_secret_is_valid(body: bytes, secret: bytes) -> None:
    assert verify_signature(body, signed(body, secret), secret)
    assert verify_signature(body, signed(body, secret).encode(), secret)


@given(st.binary(), st.data())
def test_a_body_with_one_other_byte_is_not_valid(body: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(body)))
    changed = body[:at] + b"\x01" + body[at:]
    assert not verify_signature(changed, signed(body), SECRET)


def test_a_body_that_was_written_anew_is_not_valid() -> None:
    assert not verify_signature(BODY.decode("unicode-escape").encode(), signed(BODY), SECRET)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        b"",
        "sha256=",
        signed(BODY).upper(),
        "sha256=" + signed(BODY)[7:].upper(),
        f" {signed(BODY)}",
        f"{signed(BODY)}\n",
        f"{signed(BODY)} ",
        signed(BODY)[7:],
        signed(BODY)[:-1],
        f"{signed(BODY)}0",
        signed(BODY).replace("sha256", "sha1"),
        f"{signed(BODY)},{signed(BODY)}",
        signed(BODY, "another secret"),
        signed(BODY).translate({ord("0") + each: 0xFF10 + each for each in range(10)}),  # other digits of Unicode
        signed(BODY).encode("utf-16"),
        "sha256=é",
        "\ud800",
        b"\xff\x00",
    ],
)
def test_anything_but_the_exact_header_is_no_signature(header: str | bytes | None) -> None:
    assert not verify_signature(BODY, header, SECRET)


@given(st.binary(), any_text | st.binary())
def test_no_header_raises(body: bytes, header: str | bytes) -> None:
    assert verify_signature(body, header, SECRET) is (header in (signed(body), signed(body).encode()))


def test_while_a_secret_is_changed_both_are_good() -> None:
    secrets = ("the new secret", b"the old secret")
    assert verify_signature(BODY, signed(BODY, "the new secret"), secrets)
    assert verify_signature(BODY, signed(BODY, "the old secret"), list(secrets))
    assert not verify_signature(BODY, signed(BODY, "a third secret"), secrets)


def test_a_secret_may_hold_any_character() -> None:
    assert verify_signature(BODY, signed(BODY, "segrêdo"), "segrêdo".encode())


@pytest.mark.parametrize("secret", ["", b"", (), [], [""], ["good", b""]])
@pytest.mark.parametrize("header", [None, signed(BODY, b"")])
def test_an_empty_secret_is_refused_whatever_the_header_says(secret: list[str | bytes], header: str | None) -> None:
    with pytest.raises(ValueError, match="secret is empty"):
        verify_signature(BODY, header, secret)


def test_the_two_are_compared_by_the_function_that_takes_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(given: bytes, expected: bytes) -> bool:
        compared.append((given, expected))
        return given == expected

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert verify_signature(BODY, signed(BODY, "first"), ["first", "second"])
    assert [expected.decode() for _, expected in compared] == [signed(BODY, "first"), signed(BODY, "second")]
    assert challenge({**HANDSHAKE, "hub.verify_token": "wrong"}, "token") is None
    assert compared[2:] == [(b"wrong", b"token")]


HANDSHAKE = {"hub.mode": "subscribe", "hub.verify_token": "token", "hub.challenge": "1158201444"}


def test_a_handshake_with_the_token_is_answered_with_its_challenge() -> None:
    assert challenge(HANDSHAKE, "token") == "1158201444"


@given(any_text)
def test_the_challenge_is_answered_as_it_is(text: str) -> None:
    assert challenge({**HANDSHAKE, "hub.challenge": text}, "token") == text


@pytest.mark.parametrize("missing", HANDSHAKE)
def test_a_handshake_that_lacks_something_is_refused(missing: str) -> None:
    assert challenge({name: value for name, value in HANDSHAKE.items() if name != missing}, "token") is None


@pytest.mark.parametrize(
    "change",
    [{"hub.mode": "unsubscribe"}, {"hub.mode": "SUBSCRIBE"}, {"hub.mode": ""}, {"hub.verify_token": "Token"}],
)
def test_another_mode_or_token_is_refused(change: dict[str, str]) -> None:
    assert challenge({**HANDSHAKE, **change}, "token") is None


@given(any_text, any_text.filter(bool))
def test_no_token_raises_and_only_the_same_is_good(told: str, token: str) -> None:
    assert (challenge({**HANDSHAKE, "hub.verify_token": told}, token) is not None) is (told == token)


@pytest.mark.parametrize("query", [HANDSHAKE, {**HANDSHAKE, "hub.verify_token": ""}, {}])
def test_an_empty_token_is_refused_whatever_is_asked(query: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="token is empty"):
        challenge(query, "")
