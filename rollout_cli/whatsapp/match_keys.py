"""Under which spellings one phone is known: for lookups only, an id itself is never rewritten.

Brazil's ninth digit, Argentina's 9 and Mexico's 1 come and go between what a person dials and what WhatsApp answers.
"""

from rollout_cli.whatsapp.identity import LID_SERVERS, PHONE_SERVERS, bare, digits

_BRAZIL, _ARGENTINA, _MEXICO = "55", "54", "52"
_AREA = slice(2, 4)
_LANDLINES = frozenset("2345")
"""What a Brazilian landline begins with: it never had a ninth digit, and must not be taken for somebody's mobile."""


def match_keys(written: str) -> frozenset[str]:
    """Every spelling that an id may be known under, itself without its device among them.

    Args:
        written: a phone (`+55 41 9…` or digits), a JID or a BSUID, as a provider or a person wrote it.

    Returns:
        For a phone digits only, one or two spellings; for a LID (`digits@lid`), a group or a BSUID that alone;
        nothing for an id that is empty.
    """
    jid = _without_phone_server(bare(written.strip()))
    if not jid:
        return frozenset()
    phone = digits(jid.translate(_SEPARATORS)) if "@" not in jid else None
    return frozenset({jid} if phone is None else {phone, *_variants(phone)})


_SEPARATORS = str.maketrans("", "", "+-() ./\u00a0")


def _without_phone_server(jid: str) -> str:
    """The digits alone of a phone's JID, and a LID with the server that all of them have."""
    user, at, server = jid.rpartition("@")
    if at and server in PHONE_SERVERS:
        return user
    return f"{user}@lid" if at and server in LID_SERVERS else jid


def _variants(phone: str) -> tuple[str, ...]:
    country, rest = phone[:2], phone[2:]
    if country == _BRAZIL and phone[_AREA].isdigit():
        area, number = rest[:2], rest[2:]
        if len(number) == 9 and number[0] == "9" and number[1] not in _LANDLINES:  # noqa: PLR2004 - with it
            return (country + area + number[1:],)
        if len(number) == 8 and number[0] not in _LANDLINES:  # noqa: PLR2004 - without it
            return (f"{country}{area}9{number}",)
    return _with_or_without(phone, _ARGENTINA, "9", 10) or _with_or_without(phone, _MEXICO, "1", 10)


def _with_or_without(phone: str, country: str, extra: str, national: int) -> tuple[str, ...]:
    rest = phone.removeprefix(country)
    if rest == phone:
        return ()
    if len(rest) == national:
        return (country + extra + rest,)
    return (country + rest[1:],) if len(rest) == national + 1 and rest[0] == extra else ()
