"""Foreign words made fit to be shown and kept: no phone numbers, no credentials, no addresses of people, and short.

Every pattern takes each character once, or stops after a fixed number: the time grows with the text alone.
`re` compiles them, and keeps them, when something is to be shown: most runs show nothing of others.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from rollout_cli.plan.findings import shortened

MASK = "[…]"
MOST_EVIDENCE = 500
"""A text in evidence has at most so many characters."""

_LONGEST_INPUT = 20_000
_CUT_MARGIN = 200
_DEEPEST = 20
_FEWEST_DIGITS = 8
_PHONE_NUMBERS = (10**10, 10**15 - 1)
_NAMES = r"(?:passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|credential|private[_-]?key|access[_-]?key|senha)"
_SECRET = rf"(?i){_NAMES}"
_ANSI = r"\x1b\[[0-?]{0,20}[ -/]{0,5}[@-~]"
_KEYED = (
    rf"(?i)({_NAMES}[\w.-]{{0,64}}[\\\"']{{0,4}}\s{{0,8}}(?:=>|[:=])\s{{0,8}}[\\]{{0,2}})"
    rf"(\"(?:[^\"\\]|\\[\s\S])*+\"?|'(?:[^'\\]|\\[\s\S])*+'?|[^\s,;&]+)"
)
_OPTION = rf"(?i)((?<![\w-])--?[\w-]{{0,40}}{_NAMES}[\w-]{{0,40}}\s{{1,8}})\S+"
_HEADER = r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)\b([\"']?\s{0,8}[:=]\s{0,8})[^\r\n]+"
_SCHEME = r"((?i:\bbearer)|(?i:\bbasic)(?=\s{1,8}[\w+/-]*[A-Z0-9=]))\s{1,8}[\w.~+/=-]{6,}"
_PEM = r"(?s)-----BEGIN [A-Z0-9 ]{1,40}-----.*?(?:-----END [A-Z0-9 ]{1,40}-----|\Z)"
_ADDRESS = r"(://)([^\s\"'<>]+)"
_LOGIN = r"(?<![\w.%+-])[\w.%+-]{1,64}:(?!//)[^\s@\"']{1,200}@(?=[\w.-])"
_MAIL = r"(?<![\w.%+-])[\w.%+-]+@[\w-]+(?:\.[\w-]+)+"
_KNOWN_KEY = (
    r"\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|(?:sk|pk|rk|gh[oprsu]|github_pat|glpat|xox[a-z])[-_][\w-]{10,}"
    r"|eyJ[\w-]{10,}[\w.-]*)"
)
_KEY = r"[A-Za-z0-9_+/=-]{24,}"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d{1,9})?"
_ZONE = r"(?:Z|\ ?[+-]\d\d:?\d\d)?"
_SIGNS = r"\s().:_/|~*\u00b7\u2010-\u2015\u2022\u2212-"
"""What stands between the digits of a phone number; a comma stands between numbers."""
_UNITS = r"(?:bytes|[kKMG]i?B|rows|linhas|lines|events|eventos|records|registros|ms)\b"
_NUMBERS = rf"""(?x)
    (?<!\d)(?P<plain>
        (?:19|20)\d\d([-/_])(?:0[1-9]|1[0-2])\2(?:0[1-9]|[12]\d|3[01])           # a day, with or without a time
            (?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{{1,9}})?)?{_ZONE})?(?![\d-])
      | (?:0[1-9]|[12]\d|3[01])([./])(?:0[1-9]|1[0-2])\3(?:19|20)\d\d(?![\d./-])
      | (?:19|20)\d{{6}}T\d{{6}}Z?(?!\d)
      | (?:(?:19|20)\d\d:)?{_TIME}{_ZONE}(?![{_SIGNS}]?\d)                       # a time, or the year before it
      | (?:[01]\d|2[0-3]):[0-5]\d(?![{_SIGNS}]{{0,3}}\d)
      | (?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){{3}}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.-])  # a machine
      | \d{{1,2}}([ \u00a0\u202f])\d{{3}}\4\d{{3}}(?=\s?{_UNITS})                # a count of what is no phone
      | 0\.\d{{1,17}}(?![\d.-])                                                  # a share
    )
    | \+?\(?(?P<run>\d(?:[{_SIGNS}]{{0,3}}\d)*)
    """
_SPLIT = r"[-_/+=]"
_WORD = r"(?:[a-z]{0,20}|[A-Z]{1,20}|[A-Z][a-z]{1,19})\d{0,3}|\d{1,6}"


def redacted(text: str, most: int = 300) -> str:
    """The text in one line, what may be secret or personal masked, at most so many characters.

    Times, addresses of machines and short numbers stay readable. A number of eight digits and more could be a phone,
    however it is parted (`11 987 654`, `98765.432`), unless a unit follows (`12 840 000 rows`); a long word with digits
    in it could be a key: both are masked. Better a harmless word too many.
    """
    clean = _masked(text[:_LONGEST_INPUT])
    if len(text) > _LONGEST_INPUT:  # what stood across the cut is no longer recognised
        clean = clean[:-_CUT_MARGIN]
    return shortened(" ".join(clean.split()), most)


def redacted_last_line(text: str, most: int = 300) -> str:
    """The last line of a text that says anything, masked as if the whole text were shown; empty when there is none."""
    end = text[-_LONGEST_INPUT:]
    if len(text) > _LONGEST_INPUT:  # a line whose beginning is cut off may have lost what marks it as secret
        end = end.partition("\n")[2]
    lines = (" ".join(line.split()) for line in reversed(_masked(end).splitlines()))
    return shortened(next(filter(None, lines), ""), most)


def redacted_evidence(value: Any) -> Any:
    """Evidence of somebody else: JSON's types and finite numbers, every text redacted, every secret's value masked.

    A secret is known by its name. A whole number as long as a phone number with its country is masked, too, and so is
    what lies too deep.
    """
    return _evidence(value, _DEEPEST)


def _masked(text: str) -> str:
    clean = _printable(text)
    for pattern, replacement in _RULES:
        clean = re.sub(pattern, replacement, clean)
    return clean


def _evidence(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return redacted(value, MOST_EVIDENCE)
    if isinstance(value, int | float):
        return MASK if value == round(value) and _PHONE_NUMBERS[0] <= abs(value) <= _PHONE_NUMBERS[1] else value
    if value is None:
        return None
    if not depth:
        return MASK
    if isinstance(value, Mapping):
        return {redacted(str(key)): _named(str(key), inner, depth - 1) for key, inner in value.items()}
    return [_evidence(inner, depth - 1) for inner in value]


def _named(name: str, value: Any, depth: int) -> Any:
    """A value under a name that may say that it is secret; a number of tokens is none."""
    if value is not None and not isinstance(value, int | float) and re.search(_SECRET, name):
        return MASK
    return _evidence(value, depth)


def _printable(text: str) -> str:
    """Without colours, invisible characters that could part a number, and control characters."""
    plain = re.sub(_ANSI, "", text)
    if plain.isascii() and plain.isprintable():
        return plain
    return "".join(each if each in "\r\n\t " else _PRINTED.get(unicodedata.category(each), each) for each in plain)


_PRINTED = {"Cf": "", "Cc": " ", "Zs": " ", "Zl": "\n", "Zp": "\n", "Cs": "�", "Co": "�", "Cn": "�"}


def _without_login(found: re.Match[str]) -> str:
    """An address without its user and password, whatever stands in them, and without its query."""
    login, at, rest = found[2].rpartition("@")
    place, question, _ = rest.partition("?")
    return f"{found[1]}{MASK if login else ''}{at}{place}{question}{MASK if question else ''}"


def _without_phone(found: re.Match[str]) -> str:
    if found["plain"] is not None or sum(each.isdigit() for each in found["run"]) < _FEWEST_DIGITS:
        return found[0]
    return MASK


def _without_key(found: re.Match[str]) -> str:
    """Long words without a digit, and names made of short words, are no keys."""
    run = found[0]
    if not any(each.isdigit() for each in run) or all(re.fullmatch(_WORD, each) for each in re.split(_SPLIT, run)):
        return run
    return MASK


_RULES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (_PEM, MASK),
    (_ADDRESS, _without_login),
    (_HEADER, rf"\1\2{MASK}"),
    (_KEYED, rf"\1{MASK}"),
    (_OPTION, rf"\1{MASK}"),
    (_SCHEME, rf"\1 {MASK}"),
    (_LOGIN, f"{MASK}@"),
    (_MAIL, MASK),
    (_KNOWN_KEY, MASK),
    (_KEY, _without_key),
    (_NUMBERS, _without_phone),
)
