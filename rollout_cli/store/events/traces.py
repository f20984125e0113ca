"""What leads to a person: found wherever it stands, in whatever spelling, and taken out of there.

A number counts as a whole one: it is not found within a longer one, which is somebody else's.
"""

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from rollout_cli.whatsapp.identity import NO_PERSONS, digits, is_bsuid
from rollout_cli.whatsapp.match_keys import match_keys

_SHORTEST = 7
"""Characters. What is shorter is no phone, LID or BSUID, and would be found everywhere."""
_LID = "@lid"
_GAP = r"[\x00 ()./+\-\u00a0\u2010-\u2015]{0,3}"
"""What people and cards put between digits; NUL is what UTF-16 has there."""
_GAP_BYTES = b"\0 ()./+-\xc2\xa0\xe2\x80\x90\x91\x92\x93\x94\x95"
"""The bytes of these in UTF-8."""
_WAMID = re.compile(r"wamid\.((?:[A-Za-z0-9+]|\\*/)+={0,2})")
"""A message id of the Cloud API: base64, with a phone in it. Its slashes may be escaped, as PHP does."""


def person_keys(written: str) -> frozenset[str]:
    """Every spelling of an id that can be looked for; nothing where it is no phone, LID or BSUID of a person."""
    found = {each for each in match_keys(written) if not each.endswith(NO_PERSONS)}
    keys = frozenset(each for each in found if _number(each) or is_bsuid(each))
    return frozenset(each for each in keys if len(each.removesuffix(_LID)) >= _SHORTEST)


def forgotten(key: bytes, text: str) -> str:
    """What stands in place of a text that leads to somebody."""
    return f"forgotten-{hmac.new(key, text.encode('utf-8', 'surrogatepass'), sha256).hexdigest()[:16]}"


class Traces:
    """All that a person goes by.

    Attributes:
        keys: phones as digits, `digits@lid`, BSUIDs.
    """

    def __init__(self, keys: Iterable[str], key: bytes) -> None:
        """Know what to look for.

        Args:
            keys: of `person_keys`.
            key: for what stands in their place.
        """
        self.keys = frozenset(keys)
        self._key = key
        self.numbers = frozenset(filter(None, map(_number, self.keys)))
        self.codes = frozenset(self.keys) - {each for each in self.keys if _number(each)}
        self._digits = [each.encode() for each in self.numbers]
        self._coded = [piece for each in self._digits for piece in _in_base64(each)]
        self._plain = [*self._coded, *(each.encode() for each in self.codes)]
        loosely = sorted(map(_GAP.join, self.numbers), key=len, reverse=True)
        codes = sorted(map(re.escape, self.codes), key=len, reverse=True)
        whole = [
            *([rf"(?<![0-9])0{{0,2}}(?:{'|'.join(loosely)})(?![0-9])"] if loosely else []),
            *([rf"(?<![0-9A-Za-z])(?:{'|'.join(codes)})(?![0-9A-Za-z])"] if codes else []),
        ]
        self._whole = re.compile("|".join(whole) or "(?!)")

    def may_be_in(self, text: str | bytes | None) -> bool:
        """A quick look: what it does not find is not there."""
        if not text:
            return False
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        squeezed = data.translate(None, _GAP_BYTES)
        return any(each in squeezed for each in self._digits) or any(each in data for each in self._plain)

    def are_in(self, text: str | None) -> bool:
        """Whether anything in a text leads to the person."""
        if not text:
            return False
        return self._whole.search(text) is not None or ("wamid." in text and self._is_in_message_ids(text))

    def is_one(self, written: str | None) -> bool:
        """Whether it is an id of the person."""
        return bool(written) and not self.keys.isdisjoint(person_keys(written or ""))

    def taken_out(self, text: str) -> str:
        """A text without the person. Message ids that hold them go as a whole."""
        text = self._whole.sub(lambda found: self.name_of(_core(found[0])), text)
        return _WAMID.sub(self._message_id, text) if "wamid." in text else text

    def taken_out_of(self, value: Any) -> Any:
        """A value of JSON without the person, keys as well. A number stays one."""
        if isinstance(value, str):
            return self.taken_out(value)
        if isinstance(value, list):
            return [self.taken_out_of(each) for each in value]
        if isinstance(value, dict):
            return {self.taken_out(name): self.taken_out_of(inner) for name, inner in value.items()}
        is_whole = type(value) is int or (type(value) is float and value.is_integer())
        return 0 if is_whole and str(int(value)) in self.numbers else value

    def name_of(self, text: str) -> str:
        """What stands in place of a text."""
        return forgotten(self._key, text)

    def are_in_bytes(self, content: bytes) -> bool:
        """Whether a piece of a file holds them, as the store would have written them."""
        whole = [*self._digits, *(each.encode() for each in self.codes)]
        is_there = any(_is_whole_in(each, content) for each in whole if each in content)
        is_coded = any(each in content for each in self._coded)
        return is_there or (is_coded and self._is_in_message_ids(content.decode("latin-1")))

    def _is_in_message_ids(self, text: str) -> bool:
        return any(self._is_in_code(code) for code in _codes(text))

    def _is_in_code(self, code: str) -> bool:
        return not self.numbers.isdisjoint(re.findall("[0-9]+", _decoded(code)))

    def _message_id(self, found: re.Match[str]) -> str:
        code: str = found[1].replace("\\", "")
        return f"wamid.{self.name_of(code)}" if self._is_in_code(code) else found[0]


def _is_whole_in(trace: bytes, content: bytes) -> bool:
    return re.search(rb"(?<![0-9A-Za-z])%b(?![0-9A-Za-z])" % re.escape(trace), content) is not None


def _in_base64(number: bytes) -> Iterator[bytes]:
    """How base64 has digits within other bytes: by where they begin, without the letters that they share with those."""
    for before in range(3):
        code = b64encode(bytes(before) + number)
        yield code[-(-before * 8 // 6) : (before + len(number)) * 8 // 6]


def _codes(text: str) -> Iterator[str]:
    return (found[1].replace("\\", "") for found in _WAMID.finditer(text))


def _decoded(code: str) -> str:
    """What a message id holds; as much of it as is base64."""
    bare = code.rstrip("=")
    usable = bare[: len(bare) - (len(bare) % 4 == 1)]
    return b64decode(usable + "=" * (-len(usable) % 4)).decode("latin-1")


def _number(key: str) -> str | None:
    """The digits of a phone or a LID."""
    return digits(key.removesuffix(_LID))


def _core(found: str) -> str:
    """The same for a number however it is written: its digits."""
    return found if found[0].isalpha() else "".join(filter(str.isdigit, found)).lstrip("0")
